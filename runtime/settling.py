"""What settling a payment has in common wherever something is paid: reading what was told, and bringing it to an end.

What the money does to what it was paid for stands in each service's `settle_payment`. The payment's state is fetched
anew each time, so stale, reordered and repeated webhooks all settle alike.
"""

from __future__ import annotations

import enum
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import orjson
import structlog

from contracts.payment.v1 import payment_pb2
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput, NotFound, ServiceError
from runtime.inbox import Inbox
from runtime.paid_things import PaidThings
from runtime.payment_records import PaymentRecords
from runtime.payment_system import PROVIDER, PaymentSystem
from runtime.refunds import OWED

log = structlog.get_logger()

LOOKED_AFTER = "payment.looked_after"  # what a service tells itself of a payment that it found by itself
WEBHOOK_RECEIVED = "WebhookReceived"  # the kind of a timeline's entry
_EVENT_TYPE = re.compile(r"[a-z0-9_.]{1,64}")
_WHAT_CAME_OF_IT = {
    "APPLIED": "The {name} was brought in line.",
    "NOTHING_TO_DO": "The {name} was in line already.",
    "PARKED": "It does not fit the {name}; a person looks at it.",
}


class Outcome(enum.StrEnum):
    APPLIED = "APPLIED"
    NOTHING_TO_DO = "NOTHING_TO_DO"
    PARKED = "PARKED"


class Parked(enum.StrEnum):
    """Why a person must look at a payment."""

    UNREADABLE = "UNREADABLE"
    UNKNOWN_PAYMENT = "UNKNOWN_PAYMENT"
    NOTHING_TO_PAY = "NOTHING_TO_PAY"  # nothing of ours is paid with it
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"  # or its currency


class Settled(NamedTuple):
    """What came of looking at a payment, and the row that it was about; None when there is none."""

    outcome: Outcome
    owner_id: uuid.UUID | None = None
    reason: Parked | None = None  # of what is parked


SettlePayment = Callable[[str], Awaitable[Settled]]
"""Brings what is paid in line with a payment. Safe to repeat, to race and to be killed in."""


async def what_is_paid(payments: PaymentSystem, payment_id: str) -> tuple[payment_pb2.Payment, uuid.UUID] | None:
    """A payment as it is now, and the id of what is paid with it; None when the payment system knows none."""
    try:
        payment = await payments.get(payment_id)
        return payment, uuid.UUID(payment.booking_id)
    except (ServiceError, ValueError) as refusal:
        if isinstance(refusal, ServiceError) and refusal.code not in (NotFound.code, InvalidInput.code):
            raise
        log.error("payment.unknown", payment_id=payment_id)
        return None


class Settling:
    """The stored payment events of one service, and what it keeps of payments."""

    def __init__(self, records: PaymentRecords, inbox: Inbox, things: PaidThings) -> None:
        self.records = records
        self.inbox = inbox
        self._things = things

    async def settle_event(self, database: Database, event: Record, settle: SettlePayment) -> Settled:
        """Works one stored webhook off to its end. Safe to repeat, to race and to be killed in."""
        payment_id = payment_of(event["payload"])
        if payment_id and type_of(event["payload"]) == OWED:
            async with database.transaction() as connection:
                await self.records.make_due(connection, payment_id)
        settled = await settle(payment_id) if payment_id else Settled(Outcome.PARKED, reason=Parked.UNREADABLE)
        async with database.transaction() as connection:
            await self._finish(connection, event, settled)
        return settled

    async def look_after(self, database: Database, payment_id: str, settle: SettlePayment) -> Settled:
        """Settles a payment that nobody told of. What does not fit is parked in the inbox, as a webhook's would be."""
        settled = await settle(payment_id)
        if settled.outcome is Outcome.PARKED:
            event_id = f"looked-after-{payment_id}"
            payload = orjson.dumps({"type": LOOKED_AFTER, "data": {"payment_id": payment_id}})
            async with database.transaction() as connection:
                if await self.inbox.store(connection, PROVIDER, event_id, payload):
                    await self.inbox.finish(
                        connection, PROVIDER, event_id, settled.outcome, reason=settled.reason or ""
                    )
        return settled

    async def leave(self, database: Database, payment_id: str, reason: Parked) -> Settled:
        """Nothing of ours is paid with it: a person must look."""
        async with database.transaction() as connection:
            await self.records.looked_at(connection, payment_id, over=True, with_bank=False)
        return Settled(Outcome.PARKED, reason=reason)

    async def _finish(self, connection: Connection, event: Record, settled: Settled) -> None:
        """Closes a stored webhook and tells it in the timeline; of two who close it only one tells."""
        row = await self._things.lock(connection, settled.owner_id) if settled.owner_id else None
        first = await self.inbox.finish(
            connection, event["source"], event["event_id"], settled.outcome, reason=settled.reason or ""
        )
        kind = type_of(event["payload"])
        if row is not None and first and kind not in (OWED, LOOKED_AFTER):
            told = kind if _EVENT_TYPE.fullmatch(kind) else "an unknown event"
            came = _WHAT_CAME_OF_IT[settled.outcome].format(name=self._things.NAME)
            summary = f"The payment system told of {told}. {came}"
            await self._things.tell(connection, row, WEBHOOK_RECEIVED, summary)


def type_of(payload: bytes) -> str:
    """What a stored webhook calls its event; empty when it does not."""
    try:
        named = orjson.loads(payload)["type"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""
    return named if isinstance(named, str) else ""


def payment_of(payload: bytes) -> str | None:
    """The payment that a stored webhook speaks of; None when it speaks of none."""
    try:
        identifier = orjson.loads(payload)["data"]["payment_id"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return identifier if isinstance(identifier, str) else None
