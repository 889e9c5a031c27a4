"""The use case of forgetting an author: the review stays, without a name."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.review.v1 import review_pb2
from grpc_services.review import forget_queries
from runtime.database import Database
from runtime.identifiers import parse_id
from runtime.identity import Role, require_role

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
                await forget_queries.FORGET_ANSWERS.execute(connection, account_id=str(account_id), review_ids=written)
                await forget_queries.FORGET_EVENTS.execute(connection, review_ids=written)
                await forget_queries.FORGET_REPORTER.execute(connection, account_id=account_id)
                await forget_queries.FORGET_REPORTS.execute(connection, account_id=account_id)
                await forget_queries.FORGET_AUTHOR.execute(connection, account_id=account_id)
        return review_pb2.ForgetAccountResponse(review_ids=written)
