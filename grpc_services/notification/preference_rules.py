"""What a person may choose. No I/O."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.notification.v1 import preference_pb2
from grpc_services.notification import messages
from grpc_services.notification.catalogue import TYPES, Channel
from grpc_services.notification.schedule import NIGHT, Quiet
from runtime.database import Record
from runtime.errors import InvalidInput

MOST_CHANGES = 2 * len(TYPES)
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class Choice:
    type: str
    channel: Channel
    enabled: bool


def checked_choices(changes: Sequence[preference_pb2.PreferenceChange], own_types: Sequence[str]) -> list[Choice]:
    """Raises InvalidInput, naming the change at fault, for types that are not the person's or that are required."""
    if len(changes) > MOST_CHANGES:
        raise InvalidInput(f"Change at most {MOST_CHANGES} at a time.", path=("changes",))
    return [_checked(change, own_types, number) for number, change in enumerate(changes)]


def checked_quiet_hours(wanted: preference_pb2.QuietHours) -> Quiet | None:
    """None: never quiet."""
    if not wanted.begins and not wanted.ends:
        return None
    for name in ("begins", "ends"):
        if not _CLOCK.fullmatch(getattr(wanted, name)):
            raise InvalidInput("Write a time as HH:MM.", path=("quietHours", name))
    if wanted.begins == wanted.ends:
        raise InvalidInput("Quiet hours end at another time than they begin.", path=("quietHours", "ends"))
    return Quiet(dt.time.fromisoformat(wanted.begins), dt.time.fromisoformat(wanted.ends))


def quiet_hours_of(row: Record | None) -> Quiet | None:
    """Whoever chose nothing is left alone at night."""
    if row is None:
        return NIGHT
    return Quiet(row["begins"], row["ends"]) if row["begins"] is not None else None


def _checked(change: preference_pb2.PreferenceChange, own_types: Sequence[str], number: int) -> Choice:
    path = ("changes", str(number))
    try:
        name = messages.type_name(change.type)
    except ValueError:
        name = ""
    if name not in own_types:
        raise InvalidInput("You are never told of this.", path=(*path, "type"))
    try:
        channel = messages.channel_of(change.channel)
    except ValueError:
        raise InvalidInput("Name a channel.", path=(*path, "channel")) from None
    if channel not in TYPES[name].channels:
        raise InvalidInput("This is not told by that channel.", path=(*path, "channel"))
    if not change.enabled and TYPES[name].required:
        raise InvalidInput("This is part of what was agreed: it cannot be switched off.", path=(*path, "enabled"))
    return Choice(name, channel, change.enabled)
