"""The SQL of calendars: the secret under which ours is read, the feeds of other channels and what they sold."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import (
    ARRAY,
    Boolean,
    Date,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from grpc_services.booking.calendar_models import CalendarExport, CalendarFeed, CalendarFeedNight
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

export = table_of(CalendarExport)
feed = table_of(CalendarFeed)
feed_night = table_of(CalendarFeedNight)

_NOTHING = uuid.UUID(int=0)
_seconds = bindparam("stale_seconds", type_=Integer)
_ago = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, _seconds)
_STALE = or_(feed.c.succeeded_at.is_(None), feed.c.succeeded_at <= _ago).label("stale")

_SECRET_OF = Statement(select(export).where(export.c.room_type_id == bindparam("room_type_id")))
_TYPE_OF_SECRET = Statement(select(export.c.room_type_id).where(export.c.secret == bindparam("secret")))
_new_export = upsert(export).values(room_type_id=bindparam("room_type_id"), secret=bindparam("secret"))
_PUT_SECRET = Statement(
    _new_export.on_conflict_do_update(
        index_elements=[export.c.room_type_id],
        set_={"secret": _new_export.excluded.secret, "created_at": func.now()},
    )
)
_LAST_CHANGE = Statement(
    text("""
        SELECT greatest(
            date_trunc('day', now()),
            (SELECT taken_in_at FROM booking.room_type WHERE room_type_id = :id),
            (SELECT max(at) FROM booking.inventory_change WHERE hotel_id = :hotel_id AND room_type_id = :id),
            (SELECT max(succeeded_at) FROM booking.calendar_feed WHERE room_type_id = :id),
            (SELECT max(b.updated_at)
             FROM booking.booking_room AS room JOIN booking.booking AS b ON b.id = room.booking_id
             WHERE room.room_type_id = :id)
        )
    """).bindparams(bindparam("id", type_=Uuid), bindparam("hotel_id", type_=Uuid))
)
_INSERT_FEED = Statement(
    insert(feed)
    .values(
        id=bindparam("id"),
        room_type_id=bindparam("room_type_id"),
        hotel_id=bindparam("hotel_id"),
        name=bindparam("name"),
        url=bindparam("url"),
        etag="",
        failure="",
    )
    .returning(feed, _STALE)
)
_FEED = Statement(select(feed, _STALE).where(feed.c.id == bindparam("id")))
_FEEDS_OF_TYPE = Statement(
    select(feed, _STALE).where(feed.c.room_type_id == bindparam("room_type_id")).order_by(feed.c.id)
)
_FEED_PAGE = Statement(
    select(feed, _STALE)
    .where(
        feed.c.hotel_id == bindparam("hotel_id"),
        or_(bindparam("any_type", type_=Boolean), feed.c.room_type_id == bindparam("room_type_id", type_=Uuid)),
        feed.c.id > bindparam("after_id", type_=Uuid),
    )
    .order_by(feed.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_DELETE_FEED = Statement(delete(feed).where(feed.c.id == bindparam("id")))
# Due: never tried, not tried for some minutes, or gone stale since the last try, so that this gets known soon.
_DUE = Statement(
    text("""
        SELECT feed.*, succeeded_at IS NULL OR succeeded_at <= now() - make_interval(secs => :stale_seconds) AS stale
        FROM booking.calendar_feed AS feed
        WHERE fetched_at IS NULL
            OR fetched_at <= now() - make_interval(secs => :due_seconds)
            OR (
                succeeded_at <= now() - make_interval(secs => :stale_seconds)
                AND fetched_at < succeeded_at + make_interval(secs => :stale_seconds)
            )
        ORDER BY fetched_at NULLS FIRST, id
        LIMIT :limit
    """).bindparams(_seconds, bindparam("due_seconds", type_=Integer), bindparam("limit", type_=Integer))
)
_HEARD = Statement(
    text("""
        UPDATE booking.calendar_feed AS feed
        SET fetched_at = now(), succeeded_at = now(), failure = '', etag = coalesce(:etag, feed.etag)
        FROM (SELECT * FROM booking.calendar_feed WHERE id = :id FOR UPDATE) AS before
        WHERE feed.id = before.id
        RETURNING feed.*, false AS stale,
            before.succeeded_at IS NULL
                OR before.succeeded_at <= now() - make_interval(secs => :stale_seconds) AS turned
    """).bindparams(bindparam("id", type_=Uuid), bindparam("etag", type_=Text), _seconds)
)
_NOT_HEARD = Statement(
    text("""
        UPDATE booking.calendar_feed AS feed
        SET fetched_at = now(), failure = :failure
        FROM (SELECT * FROM booking.calendar_feed WHERE id = :id FOR UPDATE) AS before
        WHERE feed.id = before.id
        RETURNING feed.*,
            feed.succeeded_at IS NULL
                OR feed.succeeded_at <= now() - make_interval(secs => :stale_seconds) AS stale,
            coalesce(
                feed.succeeded_at <= now() - make_interval(secs => :stale_seconds)
                    AND before.fetched_at < feed.succeeded_at + make_interval(secs => :stale_seconds),
                false
            ) AS turned
    """).bindparams(bindparam("id", type_=Uuid), bindparam("failure", type_=Text), _seconds)
)
_FORGET_NIGHTS = Statement(
    delete(feed_night).where(feed_night.c.feed_id == bindparam("id"), feed_night.c.night >= bindparam("first_night"))
)
_PUT_NIGHTS = Statement(
    text("""
        INSERT INTO booking.calendar_feed_night (feed_id, night, rooms)
        SELECT :id, busy.night, busy.rooms FROM unnest(:nights, :rooms) AS busy (night, rooms)
    """).bindparams(
        bindparam("id", type_=Uuid),
        bindparam("nights", type_=ARRAY(Date)),
        bindparam("rooms", type_=ARRAY(Integer)),
    )
)
_SOLD_ELSEWHERE = Statement(
    select(feed.c.room_type_id, feed_night.c.night, func.sum(feed_night.c.rooms).label("rooms"))
    .join_from(feed, feed_night, feed_night.c.feed_id == feed.c.id)
    .where(
        feed.c.room_type_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        feed_night.c.night >= bindparam("first_night"),
    )
    .group_by(feed.c.room_type_id, feed_night.c.night)
)
_NIGHTS_OF_FEEDS = Statement(
    select(feed_night)
    .where(
        feed_night.c.feed_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        feed_night.c.night >= bindparam("first_night"),
    )
    .order_by(feed_night.c.night)
)


async def secret_of(connection: Connection, room_type_id: uuid.UUID) -> str | None:
    row = await _SECRET_OF.fetch_row(connection, room_type_id=room_type_id)
    return None if row is None else str(row["secret"])


async def put_secret(connection: Connection, room_type_id: uuid.UUID, secret: str) -> None:
    await _PUT_SECRET.execute(connection, room_type_id=room_type_id, secret=secret)


async def room_type_of_secret(connection: Connection, secret: str) -> uuid.UUID | None:
    row = await _TYPE_OF_SECRET.fetch_row(connection, secret=secret)
    return None if row is None else row["room_type_id"]


async def last_change(connection: Connection, kind: Record) -> dt.datetime:
    """Since this moment the busy nights of a room type are what they are."""
    moment: dt.datetime = await _LAST_CHANGE.fetch_value(connection, id=kind["room_type_id"], hotel_id=kind["hotel_id"])
    return moment


async def insert_feed(
    connection: Connection, kind: Record, *, feed_id: uuid.UUID, name: str, url: str, stale_seconds: int
) -> Record:
    return await _INSERT_FEED.fetch_one(
        connection,
        id=feed_id,
        room_type_id=kind["room_type_id"],
        hotel_id=kind["hotel_id"],
        name=name,
        url=url,
        stale_seconds=stale_seconds,
    )


async def load_feed(connection: Connection, feed_id: uuid.UUID, *, stale_seconds: int) -> Record | None:
    return await _FEED.fetch_row(connection, id=feed_id, stale_seconds=stale_seconds)


async def feeds_of_room_type(connection: Connection, room_type_id: uuid.UUID, *, stale_seconds: int) -> list[Record]:
    return await _FEEDS_OF_TYPE.fetch(connection, room_type_id=room_type_id, stale_seconds=stale_seconds)


async def feed_page(
    connection: Connection,
    hotel_id: uuid.UUID,
    *,
    room_type_id: uuid.UUID | None,
    after_id: uuid.UUID | None,
    limit: int,
    stale_seconds: int,
) -> list[Record]:
    """Oldest first."""
    return await _FEED_PAGE.fetch(
        connection,
        hotel_id=hotel_id,
        any_type=room_type_id is None,
        room_type_id=room_type_id or _NOTHING,
        after_id=after_id or _NOTHING,
        limit=limit,
        stale_seconds=stale_seconds,
    )


async def delete_feed(connection: Connection, feed_id: uuid.UUID) -> bool:
    """False when it was gone. Its nights go with it; its blocks are the caller's to give back."""
    return bool(await _DELETE_FEED.execute(connection, id=feed_id))


