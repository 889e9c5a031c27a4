"""The decisions of the booking service: pure functions of facts, no I/O."""

from __future__ import annotations

import enum
import re
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import hotel_pb2, rate_pb2
from runtime.errors import IllegalState, InvalidInput
from runtime.payment_system import CAPTURED, FAILED, PaymentFacts

LOCALES = ("en", "fr", "ru")
_SPOKEN_IN = dict.fromkeys(("FR", "MC", "LU"), "fr") | dict.fromkeys(("RU", "BY", "KZ", "KG"), "ru")
REFERENCE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that is mistaken for something else
REFERENCE_LENGTH = 8
LONGEST_NAME = 120
LONGEST_REQUEST = 1000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class State(enum.StrEnum):
    HELD = "HELD"
    PAYMENT_PENDING = "PAYMENT_PENDING"
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    NO_SHOW = "NO_SHOW"


HOLDING = frozenset({State.HELD, State.PAYMENT_PENDING})

MOVES: dict[State, frozenset[State]] = {
    State.HELD: frozenset({State.PAYMENT_PENDING, State.CONFIRMED, State.EXPIRED, State.CANCELLED}),
    State.PAYMENT_PENDING: frozenset({State.HELD, State.CONFIRMED, State.EXPIRED, State.CANCELLED}),
    State.CONFIRMED: frozenset({State.CHECKED_IN, State.CANCELLED, State.NO_SHOW}),
    State.CHECKED_IN: frozenset({State.COMPLETED}),
    State.NO_SHOW: frozenset({State.CONFIRMED}),
    State.EXPIRED: frozenset({State.CONFIRMED}),
    State.COMPLETED: frozenset(),
    State.CANCELLED: frozenset(),
}


def check_move(current: State, wanted: State) -> None:
    """Raises IllegalState naming the state and the moves it allows."""
    if wanted not in MOVES[current]:
        allowed = ", ".join(sorted(MOVES[current])) or "none"
        raise IllegalState(
            f"A booking that is {current} cannot become {wanted}.",
            details={"state": current, "allowed": allowed},
        )


def new_reference() -> str:
    """A reference that can be read out on the phone: no 0, O, 1, I or L."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))


def new_document_secret() -> str:
    """What makes the address of a bill impossible to guess."""
    return secrets.token_urlsafe(24)


def first_state(stay: rate_pb2.PriceStayResponse, visits_minor_units: int = 0) -> State:
    """Rooms that are all paid at the hotel are confirmed at once; anything prepaid is held for its payment. Rooms with
    visits to salons that cost something are paid ahead together."""
    prepaid = visits_minor_units > 0 or any(
        room.payment_timing == hotel_pb2.PAYMENT_TIMING_PREPAID for room in stay.rooms
    )
    return State.HELD if prepaid else State.CONFIRMED


def rooms_per_type(stay: rate_pb2.PriceStayResponse) -> dict[str, int]:
    return dict(Counter(room.request.room_type_id for room in stay.rooms))


def check_guest(guest: booking_pb2.GuestDetails) -> None:
    if not 1 <= len(guest.name.strip()) <= LONGEST_NAME:
        raise InvalidInput(f"A name has 1 to {LONGEST_NAME} characters.", path=("guest", "name"))
    if _CONTROL.search(guest.name):
        raise InvalidInput("This has characters that cannot be shown.", path=("guest", "name"))
    try:
        validate_email(guest.email, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise InvalidInput("This is not an e-mail address.", path=("guest", "email")) from None
    if guest.phone and not re.fullmatch(r"\+?[0-9 ().-]{5,24}", guest.phone):
        raise InvalidInput("This is not a telephone number.", path=("guest", "phone"))
    if guest.locale and guest.locale not in LOCALES:
        raise InvalidInput(f"We speak {', '.join(LOCALES)}.", path=("guest", "locale"))


def language_of(country: str) -> str:
    """What a guest who did not say is written to in, by the country of the house (ISO 3166-1)."""
    return _SPOKEN_IN.get(country, LOCALES[0])


def room_guests(guests: Sequence[booking_pb2.RoomGuest], rooms: int) -> dict[int, str]:
    """Who sleeps in which of so many rooms, by position."""
    if len(guests) > rooms:
        raise InvalidInput("There are more names than rooms.", path=("roomGuests",))
    names: dict[int, str] = {}
    for number, guest in enumerate(guests):
        path = ("roomGuests", str(number))
        if not 0 <= guest.position < rooms or guest.position in names:
            raise InvalidInput("Name each room of the quote once at most, by its position.", path=(*path, "position"))
        if not 1 <= len(guest.name.strip()) <= LONGEST_NAME:
            raise InvalidInput(f"A name has 1 to {LONGEST_NAME} characters.", path=(*path, "name"))
        if _CONTROL.search(guest.name):
            raise InvalidInput("This has characters that cannot be shown.", path=(*path, "name"))
        names[guest.position] = guest.name.strip()
    return names


def check_wishes(special_requests: str, arrival_time: str) -> None:
    if len(special_requests) > LONGEST_REQUEST:
        raise InvalidInput(f"Keep requests under {LONGEST_REQUEST} characters.", path=("specialRequests",))
    if _CONTROL_BUT_LINES.search(special_requests):
        raise InvalidInput("This has characters that cannot be shown.", path=("specialRequests",))
    if arrival_time and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", arrival_time):
        raise InvalidInput("A time of day is written HH:MM.", path=("arrivalTime",))


def check_line(text: str, longest: int, path: Sequence[str], *, required: bool = False) -> None:
    """Text of one line."""
    if len(text) > longest or (required and not text.strip()):
        raise InvalidInput(f"This has {'1' if required else '0'} to {longest} characters.", path=path)
    if _CONTROL.search(text):
        raise InvalidInput("This has characters that cannot be shown.", path=path)


class Settlement(enum.Enum):
    """What the state of a payment asks of its booking."""

    CONFIRM = enum.auto()
    KEEP_WHAT_IS_DUE = enum.auto()  # a payment of ours; what the booking no longer owes goes back
    TAKE_AGAIN = enum.auto()  # the hold is gone: take the nights at the quoted price, else refund
    REFUND = enum.auto()
    REOPEN = enum.auto()  # the payment failed; the guest may try again while the hold lives
    NOTHING = enum.auto()
    PARK = enum.auto()


@dataclass(frozen=True, slots=True)
class BookingFacts:
    state: State
    total_minor_units: int
    currency: str
    paid_minor_units: int
    payment_minor_units: int  # what its newest payment was opened for


def settlement(booking: BookingFacts, payment: PaymentFacts) -> Settlement:
    """The one place that says what money does to a booking. Repeating it with the same facts is harmless:
    a booking that took this money is paid, and then nothing is left to do."""
    if payment.state in CAPTURED:
        if payment.is_taken_in:
            return Settlement.NOTHING
        expected = booking.payment_minor_units if payment.is_current else booking.total_minor_units
        if (payment.amount_minor_units, payment.currency) != (expected, booking.currency):
            return Settlement.PARK
        if booking.state in HOLDING:
            return Settlement.CONFIRM
        if booking.state is State.EXPIRED:
            return Settlement.REFUND if booking.paid_minor_units else Settlement.TAKE_AGAIN
        return Settlement.KEEP_WHAT_IS_DUE if payment.is_current else Settlement.REFUND
    if payment.state in FAILED and payment.is_current and booking.state is State.PAYMENT_PENDING:
        return Settlement.REOPEN
    return Settlement.NOTHING
