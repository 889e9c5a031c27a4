"""What a person wants when the turn of a mail has come decides, not what they wanted when it was told."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from grpc_services.notification.catalogue import MESSAGES, Channel
from grpc_services.notification.schedule import NIGHT, Quiet
from grpc_services.notification.turns import SWITCHED_OFF, TOO_LATE, Turn, turn_of

PARIS = ZoneInfo("Europe/Paris")
REMINDER, OFFER, ARRIVALS = MESSAGES["stay_reminder"], MESSAGES["booking_offered"], MESSAGES["arrivals"]
BY_MAIL = {Channel.IN_APP, Channel.EMAIL}
EVENING = dt.datetime(2027, 5, 12, 23, tzinfo=PARIS)
NOON_OF_ARRIVAL = dt.datetime(2027, 5, 14, 12, tzinfo=PARIS)


def at(moment: dt.datetime, *, quiet: Quiet | None = NIGHT, expires_at: dt.datetime | None = NOON_OF_ARRIVAL) -> Turn:
    return turn_of(REMINDER, BY_MAIL, quiet, "Europe/Paris", expires_at=expires_at, now=moment)


def test_what_was_switched_off_is_not_sent() -> None:
    turn = turn_of(OFFER, {Channel.IN_APP}, NIGHT, "Europe/Paris", expires_at=None, now=EVENING)
    assert turn == Turn(SWITCHED_OFF)


def test_a_reminder_waits_for_the_morning_and_others_do_not() -> None:
    assert at(EVENING) == Turn(pause=dt.timedelta(hours=9))
    assert at(EVENING, quiet=None) == Turn()
    for message in (OFFER, ARRIVALS):
        assert turn_of(message, BY_MAIL, NIGHT, "Europe/Paris", expires_at=None, now=EVENING) == Turn()


@pytest.mark.parametrize(
    ("now", "expires_at"), [(NOON_OF_ARRIVAL, NOON_OF_ARRIVAL), (EVENING, EVENING + dt.timedelta(hours=9))]
)
def test_what_is_over_now_or_when_the_person_wakes_is_not_sent(now: dt.datetime, expires_at: dt.datetime) -> None:
    assert at(now, expires_at=expires_at) == Turn(TOO_LATE)
