"""What a hotelier's edit makes of the nights: reading the changes, applying them, telling what differs. Pure."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from contracts.hotel.v1 import rate_pb2
from grpc_services.hotel.night_rates import (
    FIELD_INDEX,
    RESTRICTIONS,
    UNSET,
    NightRates,
    Run,
    night_rate_document,
    night_rate_message,
    runs,
)
from grpc_services.hotel.rules import BOOKABLE_NIGHTS, LARGEST_NIGHT, LONGEST_STAY_NIGHTS, parse_date, parse_weekdays
from runtime.errors import InvalidInput, NotFound
from runtime.identifiers import parse_id

MOST_CHANGES = 100
MOST_IDS = 100
MOST_NIGHTS = 50_000  # of all room types and plans in one call
NIGHTS_AHEAD = BOOKABLE_NIGHTS + 31  # a month more than guests can book
_LARGEST_WINDOW = 500_000  # room types times plans times nights from the first to the last one that is touched

_LIMITS = {
    "price_minor_units": (0, LARGEST_NIGHT),
    "min_stay": (1, LONGEST_STAY_NIGHTS),
    "max_stay": (1, LONGEST_STAY_NIGHTS),
    "min_advance_days": (0, BOOKABLE_NIGHTS),
    "max_advance_days": (0, BOOKABLE_NIGHTS),
}
_PAIRS = (("min_stay", "max_stay"), ("min_advance_days", "max_advance_days"))
_CLEARED = {
    rate_pb2.RATE_FIELD_PRICE: "price_minor_units",
    **{rate_pb2.RateField.Value(f"RATE_FIELD_{name.upper()}"): name for name in RESTRICTIONS},
}


@dataclass(frozen=True, slots=True)
class RateChange:
    """`values` are by field; UNSET takes back what was written."""

    room_type_ids: tuple[uuid.UUID, ...]
    rate_plan_ids: tuple[uuid.UUID, ...]
    first_night: dt.date
    last_night: dt.date
    weekdays: int
    values: Mapping[str, int]

    @property
    def nights(self) -> int:
        return (self.last_night - self.first_night).days + 1


@dataclass(frozen=True, slots=True)
class Window:
    """The room types, plans and nights from the first to the last one that changes touch."""

    room_type_ids: list[uuid.UUID]
    rate_plan_ids: list[uuid.UUID]
    first_night: dt.date
    end_night: dt.date

    @property
    def nights(self) -> int:
        return (self.end_night - self.first_night).days


def parse_changes(messages: Sequence[rate_pb2.RateChange]) -> list[RateChange]:
    """Reads and checks what can be checked without knowing the house."""
    if not 1 <= len(messages) <= MOST_CHANGES:
        raise InvalidInput(f"Ask for 1 to {MOST_CHANGES} changes at a time.", path=("changes",))
    changes = [_parse_change(message, ("changes", str(number))) for number, message in enumerate(messages)]
    if sum(len(c.room_type_ids) * len(c.rate_plan_ids) * c.nights for c in changes) > MOST_NIGHTS:
        raise InvalidInput(f"Change at most {MOST_NIGHTS} nights at a time.", path=("changes",))
    return changes


def check_dates(changes: Sequence[RateChange], today: dt.date) -> None:
    """`today` is the day at the hotel."""
    for number, change in enumerate(changes):
        if change.first_night < today:
            raise InvalidInput("This night is in the past.", path=("changes", str(number), "firstNight"))
        if change.last_night > today + dt.timedelta(days=NIGHTS_AHEAD):
            raise InvalidInput(
                f"Rates are kept for {NIGHTS_AHEAD} days ahead.", path=("changes", str(number), "lastNight")
            )


def check_belong(changes: Sequence[RateChange], room_types: Iterable[uuid.UUID], plans: Iterable[uuid.UUID]) -> None:
    """Every room type and plan is one of the house's that are in use."""
    known_types, known_plans = set(room_types), set(plans)
    for number, change in enumerate(changes):
        for field, kind, ids, known in (
            ("roomTypeIds", "room type", change.room_type_ids, known_types),
            ("ratePlanIds", "rate plan", change.rate_plan_ids, known_plans),
        ):
            for position, identifier in enumerate(ids):
                if identifier not in known:
                    raise NotFound(
                        f"This hotel has no such {kind}.", path=("changes", str(number), field, str(position))
                    )


def window_of(changes: Sequence[RateChange]) -> Window:
    window = Window(
        list(dict.fromkeys(identifier for change in changes for identifier in change.room_type_ids)),
        list(dict.fromkeys(identifier for change in changes for identifier in change.rate_plan_ids)),
        min(change.first_night for change in changes),
        max(change.last_night for change in changes) + dt.timedelta(days=1),
    )
    if len(window.room_type_ids) * len(window.rate_plan_ids) * window.nights > _LARGEST_WINDOW:
        raise InvalidInput("Change fewer room types and rate plans at a time.", path=("changes",))
    return window


