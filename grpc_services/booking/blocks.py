"""Rooms kept under one name: giving them to bookings, and giving back what nobody took."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence

from grpc_services.booking import (
    block_queries,
    events,
    inventory_change_queries,
    inventory_queries,
    inventory_rules,
    policies,
)
from grpc_services.booking.inventory_queries import Shift
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState, InvalidInput, NotFound
from runtime.identity import Caller, Role

_SWEEPER = Caller(Role.SYSTEM)


async def release_due(database: Database, limit: int) -> int:
    """Releases at most `limit` blocks whose release date has come; several sweepers share the work. Each release is
    a transaction of its own."""
    for released in range(limit):
        async with database.transaction() as connection:
            row = await block_queries.lock_a_due_block(connection)
            if row is None:
                return released
            await release(connection, row, _SWEEPER)
    return limit


async def release(connection: Connection, block: Record, caller: Caller) -> Record:
    """Frees what nobody took of an open block, which is locked; answers the block as it is now."""
    rooms = (await block_queries.rooms_of(connection, [block["id"]]))[block["id"]]
    released = await block_queries.release(connection, block["id"])
    await tell_inventory(connection, released, rooms, caller, "block_released")
    left = {str(room["room_type_id"]): room["rooms"] - room["taken"] for room in rooms}
    untaken = {identifier: number for identifier, number in left.items() if number}
    if untaken:
        await inventory_queries.shift_nights(
            connection, untaken, block["check_in"], block["check_out"], Shift.RELEASE_HELD
        )
    return released


async def lock_room_types(connection: Connection, rooms: Mapping[str, int]) -> None:
    """Before anything refers to them, in the order that everybody keeps: a lock that grows later would deadlock."""
    for room_type_id in sorted(uuid.UUID(identifier) for identifier in rooms):
        await inventory_change_queries.lock_room_type(connection, room_type_id)


async def tell_inventory(
    connection: Connection, block: Record, rooms: Sequence[Record], caller: Caller, action: str
) -> None:
    """Writes into the audit log what a block does to each room type, and publishes it."""
    for room in rooms:
        kind = await inventory_change_queries.lock_room_type(connection, room["room_type_id"])
        if kind is None:
            raise LookupError("a room type of a block is not known")
        kind = await inventory_change_queries.save_room_type(connection, kind)
        what = {
            "block": block["name"],
            "rooms": room["rooms"] - room["taken"],
            "checkIn": block["check_in"].isoformat(),
            "checkOut": block["check_out"].isoformat(),
        }
        before, after = (None, what) if action == "block_created" else (what, None)
        await inventory_change_queries.write_change(connection, kind, action, caller, before=before, after=after)
        await events.publish_inventory_changed(connection, kind)


def check_stay(block: Record, check_in: dt.date, check_out: dt.date) -> None:
    """Raises IllegalState for a block that is released, InvalidInput for a stay that is not within its nights."""
    if block["state"] != "OPEN":
        raise IllegalState("This block was released.", path=("blockId",), details={"state": block["state"]})
    if check_in < block["check_in"] or check_out > block["check_out"]:
        raise InvalidInput("The stay is not within the nights of this block.", path=("blockId",))


async def rooms_beyond(
    connection: Connection,
    caller: Caller,
    block_id: uuid.UUID,
    hotel_id: uuid.UUID,
    wanted: Mapping[str, int],
    check_in: dt.date,
    check_out: dt.date,
) -> dict[str, int]:
    """The wanted rooms that the block cannot give. To anybody but the house's hotelier there is no such block."""
    block = await block_queries.load_block(connection, block_id)
    if block is None or block["hotel_id"] != hotel_id or not policies.may_run(caller, block):
        raise NotFound("There is no such block.", path=("blockId",))
    check_stay(block, check_in, check_out)
    given = rooms_from(wanted, (await block_queries.rooms_of(connection, [block_id]))[block_id])
    beyond = {kind: number - given.get(uuid.UUID(kind), 0) for kind, number in wanted.items()}
    return {kind: number for kind, number in beyond.items() if number}


def rooms_from(wanted: Mapping[str, int], block_rooms: Sequence[Record]) -> dict[uuid.UUID, int]:
    """How many of the wanted rooms the block still has, by room type."""
    left = {room["room_type_id"]: room["rooms"] - room["taken"] for room in block_rooms}
    found = {uuid.UUID(kind): min(number, left.get(uuid.UUID(kind), 0)) for kind, number in wanted.items()}
    return {kind: number for kind, number in found.items() if number}


def night_changes(
    block: Record, from_block: Mapping[uuid.UUID, int], wanted: Mapping[str, int], check_in: dt.date, check_out: dt.date
) -> dict[tuple[uuid.UUID, dt.date], tuple[int, int]]:
    """What a booking changes of (held, sold) on each night. A room that leaves the block is no longer held on any of
    its nights, also on those that the booking does not take."""
    held: Counter[tuple[uuid.UUID, dt.date]] = Counter()
    sold: Counter[tuple[uuid.UUID, dt.date]] = Counter()
    for kind, number in from_block.items():
        for night in inventory_rules.days(block["check_in"], block["check_out"]):
            held[kind, night] -= number
    for identifier, number in wanted.items():
        for night in inventory_rules.days(check_in, check_out):
            sold[uuid.UUID(identifier), night] += number
    return {one: (held[one], sold[one]) for one in {*held, *sold}}
