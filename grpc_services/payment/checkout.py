"""The guest's side of a payment: look at it, pay by card, answer the bank's question."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from grpc_services.payment import queries
from grpc_services.payment.capturing import authorize, live_attempt
from grpc_services.payment.cards import TestCard, Verdict, card_ending_in
from grpc_services.payment.declining import decline, tell_declined
from grpc_services.payment.payment_moves import Change, PaymentMoves, read_payment
from grpc_services.payment.rules import (
    AttemptState,
    PaymentFacts,
    PaymentState,
    takes_card,
    takes_confirmation,
)
from grpc_services.payment.webhook_events import EventType
from runtime.database import Database
from runtime.identifiers import new_id

CONFIRMATION_REFUSED = "CONFIRMATION_REFUSED"
_STATES = {
    Verdict.APPROVED: AttemptState.SUCCEEDED,
    Verdict.APPROVED_LATE: AttemptState.SUCCEEDED,
    Verdict.DECLINED: AttemptState.FAILED,
    Verdict.NEEDS_CONFIRMATION: AttemptState.ACTION_REQUIRED,
    Verdict.NO_ANSWER: AttemptState.PROCESSING,
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
    attempt_state: str = ""


class Checkout:
    def __init__(self, database: Database, moves: PaymentMoves, clock: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._moves = moves
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
            attempt_state=attempt["state"],
        )

    async def pay(self, token: str, form_nonce: str, card: TestCard) -> None:
        """Tries a card once for one form. Changes nothing when the payment takes no card or the form came before."""
        async with self._moves.change() as change:
            payment = await _locked(change, token)
            if payment is None or not takes_card(payment, change.now) or await live_attempt(change, payment):
                return
            attempt_id = new_id()
            is_first = await queries.INSERT_ATTEMPT.execute(
                change.connection,
                id=attempt_id,
                payment_id=payment.id,
                form_nonce=form_nonce,
                card_brand=card.brand,
                card_last4=card.last4,
                state=_STATES[card.verdict],
                code=card.failure_code if card.verdict is Verdict.DECLINED else "",
                at=change.now,
            )
            if not is_first:
                return
            if card.webhook_fault:
                row = await queries.SET_WEBHOOK_FAULT.fetch_one(
                    change.connection, payment_id=payment.id, fault=card.webhook_fault
                )
                payment = read_payment(row)
            match card.verdict:
                case Verdict.DECLINED:
                    await tell_declined(change, payment, card.failure_code)
                case Verdict.NEEDS_CONFIRMATION:
                    await change.move(payment, PaymentState.ACTION_REQUIRED, EventType.ACTION_REQUIRED)
                case Verdict.NO_ANSWER:
                    await change.leave_to_bank(payment, "TIME_OUT", subject_id=attempt_id)
                case Verdict.APPROVED | Verdict.APPROVED_LATE:
                    await authorize(change, payment, card)

    async def confirm(self, token: str, attempt_id: uuid.UUID, *, approved: bool) -> None:
        """The guest's answer to their bank, good for the attempt that asked for it and only once."""
        async with self._moves.change() as change:
            payment = await _locked(change, token)
            if payment is None or not takes_confirmation(payment, change.now):
                return
            attempt = await live_attempt(change, payment)
            if attempt is None or attempt["id"] != attempt_id:
                return
            card = card_ending_in(attempt["card_last4"])
            if not approved or card is None or card.failure_code:
                code = card.failure_code if approved and card else CONFIRMATION_REFUSED
                await decline(change, payment, attempt, code)
                return
            await queries.SETTLE_ATTEMPT.execute(
                change.connection,
                attempt_id=attempt_id,
                of_payment=payment.id,
                from_state=AttemptState.ACTION_REQUIRED,
                state=AttemptState.SUCCEEDED,
                code="",
            )
            await authorize(change, payment, card)


async def _locked(change: Change, token: str) -> PaymentFacts | None:
    row = await queries.LOCK_PAYMENT_BY_TOKEN.fetch_row(change.connection, token=token)
    return read_payment(row) if row else None
