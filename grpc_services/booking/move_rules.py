"""What the moves of a booking cost and give back: pure decisions. Amounts are minor units of its currency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from contracts.hotel.v1 import rate_pb2
from contracts.money.v1 import money_pb2
from grpc_services.booking import cancellation, chosen_extras, folio, messages, payees, rules
from grpc_services.booking.errors import RefundChanged
from grpc_services.booking.rules import HOLDING, MOVES, State
from runtime.database import Record
from runtime.errors import IllegalState, InvalidInput

MOST_POSITIONS = 50
LONGEST_REASON = 500
LONGEST_DESCRIPTION = 200
LARGEST_AMOUNT = 100_000_000


@dataclass(frozen=True, slots=True)
class Cancelling:
    """`penalty` is of the rooms that are cancelled now, `penalty_in_all` also of those cancelled before; `back` is what
    each payee gives back."""

    whole: bool
    penalty: int
    penalty_in_all: int
    new_total: int
    back: payees.Amounts

    @property
    def refund(self) -> int:
        return sum(self.back.values())


@dataclass(frozen=True, slots=True)
class Modifying:
    """`new_total` holds what was kept of earlier prices (`penalty_in_all`); `back` is what each payee gives back."""

    new_total: int
    penalty_in_all: int
    back: payees.Amounts
    due: int

    @property
    def refund(self) -> int:
        return sum(self.back.values())


def today_at_hotel(row: Record, now: dt.datetime) -> dt.date:
    return now.astimezone(ZoneInfo(messages.priced_stay(row).time_zone)).date()


def refuse(row: Record, message: str) -> IllegalState:
    """Naming the state and the moves that it allows."""
    state = State(row["state"])
    return IllegalState(
        message, path=("bookingId",), details={"state": state, "allowed": ", ".join(sorted(MOVES[state])) or "none"}
    )


def refuse_overdue(row: Record) -> None:
    """A hold that ran out is over, whether or not anybody has released it."""
    if row["overdue"]:
        raise IllegalState(
            "The hold of this booking has run out.",
            path=("bookingId",),
            details={"state": State.EXPIRED, "allowed": "none"},
        )


def chosen_rooms(rooms: Sequence[Record], positions: Sequence[int]) -> list[Record]:
    """The standing rooms at these positions; all that stand when none is named."""
    if len(positions) > MOST_POSITIONS:
        raise InvalidInput(f"Name at most {MOST_POSITIONS} rooms.", path=("rooms",))
    known = {room["position"]: room for room in folio.standing(rooms)}
    for number, position in enumerate(positions):
        if position not in known or position in positions[:number]:
            raise InvalidInput("This is not a room that stands.", path=("rooms", str(number)))
    return [known[position] for position in positions] if positions else list(known.values())


def policy_stages(row: Record, rooms: Sequence[Record]) -> list[cancellation.Stage]:
    """What the guest would pay for cancelling these rooms, moment by moment; nothing while they are only held."""
    if State(row["state"]) in HOLDING:
        return [cancellation.Stage(None, None, 0)]
    stay = messages.priced_stay(row)
    return cancellation.stages([stay.rooms[room["position"]] for room in rooms], stay, row["check_in"])


def cancelling(
    row: Record,
    rooms: Sequence[Record],
    chosen: Sequence[Record],
    *,
    penalty: int,
    by_hotel: bool,
    kept: payees.Amounts,
    salons: payees.Amounts,
) -> Cancelling:
    """`penalty` is the policy's, at the moment in question; the hotel itself takes none. `kept` is what each payee has
    now, `salons` what visits cost afterwards."""
    gone = {room["position"] for room in chosen}
    left = [room for room in folio.standing(rooms) if room["position"] not in gone]
    penalty = 0 if by_hotel else penalty
    penalty_in_all = 0 if by_hotel and not left else row["penalty_minor_units"] + penalty
    new_total = row["total_minor_units"]
    cost = penalty_in_all
    if left:
        new_total = cost = sum(room["total_minor_units"] for room in left) + penalty_in_all
    owed = cost + sum(salons.values()) + row["charges_minor_units"]
    return Cancelling(
        not left, penalty, penalty_in_all, new_total, payees.going_back(row, kept, owed=owed, salons=salons)
    )


def modifying(
    row: Record, new_price: int, *, cancelling_costs: int, kept: payees.Amounts, salons: payees.Amounts
) -> Modifying:
    """A change never gives back more than cancelling would: what is kept beyond the new price counts as penalty.

    `new_price` is of the rooms as they are from now on, `cancelling_costs` what calling off the old ones would, `kept`
    what each payee has now, `salons` what visits cost.
    """
    charges = row["charges_minor_units"] + sum(salons.values())
    cost = new_price + row["penalty_minor_units"] + charges
    most = max(cost, cancelling_costs + row["penalty_minor_units"] + charges)
    back = payees.going_back(row, kept, owed=most, salons=salons)
    given = sum(kept.values()) - sum(back.values()) + row["desk_paid_minor_units"]
    retained = max(0, min(given, most) - cost)
    penalty = row["penalty_minor_units"] + retained
    return Modifying(new_price + penalty, penalty, back, max(0, cost + retained - given))


def check_refund(row: Record, expected: money_pb2.Money, actual: int) -> None:
    """Raises RefundChanged. No expectation at all stands for none to be sent back."""
    currency = expected.currency or row["currency"]
    if (expected.minor_units, currency) != (actual, row["currency"]):
        raise RefundChanged(expected, actual, row["currency"])


def check_same_rooms(rooms: Sequence[rate_pb2.PricedRoom], wanted: Sequence[rate_pb2.PricedRoom]) -> None:
    """Their extras may be others."""
    if not chosen_extras.same_rooms([room.request for room in rooms], [room.request for room in wanted]):
        raise InvalidInput("While the guest is in the house only the day of departure can change.", path=("quoteId",))


def check_reason(reason: str) -> None:
    rules.check_line(reason, LONGEST_REASON, ("reason",))


def check_amount(row: Record, amount: money_pb2.Money) -> int:
    if amount.currency != row["currency"]:
        raise InvalidInput(f"The amount is in {row['currency']}.", path=("amount", "currency"))
    if not 0 < abs(amount.minor_units) <= LARGEST_AMOUNT:
        raise InvalidInput("This amount is not possible.", path=("amount", "minorUnits"))
    return amount.minor_units


def left_on(room: Record, today: dt.date) -> dt.date:
    """The end of a room's nights when those from today on are given back."""
    end: dt.date = max(room["first_night"], min(room["end_night"], today))
    return end
