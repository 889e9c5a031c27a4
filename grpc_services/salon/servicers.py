"""The gRPC services of salon, each put together of the use cases of its contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import grpc

from contracts.payout.v1 import payout_pb2_grpc
from contracts.salon.v1 import appointment_pb2_grpc, basket_pb2_grpc, salon_pb2_grpc, schedule_pb2_grpc
from contracts.settlement.v1 import settlement_pb2_grpc
from grpc_services.salon.appointment_payment_servicer import AppointmentPaymentMethods
from grpc_services.salon.appointment_servicer import AppointmentMethods
from grpc_services.salon.appointment_settlement_servicer import SettlementMethods
from grpc_services.salon.appointment_timeline_servicer import AppointmentTimelineMethods
from grpc_services.salon.basket_servicer import BasketMethods
from grpc_services.salon.calendar_servicer import CalendarMethods
from grpc_services.salon.cancel_servicer import CancelMethods
from grpc_services.salon.change_servicer import ChangeMethods
from grpc_services.salon.figures_servicer import FiguresMethods
from grpc_services.salon.forget_servicer import ForgetMethods
from grpc_services.salon.gateway import Hotels
from grpc_services.salon.master_servicer import MasterMethods
from grpc_services.salon.move_servicer import MoveMethods
from grpc_services.salon.payout_servicer import PayoutMethods
from grpc_services.salon.salon_day_servicer import SalonDayMethods
from grpc_services.salon.salon_servicer import SalonMethods
from grpc_services.salon.schedule_servicer import ScheduleMethods
from grpc_services.salon.service_servicer import ServiceMethods
from grpc_services.salon.time_block_servicer import TimeBlockMethods
from runtime.clock import utc_now
from runtime.database import Database
from runtime.payee_statements import PayeeStatements
from runtime.payment_system import PaymentSystem
from runtime.settings import SalonSettings


class _Equipped:
    def __init__(
        self,
        database: Database,
        hotels: Hotels,
        payments: PaymentSystem,
        statements: PayeeStatements,
        settings: SalonSettings,
        *,
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._database = database
        self._hotels = hotels
        self._payments = payments
        self._statements = statements
        self._commission_basis_points = settings.commission_basis_points
        self._now = now
        self._hold_seconds = settings.hold_seconds


class SalonServicer(
    SalonMethods, MasterMethods, ServiceMethods, ChangeMethods, _Equipped, salon_pb2_grpc.SalonServiceServicer
):
    pass


class ScheduleServicer(ScheduleMethods, TimeBlockMethods, _Equipped, schedule_pb2_grpc.ScheduleServiceServicer):
    pass


class BasketServicer(BasketMethods, _Equipped, basket_pb2_grpc.BasketServiceServicer):
    pass


class AppointmentServicer(
    AppointmentMethods,
    CalendarMethods,
    CancelMethods,
    MoveMethods,
    SalonDayMethods,
    FiguresMethods,
    AppointmentPaymentMethods,
    ForgetMethods,
    AppointmentTimelineMethods,
    _Equipped,
    appointment_pb2_grpc.AppointmentServiceServicer,
):
    pass


class SettlementServicer(SettlementMethods, _Equipped, settlement_pb2_grpc.SettlementServiceServicer):
    pass


class PayoutServicer(PayoutMethods, _Equipped, payout_pb2_grpc.PayoutServiceServicer):
    pass


def add_servicers(
    server: grpc.aio.Server,
    database: Database,
    hotels: Hotels,
    payments: PaymentSystem,
    statements: PayeeStatements,
    settings: SalonSettings,
    *,
    now: Callable[[], dt.datetime] = utc_now,
) -> None:
    salon_pb2_grpc.add_SalonServiceServicer_to_server(
        SalonServicer(database, hotels, payments, statements, settings, now=now), server
    )
    schedule_pb2_grpc.add_ScheduleServiceServicer_to_server(
        ScheduleServicer(database, hotels, payments, statements, settings, now=now), server
    )
    appointment_pb2_grpc.add_AppointmentServiceServicer_to_server(
        AppointmentServicer(database, hotels, payments, statements, settings, now=now), server
    )
    basket_pb2_grpc.add_BasketServiceServicer_to_server(
        BasketServicer(database, hotels, payments, statements, settings, now=now), server
    )
    settlement_pb2_grpc.add_SettlementServiceServicer_to_server(
        SettlementServicer(database, hotels, payments, statements, settings, now=now), server
    )
    payout_pb2_grpc.add_PayoutServiceServicer_to_server(
        PayoutServicer(database, hotels, payments, statements, settings, now=now), server
    )
