"""The SQL of changing capacity: a room type's lock, its nights, its version, and the audit log.

Whoever changes nights locks their room type (FOR UPDATE) first and then the nights by date, which is the
order in which bookers lock them (inventory_queries.py). With both locks nothing of it moves under their hands.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, Boolean, Date, Integer, Uuid, any_, bindparam, insert, or_, select, text, update

from grpc_services.booking.door_models import InventoryChange
from grpc_services.booking.inventory_rules import Night
from grpc_services.booking.models import RoomType, RoomTypeNight
from runtime.database import Connection, Record, Statement
from runtime.identifiers import new_id
from runtime.identity import Caller
from runtime.request_context import request_id
from runtime.tables import table_of

room_type = table_of(RoomType)
night = table_of(RoomTypeNight)
change = table_of(InventoryChange)

_LOCK_TYPE = Statement(select(room_type).where(room_type.c.room_type_id == bindparam("id")).with_for_update())
_TYPE = Statement(select(room_type).where(room_type.c.room_type_id == bindparam("id")))
_TYPES_OF_HOTEL = Statement(
    select(room_type).where(room_type.c.hotel_id == bindparam("hotel_id")).order_by(room_type.c.room_type_id)
)
_SAVE_TYPE = Statement(
    update(room_type)
    .where(room_type.c.room_type_id == bindparam("id"))
    .values(capacity=bindparam("number_of_rooms"), version=room_type.c.version + 1)
    .returning(room_type)
)
_CLOSE_TYPE = Statement(
    update(room_type)
    .where(room_type.c.room_type_id == bindparam("id"), ~room_type.c.closed)
    .values(closed=True)
    .returning(room_type)
)
_LOCK_NIGHTS = Statement(
    select(night)
    .where(
        night.c.room_type_id == bindparam("id"),
        night.c.night >= bindparam("first_night", type_=Date),
        or_(
            bindparam("to_the_end", type_=Boolean),
            night.c.night < bindparam("end_night", type_=Date),
        ),
    )
    .order_by(night.c.night)
    .with_for_update()
)
_NIGHTS = Statement(
    select(night)
    .where(
        night.c.room_type_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        night.c.night >= bindparam("first_night"),
        night.c.night < bindparam("end_night"),
    )
    .order_by(night.c.room_type_id, night.c.night)
)
_COUNTS = ("capacity", "oversell", "out_of_order", "blocked")
_SAVE_NIGHTS = Statement(
    text("""
        INSERT INTO booking.room_type_night AS n (
            room_type_id, night, capacity, capacity_overridden, oversell, out_of_order, blocked, held, sold
        )
        SELECT :id, changed.*, 0, 0
        FROM unnest(:nights, :capacity, :overridden, :oversell, :out_of_order, :blocked) AS changed (
            night, capacity, capacity_overridden, oversell, out_of_order, blocked
        )
        ORDER BY changed.night
        ON CONFLICT (room_type_id, night) DO UPDATE SET
            capacity = excluded.capacity, capacity_overridden = excluded.capacity_overridden,
            oversell = excluded.oversell, out_of_order = excluded.out_of_order, blocked = excluded.blocked
    """).bindparams(
        bindparam("id", type_=Uuid),
        bindparam("nights", type_=ARRAY(Date)),
        bindparam("overridden", type_=ARRAY(Boolean)),
        *(bindparam(name, type_=ARRAY(Integer)) for name in _COUNTS),
    )
)
_WRITE_CHANGE = Statement(
    insert(change).values({column.name: bindparam(column.name) for column in change.c if column.name != "at"})
)
_CHANGES = Statement(
    select(change)
    .where(
        change.c.hotel_id == bindparam("hotel_id"),
        or_(bindparam("any_type", type_=Boolean), change.c.room_type_id == bindparam("room_type_id", type_=Uuid)),
        or_(bindparam("from_start", type_=Boolean), change.c.id < bindparam("after_id", type_=Uuid)),
    )
    .order_by(change.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)
_NOTHING = uuid.UUID(int=0)


async def lock_room_type(connection: Connection, room_type_id: uuid.UUID) -> Record | None:
    """Nobody takes nights of it until the caller's transaction ends."""
    return await _LOCK_TYPE.fetch_row(connection, id=room_type_id)


