"""The SQL of waitlists. Where an entry stands is told by its booking, whether or not a worker has looked since."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Date, Integer, Text, Uuid, bindparam, func, insert, select, text, update

from grpc_services.booking.desk_models import WaitlistEntry
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

entry = table_of(WaitlistEntry)

_STANDS = """
    CASE
        WHEN e.state = 'WAITING' AND e.check_in < (now() AT TIME ZONE e.time_zone)::date THEN 'OVER'
        WHEN e.state <> 'OFFERED' THEN e.state
        WHEN b.state IN ('EXPIRED', 'CANCELLED') OR b.hold_expires_at <= now() THEN 'LEFT'
        WHEN b.state IN ('HELD', 'PAYMENT_PENDING') THEN 'OFFERED'
        ELSE 'BOOKED'
    END
"""
_PLACE = """
    SELECT count(*)::int FROM booking.waitlist_entry AS other
    WHERE other.room_type_id = e.room_type_id AND other.state = 'WAITING' AND other.id <= e.id
        AND other.check_in < e.check_out AND other.check_out > e.check_in
        AND other.check_in >= (now() AT TIME ZONE other.time_zone)::date
"""
_READ = f"""
    SELECT e.*, {_STANDS} AS stands, CASE WHEN {_STANDS} = 'WAITING' THEN ({_PLACE}) ELSE 0 END AS place
    FROM booking.waitlist_entry AS e LEFT JOIN booking.booking AS b ON b.id = e.booking_id
"""  # noqa: S608  # put together from constants

_JOINING_ALONE = Statement(
    text("SELECT pg_advisory_xact_lock(hashtextextended('waitlist/' || :account, 0))").bindparams(
        bindparam("account", type_=Text)
    )
)
_INSERT = Statement(
    insert(entry).values(
        {
            name: bindparam(name)
            for name in (
                *("id", "account_id", "hotel_id", "hotel_name", "room_type_id", "check_in", "check_out"),
                *("time_zone", "room_request", "guest_name", "guest_email", "guest_phone", "guest_locale"),
            )
        }
        | {"state": "WAITING"}
    )
)
_ONE = Statement(text(f"{_READ} WHERE e.id = :id").bindparams(bindparam("id", type_=Uuid)))
_OWN_LIVING = Statement(
    text(
        f"{_READ} WHERE e.account_id = :account_id AND e.state IN ('WAITING', 'OFFERED')"
        f" AND {_STANDS} IN ('WAITING', 'OFFERED') ORDER BY e.id"
    ).bindparams(bindparam("account_id", type_=Uuid))
)
_OWN_PAGE = Statement(
    text(f"{_READ} WHERE e.account_id = :account_id AND e.id < :before ORDER BY e.id DESC LIMIT :limit").bindparams(
        bindparam("account_id", type_=Uuid), bindparam("before", type_=Uuid), bindparam("limit", type_=Integer)
    )
)
_LOCK = Statement(select(entry).where(entry.c.id == bindparam("id")).with_for_update())
_LEAVE = Statement(update(entry).where(entry.c.id == bindparam("entry_id")).values(state="LEFT"))
_OFFER = Statement(
    update(entry)
    .where(entry.c.id == bindparam("entry_id"))
    .values(state="OFFERED", booking_id=bindparam("for_booking"), offered_until=bindparam("until"))
)
_TAKEN = Statement(
    update(entry)
    .where(entry.c.booking_id == bindparam("of_booking"), entry.c.state == "OFFERED")
    .values(state="BOOKED")
)
_SETTLE_OFFERS = Statement(
    text(f"""
        UPDATE booking.waitlist_entry AS settled SET state = {_STANDS}
        FROM booking.waitlist_entry AS e JOIN booking.booking AS b ON b.id = e.booking_id
        WHERE settled.id = e.id AND settled.state = 'OFFERED' AND {_STANDS} <> 'OFFERED'
    """)  # noqa: S608  # put together from constants
)
_CLOSE_BEGUN = Statement(
    update(entry)
    .where(
        entry.c.state == "WAITING",
        entry.c.check_in < func.timezone(entry.c.time_zone, func.now()).cast(Date),
    )
    .values(state="OVER")
)
_NEXT_FREE = Statement(
    text("""
        SELECT e.* FROM booking.waitlist_entry AS e
        JOIN booking.room_type AS t ON t.room_type_id = e.room_type_id
        WHERE e.state = 'WAITING' AND e.id > :after_id AND NOT t.closed AND NOT EXISTS (
            SELECT FROM generate_series(
                CAST(e.check_in AS timestamp), CAST(e.check_out AS timestamp) - interval '1 day', interval '1 day'
            ) AS days (day)
            LEFT JOIN booking.room_type_night AS n ON n.room_type_id = e.room_type_id AND n.night = days.day::date
            WHERE coalesce(n.capacity - n.out_of_order - n.blocked + n.oversell - n.held - n.sold, t.capacity) < 1
        )
        ORDER BY e.id LIMIT 1
    """).bindparams(bindparam("after_id", type_=Uuid))
)
_TEND_ROOM_TYPE = Statement(
    text(
        "SELECT room_type_id FROM booking.room_type WHERE room_type_id = :room_type_id FOR NO KEY UPDATE SKIP LOCKED"
    ).bindparams(bindparam("room_type_id", type_=Uuid))
)


async def join_alone(connection: Connection, account_id: uuid.UUID) -> None:
    """Until the transaction ends nobody else joins a waitlist in this account's name."""
    await _JOINING_ALONE.fetch_row(connection, account=str(account_id))


