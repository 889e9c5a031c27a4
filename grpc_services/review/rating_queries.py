"""The SQL of ratings. A row is locked by its key while it moves, as the last thing of a transaction but its event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, and_, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert

from grpc_services.review.models import Rating
from grpc_services.review.queries import review
from grpc_services.review.ratings import Marks, Tally, moved
from grpc_services.review.visits import Subject
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

_rating = table_of(Rating)

_ONE = and_(_rating.c.subject_kind == bindparam("kind"), _rating.c.subject_id == bindparam("identifier"))
_NEXT_VERSION = Statement(
    insert(_rating)
    .values(
        subject_kind=bindparam("kind"),
        subject_id=bindparam("identifier"),
        stars=[0, 0, 0, 0, 0],
        aspects={},
        version=1,
    )
    .on_conflict_do_update(index_elements=["subject_kind", "subject_id"], set_={"version": _rating.c.version + 1})
    .returning(_rating)
)
_SAVE = Statement(
    update(_rating)
    .where(_ONE)
    .values(stars=bindparam("stars", type_=ARRAY(BigInteger)), aspects=bindparam("aspects"))
    .returning(_rating)
)
_LOAD = Statement(
    text(
        """
        SELECT rating.* FROM unnest(CAST(:kinds AS text[]), CAST(:identifiers AS uuid[])) AS wanted (kind, identifier)
        JOIN review.rating AS rating ON rating.subject_kind = wanted.kind AND rating.subject_id = wanted.identifier
        """
    )
)
_PUBLISHED_MARKS = Statement(
    select(review.c.overall, review.c.aspects).where(
        review.c.subject_kind == bindparam("kind"),
        review.c.subject_id == bindparam("identifier"),
        review.c.state == "PUBLISHED",
    )
)


async def move_rating(connection: Connection, subject: Subject, before: Marks | None, after: Marks | None) -> Record:
    """The row as it stands after one review counts for something else; nobody else moves it until the transaction
    ends."""
    key: dict[str, Any] = {"kind": subject.kind, "identifier": subject.id}
    tally = moved(tally_of_row(await _NEXT_VERSION.fetch_one(connection, **key)), before, after)
    return await _SAVE.fetch_one(
        connection,
        **key,
        stars=list(tally.stars),
        aspects={name: {"count": count, "sum": total} for name, (count, total) in sorted(tally.aspects.items())},
    )


async def load_ratings(connection: Connection, subjects: Sequence[Subject]) -> dict[Subject, Record]:
    rows = await _LOAD.fetch(
        connection,
        kinds=[subject.kind for subject in subjects],
        identifiers=[subject.id for subject in subjects],
    )
    return {Subject(row["subject_kind"], row["subject_id"]): row for row in rows}


async def published_marks(connection: Connection, subject: Subject) -> list[Marks]:
    """What every published review of a subject counts for: a rating counted anew."""
    rows = await _PUBLISHED_MARKS.fetch(connection, kind=subject.kind, identifier=subject.id)
    return [Marks(row["overall"], row["aspects"]) for row in rows]


def tally_of_row(row: Record) -> Tally:
    return Tally(tuple(row["stars"]), {name: (known["count"], known["sum"]) for name, known in row["aspects"].items()})
