"""The use case of what was planned and is due now: asked of its owner, then told once, put off, or dropped."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

import grpc
import structlog

from contracts.notification.v1 import notification_pb2
from grpc_services.notification import delivery_queries, due_news, planned_queries, schedule
from grpc_services.notification.catalogue import MESSAGES
from grpc_services.notification.channels import People
from grpc_services.notification.due_news import Finding, Later, News, Untrue
from grpc_services.notification.gateway import Owners
from grpc_services.notification.plans import NO_ACCOUNT
from grpc_services.notification.schedule import Slot
from grpc_services.notification.telling import quiet_hours, tell
from runtime.cursors import page_size
from runtime.database import Database, Record
from runtime.errors import ServiceError
from runtime.identity import Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]
log = structlog.get_logger()

_PAUSE = dt.timedelta(minutes=1)  # before an owner that did not answer is asked again


class PlannedMethods:
    """A part of NotificationServicer, which gives it what it works with."""

    _database: Database
    _people: People
    _owners: Owners
    _now: Callable[[], dt.datetime]
    _mail_domain: str

    async def TellPlanned(
        self, request: notification_pb2.TellPlannedRequest, context: Context
    ) -> notification_pb2.TellPlannedResponse:
        """Owners are asked outside of a transaction; what is then done is done only if nobody else did it, and no
        event changed the plan meanwhile."""
        require_role(Role.SYSTEM)
        async with self._database.reading() as connection:
            due = await planned_queries.DUE.fetch(connection, now=self._now(), row_limit=page_size(request.limit))
        deliveries: list[str] = []
        for row in due:
            deliveries += await self._settle(row, await self._finding(row))
        return notification_pb2.TellPlannedResponse(looked_at=len(due), delivery_ids=deliveries)

    async def _finding(self, row: Record) -> Finding:
        now = self._now()
        if row["expires_at"] <= now:
            return Untrue("too late")
        try:
            finding = await due_news.look(self._owners, row["template"], row["subject_id"], row["occasion"], now)
            awake_at = await self._awake_at(finding, now) if isinstance(finding, News) else None
        except (ServiceError, ValueError, KeyError) as failure:  # of one notice; the others must not wait for it
            log.warning("planned.put_off", template=row["template"], failure=type(failure).__name__)
            return Later(Slot(now + _PAUSE, row["expires_at"]))
        if isinstance(finding, News):
            if (awake_at or now) >= finding.slot.expires_at:
                return Untrue("too late")
            if awake_at is not None:
                return Later(Slot(awake_at, finding.slot.expires_at))
        return finding

    async def _awake_at(self, news: News, now: dt.datetime) -> dt.datetime | None:
        """When the quiet hours of the person end, if they hold now; by their own clocks where these are known."""
        (notice, *_) = news.plan.notices
        if not MESSAGES[notice.template].can_wait:
            return None
        own_zone = "" if notice.account_id == NO_ACCOUNT else await self._people.time_zone(notice.account_id)
        async with self._database.reading() as connection:
            quiet = await quiet_hours(connection, notice.account_id)
        return schedule.after_quiet_hours(now, quiet, own_zone or news.time_zone)

    async def _settle(self, row: Record, finding: Finding) -> list[str]:
        """The ids of e-mails to be sent."""
        as_seen = {"id": row["id"], "due_at": row["due_at"], "version": row["version"]}
        async with self._database.transaction() as connection:
            match finding:
                case Later(slot):
                    await planned_queries.PUT_OFF.execute(
                        connection, **as_seen, until=slot.due_at, expires_at=slot.expires_at
                    )
                case Untrue(why):
                    await planned_queries.FINISH.execute(connection, **as_seen, state="DROPPED", outcome=why)
                case News():
                    if not await planned_queries.FINISH.execute(connection, **as_seen, state="TOLD", outcome=""):
                        return []
                    plan = dataclasses.replace(
                        finding.plan, request_id=row["request_id"], expires_at=finding.slot.expires_at
                    )
                    for notice in plan.notices:
                        await tell(connection, plan, notice, mail_domain=self._mail_domain)
                    pending = await delivery_queries.PENDING_DELIVERIES_OF_EVENT.fetch(
                        connection, event_id=plan.event_id
                    )
                    return [str(one["id"]) for one in pending]
        return []
