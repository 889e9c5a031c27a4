"""The use cases of authors: writing, editing and deleting reviews."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import grpc

from contracts.review.v1 import review_pb2
from grpc_services.review import events, messages, policies, queries, report_queries, rules
from grpc_services.review.change_log import record_change
from grpc_services.review.errors import ReviewNotAllowed, Why
from grpc_services.review.gateway import Visits
from grpc_services.review.models import idempotency as idempotency_rows
from grpc_services.review.rating_change import move_rating
from grpc_services.review.visits import Visit
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput, VersionConflict
from runtime.idempotency import IdempotencyKeys, check_key
from runtime.identifiers import new_id, parse_id
from runtime.identity import Caller, Role, require_account

Context = grpc.aio.ServicerContext[Any, Any]
_keys = IdempotencyKeys(idempotency_rows)


class ReviewMethods:
    """A part of ReviewServicer, which gives it the database, the visits and the time."""

    _database: Database
    _visits: Visits
    _now: Callable[[], dt.datetime]

    async def CreateReview(self, request: review_pb2.CreateReviewRequest, context: Context) -> review_pb2.Review:
        caller = require_account()
        check_key(request.idempotency_key)
        kind = messages.kind_name(request.subject_kind)
        master_id = parse_id(request.master_id, path=("masterId",)) if request.master_id else None
        opinion = rules.opinion(request.fields, kind)
        visit = await self._visit(request)
        workers = await self._visits.workers(visit)
        key = {"principal": str(caller.account_id), "operation": "CreateReview", "key": request.idempotency_key}
        async with self._database.transaction() as connection:  # of its own: nobody waits long for others' old keys
            await _keys.forget_old(connection)
        async with self._database.transaction() as connection:
            earlier = await _keys.claim(connection, **key, request=request, answer=review_pb2.Review)
            if earlier is not None:
                return earlier
            policies.check_may_review(caller, visit, workers)
            subject = rules.subject_of(visit, kind, master_id)
            rules.check_reviewable(visit, self._now())
            row = await queries.insert_review(
                connection,
                id=new_id(),
                subject_kind=subject.kind,
                subject_id=subject.id,
                subject_name=visit.subjects[subject],
                owner_id=visit.owner_id,
                visit_id=visit.id,
                visited_on=visit.visited_on,
                author_id=caller.account_id,
                author_name=rules.shown_name(visit.guest_name),
                **_columns(opinion),
            )
            if row is None:
                raise ReviewNotAllowed(Why.ALREADY_REVIEWED)
            await record_change(connection, row, "created")
            await events.publish_created(connection, row)
            answer = messages.review_message(row, caller)
            await _keys.store(connection, **key, answer=answer)
            await move_rating(connection, None, row)
        return answer

    async def EditReview(self, request: review_pb2.EditReviewRequest, context: Context) -> review_pb2.Review:
        caller = require_account()
        review_id = parse_id(request.id, path=("id",))
        async with self._database.transaction() as connection:
            row = await lock_seen(connection, caller, review_id)
            policies.check_author(caller, row)
            check_version(row, request.expected_version)
            rules.check_editable(row["created_at"], self._now())
            after = _columns(rules.opinion(request.fields, row["subject_kind"]))
            before = {name: row[name] for name, value in after.items() if row[name] != value}
            if not before:
                return messages.review_message(row, caller)
            edited = await queries.edit_review(connection, review_id, after)
            await record_change(connection, edited, "edited", before=before)
            await events.publish_edited(connection, edited)
            await move_rating(connection, row, edited)
        return messages.review_message(edited, caller)

    async def DeleteReview(
        self, request: review_pb2.DeleteReviewRequest, context: Context
    ) -> review_pb2.DeleteReviewResponse:
        caller = require_account()
        review_id = parse_id(request.id, path=("id",))
        reason = rules.line(request.reason, ("reason",), longest=rules.LONGEST_REASON)
        async with self._database.transaction() as connection:
            row = await queries.lock_review(connection, review_id)
            if row is not None and row["state"] == "DELETED" and _may_delete(caller, row):
                return review_pb2.DeleteReviewResponse()
            row = policies.check_sees(caller, row)
            if not _may_delete(caller, row):
                policies.check_author(caller, row)
            if not policies.is_author(caller, row) and not reason:
                raise InvalidInput("Say why it is deleted.", path=("reason",))
            deleted = await queries.move_review(connection, review_id, "DELETED", reason)
            await report_queries.decide_reports(connection, review_id)
            await record_change(connection, deleted, "deleted", before={"state": row["state"]}, reason=reason)
            await events.publish_deleted(connection, deleted)
            await move_rating(connection, row, deleted)
        return review_pb2.DeleteReviewResponse()

    async def ReplyToReview(self, request: review_pb2.ReplyToReviewRequest, context: Context) -> review_pb2.Review:
        caller = require_account()
        review_id = parse_id(request.id, path=("id",))
        reply = rules.words(request.text, ("text",), longest=rules.LONGEST_REPLY)
        async with self._database.transaction() as connection:
            row = await lock_seen(connection, caller, review_id)
            policies.check_may_reply(caller, row)
            check_version(row, request.expected_version)
            if reply == row["reply"]:
                return messages.review_message(row, caller)
            replied = await queries.write_reply(connection, review_id, reply, self._now() if reply else None)
            await record_change(connection, replied, "replied", before={"reply": row["reply"]})
            if reply:
                await events.publish_replied(connection, replied)
        return messages.review_message(replied, caller)

    async def _visit(self, request: review_pb2.CreateReviewRequest) -> Visit:
        """The visit that a review is of, if the caller may see it."""
        if request.WhichOneof("visit") == "booking_id":
            parse_id(request.booking_id, path=("bookingId",))
            return await self._visits.booking(request.booking_id)
        if request.WhichOneof("visit") == "appointment_id":
            parse_id(request.appointment_id, path=("appointmentId",))
            return await self._visits.appointment(request.appointment_id)
        raise InvalidInput("Name a booking or an appointment.", path=("bookingId",))


async def lock_seen(connection: Connection, caller: Caller, review_id: uuid.UUID) -> Record:
    """A review that the caller may see, which nobody else changes until the transaction ends."""
    return policies.check_sees(caller, await queries.lock_review(connection, review_id))


def check_version(review: Record, expected: int) -> None:
    if review["version"] != expected:
        raise VersionConflict(review["version"])


def _may_delete(caller: Caller, review: Record) -> bool:
    return caller.role is Role.ADMIN or policies.is_author(caller, review)


def _columns(opinion: rules.Opinion) -> dict[str, Any]:
    return {name: getattr(opinion, name) for name in ("overall", "aspects", "title", "text", "language")}
