"""The SQL of reviews themselves."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    SmallInteger,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from grpc_services.review.models import Review, ReviewChange
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

review = table_of(Review)
_change = table_of(ReviewChange)

NEWEST, BEST, WORST = "NEWEST", "BEST", "WORST"
Position = tuple[int, dt.datetime, uuid.UUID]

_ONE = review.c.id == bindparam("review_id")
_AFTER_VISIT = ("id", "subject_kind", "subject_id", "subject_name", "owner_id", "visit_id", "visited_on")
_OF_AUTHOR = ("author_id", "author_name", "overall", "aspects", "title", "text", "language")

_INSERT = Statement(
    insert(review)
    .values(
        {name: bindparam(name) for name in (*_AFTER_VISIT, *_OF_AUTHOR)}
        | {"state": "PUBLISHED", "reply": "", "moderation_reason": "", "open_reports": 0, "version": 1}
    )
    .on_conflict_do_nothing(index_elements=["visit_id", "subject_kind", "subject_id"])
    .returning(review)
)
_LOCK = Statement(select(review).where(_ONE).with_for_update())
_BY_ID = Statement(select(review).where(review.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))
_OF_VISITS = Statement(
    select(review).where(
        review.c.visit_id == any_(bindparam("visits", type_=ARRAY(Uuid))),
        review.c.author_id == bindparam("author_id"),
    )
)
_EDIT = Statement(
    update(review)
    .where(_ONE)
    .values(
        {name: bindparam(name) for name in ("overall", "aspects", "title", "text", "language")}
        | {"edited_at": func.now(), "version": review.c.version + 1}
    )
    .returning(review)
)
_REPLY = Statement(
    update(review)
    .where(_ONE)
    .values(
        reply=bindparam("reply"),
        replied_at=bindparam("replied_at", type_=DateTime(timezone=True)),
        version=review.c.version + 1,
    )
    .returning(review)
)
_MOVE = Statement(
    update(review)
    .where(_ONE)
    .values(
        state=bindparam("state"),
        moderation_reason=bindparam("reason"),
        open_reports=0,
        version=review.c.version + 1,
    )
    .returning(review)
)
_RECORD = Statement(
    insert(_change).values({column.name: bindparam(column.name) for column in _change.c if column.name != "at"})
)

_OF_SUBJECT = and_(
    review.c.subject_id == bindparam("subject_id", type_=Uuid),
    review.c.subject_kind == bindparam("subject_kind", type_=Text),
    review.c.state == literal_column("'PUBLISHED'", Text),  # so that the partial indexes serve
)
_OF_ONESELF = and_(review.c.author_id == bindparam("author_id", type_=Uuid), review.c.state != "DELETED")
_FILTERED = and_(
    or_(
        bindparam("every_stars", type_=Boolean),
        review.c.overall == any_(bindparam("stars", type_=ARRAY(SmallInteger))),
    ),
    or_(
        bindparam("every_language", type_=Boolean),
        review.c.language == any_(bindparam("languages", type_=ARRAY(Text))),
        func.split_part(review.c.language, "-", 1) == any_(bindparam("languages", type_=ARRAY(Text))),
    ),
)
_HERE = (bindparam("at", type_=DateTime(timezone=True)), bindparam("after_id", type_=Uuid))
_NEWER_FIRST = (review.c.created_at.desc(), review.c.id.desc())
_OLDER = tuple_(review.c.created_at, review.c.id) < tuple_(*_HERE)
_STARS_HERE = bindparam("overall", type_=SmallInteger)
_SAME_STARS_OLDER = and_(review.c.overall == _STARS_HERE, _OLDER)
_ORDERS: dict[str, tuple[Sequence[ColumnElement[Any]], ColumnElement[bool]]] = {
    NEWEST: (_NEWER_FIRST, _OLDER),
    BEST: ((review.c.overall.desc(), *_NEWER_FIRST), or_(review.c.overall < _STARS_HERE, _SAME_STARS_OLDER)),
    WORST: ((review.c.overall.asc(), *_NEWER_FIRST), or_(review.c.overall > _STARS_HERE, _SAME_STARS_OLDER)),
}
_PAGES = {
    (own, sort): Statement(
        select(review)
        .where(scope, _FILTERED, or_(bindparam("from_start", type_=Boolean), beyond))
        .order_by(*order)
        .limit(bindparam("limit", type_=Integer))
    )
    for own, scope in ((False, _OF_SUBJECT), (True, _OF_ONESELF))
    for sort, (order, beyond) in _ORDERS.items()
}
_COUNTS = {
    own: Statement(select(func.count()).select_from(review).where(scope, _FILTERED))
    for own, scope in ((False, _OF_SUBJECT), (True, _OF_ONESELF))
}
_BEFORE_ALL: Position = (0, dt.datetime(1970, 1, 1, tzinfo=dt.UTC), uuid.UUID(int=0))


async def insert_review(connection: Connection, **values: Any) -> Record | None:
    """None when this visit to this subject was reviewed before."""
    return await _INSERT.fetch_row(connection, **values)


async def lock_review(connection: Connection, review_id: uuid.UUID) -> Record | None:
    return await _LOCK.fetch_row(connection, review_id=review_id)


async def load_reviews(connection: Connection, ids: Sequence[uuid.UUID]) -> list[Record]:
    return await _BY_ID.fetch(connection, ids=list(ids))


async def reviews_of_visits(
    connection: Connection, visits: Sequence[uuid.UUID], author_id: uuid.UUID
) -> dict[tuple[uuid.UUID, str, uuid.UUID], Record]:
    """By visit, kind and subject; deleted ones too."""
    rows = await _OF_VISITS.fetch(connection, visits=list(visits), author_id=author_id)
    return {(row["visit_id"], row["subject_kind"], row["subject_id"]): row for row in rows}


async def edit_review(connection: Connection, review_id: uuid.UUID, values: dict[str, Any]) -> Record:
    return await _EDIT.fetch_one(connection, review_id=review_id, **values)


async def write_reply(
    connection: Connection, review_id: uuid.UUID, reply: str, replied_at: dt.datetime | None
) -> Record:
    return await _REPLY.fetch_one(connection, review_id=review_id, reply=reply, replied_at=replied_at)


async def move_review(connection: Connection, review_id: uuid.UUID, state: str, reason: str) -> Record:
    """Nothing is left open of its reports."""
    return await _MOVE.fetch_one(connection, review_id=review_id, state=state, reason=reason)


async def record_change(connection: Connection, **values: Any) -> None:
    await _RECORD.execute(connection, **values)


async def review_page(
    connection: Connection,
    scope: dict[str, Any],
    sort: str,
    filters: dict[str, Any],
    after: Position | None,
    limit: int,
) -> list[Record]:
    """`scope` is {"author_id"}, or {"subject_kind", "subject_id"}; `after` is the place of the last one seen."""
    overall, at, identifier = after or _BEFORE_ALL
    place = {"at": at, "after_id": identifier} | ({} if sort == NEWEST else {"overall": overall})
    return await _PAGES["author_id" in scope, sort].fetch(
        connection, **scope, **filters, **place, from_start=after is None, limit=limit
    )


async def count_reviews(connection: Connection, scope: dict[str, Any], filters: dict[str, Any]) -> int:
    return int(await _COUNTS["author_id" in scope].fetch_value(connection, **scope, **filters))


def filters_of(stars: Sequence[int], languages: Sequence[str]) -> dict[str, Any]:
    return {
        "every_stars": not stars,
        "stars": list(stars),
        "every_language": not languages,
        "languages": list(languages),
    }
