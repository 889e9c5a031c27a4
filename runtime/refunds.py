"""Money that goes back: written down in the transaction that decides it, sent to the payment system after the commit.

Beside each refund stands a payment event of its own, so that the sweeper that works off forgotten webhooks also sends
what nobody has sent. The payment system is asked under the refund's id: asking twice pays once. What fails or comes
back is owed again: it is sent twice more, and then waits for a person among the parked events.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping

import orjson
import structlog

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState, ServiceError
from runtime.inbox import PARKED, Inbox
from runtime.paid_things import PaidThings
from runtime.payment_records import PaymentRecords
from runtime.payment_system import PROVIDER, PaymentSystem, refund_state_name
from runtime.refund_rules import RefundStep, pause_before_refund, refund_steps

log = structlog.get_logger()

OWED = "refund.owed"  # what a service tells itself among the webhooks, so that the sweeper finds it
REFUND_FAILED = "REFUND_FAILED"  # why such an event is parked
DISPUTE_LOST = "DISPUTE_LOST"  # the same
LATE_MONEY = "LATE_MONEY"  # the reason of a refund that a payment has once at most

_PAUSE_WHILE_DISPUTED = dt.timedelta(hours=1)


class Refunds:
    """The refunds of one service."""

    def __init__(self, records: PaymentRecords, inbox: Inbox, things: PaidThings) -> None:
        self._records = records
        self._inbox = inbox
        self._things = things

    async def owe(self, connection: Connection, owner_id: uuid.UUID, parts: Mapping[str, int], reason: str) -> None:
        """Writes down what goes back, in minor units by the payee who gives it, of the newest payments first. What it
        was paid for is locked."""
        left = Counter(parts)
        for payment_id, kept in (await self._records.kept_of_payments(connection, owner_id)).items():
            shares = {
                payee: min(amount, left[payee]) for payee, amount in kept.items() if amount > 0 and left[payee] > 0
            }
            if shares:
                await self.owe_of(connection, owner_id, payment_id, shares, reason)
                left.subtract(shares)
        if any(left.values()):
            raise RuntimeError("more is to go back than was ever paid")

    async def owe_of(
        self, connection: Connection, owner_id: uuid.UUID, payment_id: str, shares: Mapping[str, int], reason: str
    ) -> bool:
        """As `owe`, of one payment. False when this late money goes back already, however often that is asked."""
        refund_id = await self._records.request_refund(connection, owner_id, payment_id, shares, reason)
        if refund_id is None:
            return False
        return await self._inbox.store(connection, PROVIDER, f"refund-{refund_id}", _owed(payment_id))

    async def send_open(self, database: Database, payments: PaymentSystem, owner_id: uuid.UUID) -> None:
        """Sends every refund that is due. Safe to repeat, to race and to be killed in."""
        async with database.reading() as connection:
            owed = await self._records.open_refunds(connection, owner_id)
        for refund in owed:
            await self._send(database, payments, refund)

    async def try_to_send(self, database: Database, payments: PaymentSystem, owner_id: uuid.UUID) -> None:
        """As `send_open`; when the payment system does not answer, the sweeper sends it later."""
        try:
            await self.send_open(database, payments, owner_id)
        except ServiceError as refusal:
            log.warning("refund.not_sent_yet", owner_id=str(owner_id), code=refusal.code)

    async def follow(self, database: Database, payments: PaymentSystem, payment_id: str) -> bool:
        """Takes in what became of the refunds of a payment; whether anything did."""
        async with database.reading() as connection:
            under_way = await self._records.refunds_under_way(connection, payment_id)
        if not under_way:
            return False
        told = {one.id: one for one in await payments.refunds(payment_id)}
        news = [
            await self._take_in(database, refund, told[refund["provider_refund_id"]])
            for refund in under_way
            if refund["provider_refund_id"] in told
        ]
        return any(news)

    async def _send(self, database: Database, payments: PaymentSystem, refund: Record) -> None:
        try:
            told = await payments.refund(
                idempotency_key=str(refund["id"]),
                payment_id=refund["payment_id"],
                amount=_amount(refund),
                shares=refund["shares"],
                reason=refund["reason"],
            )
        except ServiceError as refusal:
            if refusal.code != IllegalState.code:
                raise
            await self._wait_for_the_dispute(database, refund)
            return
        await self._take_in(database, refund, told)

    async def _wait_for_the_dispute(self, database: Database, refund: Record) -> None:
        """Of a disputed payment nothing can be sent. A lost dispute has given its payer the money already, so there
        is nothing to wait for: a person closes it."""
        log.warning("refund.not_possible_now", refund_id=str(refund["id"]))
        async with database.transaction() as connection:
            row = await self._things.lock(connection, self._records.owner_of(refund))
            if row is None:
                raise RuntimeError("a refund of nothing that was paid")
            lost = "LOST" in (await self._records.known_disputes(connection, refund["payment_id"])).values()
            await self._records.postpone(connection, refund["id"], None if lost else _PAUSE_WHILE_DISPUTED)
            if lost and await self._park(connection, refund["id"], refund["payment_id"], DISPUTE_LOST):
                what = "Money is not sent back: the dispute about the payment was lost, so its payer has it"
                await self._things.tell(connection, row, "RefundFailed", f"{what}; a person looks at it.")
                await self._things.publish_refund_failed(
                    connection, row, _amount(refund), refund["reason"], reversed_=False, given_up=True
                )

    async def _park(self, connection: Connection, refund_id: uuid.UUID, payment_id: str, reason: str) -> bool:
        """False when a person has it already."""
        event_id = f"refund-{refund_id}"
        await self._inbox.store(connection, PROVIDER, event_id, _owed(payment_id))
        return await self._inbox.finish(connection, PROVIDER, event_id, PARKED, reason=reason)

    async def _take_in(self, database: Database, refund: Record, told: payment_pb2.Refund) -> bool:
        """Whether the payment system tells anything new of a refund."""
        async with database.transaction() as connection:
            row = await self._things.lock(
                connection, self._records.owner_of(refund)
            )  # before its refund, as everywhere
            if row is None:
                raise RuntimeError("a refund of nothing that was paid")
            known = await self._records.lock_refund(connection, refund["id"])
            state = refund_state_name(told)
            steps = refund_steps(known["state"], state)
            await self._records.move_refund(connection, refund["id"], state if steps else known["state"], told.id)
            if set(steps) - {RefundStep.WAIT}:
                await self._records.has_moved(connection, refund["payment_id"])
            for step in steps:
                match step:
                    case RefundStep.SUCCEED:
                        await self._succeed(connection, row, refund)
                    case RefundStep.FAIL | RefundStep.REVERSE:
                        await self._owe_again(connection, row, refund, reversed_=step is RefundStep.REVERSE)
        return bool(set(steps) - {RefundStep.WAIT})

    async def _succeed(self, connection: Connection, row: Record, refund: Record) -> None:
        row = await self._things.add_refunded(connection, row["id"], refund["amount_minor_units"])
        await self._things.tell(connection, row, self._things.REFUNDED, "Money was sent back.")
        await self._things.publish_refunded(connection, row, _amount(refund), refund["reason"])
        await self._inbox.finish(connection, PROVIDER, f"refund-{refund['id']}", "APPLIED")

    async def _owe_again(self, connection: Connection, row: Record, refund: Record, *, reversed_: bool) -> None:
        if reversed_:
            row = await self._things.add_refunded(connection, row["id"], -refund["amount_minor_units"])
        pause = pause_before_refund(refund["attempt"] + 1)
        again = await self._records.request_again(connection, refund, pause=pause)
        await self._inbox.finish(connection, PROVIDER, f"refund-{refund['id']}", "APPLIED")
        if pause is None:
            await self._park(connection, again, refund["payment_id"], REFUND_FAILED)
            log.error("refund.given_up", refund_id=str(again), owner_id=str(row["id"]))
        what = "Money that was sent back came back" if reversed_ else "Money could not be sent back"
        how = "a person looks at it." if pause is None else "it is sent again."
        kind = "RefundReversed" if reversed_ else "RefundFailed"
        await self._things.tell(connection, row, kind, f"{what}; {how}")
        await self._things.publish_refund_failed(
            connection, row, _amount(refund), refund["reason"], reversed_=reversed_, given_up=pause is None
        )


def _amount(refund: Record) -> money_pb2.Money:
    return money_pb2.Money(minor_units=refund["amount_minor_units"], currency=refund["currency"])


def _owed(payment_id: str) -> bytes:
    return orjson.dumps({"type": OWED, "data": {"payment_id": payment_id}})
