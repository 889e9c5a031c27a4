"""What a replay tells at its end: the system's figures beside those of the file, and why rows were refused. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stack.replay.days import Step
from stack.replay.figures import Figures, Period
from stack.replay.player import Refusal
from stack.replay.rooms import RoomKind
from stack.replay.rows import BookedStay, Ending, Unreadable

_EXAMPLES = 3
_STEPS = {
    Step.BOOKINGS: "booking",
    Step.CHANGES: "change",
    Step.CANCELLATIONS: "cancellation",
    Step.CANCELLATIONS_SAME_DAY: "cancellation",
    Step.NO_SHOWS: "no-show",
    Step.ARRIVALS: "check-in",
    Step.DEPARTURES: "check-out",
    Step.DEPARTURES_SAME_DAY: "check-out",
}


@dataclass(frozen=True, slots=True)
class Replayed:
    """Everything that a replay found. `months` are (system, file) of the rows that were booked."""

    period: Period
    kinds: Sequence[RoomKind]
    booked: Sequence[BookedStay]
    system: Figures
    same_rows: Figures
    every_row: Figures
    months: Sequence[tuple[Figures, Figures]]
    played: Mapping[Step, int]
    refusals: Sequence[Refusal]
    unreadable: Sequence[Unreadable]
    outside: int  # rows of another year
    discrepancies: int
    seconds: float

    @property
    def adds_up(self) -> bool:
        """Whether the system says what the file says, in every month, and its own books are right."""
        equal = all(shown(self.system) == shown(self.same_rows) for shown in LINES.values())
        return equal and self.equal_months == len(self.months) and not self.discrepancies

    @property
    def equal_months(self) -> int:
        return sum(all(shown(system) == shown(rows) for shown in LINES.values()) for system, rows in self.months)


LINES: dict[str, Callable[[Figures], str]] = {
    "room nights available": lambda figures: f"{figures.available:,}",
    "room nights sold": lambda figures: f"{figures.sold:,}",
    "occupancy": lambda figures: _percent(figures.occupancy),
    "revenue, EUR": lambda figures: _amount(figures.revenue),
    "average daily rate, EUR": lambda figures: _amount(figures.average_daily_rate),
    "RevPAR, EUR": lambda figures: _amount(figures.revenue_per_available_room),
    "bookings": lambda figures: f"{figures.bookings:,}",
    "cancelled": lambda figures: f"{figures.cancelled:,}",
    "cancellation rate": lambda figures: _percent(figures.cancellation_rate),
    "no-shows": lambda figures: f"{figures.no_shows:,}",
    "days from booking to arrival": lambda figures: f"{figures.mean_lead_days:.2f}",
}


def report(result: Replayed) -> str:
    """Lines for a terminal."""
    return "\n".join(
        [*_heading(result), "", *_table(result), "", *_moves(result), "", *_refusals(result), "", *_verdict(result)]
    )


def _heading(result: Replayed) -> Iterator[str]:
    rooms = sum(kind.rooms for kind in result.kinds)
    yield f"Nights from {result.period.first_night} to {result.period.end_night} (exclusive), {rooms} rooms:"
    yield "  " + ", ".join(f"{kind.letter} {kind.rooms}+{kind.oversell}" for kind in result.kinds)
    yield "  (of each type: guests at once at most + bookings beyond that at most)"


def _table(result: Replayed) -> Iterator[str]:
    yield f"  {'':<30}{'system':>14}{'file, same rows':>18}{'file, every row':>18}"
    for name, shown in LINES.items():
        system, rows, every = shown(result.system), shown(result.same_rows), shown(result.every_row)
        mark = "" if system == rows else "   differs"
        yield f"  {name:<30}{system:>14}{rows:>18}{every:>18}{mark}"
    yield f"  Months in which all of these are equal: {result.equal_months} of {len(result.months)}"


def _moves(result: Replayed) -> Iterator[str]:
    by_name: Counter[str] = Counter()
    for step, number in result.played.items():
        by_name[_STEPS[step]] += number
    names = dict.fromkeys(_STEPS.values())
    yield "Played: " + ", ".join(f"{by_name[name]:,} {_several(name)}" for name in names if by_name[name]) + "."
    arrived = [stay for stay in result.booked if stay.ending is Ending.DEPARTED]
    moved = sum(stay.reserved != stay.assigned for stay in arrived)
    early = sum(stay.ended < stay.departure for stay in arrived)
    free = sum(stay.rate == 0 for stay in result.booked)
    yield f"Among them: {moved:,} guests checked in to another type, {early} left early, {free} bookings at 0.00."


def _refusals(result: Replayed) -> Iterator[str]:
    yield f"Refused: {len(result.refusals)}"
    grouped: defaultdict[tuple[str, str, str], list[BookedStay]] = defaultdict(list)
    for refusal in result.refusals:
        grouped[_STEPS[refusal.step], refusal.reason.code, refusal.reason.message].append(refusal.stay)
    for (step, code, message), stays in sorted(grouped.items(), key=lambda entry: -len(entry[1])):
        stays.sort(key=lambda stay: stay.line)
        yield f"  {len(stays):>4} × {step}: {code}, {message}"
        yield from (f"         {_facts(stay)}" for stay in stays[:_EXAMPLES])
    if result.unreadable:
        yield f"Unreadable: {len(result.unreadable)}"
        for fault in result.unreadable[:_EXAMPLES]:
            yield f"         line {fault.line}: {fault.reason}"
    if result.outside:
        yield f"Not of this year, and not played: {result.outside:,}"


def _verdict(result: Replayed) -> Iterator[str]:
    yield f"Standing proof: {result.discrepancies} discrepancies."
    equal = "System and file agree." if result.adds_up else "System and file do NOT agree."
    yield f"{equal} Played in {result.seconds:.0f} s."


def _facts(stay: BookedStay) -> str:
    return (
        f"line {stay.line}: {stay.nights} nights, {stay.adults} adults, booked {stay.lead_days} days ahead, "
        f"{_amount(stay.rate)} a night"
    )


def _several(name: str) -> str:
    return name if name.endswith("s") else f"{name}s"


def _percent(basis_points: int) -> str:
    return f"{basis_points / 100:.2f} %"


def _amount(cents: int) -> str:
    return f"{cents / 100:,.2f}"
