"""The SQL of following a house live: what its desk has before it, and what moved since."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Boolean, DateTime, Integer, Uuid, bindparam, text

from runtime.commit_order import POSITION_PARAMETERS, Page, Position, after_position, in_order, page_in_order
from runtime.database import Connection, Record, Statement

_BEFORE_ALL = (dt.datetime(1970, 1, 1, tzinfo=dt.UTC), uuid.UUID(int=0))

_LIVE = Statement(
    text("""
        SELECT b.* FROM booking.booking AS b
        WHERE b.hotel_id = :hotel_id
            AND (
                b.state IN ('HELD', 'PAYMENT_PENDING', 'CHECKED_IN')
                OR b.state = 'CONFIRMED' AND b.check_in <= (now() AT TIME ZONE b.time_zone)::date
            )
            AND (:from_start OR (b.created_at, b.id) > (:after_at, :after_id))
        ORDER BY b.created_at, b.id
        LIMIT :limit
    """).bindparams(
        bindparam("hotel_id", type_=Uuid),
        bindparam("from_start", type_=Boolean),
        bindparam("after_at", type_=DateTime(timezone=True)),
        bindparam("after_id", type_=Uuid),
        bindparam("limit", type_=Integer),
    )
)
_MOVES = Statement(
    text(f"""
        SELECT entry.*, {in_order("entry")} AS settled FROM booking.timeline_entry AS entry
        WHERE entry.hotel_id = :hotel_id AND entry.changed_state AND {after_position("entry")}
        ORDER BY entry.written_in, entry.id
        LIMIT :limit
    """).bindparams(  # noqa: S608  # put together from constants
        bindparam("hotel_id", type_=Uuid), bindparam("limit", type_=Integer), *POSITION_PARAMETERS
    )
)


async def live_page(
    connection: Connection, hotel_id: uuid.UUID, *, after: tuple[dt.datetime, uuid.UUID] | None, limit: int
) -> list[Record]:
    """Holds, guests in house, and those who may arrive by today at the hotel; oldest booking first."""
    after_at, after_id = after or _BEFORE_ALL
    return await _LIVE.fetch(
        connection,
        hotel_id=hotel_id,
        from_start=after is None,
        after_at=after_at,
        after_id=after_id,
        limit=limit,
    )


async def moves_after(connection: Connection, hotel_id: uuid.UUID, position: Position, *, limit: int) -> Page:
    rows = await _MOVES.fetch(
        connection,
        hotel_id=hotel_id,
        transaction=position.transaction,
        row_id=position.row_id,
        limit=limit,
    )
    return page_in_order(rows)
