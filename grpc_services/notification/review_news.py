"""Which event of a review tells whom what. No I/O."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from contracts.events.v1 import events_pb2
from contracts.review.v1 import review_pb2
from grpc_services.notification.plans import NO_ACCOUNT, NO_BOOKING, Notice, Plan

EVENTS = frozenset({"ReviewCreated", "ReviewReplied"})
LONGEST_QUOTE = 600  # of an answer; the whole is read with the review


def plan_of(envelope: events_pb2.Envelope, event_id: uuid.UUID) -> Plan:
    """The owner hears of a new review, its author of the answer: once, also when the answer is written again.

    Raises DecodeError or ValueError for what is no such event.
    """
    if envelope.type == "ReviewCreated":
        created = events_pb2.ReviewCreated.FromString(envelope.payload)
        review = created.review
        notice = Notice(uuid.UUID(created.owner_id), "new_review")
    else:
        review = events_pb2.ReviewReplied.FromString(envelope.payload).review
        event_id = uuid.uuid5(uuid.UUID(review.id), envelope.type)
        notice = Notice(uuid.UUID(review.author_account_id), "review_answered")
    notices = (notice,) if notice.account_id != NO_ACCOUNT else ()
    return Plan(event_id, envelope.type, NO_BOOKING, envelope.request_id, _parameters(review), notices)


def _parameters(review: review_pb2.Review) -> dict[str, Any]:
    reply = review.reply if len(review.reply) <= LONGEST_QUOTE else review.reply[:LONGEST_QUOTE].rstrip() + "…"
    return {
        "review_id": str(uuid.UUID(review.id)),
        "subject_name": review.subject_name,
        "author_name": review.author_name,
        "overall": review.overall,
        "title": review.title,
        "visited_on": dt.date.fromisoformat(review.visited_on).isoformat(),
        "reply": reply,
    }
