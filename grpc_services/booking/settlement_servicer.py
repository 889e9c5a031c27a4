"""The use cases of settling: what the payment system tells of money, and holds that ran out."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.booking.v1 import settlement_pb2
from grpc_services.booking import holds, payment_queries, settlement
from grpc_services.booking.gateway import PaymentSystem
from grpc_services.booking.reading import keys
from runtime.cursors import page_size
from runtime.database import Database
from runtime.errors import NotFound
from runtime.identity import Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]


class SettlementMethods:
    """A part of SettlementServicer, which gives it the database and the payment system."""

    _database: Database
    _payments: PaymentSystem
    _stale_seconds: int

    async def ReceivePaymentEvent(
        self, request: settlement_pb2.ReceivePaymentEventRequest, context: Context
    ) -> settlement_pb2.ReceivePaymentEventResponse:
        require_role(Role.SYSTEM)
        async with self._database.transaction() as connection:
            new = await payment_queries.store_payment_event(
                connection, request.provider, request.event_id, request.payload
            )
        return settlement_pb2.ReceivePaymentEventResponse(duplicate=not new)

    async def SettlePaymentEvent(
        self, request: settlement_pb2.SettlePaymentEventRequest, context: Context
    ) -> settlement_pb2.SettlePaymentEventResponse:
        require_role(Role.SYSTEM)
        async with self._database.transaction() as connection:
            event = await payment_queries.begin_payment_event(connection, request.provider, request.event_id)
        if event is None:
            raise NotFound("There is no such payment event.")
        settled = settlement.Settled(settlement.Outcome.NOTHING_TO_DO)
        if event["settled_at"] is None:
            payment_id = settlement.payment_of(event["payload"])
            settled = (
                await settlement.settle_payment(
                    self._database, self._payments, payment_id, stale_seconds=self._stale_seconds
                )
                if payment_id
                else settlement.Settled(settlement.Outcome.PARKED)
            )
            async with self._database.transaction() as connection:
                await settlement.finish_event(connection, event, settled)
        return settlement_pb2.SettlePaymentEventResponse(
            outcome=settlement_pb2.SettlementOutcome.Value(f"SETTLEMENT_OUTCOME_{settled.outcome}")
        )

    async def ListUnsettledPaymentEvents(
        self, request: settlement_pb2.ListUnsettledPaymentEventsRequest, context: Context
    ) -> settlement_pb2.ListUnsettledPaymentEventsResponse:
        require_role(Role.SYSTEM)
        async with self._database.reading() as connection:
            rows = await payment_queries.unsettled_payment_events(
                connection, older_than_seconds=request.older_than_seconds, limit=page_size(request.first)
            )
        return settlement_pb2.ListUnsettledPaymentEventsResponse(
            events=[settlement_pb2.PaymentEventKey(provider=row["provider"], event_id=row["event_id"]) for row in rows]
        )

    async def ExpireHolds(
        self, request: settlement_pb2.ExpireHoldsRequest, context: Context
    ) -> settlement_pb2.ExpireHoldsResponse:
        require_role(Role.SYSTEM)
        expired = await holds.expire_overdue(self._database, page_size(request.limit))
        async with self._database.transaction() as connection:
            await keys.forget_old(connection)
        return settlement_pb2.ExpireHoldsResponse(expired=expired)