async def load_room_type(connection: Connection, room_type_id: uuid.UUID) -> Record | None:
    return await _TYPE.fetch_row(connection, id=room_type_id)


async def room_types_of_hotel(connection: Connection, hotel_id: uuid.UUID) -> list[Record]:
    return await _TYPES_OF_HOTEL.fetch(connection, hotel_id=hotel_id)


async def save_room_type(connection: Connection, kind: Record, *, number_of_rooms: int | None = None) -> Record:
    """The room type as it is now: a version later, perhaps with another usual capacity."""
    return await _SAVE_TYPE.fetch_one(
        connection,
        id=kind["room_type_id"],
        number_of_rooms=kind["capacity"] if number_of_rooms is None else number_of_rooms,
    )


async def close_room_type(connection: Connection, room_type_id: uuid.UUID) -> Record | None:
    """The room type as it is now; None when there was nothing to close. The row is locked by the caller."""
    return await _CLOSE_TYPE.fetch_row(connection, id=room_type_id)


async def lock_nights(
    connection: Connection, room_type_id: uuid.UUID, first_night: dt.date, end_night: dt.date | None = None
) -> list[Night]:
    """The nights that have a row, by date; without an end all from the first on."""
    rows = await _LOCK_NIGHTS.fetch(
        connection,
        id=room_type_id,
        first_night=first_night,
        end_night=end_night or first_night,
        to_the_end=end_night is None,
    )
    return [_night(row) for row in rows]


async def nights_of(
    connection: Connection, room_type_ids: Sequence[uuid.UUID], first_night: dt.date, end_night: dt.date
) -> dict[uuid.UUID, list[Night]]:
    found: dict[uuid.UUID, list[Night]] = {identifier: [] for identifier in room_type_ids}
    for row in await _NIGHTS.fetch(connection, ids=room_type_ids, first_night=first_night, end_night=end_night):
        found[row["room_type_id"]].append(_night(row))
    return found


async def save_nights(connection: Connection, room_type_id: uuid.UUID, nights: Sequence[Night]) -> None:
    """Writes everything but what is held and sold. The room type and the nights are locked by the caller.
    Raises asyncpg's CheckViolationError when less is left than is taken."""
    await _SAVE_NIGHTS.execute(
        connection,
        id=room_type_id,
        nights=[one.night for one in nights],
        overridden=[one.overridden for one in nights],
        **{name: [getattr(one, name) for one in nights] for name in _COUNTS},
    )


async def write_change(
    connection: Connection, kind: Record, action: str, caller: Caller, *, before: Any, after: Any
) -> None:
    """Into the audit log; `kind` is the row of the room type, `before` and `after` are JSON."""
    await _WRITE_CHANGE.execute(
        connection,
        id=new_id(),
        hotel_id=kind["hotel_id"],
        room_type_id=kind["room_type_id"],
        action=action,
        actor_id=caller.account_id,
        actor_role=caller.role,
        request_id=request_id(),
        before=before,
        after=after,
    )


async def change_page(
    connection: Connection,
    hotel_id: uuid.UUID,
    *,
    room_type_id: uuid.UUID | None,
    after_id: uuid.UUID | None,
    limit: int,
) -> list[Record]:
    """Newest first."""
    return await _CHANGES.fetch(
        connection,
        hotel_id=hotel_id,
        any_type=room_type_id is None,
        room_type_id=room_type_id or _NOTHING,
        from_start=after_id is None,
        after_id=after_id or _NOTHING,
        limit=limit,
    )


def _night(row: Record) -> Night:
    return Night(
        night=row["night"],
        capacity=row["capacity"],
        overridden=row["capacity_overridden"],
        oversell=row["oversell"],
        out_of_order=row["out_of_order"],
        blocked=row["blocked"],
        held=row["held"],
        sold=row["sold"],
    )
