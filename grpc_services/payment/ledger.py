"""The one place where payments change: each move with its webhook in one transaction, told once it is committed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog

from contracts.payment.v1 import payment_pb2
from grpc_services.payment import queries, webhook_queries
from grpc_services.payment.errors import PaymentMoved
from grpc_services.payment.input_rules import purpose_of
from grpc_services.payment.rules import REFUND_STEPS, PaymentFacts, PaymentState, may_move
from grpc_services.payment.webhook_events import EventType, money, webhook_body
from runtime.database import Connection, Database, Record
from runtime.errors import IdempotencyConflict
from runtime.idempotency import hash_input
from runtime.identifiers import new_id

log = structlog.get_logger()
_FIELDS = tuple(field.name for field in dataclasses.fields(PaymentFacts))


class Ledger:
    """`wake` is called after a commit that left webhooks to deliver."""

    def __init__(self, database: Database, clock: Callable[[], dt.datetime], wake: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._wake = wake

    @asynccontextmanager
    async def change(self) -> AsyncIterator[Change]:
        """A transaction to change payments in; what happened is logged and sent only when it has committed."""
        async with self._database.transaction() as connection:
            change = Change(connection, self._clock())
            yield change
        for event, payment in change.told:
            log.info(event.value, payment_id=str(payment.id), version=payment.version)
        if change.told:
            self._wake()


class Change:
    """One transaction's work on payments, at one moment."""

    def __init__(self, connection: Connection, now: dt.datetime) -> None:
        self.connection = connection
        self.now = now
        self.told: list[tuple[EventType, PaymentFacts]] = []

    async def open_payment(self, request: payment_pb2.CreatePaymentRequest, expires_at: dt.datetime) -> PaymentFacts:
        """A new payment, or the one that the same key and input made before."""
        digest = hash_input(request)
        await queries.INSERT_PAYMENT.execute(
            self.connection,
            id=new_id(),
            idempotency_key=request.idempotency_key,
            input_hash=digest,
            checkout_token=secrets.token_urlsafe(32),
            state=PaymentState.CREATED,
            version=1,
            amount_minor_units=request.amount.minor_units,
            currency=request.amount.currency,
            refunded_minor_units=0,
            purpose=purpose_of(request),
            booking_id=request.booking_id,
            booking_reference=request.booking_reference,
            description=request.description,
            return_url=request.return_url,
            failure_code="",
            declined_attempts=0,
            expires_at=expires_at,
            capture_at=None,
            created_at=self.now,
            updated_at=self.now,
        )
        row = await queries.PAYMENT_BY_KEY.fetch_row(self.connection, key=request.idempotency_key)
        return read_payment(_same_input(row, digest))

    async def move(
        self,
        payment: PaymentFacts,
        to: PaymentState,
        event: EventType,
        *,
        failure_code: str = "",
        declined: int = 0,
        refunded: int = 0,
        capture_at: dt.datetime | None = None,
        **told: Any,
    ) -> PaymentFacts:
        """Compare-and-set on state and version, and the webhook that tells it; raises PaymentMoved when lost."""
        if not may_move(payment.state, to):
            raise PaymentMoved("This payment has just changed; please try again.")
        row = await queries.MOVE_PAYMENT.fetch_row(
            self.connection,
            payment_id=payment.id,
            from_state=payment.state,
            from_version=payment.version,
            state=to,
            declined=declined,
            refunded=refunded,
            failure_code=failure_code,
            capture_at=capture_at,
            now=self.now,
        )
        if row is None:
            raise PaymentMoved("This payment has just changed; please try again.")
        moved = read_payment(row)
        await webhook_queries.INSERT_DELIVERY.execute(
            self.connection,
            id=new_id(),
            payment_id=moved.id,
            type=event,
            body=webhook_body(event, moved, self.now, **told),
            state="WAITING",
            attempts=0,
            next_attempt_at=self.now,
            created_at=self.now,
        )
        self.told.append((event, moved))
        return moved

    async def capture(self, payment: PaymentFacts) -> PaymentFacts:
        return await self.move(payment, PaymentState.CAPTURED, EventType.CAPTURED)

    async def known_refund(self, request: payment_pb2.CreateRefundRequest) -> Record | None:
        """The refund that the same key and input made before."""
        row = await queries.REFUND_BY_KEY.fetch_row(self.connection, key=request.idempotency_key)
        return _same_input(row, hash_input(request)) if row else None

    async def refund(self, payment: PaymentFacts, request: payment_pb2.CreateRefundRequest) -> Record:
        """Gives money back from a locked payment. This bank answers at once, yet every step is on record."""
        refund_id = new_id()
        made = await queries.INSERT_REFUND.execute(
            self.connection,
            id=refund_id,
            payment_id=payment.id,
            idempotency_key=request.idempotency_key,
            input_hash=hash_input(request),
            amount_minor_units=request.amount.minor_units,
            currency=request.amount.currency,
            reason=request.reason,
            state=REFUND_STEPS[0],
            created_at=self.now,
        )
        if made:
            await self._take_refund_steps(refund_id)
            await self.move(
                payment,
                PaymentState.CAPTURED,
                EventType.REFUND_SUCCEEDED,
                refunded=request.amount.minor_units,
                refund_id=str(refund_id),
                refund_amount=money(request.amount.minor_units, request.amount.currency),
            )
        row = await queries.REFUND_BY_KEY.fetch_row(self.connection, key=request.idempotency_key)
        return _same_input(row, hash_input(request))

    async def _take_refund_steps(self, refund_id: object) -> None:
        await queries.INSERT_REFUND_MOVE.execute_many(
            self.connection,
            [
                {"refund_id": refund_id, "step": number, "state": state, "at": self.now}
                for number, state in enumerate(REFUND_STEPS, start=1)
            ],
        )
        for before, after in itertools.pairwise(REFUND_STEPS):
            await queries.MOVE_REFUND.execute(self.connection, refund_id=refund_id, from_state=before, state=after)


def read_payment(row: Record) -> PaymentFacts:
    columns = {name: row[name] for name in _FIELDS}
    return PaymentFacts(**{**columns, "state": PaymentState(row["state"])})


def _same_input(row: Record | None, digest: bytes) -> Record:
    if row is None or row["input_hash"] != digest:
        raise IdempotencyConflict(
            "This idempotency key was already used for different input.", path=("idempotencyKey",)
        )
    return row
