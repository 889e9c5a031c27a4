"""The steps that every change of capacity shares. The caller holds the locks of the room type and its nights."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from grpc_services.booking import calendar_queries, inventory_change_queries, inventory_rules
from grpc_services.booking.errors import CapacityBelowSold
from grpc_services.booking.inventory_rules import Night
from runtime.database import Connection

Changed = Sequence[tuple[Night, Night]]


def refuse_if_short(changed: Changed) -> None:
    """Raises CapacityBelowSold with every night that would have more rooms taken than there are."""
    short = inventory_rules.short_of_rooms(after for _, after in changed)
    if short:
        raise CapacityBelowSold(short)


async def block_again(connection: Connection, room_type_id: uuid.UUID, changed: Changed) -> list[tuple[Night, Night]]:
    """Rooms that come free are first of all for what other channels sold."""
    if not changed:
        return []
    first_night = min(before.night for before, _ in changed)
    wanted = (await calendar_queries.sold_elsewhere(connection, [room_type_id], first_night))[room_type_id]
    blocked = inventory_rules.block((after for _, after in changed), wanted)
    return inventory_rules.what_changed([before for before, _ in changed], blocked)


async def save_changed(
    connection: Connection, room_type_id: uuid.UUID, known: Sequence[Night], changed: Changed
) -> None:
    """Writes what changed: nights that have a row, and those that need one from now on."""
    rows = {night.night for night in known}
    to_write = [after for _, after in changed if after.night in rows or after.says_something]
    if to_write:
        await inventory_change_queries.save_nights(connection, room_type_id, to_write)


async def block_from(
    connection: Connection, room_type_id: uuid.UUID, usual_capacity: int, first_night: dt.date
) -> bool:
    """Blocks what other channels sold from a night on and gives back what they no longer sell; whether
    anything changed."""
    known = await inventory_change_queries.lock_nights(connection, room_type_id, first_night)
    wanted = (await calendar_queries.sold_elsewhere(connection, [room_type_id], first_night))[room_type_id]
    rows = {night.night for night in known}
    before = sorted(
        [*known, *(Night(day, usual_capacity) for day in wanted if day not in rows)], key=lambda one: one.night
    )
    changed = inventory_rules.what_changed(before, inventory_rules.block(before, wanted))
    await save_changed(connection, room_type_id, known, changed)
    return bool(changed)