def apply_changes(changes: Sequence[RateChange], window: Window, before: NightRates) -> NightRates:
    """What the nights of the window say after all changes, in order. Raises InvalidInput when a night would then
    ask for more than it allows."""
    after = before.copy()
    kinds = {identifier: index for index, identifier in enumerate(window.room_type_ids)}
    plans = {identifier: index for index, identifier in enumerate(window.rate_plan_ids)}
    weekday = (np.arange(window.nights) + window.first_night.weekday()) % 7
    for change in changes:
        start = (change.first_night - window.first_night).days
        chosen = np.flatnonzero(change.weekdays >> weekday[start : start + change.nights] & 1) + start
        where = np.ix_(
            np.array([kinds[identifier] for identifier in change.room_type_ids]),
            np.array([plans[identifier] for identifier in change.rate_plan_ids]),
            chosen,
        )
        for field, value in change.values.items():
            after[FIELD_INDEX[field]][where] = value
    _check_ranges(before, after, window)
    return after


def changed_nights(before: NightRates, after: NightRates) -> npt.NDArray[np.bool_]:
    """[room type, plan, night]"""
    changed: npt.NDArray[np.bool_] = (before != after).any(axis=0)
    return changed


class RateDifference:
    """What an edit changed, in nights in a row that changed alike."""

    def __init__(self, window: Window, before: NightRates, after: NightRates) -> None:
        self._window = window
        self._before = before
        self._after = after
        self._runs = list(runs(np.concatenate((before, after)), changed_nights(before, after)))

    def messages(self) -> list[rate_pb2.ChangedRates]:
        return [
            rate_pb2.ChangedRates(
                **self._place(run),
                before=night_rate_message(_values(self._before, run)),
                after=night_rate_message(_values(self._after, run)),
            )
            for run in self._runs
        ]

    def documents(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Before and after, for the audit log."""
        before, after = (
            {"nights": [self._place(run) | night_rate_document(_values(rates, run)) for run in self._runs]}
            for rates in (self._before, self._after)
        )
        return before, after

    def _place(self, run: Run) -> dict[str, Any]:
        first = self._window.first_night + dt.timedelta(days=run.first_offset)
        return {
            "room_type_id": str(self._window.room_type_ids[run.kind]),
            "rate_plan_id": str(self._window.rate_plan_ids[run.plan]),
            "first_night": first.isoformat(),
            "last_night": (first + dt.timedelta(days=run.nights - 1)).isoformat(),
        }


def _values(rates: NightRates, run: Run) -> list[int]:
    values: list[int] = rates[:, run.kind, run.plan, run.first_offset].tolist()
    return values


def _parse_change(message: rate_pb2.RateChange, path: tuple[str, ...]) -> RateChange:
    first_night = parse_date(message.first_night, *path, "firstNight")
    last_night = parse_date(message.last_night, *path, "lastNight")
    if last_night < first_night:
        raise InvalidInput("The last night is before the first.", path=(*path, "lastNight"))
    return RateChange(
        _parse_ids(message.room_type_ids, (*path, "roomTypeIds")),
        _parse_ids(message.rate_plan_ids, (*path, "ratePlanIds")),
        first_night,
        last_night,
        parse_weekdays(message.weekdays, (*path, "weekdays")),
        _parse_values(message, path),
    )


def _parse_ids(values: Sequence[str], path: tuple[str, ...]) -> tuple[uuid.UUID, ...]:
    if not 1 <= len(values) <= MOST_IDS:
        raise InvalidInput(f"Name 1 to {MOST_IDS}.", path=path)
    return tuple(parse_id(value, path=(*path, str(number))) for number, value in enumerate(values))


def _parse_values(message: rate_pb2.RateChange, path: tuple[str, ...]) -> dict[str, int]:
    values: dict[str, int] = {}
    if message.HasField("price_minor_units"):
        values["price_minor_units"] = message.price_minor_units
    for name in RESTRICTIONS:
        if message.restrictions.HasField(name):  # type: ignore[arg-type]  # its names are the contract's
            values[name] = int(getattr(message.restrictions, name))
    for name, value in values.items():
        least, most = _LIMITS.get(name, (0, 1))
        if not least <= value <= most:
            raise InvalidInput(f"This is a number from {least} to {most}.", path=(*path, _camel_case(name)))
    for field in message.clear:
        cleared = _CLEARED.get(field)
        if cleared is None:
            raise InvalidInput("This is not a field of rates.", path=(*path, "clear"))
        if values.get(cleared, UNSET) != UNSET:
            raise InvalidInput("This cannot be set and cleared at once.", path=(*path, _camel_case(cleared)))
        values[cleared] = UNSET
    if not values:
        raise InvalidInput("This changes nothing: give a price or a restriction.", path=path)
    return values


def _check_ranges(before: NightRates, after: NightRates, window: Window) -> None:
    changed = changed_nights(before, after)
    for least, most in _PAIRS:
        low, high = after[FIELD_INDEX[least]], after[FIELD_INDEX[most]]
        crossed = np.flatnonzero((changed & (low > high) & (high != UNSET)).any(axis=(0, 1)))
        if len(crossed):
            night = window.first_night + dt.timedelta(days=int(crossed[0]))
            raise InvalidInput(
                f"On {night.isoformat()} {_camel_case(least)} would be more than {_camel_case(most)}.",
                path=("changes",),
            )


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
