"""The use case of forgetting what a person was told."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.notification.v1 import notification_pb2
from grpc_services.notification import forget_queries
from grpc_services.notification.webhook_change_queries import FORGET_CHANGES
from runtime.database import Database
from runtime.identifiers import encode_id, parse_id
from runtime.identity import Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]


class ForgetMethods:
    """A part of the servicer, which gives it the database."""

    _database: Database

    async def ForgetAccount(
        self, request: notification_pb2.ForgetAccountRequest, context: Context
    ) -> notification_pb2.ForgetAccountResponse:
        require_role(Role.SYSTEM)
        account_id = parse_id(request.account_id, path=("accountId",))
        async with self._database.transaction() as connection:
            await forget_queries.FORGET_NOTIFICATIONS.execute(connection, account_id=account_id)
            await forget_queries.FORGET_PREFERENCES.execute(connection, account_id=account_id)
            await forget_queries.FORGET_QUIET_HOURS.execute(connection, account_id=account_id)
            await forget_queries.FORGET_REFUSED_ADDRESS.execute(connection, account_id=account_id)
            await forget_queries.FORGET_ENDPOINTS.execute(connection, account_id=account_id)
            await FORGET_CHANGES.execute(connection, account_id=account_id)
            told = {"references": list(request.references)}
            await forget_queries.FORGET_NAMES.execute(connection, **told, review_ids=list(request.review_ids))
            await forget_queries.FORGET_ARRIVALS.execute(connection, **told)
            await forget_queries.FORGET_BODIES.execute(connection, patterns=_patterns(request))
        return notification_pb2.ForgetAccountResponse()


def _patterns(request: notification_pb2.ForgetAccountRequest) -> list[str]:
    """Of the bodies that tell of what was theirs."""
    reviews = (f'%"review":{{"id":"{encode_id("Review", one)}"%' for one in request.review_ids)
    return [*(f'%"reference":"{one}"%' for one in request.references), *reviews]
