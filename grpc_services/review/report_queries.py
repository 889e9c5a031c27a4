"""The SQL of reports: who told us of a review, and which wait for a decision."""

from __future__ import annotations

import uuid

from sqlalchemy import Boolean, Integer, Uuid, and_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from grpc_services.review.models import Report
from grpc_services.review.queries import review
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

_report = table_of(Report)

_ADD = Statement(
    insert(_report)
    .values(
        review_id=bindparam("review_id"),
        reporter_id=bindparam("reporter_id"),
        reason=bindparam("reason"),
        decided=False,
    )
    .on_conflict_do_nothing()
)
_COUNT_ONE_MORE = Statement(
    update(review).where(review.c.id == bindparam("of_review")).values(open_reports=review.c.open_reports + 1)
)
_DECIDE = Statement(
    update(_report).where(_report.c.review_id == bindparam("of_review"), ~_report.c.decided).values(decided=True)
)
_REPORTED = Statement(
    select(review)
    .where(
        review.c.open_reports > 0,
        or_(
            bindparam("from_start", type_=Boolean),
            review.c.open_reports < bindparam("reports", type_=Integer),
            and_(
                review.c.open_reports == bindparam("reports", type_=Integer),
                review.c.id < bindparam("after_id", type_=Uuid),
            ),
        ),
    )
    .order_by(review.c.open_reports.desc(), review.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)


async def add_report(connection: Connection, review_id: uuid.UUID, reporter_id: uuid.UUID, reason: str) -> bool:
    """Whether it is this person's first."""
    return bool(await _ADD.execute(connection, review_id=review_id, reporter_id=reporter_id, reason=reason))


async def count_one_more(connection: Connection, review_id: uuid.UUID) -> None:
    await _COUNT_ONE_MORE.execute(connection, of_review=review_id)


async def decide_reports(connection: Connection, review_id: uuid.UUID) -> None:
    await _DECIDE.execute(connection, of_review=review_id)


async def reported_page(connection: Connection, after: tuple[int, uuid.UUID] | None, limit: int) -> list[Record]:
    """The most reported first."""
    reports, identifier = after or (0, uuid.UUID(int=0))
    return await _REPORTED.fetch(
        connection, from_start=after is None, reports=reports, after_id=identifier, limit=limit
    )
