"""The SQL of the doors and of the periods on which they are out of order."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy import ARRAY, Boolean, Date, Integer, Uuid, any_, bindparam, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from grpc_services.booking.door_models import OutOfOrderPeriod, Room
from grpc_services.booking.errors import AlreadyOutOfOrder
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

room = table_of(Room)
period = table_of(OutOfOrderPeriod)

_NOTHING = uuid.UUID(int=0)
_ROOM_COLUMNS = [column.name for column in room.c]
_new_room = upsert(room).values({name: bindparam(name) for name in _ROOM_COLUMNS})
_TAKE_IN = Statement(
    _new_room.on_conflict_do_update(
        index_elements=[room.c.room_id],
        set_={name: _new_room.excluded[name] for name in _ROOM_COLUMNS if name != "room_id"},
        where=room.c.version < _new_room.excluded.version,
    )
)
_ROOM = Statement(select(room).where(room.c.room_id == bindparam("id")))
_GIVEN = ("id", "room_id", "room_type_id", "hotel_id", "first_night", "end_night", "reason", "created_by")
_INSERT = Statement(insert(period).values({name: bindparam(name) for name in _GIVEN}).returning(period))
_PERIOD = Statement(select(period).where(period.c.id == bindparam("id")))
_END = Statement(
    update(period)
    .where(period.c.id == bindparam("period_id"), period.c.ended_at.is_(None))
    .values(ended_at=bindparam("at"))
    .returning(period)
)
_PAGE = Statement(
    select(period)
    .where(
        period.c.hotel_id == bindparam("hotel_id"),
        period.c.end_night > bindparam("from_night", type_=Date),
        or_(bindparam("any_room", type_=Boolean), period.c.room_id == any_(bindparam("rooms", type_=ARRAY(Uuid)))),
        or_(bindparam("from_start", type_=Boolean), period.c.id < bindparam("after_id", type_=Uuid)),
    )
    .order_by(period.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)


async def take_in_room(connection: Connection, **values: Any) -> bool:
    """True when it was new or changed; news that are older than what is known change nothing."""
    return bool(await _TAKE_IN.execute(connection, **values))


async def load_room(connection: Connection, room_id: uuid.UUID) -> Record | None:
    return await _ROOM.fetch_row(connection, id=room_id)


async def insert_period(connection: Connection, **values: Any) -> Record:
    """Raises AlreadyOutOfOrder when a standing period of the door overlaps it."""
    try:
        return await _INSERT.fetch_one(connection, **values)
    except asyncpg.ExclusionViolationError:
        raise AlreadyOutOfOrder from None


async def load_period(connection: Connection, period_id: uuid.UUID) -> Record | None:
    return await _PERIOD.fetch_row(connection, id=period_id)


async def end_period(connection: Connection, period_id: uuid.UUID, at: dt.datetime) -> Record | None:
    """The period as it is now; None when it had been ended."""
    return await _END.fetch_row(connection, period_id=period_id, at=at)


async def period_page(
    connection: Connection,
    hotel_id: uuid.UUID,
    *,
    room_ids: Sequence[uuid.UUID],
    from_night: dt.date,
    after_id: uuid.UUID | None,
    limit: int,
) -> list[Record]:
    """Those that reach beyond a night, newest first; of all rooms when none are named."""
    return await _PAGE.fetch(
        connection,
        hotel_id=hotel_id,
        from_night=from_night,
        any_room=not room_ids,
        rooms=room_ids,
        from_start=after_id is None,
        after_id=after_id or _NOTHING,
        limit=limit,
    )
