"""The events that the review service publishes, each in the transaction of what it tells."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.message import Message

from contracts.events.v1 import events_pb2
from grpc_services.review.messages import SYSTEM, rating_message, review_message
from grpc_services.review.models import outbox as outbox_rows
from runtime.database import Connection, Record
from runtime.event_bus import REVIEW_TOPIC
from runtime.outbox import Outbox

_outbox = Outbox(outbox_rows, REVIEW_TOPIC)


async def publish_created(connection: Connection, review: Record) -> None:
    event = events_pb2.ReviewCreated(
        review=review_message(review, SYSTEM), owner_id=str(review["owner_id"]), visit_id=str(review["visit_id"])
    )
    await _publish(connection, review, event)


async def publish_edited(connection: Connection, review: Record) -> None:
    await _publish(connection, review, events_pb2.ReviewEdited(review=review_message(review, SYSTEM)))


async def publish_deleted(connection: Connection, review: Record) -> None:
    await _publish(connection, review, events_pb2.ReviewDeleted(review_id=str(review["id"])))


async def publish_replied(connection: Connection, review: Record) -> None:
    await _publish(connection, review, events_pb2.ReviewReplied(review=review_message(review, SYSTEM)))


async def publish_rating_changed(connection: Connection, rating: Record) -> None:
    event = events_pb2.RatingChanged(rating=rating_message(rating))
    await _outbox.publish(
        connection, event, aggregate_id=event.rating.subject.id, aggregate_version=event.rating.version
    )


async def _publish(connection: Connection, review: Record, event: Message) -> None:
    await _outbox.publish(connection, event, aggregate_id=str(review["id"]), aggregate_version=review["version"])


async def forget_reviews(connection: Connection, review_ids: Sequence[str]) -> None:
    """Of an account that was deleted."""
    await _outbox.forget(connection, review_ids)