async def due_feeds(connection: Connection, *, due_seconds: int, stale_seconds: int, limit: int) -> list[Record]:
    """Those not tried for the longest time first."""
    return await _DUE.fetch(connection, due_seconds=due_seconds, stale_seconds=stale_seconds, limit=limit)


async def heard(connection: Connection, feed_id: uuid.UUID, *, etag: str | None, stale_seconds: int) -> Record | None:
    """The feed as it is now, with `turned`: whether it was stale until now. Without an ETag the known one stays."""
    return await _HEARD.fetch_row(connection, id=feed_id, etag=etag, stale_seconds=stale_seconds)


async def not_heard(connection: Connection, feed_id: uuid.UUID, *, failure: str, stale_seconds: int) -> Record | None:
    """The feed as it is now, with `turned`: whether it went stale since the last try."""
    return await _NOT_HEARD.fetch_row(connection, id=feed_id, failure=failure, stale_seconds=stale_seconds)


async def replace_nights(
    connection: Connection, feed_id: uuid.UUID, first_night: dt.date, rooms: Mapping[dt.date, int]
) -> None:
    """Everything known of a feed from the first night on."""
    await _FORGET_NIGHTS.execute(connection, id=feed_id, first_night=first_night)
    await _PUT_NIGHTS.execute(connection, id=feed_id, nights=list(rooms), rooms=list(rooms.values()))


async def sold_elsewhere(
    connection: Connection, room_type_ids: Sequence[uuid.UUID], first_night: dt.date
) -> dict[uuid.UUID, dict[dt.date, int]]:
    """Rooms that all other channels together say they sold, by room type and night."""
    found: dict[uuid.UUID, dict[dt.date, int]] = {identifier: {} for identifier in room_type_ids}
    for row in await _SOLD_ELSEWHERE.fetch(connection, ids=room_type_ids, first_night=first_night):
        found[row["room_type_id"]][row["night"]] = row["rooms"]
    return found


async def nights_of_feeds(connection: Connection, feed_ids: Sequence[uuid.UUID], first_night: dt.date) -> list[Record]:
    """(feed_id, night, rooms) by night."""
    return await _NIGHTS_OF_FEEDS.fetch(connection, ids=feed_ids, first_night=first_night)
