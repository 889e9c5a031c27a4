"""The use case of an event: who is told of it now, and what it makes planned for later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import grpc

from contracts.notification.v1 import notification_pb2
from grpc_services.notification import delivery_queries, planned_queries, rules
from grpc_services.notification.planning import Dropped, Planned
from grpc_services.notification.telling import tell
from runtime.database import Connection, Database
from runtime.identifiers import new_id
from runtime.identity import Role, require_role
from runtime.request_context import request_id

Context = grpc.aio.ServicerContext[Any, Any]


class TellingMethods:
    """A part of NotificationServicer, which gives it database, clock and the domain of its mails."""

    _database: Database
    _now: Callable[[], dt.datetime]
    _mail_domain: str

    async def NotifyOfEvent(
        self, request: notification_pb2.NotifyOfEventRequest, context: Context
    ) -> notification_pb2.NotifyOfEventResponse:
        require_role(Role.SYSTEM)
        plan, planned = rules.read_event(request.envelope)
        if plan is None and not planned:
            return notification_pb2.NotifyOfEventResponse()
        async with self._database.transaction() as connection:
            await self._plan(connection, planned)
            if plan is None:
                return notification_pb2.NotifyOfEventResponse()
            for notice in plan.notices:
                await tell(connection, plan, notice, mail_domain=self._mail_domain)
            pending = await delivery_queries.PENDING_DELIVERIES_OF_EVENT.fetch(connection, event_id=plan.event_id)
        return notification_pb2.NotifyOfEventResponse(delivery_ids=[str(row["id"]) for row in pending])

    async def _plan(self, connection: Connection, planned: Sequence[Planned | Dropped]) -> None:
        """What would be due already is not planned: whoever books for tomorrow needs no reminder of it."""
        now = self._now()
        for one in planned:
            about = {"template": one.template, "subject_id": one.subject_id, "version": one.version}
            if isinstance(one, Dropped):
                await planned_queries.DROP.execute(connection, **about, outcome=one.why)
            elif one.slot.due_at > now:
                await planned_queries.PLAN.execute(
                    connection,
                    **about,
                    id=new_id(),
                    occasion=one.occasion,
                    due_at=one.slot.due_at,
                    expires_at=one.slot.expires_at,
                    request_id=request_id(),
                )
            elif not one.occasion:
                await planned_queries.DROP.execute(connection, **about, outcome="too close")
