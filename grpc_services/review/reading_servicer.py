"""The use cases of readers: reviews, what may be reviewed, and ratings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import grpc

from contracts.review.v1 import review_pb2
from grpc_services.review import messages, policies, queries, rating_queries, rules
from grpc_services.review.errors import ReviewNotAllowed
from grpc_services.review.gateway import Visits
from grpc_services.review.visits import Visit
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Database, Record
from runtime.errors import InvalidInput
from runtime.identifiers import parse_id
from runtime.identity import Caller, current_caller, require_account

Context = grpc.aio.ServicerContext[Any, Any]
MOST_AT_ONCE = 200


class ReadingMethods:
    """A part of ReviewServicer, which gives it the database, the visits and the time."""

    _database: Database
    _visits: Visits
    _now: Callable[[], dt.datetime]

    async def GetReviews(
        self, request: review_pb2.GetReviewsRequest, context: Context
    ) -> review_pb2.GetReviewsResponse:
        caller = current_caller()
        _check_number(request.ids, "ids")
        ids = [parse_id(value, path=("id",)) for value in request.ids]
        async with self._database.reading() as connection:
            rows = await queries.load_reviews(connection, ids)
        return review_pb2.GetReviewsResponse(
            reviews=[messages.review_message(row, caller) for row in rows if policies.sees(caller, row)]
        )

    async def ListReviews(
        self, request: review_pb2.ListReviewsRequest, context: Context
    ) -> review_pb2.ListReviewsResponse:
        caller = current_caller()
        scope = _scope(request)
        sort = messages.sort_name(request.sort)
        filters = queries.filters_of(rules.wanted_stars(request.stars), rules.wanted_languages(request.languages))
        limit = page_size(request.first)
        after = _position(request.after) if request.after else None
        async with self._database.reading() as connection:
            rows = await queries.review_page(connection, scope, sort, filters, after, limit + 1)
            total = await queries.count_reviews(connection, scope, filters)
        shown = rows[:limit]
        return review_pb2.ListReviewsResponse(
            reviews=[messages.review_message(row, caller) for row in shown],
            cursors=[encode_cursor(row["overall"], row["created_at"].isoformat(), str(row["id"])) for row in shown],
            has_next_page=len(rows) > limit,
            total_count=total,
        )

    async def GetVisits(self, request: review_pb2.GetVisitsRequest, context: Context) -> review_pb2.GetVisitsResponse:
        caller = require_account()
        for name, ids in (("bookingIds", request.booking_ids), ("appointmentIds", request.appointment_ids)):
            _check_number(ids, name)
            for value in ids:
                parse_id(value, path=(name,))
        seen = await self._visits.bookings(request.booking_ids)
        seen += await self._visits.appointments(request.appointment_ids)
        visits = [visit for visit in seen if policies.is_guest(caller, visit)]
        async with self._database.reading() as connection:
            written = await queries.reviews_of_visits(connection, [visit.id for visit in visits], caller.account_id)
        return review_pb2.GetVisitsResponse(visits=[self._visit_message(visit, written, caller) for visit in visits])

    async def GetRatings(
        self, request: review_pb2.GetRatingsRequest, context: Context
    ) -> review_pb2.GetRatingsResponse:
        _check_number(request.subjects, "subjects")
        subjects = [
            messages.subject_of_message(subject, path=("subjects", str(number)))
            for number, subject in enumerate(request.subjects)
        ]
        async with self._database.reading() as connection:
            rows = await rating_queries.load_ratings(connection, subjects)
        return review_pb2.GetRatingsResponse(
            ratings=[messages.rating_message(row) for row in rows.values() if any(row["stars"])]
        )

    def _visit_message(self, visit: Visit, written: Mapping[Any, Record], caller: Caller) -> review_pb2.Visit:
        message = review_pb2.Visit(id=str(visit.id))
        try:
            rules.check_reviewable(visit, self._now())
            until = rules.last_day(visit).isoformat()
        except ReviewNotAllowed:
            until = ""
        for subject, name in visit.subjects.items():
            row = written.get((visit.id, subject.kind, subject.id))
            shown = messages.review_message(row, caller) if row is not None and policies.sees(caller, row) else None
            message.subjects.add(
                subject=messages.subject_message(subject),
                name=name,
                review=shown,
                reviewable_until="" if row is not None else until,
            )
        return message


def _scope(request: review_pb2.ListReviewsRequest) -> dict[str, Any]:
    """Whose reviews: of one subject, or the caller's own."""
    if request.subject_kind == review_pb2.SUBJECT_KIND_UNSPECIFIED and not request.subject_id:
        return {"author_id": require_account().account_id}
    return {
        "subject_kind": messages.kind_name(request.subject_kind),
        "subject_id": parse_id(request.subject_id, path=("subjectId",)),
    }


def _position(cursor: str) -> queries.Position:
    overall, at, identifier = decode_cursor(cursor, (int, str, str))
    try:
        moment = dt.datetime.fromisoformat(str(at)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or int(overall) not in rules.STARS:
        raise InvalidInput("This cursor is not one that this list gave out.", path=("after",))
    return int(overall), moment, parse_id(str(identifier), path=("after",))


def _check_number(values: Sequence[object], name: str) -> None:
    if len(values) > MOST_AT_ONCE:
        raise InvalidInput(f"Ask for at most {MOST_AT_ONCE} at a time.", path=(name,))
