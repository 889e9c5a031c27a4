"""The gRPC services of booking, each put together of the use cases of its contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import grpc

from contracts.booking.v1 import (
    basket_pb2_grpc,
    block_pb2_grpc,
    booking_pb2_grpc,
    calendar_pb2_grpc,
    figures_pb2_grpc,
    front_desk_pb2_grpc,
    inventory_pb2_grpc,
    waitlist_pb2_grpc,
)
from contracts.payout.v1 import payout_pb2_grpc
from contracts.settlement.v1 import settlement_pb2_grpc
from grpc_services.booking.basket_servicer import BasketMethods
from grpc_services.booking.bill_servicer import BillMethods
from grpc_services.booking.block_servicer import BlockMethods
from grpc_services.booking.booking_servicer import BookingMethods
from grpc_services.booking.calendar_feed_servicer import CalendarFeedMethods
from grpc_services.booking.calendar_servicer import CalendarMethods
from grpc_services.booking.cancel_servicer import CancelMethods
from grpc_services.booking.desk_move_servicer import DeskMoveMethods
from grpc_services.booking.desk_servicer import DeskMethods
from grpc_services.booking.document_servicer import DocumentMethods
from grpc_services.booking.figures_servicer import FiguresMethods
from grpc_services.booking.forget_servicer import ForgetMethods
from grpc_services.booking.gateway import HotelPrices
from grpc_services.booking.inventory_change_servicer import InventoryChangeMethods
from grpc_services.booking.inventory_servicer import InventoryMethods
from grpc_services.booking.live_servicer import LiveMethods
from grpc_services.booking.modify_servicer import ModifyMethods
from grpc_services.booking.note_servicer import NoteMethods
from grpc_services.booking.out_of_order_servicer import OutOfOrderMethods
from grpc_services.booking.payment_servicer import PaymentMethods
from grpc_services.booking.payout_servicer import PayoutMethods
from grpc_services.booking.room_plan_servicer import RoomPlanMethods
from grpc_services.booking.salon_gateway import Salons
from grpc_services.booking.settlement_servicer import SettlementMethods
from grpc_services.booking.timeline_servicer import TimelineMethods
from grpc_services.booking.waitlist_servicer import WaitlistMethods
from grpc_services.booking.walk_in_servicer import WalkInMethods
from runtime.database import Database
from runtime.payee_statements import PayeeStatements
from runtime.payment_system import PaymentSystem
from runtime.settings import BookingSettings


@dataclass(frozen=True, slots=True)
class Parts:
    """What use cases work with. `now` tells the day at a hotel."""

    database: Database
    prices: HotelPrices
    payments: PaymentSystem
    statements: PayeeStatements
    salons: Salons
    settings: BookingSettings
    now: Callable[[], dt.datetime]


class _Equipped:
    def __init__(self, parts: Parts) -> None:
        self._database = parts.database
        self._prices = parts.prices
        self._payments = parts.payments
        self._statements = parts.statements
        self._commission_basis_points = parts.settings.commission_basis_points
        self._salons = parts.salons
        self._now = parts.now
        self._quote_seconds = parts.settings.quote_seconds
        self._hold_seconds = parts.settings.hold_seconds
        self._stale_seconds = parts.settings.calendar_stale_seconds
        self._also_http = parts.settings.allow_private_addresses


class BookingServicer(
    BookingMethods,
    CancelMethods,
    ModifyMethods,
    PaymentMethods,
    DocumentMethods,
    TimelineMethods,
    ForgetMethods,
    _Equipped,
    booking_pb2_grpc.BookingServiceServicer,
):
    pass


class BasketServicer(BasketMethods, _Equipped, basket_pb2_grpc.BasketServiceServicer):
    pass


class SettlementServicer(SettlementMethods, _Equipped, settlement_pb2_grpc.SettlementServiceServicer):
    pass


class PayoutServicer(PayoutMethods, _Equipped, payout_pb2_grpc.PayoutServiceServicer):
    pass


class FrontDeskServicer(
    DeskMoveMethods,
    BillMethods,
    DeskMethods,
    RoomPlanMethods,
    NoteMethods,
    WalkInMethods,
    LiveMethods,
    _Equipped,
    front_desk_pb2_grpc.FrontDeskServiceServicer,
):
    pass


class BlockServicer(BlockMethods, _Equipped, block_pb2_grpc.BlockServiceServicer):
    pass


class FiguresServicer(FiguresMethods, _Equipped, figures_pb2_grpc.FiguresServiceServicer):
    pass


class InventoryServicer(
    InventoryMethods, InventoryChangeMethods, OutOfOrderMethods, _Equipped, inventory_pb2_grpc.InventoryServiceServicer
):
    pass


class CalendarServicer(CalendarMethods, CalendarFeedMethods, _Equipped, calendar_pb2_grpc.CalendarServiceServicer):
    pass


class WaitlistServicer(WaitlistMethods, _Equipped, waitlist_pb2_grpc.WaitlistServiceServicer):
    pass


def add_servicers(server: grpc.aio.Server, parts: Parts) -> None:
    booking_pb2_grpc.add_BookingServiceServicer_to_server(BookingServicer(parts), server)
    basket_pb2_grpc.add_BasketServiceServicer_to_server(BasketServicer(parts), server)
    settlement_pb2_grpc.add_SettlementServiceServicer_to_server(SettlementServicer(parts), server)
    payout_pb2_grpc.add_PayoutServiceServicer_to_server(PayoutServicer(parts), server)
    front_desk_pb2_grpc.add_FrontDeskServiceServicer_to_server(FrontDeskServicer(parts), server)
    block_pb2_grpc.add_BlockServiceServicer_to_server(BlockServicer(parts), server)
    figures_pb2_grpc.add_FiguresServiceServicer_to_server(FiguresServicer(parts), server)
    inventory_pb2_grpc.add_InventoryServiceServicer_to_server(InventoryServicer(parts), server)
    calendar_pb2_grpc.add_CalendarServiceServicer_to_server(CalendarServicer(parts), server)
    waitlist_pb2_grpc.add_WaitlistServiceServicer_to_server(WaitlistServicer(parts), server)
