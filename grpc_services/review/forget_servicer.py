"""The use case of forgetting an author: the review stays, without a name."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.review.v1 import review_pb2
from grpc_services.review import events, forget_queries
from grpc_services.review.models import idempotency as idempotency_rows
from runtime.database import Database
from runtime.idempotency import IdempotencyKeys
from runtime.identifiers import parse_id
from runtime.identity import Role, require_role

_keys = IdempotencyKeys(idempotency_rows)
Context = grpc.aio.ServicerContext[Any, Any]


class ForgetMethods:
    """A part of the servicer, which gives it the database."""

    _database: Database

    async def ForgetAccount(
        self, request: review_pb2.ForgetAccountRequest, context: Context
    ) -> review_pb2.ForgetAccountResponse:
        require_role(Role.SYSTEM)
        account_id = parse_id(request.account_id, path=("accountId",))
        async with self._database.transaction() as connection:
            reviews = await forget_queries.REVIEWS_OF.fetch(connection, account_id=account_id)
            written = [str(row["id"]) for row in reviews]
            if not request.only_tell:
                await _keys.forget_person(connection, str(account_id), naming=written)
                await events.forget_reviews(connection, written)
                await forget_queries.FORGET_REPORTER.execute(connection, account_id=account_id)
                await forget_queries.FORGET_REPORTS.execute(connection, account_id=account_id)
                await forget_queries.FORGET_AUTHOR.execute(connection, account_id=account_id)
        return review_pb2.ForgetAccountResponse(review_ids=written)
