"""Whether a mail whose turn has come is still to be sent, by what the person wants at that moment. No I/O."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from grpc_services.notification import schedule
from grpc_services.notification.catalogue import Channel, Message
from grpc_services.notification.schedule import Quiet

SWITCHED_OFF = "switched off"
TOO_LATE = "too late"


@dataclass(frozen=True, slots=True)
class Turn:
    """It is sent now, unless there is a reason not to send it at all, or a time to wait."""

    suppressed: str = ""
    pause: dt.timedelta = dt.timedelta()


def turn_of(
    message: Message,
    wanted: Collection[Channel],
    quiet: Quiet | None,
    time_zone: str,
    *,
    expires_at: dt.datetime | None,
    now: dt.datetime,
) -> Turn:
    """`time_zone` is that of the clocks that `quiet` means."""
    if Channel.EMAIL not in wanted:
        return Turn(SWITCHED_OFF)
    awake_at = schedule.after_quiet_hours(now, quiet, time_zone) if message.can_wait else None
    if expires_at is not None and (awake_at or now) >= expires_at:
        return Turn(TOO_LATE)
    return Turn(pause=awake_at - now) if awake_at else Turn()
