"""The guest's side of a payment: look at it, pay by card, answer the bank's question."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from grpc_services.payment import queries
from grpc_services.payment.cards import CardFacts, Verdict
from grpc_services.payment.ledger import Change, Ledger, read_payment
from grpc_services.payment.rules import (
    LATE_CAPTURE_AFTER,
    PaymentFacts,
    PaymentState,
    takes_card,
    takes_confirmation,
)
from grpc_services.payment.webhook_events import EventType
from runtime.database import Database
from runtime.identifiers import new_id

CARD_DECLINED = "CARD_DECLINED"
CONFIRMATION_REFUSED = "CONFIRMATION_REFUSED"
_OUTCOME = {
    Verdict.APPROVED: "APPROVED",
    Verdict.APPROVED_LATE: "APPROVED",
    Verdict.DECLINED: "DECLINED",
    Verdict.NEEDS_CONFIRMATION: "WAITING",
}


@dataclass(frozen=True, slots=True)
class CheckoutView:
    """What the page shows; `attempt_id`, card and code are those of the newest attempt."""

    payment: PaymentFacts
    now: dt.datetime
    attempt_id: uuid.UUID | None = None
    card_brand: str = ""
    card_last4: str = ""
    attempt_code: str = ""


class Checkout:
    def __init__(self, database: Database, ledger: Ledger, clock: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    async def look(self, token: str) -> CheckoutView | None:
        """None for a token that opens nothing."""
        async with self._database.reading() as connection:
            row = await queries.PAYMENT_BY_TOKEN.fetch_row(connection, token=token)
            if row is None:
                return None
            payment = read_payment(row)
            attempt = await queries.NEWEST_ATTEMPT.fetch_row(connection, payment_id=payment.id)
        if attempt is None:
            return CheckoutView(payment, self._clock())
        return CheckoutView(
            payment,
            self._clock(),
            attempt_id=attempt["id"],
            card_brand=attempt["card_brand"],
            card_last4=attempt["card_last4"],
            attempt_code=attempt["code"],
        )

    async def pay(self, token: str, form_nonce: str, card: CardFacts) -> None:
        """Tries a card once for one form. Changes nothing when the payment takes no card or the form came before."""
        async with self._ledger.change() as change:
            payment = await _locked(change, token)
            if payment is None or not takes_card(payment, change.now):
                return
            is_first = await queries.INSERT_ATTEMPT.execute(
                change.connection,
                id=new_id(),
                payment_id=payment.id,
                form_nonce=form_nonce,
                card_brand=card.brand,
                card_last4=card.last4,
                outcome=_OUTCOME[card.verdict],
                code=CARD_DECLINED if card.verdict is Verdict.DECLINED else "",
                at=change.now,
            )
            if not is_first:
                return
            if card.verdict is Verdict.DECLINED:
                await _decline(change, payment, CARD_DECLINED)
            elif card.verdict is Verdict.NEEDS_CONFIRMATION:
                await change.move(payment, PaymentState.ACTION_REQUIRED, EventType.ACTION_REQUIRED)
            elif card.verdict is Verdict.APPROVED_LATE:
                capture_at = change.now + LATE_CAPTURE_AFTER
                await change.move(payment, PaymentState.AUTHORIZED, EventType.AUTHORIZED, capture_at=capture_at)
            else:
                await _authorize_and_capture(change, payment)

    async def confirm(self, token: str, attempt_id: uuid.UUID, *, approved: bool) -> None:
        """The guest's answer to their bank, good for the attempt that asked for it and only once."""
        async with self._ledger.change() as change:
            payment = await _locked(change, token)
            if payment is None or not takes_confirmation(payment, change.now):
                return
            was_asked = await queries.SETTLE_ATTEMPT.execute(
                change.connection,
                attempt_id=attempt_id,
                of_payment=payment.id,
                outcome="APPROVED" if approved else "DECLINED",
                code="" if approved else CONFIRMATION_REFUSED,
            )
            if not was_asked:
                return
            if approved:
                await _authorize_and_capture(change, payment)
            else:
                await _decline(change, payment, CONFIRMATION_REFUSED)


async def _locked(change: Change, token: str) -> PaymentFacts | None:
    row = await queries.LOCK_PAYMENT_BY_TOKEN.fetch_row(change.connection, token=token)
    return read_payment(row) if row else None


async def _authorize_and_capture(change: Change, payment: PaymentFacts) -> None:
    authorized = await change.move(payment, PaymentState.AUTHORIZED, EventType.AUTHORIZED)
    await change.capture(authorized)


async def _decline(change: Change, payment: PaymentFacts, code: str) -> None:
    """Leaves the payment open for another card, until there were too many."""
    left = payment.declines_left - 1
    declined = await change.move(
        payment, PaymentState.CREATED, EventType.ATTEMPT_FAILED, failure_code=code, declined=1, attempts_left=left
    )
    if left <= 0:
        await change.move(declined, PaymentState.FAILED, EventType.FAILED, failure_code=code)
