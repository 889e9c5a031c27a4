"""The one place where payments change: each move with its webhook in one transaction, told once it is committed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog

from contracts.payment.v1 import payment_pb2
from grpc_services.payment import ledger_queries, queries, webhook_queries
from grpc_services.payment.errors import PaymentMoved
from grpc_services.payment.faults import FaultSimulator, WebhookFault
from grpc_services.payment.input_rules import capture_mode_of, locale_of, purpose_of
from grpc_services.payment.rules import BANK_TAKES, PaymentFacts, PaymentState, may_move
from grpc_services.payment.webhook_events import EventType, webhook_body
from runtime.database import Connection, Database, Record
from runtime.errors import IdempotencyConflict
from runtime.idempotency import hash_input
from runtime.identifiers import new_id

log = structlog.get_logger()
REORDER_BY = dt.timedelta(seconds=3)
_FIELDS = tuple(field.name for field in dataclasses.fields(PaymentFacts))


class PaymentMoves:
    """`wake` is called after a commit that left webhooks to deliver."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], dt.datetime],
        wake: Callable[[], None],
        faults: FaultSimulator | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._wake = wake
        self._faults = faults or FaultSimulator()

    @asynccontextmanager
    async def change(self) -> AsyncIterator[Change]:
        """A transaction to change payments in; what happened is logged and sent only when it has committed."""
        async with self._database.transaction() as connection:
            change = Change(connection, self._clock(), self._faults)
            yield change
        for event, payment in change.told:
            log.info(event.value, payment_id=str(payment.id), version=payment.version)
        if change.told:
            self._wake()


class Change:
    """One transaction's work on payments, at one moment."""

    def __init__(self, connection: Connection, now: dt.datetime, faults: FaultSimulator) -> None:
        self.connection = connection
        self.now = now
        self._faults = faults
        self.told: list[tuple[EventType, PaymentFacts]] = []

    async def open_payment(self, request: payment_pb2.CreatePaymentRequest, expires_at: dt.datetime) -> PaymentFacts:
        """A new payment, or the one that the same key and input made before."""
        digest = hash_input(request)
        payment_id = new_id()
        is_new = await queries.INSERT_PAYMENT.execute(
            self.connection,
            id=payment_id,
            idempotency_key=request.idempotency_key,
            input_hash=digest,
            checkout_token=secrets.token_urlsafe(32),
            state=PaymentState.CREATED,
            version=1,
            amount_minor_units=request.amount.minor_units,
            currency=request.amount.currency,
            captured_minor_units=0,
            refunded_minor_units=0,
            capture_mode=capture_mode_of(request),
            locale=locale_of(request),
            purpose=purpose_of(request),
            booking_id=request.booking_id,
            booking_reference=request.booking_reference,
            description=request.description,
            return_url=request.return_url,
            failure_code="",
            webhook_fault="",
            declined_attempts=0,
            expires_at=expires_at,
            created_at=self.now,
            updated_at=self.now,
        )
        if is_new:
            await self._keep_shares(payment_id, request)
        row = await queries.PAYMENT_BY_KEY.fetch_row(self.connection, key=request.idempotency_key)
        return read_payment(same_input(row, digest))

    async def _keep_shares(self, payment_id: uuid.UUID, request: payment_pb2.CreatePaymentRequest) -> None:
        await ledger_queries.INSERT_SHARE.execute_many(
            self.connection,
            [
                {
                    "payment_id": payment_id,
                    "position": position,
                    "payee_id": share.payee_id,
                    "amount_minor_units": share.amount.minor_units,
                    "commission_basis_points": share.commission_basis_points,
                }
                for position, share in enumerate(request.shares)
            ],
        )

    async def move(
        self,
        payment: PaymentFacts,
        to: PaymentState,
        event: EventType,
        *,
        failure_code: str = "",
        declined: int = 0,
        captured: int = 0,
        refunded: int = 0,
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
            captured=captured,
            refunded=refunded,
            failure_code=failure_code,
            now=self.now,
        )
        if row is None:
            raise PaymentMoved("This payment has just changed; please try again.")
        moved = read_payment(row)
        await self._leave_webhook(event, moved, webhook_body(event, moved, self.now, **told))
        self.told.append((event, moved))
        return moved

    async def _leave_webhook(self, event: EventType, payment: PaymentFacts, body: str) -> None:
        fault = self._faults.of_event(payment.id, WebhookFault(payment.webhook_fault))
        is_lost = fault is WebhookFault.LOSE
        held_back = {
            WebhookFault.REORDER: REORDER_BY,
            WebhookFault.DELAY: dt.timedelta(seconds=self._faults.plan.delay_seconds),
        }
        await webhook_queries.INSERT_DELIVERY.execute(
            self.connection,
            id=new_id(),
            payment_id=payment.id,
            type=event,
            body=body,
            state="LOST" if is_lost else "WAITING",
            fault=fault,
            attempts=0,
            next_attempt_at=self.now + held_back.get(fault, dt.timedelta()),
            created_at=self.now,
            finished_at=self.now if is_lost else None,
        )

    async def leave_to_bank(
        self,
        payment: PaymentFacts,
        kind: str,
        *,
        after: dt.timedelta = BANK_TAKES,
        subject_id: uuid.UUID | None = None,
    ) -> None:
        """What the bank will do later; see `bank`."""
        await queries.INSERT_TASK.execute(
            self.connection,
            id=new_id(),
            payment_id=payment.id,
            subject_id=subject_id,
            kind=kind,
            due_at=self.now + after,
        )


def read_payment(row: Record) -> PaymentFacts:
    columns = {name: row[name] for name in _FIELDS}
    return PaymentFacts(**{**columns, "state": PaymentState(row["state"])})


def same_input(row: Record | None, digest: bytes) -> Record:
    if row is None or row["input_hash"] != digest:
        raise IdempotencyConflict(
            "This idempotency key was already used for different input.", path=("idempotencyKey",)
        )
    return row
