"""When what is planned is told: by the clocks of the house, and not while a person sleeps. No I/O."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

_DAY = dt.timedelta(days=1)
_REMIND_DAYS_BEFORE = 2
_REMIND_BEFORE_APPOINTMENT = dt.timedelta(days=1)
_TOO_LATE_FOR_APPOINTMENT = dt.timedelta(hours=1)  # before its start
_FORENOON = dt.time(10)
_NOON = dt.time(12)  # no house lets its guests in earlier
_BEFORE_THE_DESK_OPENS = dt.time(7)
_AFTER_THE_MORNING = dt.time(14)
_REVIEW_FOR = 14 * _DAY


@dataclass(frozen=True, slots=True)
class Slot:
    """From when on something is told, and when it is too late for it."""

    due_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which a person is not disturbed, over midnight where `ends` is earlier."""

    begins: dt.time
    ends: dt.time


NIGHT = Quiet(dt.time(22), dt.time(8))


def stay_reminder(check_in: dt.date, time_zone: str) -> Slot:
    """Two days before the arrival; too late from noon of that day on."""
    zone = _zone(time_zone)
    return Slot(
        dt.datetime.combine(check_in - _REMIND_DAYS_BEFORE * _DAY, _FORENOON, zone),
        dt.datetime.combine(check_in, _NOON, zone),
    )


def review_request(ended_at: dt.datetime, time_zone: str) -> Slot:
    """The day after the stay or the appointment; too late two weeks later."""
    zone = _zone(time_zone)
    due_at = dt.datetime.combine(ended_at.astimezone(zone).date() + _DAY, _FORENOON, zone)
    return Slot(due_at, due_at + _REVIEW_FOR)


def morning_list(day: dt.date, time_zone: str) -> Slot:
    """Of who comes today: in the morning; too late once most have come."""
    zone = _zone(time_zone)
    return Slot(
        dt.datetime.combine(day, _BEFORE_THE_DESK_OPENS, zone), dt.datetime.combine(day, _AFTER_THE_MORNING, zone)
    )


def appointment_reminder(starts_at: dt.datetime) -> Slot:
    """A day before, until an hour before."""
    return Slot(starts_at - _REMIND_BEFORE_APPOINTMENT, starts_at - _TOO_LATE_FOR_APPOINTMENT)


def local_day(moment: dt.datetime, time_zone: str) -> dt.date:
    return moment.astimezone(_zone(time_zone)).date()


def after_quiet_hours(now: dt.datetime, quiet: Quiet | None, time_zone: str) -> dt.datetime | None:
    """When the quiet hours that hold now end; None when none do."""
    if quiet is None:
        return None
    local = now.astimezone(_zone(time_zone))
    clock = local.time()
    over_midnight = quiet.ends < quiet.begins
    since, until = clock >= quiet.begins, clock < quiet.ends
    if not (since or until if over_midnight else since and until):
        return None
    day = local.date() + _DAY if over_midnight and clock >= quiet.begins else local.date()
    return dt.datetime.combine(day, quiet.ends, _zone(time_zone))


def _zone(time_zone: str) -> ZoneInfo:
    return ZoneInfo(time_zone or "UTC")