async def insert_entry(connection: Connection, **values: Any) -> None:
    await _INSERT.execute(connection, **values)


async def load_entry(connection: Connection, entry_id: uuid.UUID) -> Record | None:
    """With `stands`, its state as of now, and `place`."""
    return await _ONE.fetch_row(connection, id=entry_id)


async def own_living(connection: Connection, account_id: uuid.UUID) -> list[Record]:
    """Those that still wait or have an offer."""
    return await _OWN_LIVING.fetch(connection, account_id=account_id)


async def own_page(connection: Connection, account_id: uuid.UUID, before: uuid.UUID, limit: int) -> list[Record]:
    """Newest first."""
    return await _OWN_PAGE.fetch(connection, account_id=account_id, before=before, limit=limit)


async def lock_entry(connection: Connection, entry_id: uuid.UUID) -> Record | None:
    return await _LOCK.fetch_row(connection, id=entry_id)


async def leave(connection: Connection, entry_id: uuid.UUID) -> None:
    await _LEAVE.execute(connection, entry_id=entry_id)


async def offer(connection: Connection, entry_id: uuid.UUID, booking_id: uuid.UUID, until: dt.datetime) -> None:
    await _OFFER.execute(connection, entry_id=entry_id, for_booking=booking_id, until=until)


async def offer_taken(connection: Connection, booking_id: uuid.UUID) -> None:
    await _TAKEN.execute(connection, of_booking=booking_id)


async def settle(connection: Connection) -> None:
    """Writes down what became of offers, and that stays have begun."""
    await _SETTLE_OFFERS.execute(connection)
    await _CLOSE_BEGUN.execute(connection)


async def next_free(connection: Connection, after_id: uuid.UUID) -> Record | None:
    """The oldest waiting entry after this one whose nights are free."""
    return await _NEXT_FREE.fetch_row(connection, after_id=after_id)


async def tend_room_type(connection: Connection, room_type_id: uuid.UUID) -> bool:
    """Whether this transaction may offer rooms of the type: one tender at a time, so that nobody is passed over."""
    return await _TEND_ROOM_TYPE.fetch_row(connection, room_type_id=room_type_id) is not None
