"""A review that came, went or says something else moves the rating of its subject, in the same transaction."""

from __future__ import annotations

from grpc_services.review import events, rating_queries
from grpc_services.review.ratings import Marks
from grpc_services.review.visits import Subject
from runtime.database import Connection, Record


async def move_rating(connection: Connection, before: Record | None, after: Record) -> None:
    """The last thing to do: whoever changes another review of this subject waits until the transaction ends."""
    counted, counts = _marks(before), _marks(after)
    if counted == counts:
        return
    subject = Subject(after["subject_kind"], after["subject_id"])
    rating = await rating_queries.move_rating(connection, subject, counted, counts)
    await events.publish_rating_changed(connection, rating)


def _marks(review: Record | None) -> Marks | None:
    """Only what is published counts."""
    if review is None or review["state"] != "PUBLISHED":
        return None
    return Marks(review["overall"], review["aspects"])
