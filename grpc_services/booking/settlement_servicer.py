"""The use cases of settling: what the payment system tells of money, what nobody told of, and holds that ran out."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.settlement.v1 import settlement_pb2
from grpc_services.booking import holds, payment_queries, settlement
from grpc_services.booking.gateway import PaymentSystem
from grpc_services.booking.reading import keys
from grpc_services.booking.refunds import inbox
from grpc_services.booking.salon_gateway import Salons
from runtime.clock import to_timestamp
from runtime.cursors import encode_cursor, moment_and_name, page_size
from runtime.database import TRANSIENT, Database, Record
from runtime.errors import IllegalState, NotFound, Unavailable
from runtime.identity import Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]


class SettlementMethods:
    """A part of SettlementServicer, which gives it the database and the payment system."""

    _database: Database
    _payments: PaymentSystem
    _salons: Salons
    _stale_seconds: int

    async def ReceivePaymentEvent(
        self, request: settlement_pb2.ReceivePaymentEventRequest, context: Context
    ) -> settlement_pb2.ReceivePaymentEventResponse:
        require_role(Role.SYSTEM)
        async with self._database.single_statement() as connection:
            new = await inbox.store(connection, request.provider, request.event_id, request.payload)
        return settlement_pb2.ReceivePaymentEventResponse(duplicate=not new)

    async def SettlePaymentEvent(
        self, request: settlement_pb2.SettlePaymentEventRequest, context: Context
    ) -> settlement_pb2.SettlementResponse:
        require_role(Role.SYSTEM)
        return await self._settle_event(request.provider, request.event_id)

    async def ListUnsettledPaymentEvents(
        self, request: settlement_pb2.ListUnsettledPaymentEventsRequest, context: Context
    ) -> settlement_pb2.ListUnsettledPaymentEventsResponse:
        require_role(Role.SYSTEM)
        async with self._database.reading() as connection:
            rows = await inbox.undone(
                connection, older_than_seconds=request.older_than_seconds, limit=page_size(request.first)
            )
        return settlement_pb2.ListUnsettledPaymentEventsResponse(
            events=[settlement_pb2.PaymentEventKey(provider=row["source"], event_id=row["event_id"]) for row in rows]
        )

    async def ListStuckPayments(
        self, request: settlement_pb2.ListStuckPaymentsRequest, context: Context
    ) -> settlement_pb2.ListStuckPaymentsResponse:
        require_role(Role.SYSTEM)
        async with self._database.reading() as connection:
            payment_ids = await payment_queries.stuck_payments(
                connection, stuck_seconds=request.stuck_seconds, limit=page_size(request.first)
            )
        return settlement_pb2.ListStuckPaymentsResponse(payment_ids=payment_ids)

    async def SettlePayment(
        self, request: settlement_pb2.SettlePaymentRequest, context: Context
    ) -> settlement_pb2.SettlementResponse:
        require_role(Role.SYSTEM)
        settled = await settlement.look_after(
            self._database, self._payments, self._salons, request.payment_id, stale_seconds=self._stale_seconds
        )
        return _response(settled.outcome)

    async def ListParkedPaymentEvents(
        self, request: settlement_pb2.ListParkedPaymentEventsRequest, context: Context
    ) -> settlement_pb2.ListParkedPaymentEventsResponse:
        require_role(Role.SYSTEM, Role.ADMIN)
        limit = page_size(request.first)
        after = moment_and_name(request.after)
        async with self._database.reading() as connection:
            rows = await inbox.parked(connection, after=after, limit=limit + 1)
        shown = rows[:limit]
        return settlement_pb2.ListParkedPaymentEventsResponse(
            events=[_parked_message(row) for row in shown],
            cursors=[encode_cursor(row["settled_at"].isoformat(), row["event_id"]) for row in shown],
            has_next_page=len(rows) > limit,
        )

    async def ReplayPaymentEvent(
        self, request: settlement_pb2.ReplayPaymentEventRequest, context: Context
    ) -> settlement_pb2.SettlementResponse:
        require_role(Role.SYSTEM, Role.ADMIN)
        async with self._database.transaction() as connection:
            if not await inbox.reopen(connection, request.provider, request.event_id):
                raise IllegalState("This payment event is not parked.", path=("eventId",))
        return await self._settle_event(request.provider, request.event_id)

    async def ExpireHolds(
        self, request: settlement_pb2.ExpireHoldsRequest, context: Context
    ) -> settlement_pb2.ExpireHoldsResponse:
        require_role(Role.SYSTEM)
        expired = await holds.expire_overdue(self._database, page_size(request.limit))
        async with self._database.transaction() as connection:
            await keys.forget_old(connection)
        return settlement_pb2.ExpireHoldsResponse(expired=expired)

    async def _settle_event(self, provider: str, event_id: str) -> settlement_pb2.SettlementResponse:
        async with self._database.single_statement() as connection:
            event = await inbox.begin(connection, provider, event_id)
        if event is None:
            raise NotFound("There is no such payment event.", path=("eventId",))
        if event["settled_at"] is not None:
            return _response(settlement.Outcome.NOTHING_TO_DO)
        try:
            settled = await settlement.settle_event(
                self._database, self._payments, self._salons, event, stale_seconds=self._stale_seconds
            )
        except (Unavailable, *TRANSIENT):
            raise
        except Exception:
            async with self._database.transaction() as connection:
                await inbox.count_failure(connection, provider, event_id)
            raise
        return _response(settled.outcome)


def _response(outcome: settlement.Outcome) -> settlement_pb2.SettlementResponse:
    return settlement_pb2.SettlementResponse(
        outcome=settlement_pb2.SettlementOutcome.Value(f"SETTLEMENT_OUTCOME_{outcome}")
    )


def _parked_message(row: Record) -> settlement_pb2.ParkedPaymentEvent:
    return settlement_pb2.ParkedPaymentEvent(
        provider=row["source"],
        event_id=row["event_id"],
        type=settlement.type_of(row["payload"]),
        payment_id=settlement.payment_of(row["payload"]) or "",
        reason=row["reason"],
        received_at=to_timestamp(row["received_at"]),
        parked_at=to_timestamp(row["settled_at"]),
        request_id=row["request_id"],
    )
