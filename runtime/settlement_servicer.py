"""The use cases of settling, wherever something is paid: what the payment system tells of money, what nobody told of,
and holds that ran out. What money does is each service's own: `_settle`."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import grpc

from contracts.settlement.v1 import settlement_pb2
from runtime.clock import to_timestamp
from runtime.cursors import encode_cursor, moment_and_name, page_size
from runtime.database import TRANSIENT, Database, Record
from runtime.errors import IllegalState, NotFound, Unavailable
from runtime.idempotency import IdempotencyKeys
from runtime.identity import Role, require_role
from runtime.settling import Outcome, Settled, Settling, payment_of, type_of

Context = grpc.aio.ServicerContext[Any, Any]


class SettlementMethods:
    """A part of a SettlementServicer, which gives it the database and says what it settles."""

    _database: Database
    _settling: Settling
    _keys: IdempotencyKeys

    @abstractmethod
    async def _settle(self, payment_id: str) -> Settled:
        """Brings what is paid in line with a payment."""

    @abstractmethod
    async def _expire(self, limit: int) -> int:
        """Releases overdue holds; answers how many."""

    async def ReceivePaymentEvent(
        self, request: settlement_pb2.ReceivePaymentEventRequest, context: Context
    ) -> settlement_pb2.ReceivePaymentEventResponse:
        require_role(Role.SYSTEM)
        async with self._database.single_statement() as connection:
            new = await self._settling.inbox.store(connection, request.provider, request.event_id, request.payload)
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
            rows = await self._settling.inbox.undone(
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
            payment_ids = await self._settling.records.stuck_payments(
                connection, stuck_seconds=request.stuck_seconds, limit=page_size(request.first)
            )
        return settlement_pb2.ListStuckPaymentsResponse(payment_ids=payment_ids)

    async def SettlePayment(
        self, request: settlement_pb2.SettlePaymentRequest, context: Context
    ) -> settlement_pb2.SettlementResponse:
        require_role(Role.SYSTEM)
        return _response(await self._settling.look_after(self._database, request.payment_id, self._settle))

    async def ListParkedPaymentEvents(
        self, request: settlement_pb2.ListParkedPaymentEventsRequest, context: Context
    ) -> settlement_pb2.ListParkedPaymentEventsResponse:
        require_role(Role.SYSTEM, Role.ADMIN)
        limit = page_size(request.first)
        after = moment_and_name(request.after)
        async with self._database.reading() as connection:
            rows = await self._settling.inbox.parked(connection, after=after, limit=limit + 1)
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
            if not await self._settling.inbox.reopen(connection, request.provider, request.event_id):
                raise IllegalState("This payment event is not parked.", path=("eventId",))
        return await self._settle_event(request.provider, request.event_id)

    async def ExpireHolds(
        self, request: settlement_pb2.ExpireHoldsRequest, context: Context
    ) -> settlement_pb2.ExpireHoldsResponse:
        require_role(Role.SYSTEM)
        expired = await self._expire(page_size(request.limit))
        async with self._database.transaction() as connection:
            await self._keys.forget_old(connection)
        return settlement_pb2.ExpireHoldsResponse(expired=expired)

    async def _settle_event(self, provider: str, event_id: str) -> settlement_pb2.SettlementResponse:
        inbox = self._settling.inbox
        async with self._database.single_statement() as connection:
            event = await inbox.begin(connection, provider, event_id)
        if event is None:
            raise NotFound("There is no such payment event.", path=("eventId",))
        if event["settled_at"] is not None:
            return _response(Settled(Outcome.NOTHING_TO_DO))
        try:
            return _response(await self._settling.settle_event(self._database, event, self._settle))
        except (Unavailable, *TRANSIENT):
            raise
        except Exception:
            async with self._database.transaction() as connection:
                await inbox.count_failure(connection, provider, event_id)
            raise


def _response(settled: Settled) -> settlement_pb2.SettlementResponse:
    return settlement_pb2.SettlementResponse(
        outcome=settlement_pb2.SettlementOutcome.Value(f"SETTLEMENT_OUTCOME_{settled.outcome}")
    )


def _parked_message(row: Record) -> settlement_pb2.ParkedPaymentEvent:
    return settlement_pb2.ParkedPaymentEvent(
        provider=row["source"],
        event_id=row["event_id"],
        type=type_of(row["payload"]),
        payment_id=payment_of(row["payload"]) or "",
        reason=row["reason"],
        received_at=to_timestamp(row["received_at"]),
        parked_at=to_timestamp(row["settled_at"]),
        request_id=row["request_id"],
    )
