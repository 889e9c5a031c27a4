"""The decisions about appointments: pure functions of facts, no I/O."""

from __future__ import annotations

import datetime as dt
import enum
import secrets

from contracts.salon.v1 import appointment_pb2
from runtime.database import Record
from runtime.errors import IllegalState, InvalidInput
from runtime.field_checks import Values, checked_email, checked_line, checked_phone
from runtime.payment_system import CAPTURED, FAILED, PaymentFacts

REFERENCE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that is mistaken for something else
REFERENCE_LENGTH = 8
LONGEST_NAME = 120
LONGEST_NOTE = 1000
LONGEST_REASON = 500
EARLY_CLIENTS = dt.timedelta(minutes=30)  # a visit may be completed so long before its start


class State(enum.StrEnum):
    HELD = "HELD"
    PAYMENT_PENDING = "PAYMENT_PENDING"
    REQUESTED = "REQUESTED"
    CONFIRMED = "CONFIRMED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    NO_SHOW = "NO_SHOW"


HOLDING = frozenset({State.HELD, State.PAYMENT_PENDING})
TO_COME = frozenset({*HOLDING, State.REQUESTED, State.CONFIRMED})

MOVES: dict[State, frozenset[State]] = {
    State.HELD: frozenset({State.PAYMENT_PENDING, State.CONFIRMED, State.EXPIRED, State.CANCELLED}),
    State.PAYMENT_PENDING: frozenset({State.HELD, State.CONFIRMED, State.EXPIRED, State.CANCELLED}),
    State.REQUESTED: frozenset({State.CONFIRMED, State.CANCELLED}),
    State.CONFIRMED: frozenset({State.COMPLETED, State.CANCELLED, State.NO_SHOW}),
    State.EXPIRED: frozenset({State.CONFIRMED}),
    State.COMPLETED: frozenset(),
    State.CANCELLED: frozenset(),
    State.NO_SHOW: frozenset(),
}


def check_move(current: State, wanted: State) -> None:
    """Raises IllegalState naming the state and the moves it allows."""
    if wanted not in MOVES[current]:
        raise refuse(current, f"An appointment that is {current} cannot become {wanted}.")


def refuse(state: State, message: str) -> IllegalState:
    """Naming the state and the moves that it allows."""
    allowed = ", ".join(sorted(MOVES[state])) or "none"
    return IllegalState(message, path=("appointmentId",), details={"state": state, "allowed": allowed})


def refuse_overdue(row: Record) -> None:
    """A hold that ran out is over, whether or not anybody has released it."""
    if row["overdue"]:
        raise IllegalState(
            "The hold of this appointment has run out.",
            path=("appointmentId",),
            details={"state": State.EXPIRED, "allowed": "none"},
        )


def refuse_held_for_booking(row: Record) -> None:
    """What becomes of it is decided by the booking of rooms that it is held for."""
    if row["booking_id"] is not None and State(row["state"]) in HOLDING:
        raise refuse(State(row["state"]), "This visit is held for a booking; pay or cancel the booking.")


def first_state(*, prepaid: bool, total: int, confirms_by_hand: bool) -> State:
    """What is prepaid is held for its payment; the rest is confirmed, at once or by the salon's hand."""
    if prepaid and total:
        return State.HELD
    return State.REQUESTED if confirms_by_hand else State.CONFIRMED


def new_reference() -> str:
    """A reference that can be read out on the phone: no 0, O, 1, I or L."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))


def checked_client(client: appointment_pb2.ClientDetails) -> Values:
    if not client.email.strip():
        raise InvalidInput("This must not be empty.", path=("client", "email"))
    return {
        "client_name": checked_line(client.name, ("client", "name"), longest=LONGEST_NAME, required=True),
        "client_email": checked_email(client.email, ("client", "email")),
        "client_phone": checked_phone(client.phone, ("client", "phone")),
    }


class Settlement(enum.Enum):
    """What the state of a payment asks of its appointment."""

    CONFIRM = enum.auto()
    TAKE_AGAIN = enum.auto()  # the hold is gone: take the time at the same price, else refund
    REFUND = enum.auto()
    REOPEN = enum.auto()  # the payment failed; the client may try again while the hold lives
    NOTHING = enum.auto()
    PARK = enum.auto()


def settlement(row: Record, payment: PaymentFacts) -> Settlement:
    """The one place that says what money does to an appointment. Repeating it with the same facts is harmless: an
    appointment that took this money is paid, and then nothing is left to do."""
    state = State(row["state"])
    if payment.state in CAPTURED:
        if payment.is_taken_in:
            return Settlement.NOTHING
        if (payment.amount_minor_units, payment.currency) != (row["total_minor_units"], row["currency"]):
            return Settlement.PARK
        if state in HOLDING:
            return Settlement.CONFIRM
        if state is State.EXPIRED and not row["paid_minor_units"]:
            return Settlement.TAKE_AGAIN
        return Settlement.REFUND
    if payment.state in FAILED and payment.is_current and state is State.PAYMENT_PENDING:
        return Settlement.REOPEN
    return Settlement.NOTHING
