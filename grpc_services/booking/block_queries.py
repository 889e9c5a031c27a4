"""The SQL of blocks. While a block is open, its rooms that nobody took are held on all of its nights.

Whoever moves a block's rooms locks the block first, and nights last; see inventory_queries.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Boolean, Date, Integer, Uuid, any_, bindparam, func, insert, or_, select, update
from sqlalchemy.types import Text

from grpc_services.booking.desk_models import Block, BlockRoom
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

block = table_of(Block)
block_room = table_of(BlockRoom)

_NOTHING = uuid.UUID(int=0)
_GIVEN = ("id", "hotel_id", "owner_id", "name", "check_in", "check_out", "release_date", "time_zone")
_INSERT = Statement(
    insert(block).values({name: bindparam(name) for name in _GIVEN} | {"state": "OPEN", "version": 1}).returning(block)
)
_INSERT_ROOM = Statement(
    insert(block_room).values(
        block_id=bindparam("block_id"), room_type_id=bindparam("room_type_id"), rooms=bindparam("rooms"), taken=0
    )
)
_BLOCK = Statement(select(block).where(block.c.id == bindparam("id")))
_LOCK = Statement(select(block).where(block.c.id == bindparam("id")).with_for_update())
_ROOMS = Statement(
    select(block_room)
    .where(block_room.c.block_id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(block_room.c.block_id, block_room.c.room_type_id)
)
_PAGE = Statement(
    select(block)
    .where(
        block.c.hotel_id == bindparam("hotel_id"),
        or_(bindparam("from_start", type_=Boolean), block.c.id < bindparam("after_id", type_=Uuid)),
    )
    .order_by(block.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)
_RELEASE = Statement(
    update(block)
    .where(block.c.id == bindparam("block_id"), block.c.state == "OPEN")
    .values(state="RELEASED", version=block.c.version + 1)
    .returning(block)
)
_DUE = Statement(
    select(block)
    .where(
        block.c.state == "OPEN",
        block.c.release_date <= func.timezone(block.c.time_zone, func.now(), type_=Text).cast(Date),
    )
    .order_by(block.c.release_date)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_TAKE_ROOMS = Statement(
    update(block_room)
    .where(block_room.c.block_id == bindparam("in_block"), block_room.c.room_type_id == bindparam("kind"))
    .values(taken=block_room.c.taken + bindparam("more", type_=Integer))
)
_TOUCH = Statement(update(block).where(block.c.id == bindparam("block_id")).values(version=block.c.version + 1))


async def insert_block(connection: Connection, rooms: Mapping[str, int], **values: Any) -> Record:
    row = await _INSERT.fetch_one(connection, **values)
    await _INSERT_ROOM.execute_many(
        connection,
        [
            {"block_id": row["id"], "room_type_id": uuid.UUID(room_type_id), "rooms": number}
            for room_type_id, number in rooms.items()
        ],
    )
    return row


async def load_block(connection: Connection, block_id: uuid.UUID) -> Record | None:
    return await _BLOCK.fetch_row(connection, id=block_id)


async def lock_block(connection: Connection, block_id: uuid.UUID) -> Record | None:
    return await _LOCK.fetch_row(connection, id=block_id)


async def lock_a_due_block(connection: Connection) -> Record | None:
    """An open one whose release date has come at the hotel; those that others work on are passed over."""
    return await _DUE.fetch_row(connection)


async def rooms_of(connection: Connection, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Record]]:
    found: dict[uuid.UUID, list[Record]] = {identifier: [] for identifier in ids}
    for row in await _ROOMS.fetch(connection, ids=ids):
        found[row["block_id"]].append(row)
    return found


async def block_page(
    connection: Connection, hotel_id: uuid.UUID, *, after_id: uuid.UUID | None, limit: int
) -> list[Record]:
    """Newest first."""
    return await _PAGE.fetch(
        connection, hotel_id=hotel_id, from_start=after_id is None, after_id=after_id or _NOTHING, limit=limit
    )


async def release(connection: Connection, block_id: uuid.UUID) -> Record:
    """The block is locked and open."""
    return await _RELEASE.fetch_one(connection, block_id=block_id)


async def take_rooms(connection: Connection, block_id: uuid.UUID, rooms: Mapping[uuid.UUID, int]) -> None:
    """Counts rooms as taken; the block is locked."""
    await _TAKE_ROOMS.execute_many(
        connection,
        [{"in_block": block_id, "kind": room_type_id, "more": number} for room_type_id, number in rooms.items()],
    )
    await _TOUCH.execute(connection, block_id=block_id)
