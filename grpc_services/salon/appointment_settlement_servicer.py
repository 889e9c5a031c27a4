"""The use cases of settling: what the payment system tells of money, and holds that ran out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import grpc

from contracts.salon.v1 import appointment_pb2
from grpc_services.salon import appointment_holds as holds
from grpc_services.salon import appointment_money_queries as money_queries
from grpc_services.salon import appointment_settlement as settlement
from grpc_services.salon.appointment_reading import keys
from grpc_services.salon.gateway import PaymentSystem
from runtime.cursors import page_size
from runtime.database import Database
from runtime.errors import NotFound
from runtime.identity import Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]


class AppointmentSettlementMethods:
    """A part of AppointmentServicer, which gives it the database, the payment system and the clock."""

    _database: Database
    _payments: PaymentSystem
    _now: Callable[[], dt.datetime]

    async def ReceiveAppointmentPaymentEvent(
        self, request: appointment_pb2.ReceiveAppointmentPaymentEventRequest, context: Context
    ) -> appointment_pb2.ReceiveAppointmentPaymentEventResponse:
        require_role(Role.SYSTEM)
        async with self._database.transaction() as connection:
            new = await money_queries.store_payment_event(
                connection, request.provider, request.event_id, request.payload
            )
        return appointment_pb2.ReceiveAppointmentPaymentEventResponse(duplicate=not new)

    async def SettleAppointmentPaymentEvent(
        self, request: appointment_pb2.SettleAppointmentPaymentEventRequest, context: Context
    ) -> appointment_pb2.SettleAppointmentPaymentEventResponse:
        require_role(Role.SYSTEM)
        async with self._database.transaction() as connection:
            event = await money_queries.begin_payment_event(connection, request.provider, request.event_id)
        if event is None:
            raise NotFound("There is no such payment event.")
        outcome = settlement.Outcome.NOTHING_TO_DO
        if event["settled_at"] is None:
            outcome = settlement.Outcome.PARKED
            if payment_id := settlement.payment_of(event["payload"]):
                outcome = await settlement.settle_payment(self._database, self._payments, payment_id, now=self._now())
            async with self._database.transaction() as connection:
                await money_queries.finish_payment_event(connection, request.provider, request.event_id, outcome)
        return appointment_pb2.SettleAppointmentPaymentEventResponse(outcome=outcome)

    async def ListUnsettledAppointmentPaymentEvents(
        self, request: appointment_pb2.ListUnsettledAppointmentPaymentEventsRequest, context: Context
    ) -> appointment_pb2.ListUnsettledAppointmentPaymentEventsResponse:
        require_role(Role.SYSTEM)
        async with self._database.reading() as connection:
            rows = await money_queries.unsettled_payment_events(
                connection, older_than_seconds=request.older_than_seconds, limit=page_size(request.first)
            )
        return appointment_pb2.ListUnsettledAppointmentPaymentEventsResponse(
            events=[
                appointment_pb2.AppointmentPaymentEventKey(provider=row["provider"], event_id=row["event_id"])
                for row in rows
            ]
        )

    async def ExpireAppointmentHolds(
        self, request: appointment_pb2.ExpireAppointmentHoldsRequest, context: Context
    ) -> appointment_pb2.ExpireAppointmentHoldsResponse:
        require_role(Role.SYSTEM)
        expired = await holds.expire_overdue(self._database, page_size(request.at_most))
        async with self._database.transaction() as connection:
            await keys.forget_old(connection)
        return appointment_pb2.ExpireAppointmentHoldsResponse(appointment_ids=map(str, expired))
