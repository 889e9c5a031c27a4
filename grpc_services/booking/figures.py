"""The hotelier's figures: pure functions of bookings and nights. Amounts are whole minor units of one currency.

    occupancy                    sold room nights / available room nights
    average daily rate           revenue / sold room nights
    revenue per available room   revenue / available room nights (RevPAR)
    lead days                    from the day of booking, at the hotel, to the day of arrival

A room night is sold while a confirmed, present, departed or missing guest's room takes it: not when it was cancelled,
nor after an early departure. Its revenue is the price of nights: without city tax and without extras, which bring a
revenue of their own. Quotients are rounded half up; they are 0 where nothing is there to divide by.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from contracts.booking.v1 import figures_pb2
from contracts.hotel.v1 import rate_pb2
from contracts.money.v1 import money_pb2
from grpc_services.booking import inventory_rules
from grpc_services.booking.price_parts import price_of_extras, price_of_nights
from runtime.shares import split

SOLD_STATES = frozenset({"CONFIRMED", "CHECKED_IN", "COMPLETED", "NO_SHOW"})
LONGEST = 366
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    first_night: dt.date
    end_night: dt.date  # exclusive


@dataclass(frozen=True, slots=True)
class CountedRoom:
    """One room of a booking: its type, the nights that it takes with the revenue of each, and what its extras bring
    a night."""

    room_type_id: uuid.UUID
    nights: Mapping[dt.date, int]
    extras: Mapping[dt.date, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CountedBooking:
    state: str
    check_in: dt.date
    lead_days: int
    picked_up: bool  # booked since the moment that pick-up is counted from
    rooms: Sequence[CountedRoom]


@dataclass(slots=True)
class Counts:
    available: int = 0
    sold: int = 0
    revenue: int = 0
    extras_revenue: int = 0
    picked_up: int = 0
    bookings: int = 0
    cancelled: int = 0
    no_shows: int = 0
    lead_days: int = 0


@dataclass(slots=True)
class Ledger:
    """Counts by period and room type; the type is None for the house."""

    periods: Sequence[Period]
    kinds: Sequence[uuid.UUID | None]
    cells: dict[tuple[int, uuid.UUID | None], Counts] = field(default_factory=dict)
    _period_of: dict[dt.date, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cells = {(number, kind): Counts() for number in range(len(self.periods)) for kind in self.kinds}
        for number, period in enumerate(self.periods):
            for night in inventory_rules.days(period.first_night, period.end_night):
                self._period_of[night] = number

    def _cell(self, night: dt.date, kind: uuid.UUID) -> Counts | None:
        number = self._period_of.get(night)
        return None if number is None else self.cells.get((number, None if None in self.kinds else kind))

    def add_available(self, kind: uuid.UUID, night: dt.date, rooms: int) -> None:
        if cell := self._cell(night, kind):
            cell.available += rooms

    def add_booking(self, booking: CountedBooking) -> None:
        """A booking counts once in the period of its arrival: for the house, or for every type it has a room of."""
        arrivals = {
            id(cell): cell for room in booking.rooms if (cell := self._cell(booking.check_in, room.room_type_id))
        }
        for cell in arrivals.values():
            cell.bookings += 1
            cell.cancelled += booking.state == "CANCELLED"
            cell.no_shows += booking.state == "NO_SHOW"
            cell.lead_days += booking.lead_days
        if booking.state not in SOLD_STATES:
            return
        for room in booking.rooms:
            for night, revenue in room.nights.items():
                if sold := self._cell(night, room.room_type_id):
                    sold.sold += 1
                    sold.revenue += revenue
                    sold.extras_revenue += room.extras.get(night, 0)
                    sold.picked_up += booking.picked_up


def periods(first_night: dt.date, end_night: dt.date, kind: figures_pb2.FigurePeriod.ValueType) -> list[Period]:
    """The nights cut into days, weeks from Monday, months, or left whole; the first and last may be shorter."""
    found: list[Period] = []
    start = first_night
    while start < end_night:
        end = min(end_night, _next(start, kind, end_night))
        found.append(Period(start, end))
        start = end
    return found


def _next(start: dt.date, kind: figures_pb2.FigurePeriod.ValueType, end_night: dt.date) -> dt.date:
    match kind:
        case figures_pb2.FIGURE_PERIOD_DAY:
            return start + _DAY
        case figures_pb2.FIGURE_PERIOD_WEEK:
            return start + (8 - start.isoweekday()) * _DAY
        case figures_pb2.FIGURE_PERIOD_MONTH:
            return (start.replace(day=1) + 32 * _DAY).replace(day=1)
        case _:
            return end_night


def revenue_by_night(room: rate_pb2.PricedRoom) -> dict[dt.date, int]:
    """A room's total without city tax and extras, shared out to its nights by their prices; it sums to the minor
    unit."""
    prices = _night_prices(room)
    return dict(zip(prices, split(price_of_nights(room), list(prices.values())), strict=True))


def extras_by_night(room: rate_pb2.PricedRoom) -> dict[dt.date, int]:
    """What a room's extras cost, shared out evenly to its nights; it sums to the minor unit."""
    nights = _night_prices(room)
    return dict(zip(nights, split(price_of_extras(room), [1] * len(nights)), strict=True))


def _night_prices(room: rate_pb2.PricedRoom) -> dict[dt.date, int]:
    return {
        dt.date.fromisoformat(line.night): line.amount.minor_units
        for line in room.lines
        if line.kind == rate_pb2.PRICE_LINE_KIND_NIGHT
    }


def as_message(ledger: Ledger, currency: str) -> figures_pb2.Figures:
    """By period, and within it by room type in the order that they were given."""

    def money(amount: int) -> money_pb2.Money:
        return money_pb2.Money(minor_units=amount, currency=currency)

    return figures_pb2.Figures(
        periods=[
            figures_pb2.PeriodFigures(
                first_night=ledger.periods[number].first_night.isoformat(),
                end_night=ledger.periods[number].end_night.isoformat(),
                room_type_id=str(kind or ""),
                available_room_nights=counts.available,
                sold_room_nights=counts.sold,
                revenue=money(counts.revenue),
                average_daily_rate=money(_quotient(counts.revenue, counts.sold)),
                revenue_per_available_room=money(_quotient(counts.revenue, counts.available)),
                occupancy_basis_points=_quotient(10_000 * counts.sold, counts.available),
                pick_up_room_nights=counts.picked_up,
                bookings=counts.bookings,
                cancelled_bookings=counts.cancelled,
                no_show_bookings=counts.no_shows,
                extras_revenue=money(counts.extras_revenue),
                mean_lead_days=counts.lead_days / counts.bookings if counts.bookings else 0.0,
            )
            for (number, kind), counts in ledger.cells.items()
        ]
    )


def nights_within(prices: Mapping[dt.date, int], first_night: dt.date, end_night: dt.date) -> dict[dt.date, int]:
    """Of the nights that a room takes, each with its revenue."""
    return {night: prices.get(night, 0) for night in inventory_rules.days(first_night, end_night)}


def available(nights: Iterable[inventory_rules.Night], *, for_sale: bool) -> dict[dt.date, int]:
    """Rooms that could be slept in, by night. Of a room type that is no longer for sale only nights count on which
    something was sold."""
    return {one.night: max(0, one.capacity - one.out_of_order) for one in nights if for_sale or one.held or one.sold}


def _quotient(amount: int, divisor: int) -> int:
    return (2 * amount + divisor) // (2 * divisor) if divisor else 0
