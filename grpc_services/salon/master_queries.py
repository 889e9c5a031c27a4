"""The statements of masters."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, Integer, Uuid, any_, bindparam, delete, func, insert, select, update

from grpc_services.salon.salon_queries import master, offering, salon, seen_by_reader
from runtime.database import Connection, Record, Statement

# What masters and their hoteliers write; the rest is ours.
WRITTEN = ("name", "title", "about", "specialities", "languages", "photo", "portfolio_links")
_NEW: dict[str, object] = {
    "account_id": None,
    "week": [],
    "schedule_version": 1,
    "invitation_hash": None,
    "invitation_expires_at": None,
    "rating_count": 0,
    "rating_mean_hundredths": 0,
    "rating_version": 0,
    "archived": False,
    "version": 1,
}
_ids = bindparam("ids", type_=ARRAY(Uuid))
_ONE = master.c.id == bindparam("master_id")

_GET = Statement(select(master).where(_ONE))
_SEEN = Statement(
    select(master)
    .select_from(master.join(salon, salon.c.id == master.c.salon_id))
    .where(master.c.id == any_(_ids), seen_by_reader())
)
_OF_SALONS = Statement(
    select(master).where(master.c.salon_id == any_(_ids)).order_by(master.c.salon_id, master.c.position)
)
_AT_WORK = Statement(
    select(master).where(master.c.salon_id == bindparam("salon_id"), ~master.c.archived).order_by(master.c.position)
)
_NEXT_POSITION = Statement(
    select(func.coalesce(func.max(master.c.position) + 1, 0)).where(master.c.salon_id == bindparam("salon_id"))
)
_INSERT = Statement(
    insert(master).values({column.name: bindparam(column.name) for column in master.c}).returning(master)
)
_SAVE = Statement(
    update(master)
    .where(_ONE)
    .values({name: bindparam(name) for name in WRITTEN} | {"version": master.c.version + 1})
    .returning(master)
)
_ARCHIVE = Statement(
    update(master)
    .where(_ONE)
    .values(archived=True, invitation_hash=None, invitation_expires_at=None, version=master.c.version + 1)
    .returning(master)
)
_STOP_OFFERING = Statement(delete(offering).where(offering.c.master_id == bindparam("master_id")))
_INVITE = Statement(
    update(master)
    .where(_ONE)
    .values(invitation_hash=bindparam("hash"), invitation_expires_at=bindparam("expires_at"))
    .returning(master)
)
_INVITED = Statement(select(master).where(master.c.invitation_hash == bindparam("hash")))
_JOIN = Statement(
    update(master)
    .where(_ONE)
    .values(
        account_id=bindparam("account_id"),
        invitation_hash=None,
        invitation_expires_at=None,
        version=master.c.version + 1,
    )
    .returning(master)
)
_PUT_RATING = Statement(
    update(master)
    .where(_ONE, master.c.rating_version < bindparam("known_version", type_=Integer))
    .values(
        rating_count=bindparam("count"),
        rating_mean_hundredths=bindparam("mean_hundredths"),
        rating_version=bindparam("known_version", type_=Integer),
    )
    .returning(master)
)
_SAVE_WEEK = Statement(
    update(master)
    .where(_ONE)
    .values(week=bindparam("week"), schedule_version=master.c.schedule_version + 1)
    .returning(master)
)


async def get_master(connection: Connection, master_id: uuid.UUID) -> Record | None:
    return await _GET.fetch_row(connection, master_id=master_id)


async def seen_masters(
    connection: Connection, ids: list[uuid.UUID], *, reader_id: uuid.UUID, of_anybody: bool
) -> list[Record]:
    """Of salons that the reader sees; archived masters too, whom past visits name."""
    return await _SEEN.fetch(connection, ids=ids, reader_id=reader_id, of_anybody=of_anybody)


async def of_salons(connection: Connection, salon_ids: Collection[uuid.UUID]) -> list[Record]:
    """By position, archived ones among them."""
    return await _OF_SALONS.fetch(connection, ids=list(salon_ids))


async def at_work(connection: Connection, salon_id: uuid.UUID) -> list[Record]:
    """Those of a salon who are not archived, by position."""
    return await _AT_WORK.fetch(connection, salon_id=salon_id)


async def append(connection: Connection, salon_id: uuid.UUID, values: dict[str, Any]) -> Record:
    """A new one behind the others of the salon."""
    position = await _NEXT_POSITION.fetch_value(connection, salon_id=salon_id)
    return await _INSERT.fetch_one(connection, **(_NEW | values | {"salon_id": salon_id, "position": position}))


async def save(connection: Connection, master_id: uuid.UUID, values: dict[str, Any]) -> Record:
    return await _SAVE.fetch_one(connection, master_id=master_id, **values)


async def archive(connection: Connection, master_id: uuid.UUID) -> Record:
    """Ends their invitation and all that they offer, too."""
    await _STOP_OFFERING.execute(connection, master_id=master_id)
    return await _ARCHIVE.fetch_one(connection, master_id=master_id)


async def invite(connection: Connection, master_id: uuid.UUID, hashed: bytes, expires_at: dt.datetime) -> Record:
    """A new code ends the old one."""
    return await _INVITE.fetch_one(connection, master_id=master_id, hash=hashed, expires_at=expires_at)


async def invited_as(connection: Connection, hashed: bytes) -> Record | None:
    return await _INVITED.fetch_row(connection, hash=hashed)


async def join(connection: Connection, master_id: uuid.UUID, account_id: uuid.UUID) -> Record:
    """The account becomes the master; the invitation is used up."""
    return await _JOIN.fetch_one(connection, master_id=master_id, account_id=account_id)


async def put_rating(
    connection: Connection, master_id: uuid.UUID, count: int, mean_hundredths: int, version: int
) -> Record | None:
    """None: what is known is as new, and stays."""
    return await _PUT_RATING.fetch_row(
        connection, master_id=master_id, count=count, mean_hundredths=mean_hundredths, known_version=version
    )


async def save_week(connection: Connection, master_id: uuid.UUID, week: list[dict[str, Any]]) -> Record:
    """One version of the schedule more."""
    return await _SAVE_WEEK.fetch_one(connection, master_id=master_id, week=week)
