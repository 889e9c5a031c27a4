"""The use cases of reports: telling us of a review, and deciding what becomes of it."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.review.v1 import review_pb2
from grpc_services.review import messages, policies, queries, report_queries, rules
from grpc_services.review.change_log import record_change
from grpc_services.review.rating_change import move_rating
from grpc_services.review.review_servicer import check_version, lock_seen
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Database
from runtime.errors import InvalidInput
from runtime.identifiers import parse_id
from runtime.identity import Role, require_account, require_role

Context = grpc.aio.ServicerContext[Any, Any]


class ReportMethods:
    """A part of ReviewServicer, which gives it the database."""

    _database: Database

    async def ReportReview(
        self, request: review_pb2.ReportReviewRequest, context: Context
    ) -> review_pb2.ReportReviewResponse:
        caller = require_account()
        review_id = parse_id(request.id, path=("id",))
        reason = rules.line(request.reason, ("reason",), longest=rules.LONGEST_REASON, required=True)
        async with self._database.transaction() as connection:
            row = await lock_seen(connection, caller, review_id)
            policies.check_may_report(caller, row)
            if await report_queries.add_report(connection, review_id, caller.account_id, reason):
                await report_queries.count_one_more(connection, review_id)
                await record_change(connection, row, "reported", reason=reason)
        return review_pb2.ReportReviewResponse()

    async def ModerateReview(self, request: review_pb2.ModerateReviewRequest, context: Context) -> review_pb2.Review:
        caller = require_role(Role.ADMIN)
        review_id = parse_id(request.id, path=("id",))
        reason = rules.line(request.reason, ("reason",), longest=rules.LONGEST_REASON)
        if request.hide and not reason:
            raise InvalidInput("Say why it is hidden.", path=("reason",))
        async with self._database.transaction() as connection:
            row = await lock_seen(connection, caller, review_id)
            check_version(row, request.expected_version)
            state, action = ("HIDDEN", "hidden") if request.hide else ("PUBLISHED", "kept")
            decided = await queries.move_review(connection, review_id, state, reason)
            await report_queries.decide_reports(connection, review_id)
            await record_change(connection, decided, action, before={"state": row["state"]}, reason=reason)
            await move_rating(connection, row, decided)
        return messages.review_message(decided, caller)

    async def ListReportedReviews(
        self, request: review_pb2.ListReportedReviewsRequest, context: Context
    ) -> review_pb2.ListReportedReviewsResponse:
        caller = require_role(Role.ADMIN)
        limit = page_size(request.first)
        after = None
        if request.after:
            reports, identifier = decode_cursor(request.after, (int, str))
            after = (int(reports), parse_id(str(identifier), path=("after",)))
        async with self._database.reading() as connection:
            rows = await report_queries.reported_page(connection, after, limit + 1)
        shown = rows[:limit]
        return review_pb2.ListReportedReviewsResponse(
            reviews=[messages.review_message(row, caller) for row in shown],
            cursors=[encode_cursor(row["open_reports"], str(row["id"])) for row in shown],
            has_next_page=len(rows) > limit,
        )
