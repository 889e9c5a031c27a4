"""The use cases of the notification service."""

from __future__ import annotations

import uuid

import grpc
import structlog

from contracts.notification.v1 import notification_pb2, notification_pb2_grpc
from grpc_services.notification import messages, queries, rules, texts
from grpc_services.notification.channels import People
from grpc_services.notification.events import publish_stored
from grpc_services.notification.follow_servicer import FollowMethods
from grpc_services.notification.plans import NO_ACCOUNT, Notice, Plan
from runtime.clock import to_timestamp
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Database
from runtime.errors import InvalidInput, NotFound
from runtime.identifiers import new_id, parse_id
from runtime.identity import Role, require_account, require_role

log = structlog.get_logger()

LEASE_SECONDS = 60
MOST_IDS = 200
_BEFORE_ALL = uuid.UUID(int=2**128 - 1)


class NotificationServicer(FollowMethods, notification_pb2_grpc.NotificationServiceServicer):
    def __init__(self, database: Database, people: People, *, public_url: str, mail_domain: str) -> None:
        self._database = database
        self._people = people
        self._public_url = public_url
        self._mail_domain = mail_domain

    async def ListNotifications(
        self,
        request: notification_pb2.ListNotificationsRequest,
        context: grpc.aio.ServicerContext[
            notification_pb2.ListNotificationsRequest, notification_pb2.ListNotificationsResponse
        ],
    ) -> notification_pb2.ListNotificationsResponse:
        caller = require_account()
        size = page_size(request.first)
        async with self._database.reading() as connection:
            rows = await queries.OWN_NOTIFICATIONS.fetch(
                connection,
                account_id=caller.account_id,
                before=_position(request.after),
                unread_only=request.unread_only,
                row_limit=size + 1,
            )
        page = rows[:size]
        locale = await self._people.callers_locale() if page else ""
        return notification_pb2.ListNotificationsResponse(
            notifications=[messages.notification_message(row, locale) for row in page],
            cursors=[encode_cursor(str(row["id"])) for row in page],
            has_next_page=len(rows) > size,
        )

    async def CountUnread(
        self,
        request: notification_pb2.CountUnreadRequest,
        context: grpc.aio.ServicerContext[notification_pb2.CountUnreadRequest, notification_pb2.CountUnreadResponse],
    ) -> notification_pb2.CountUnreadResponse:
        caller = require_account()
        async with self._database.reading() as connection:
            unread = await queries.COUNT_UNREAD.fetch_value(connection, account_id=caller.account_id)
        return notification_pb2.CountUnreadResponse(unread=unread)

    async def MarkRead(
        self,
        request: notification_pb2.MarkReadRequest,
        context: grpc.aio.ServicerContext[notification_pb2.MarkReadRequest, notification_pb2.MarkReadResponse],
    ) -> notification_pb2.MarkReadResponse:
        caller = require_account()
        if bool(request.ids) == request.all:
            raise InvalidInput("Name notifications, or ask for all of them.", path=("ids",))
        if len(request.ids) > MOST_IDS:
            raise InvalidInput(f"Name at most {MOST_IDS} notifications at a time.", path=("ids",))
        ids = {parse_id(value, path=("ids",)) for value in request.ids}
        own = {"account_id": caller.account_id}
        async with self._database.transaction() as connection:
            if request.all:
                marked = await queries.MARK_ALL_READ.execute(connection, **own)
            elif await queries.COUNT_OWN.fetch_value(connection, **own, ids=list(ids)) == len(ids):
                marked = await queries.MARK_READ.execute(connection, **own, ids=list(ids))
            else:
                raise NotFound("You have no such notification.", path=("ids",))
            unread = await queries.COUNT_UNREAD.fetch_value(connection, **own)
        return notification_pb2.MarkReadResponse(marked=marked, unread=unread)

    async def NotifyOfEvent(
        self,
        request: notification_pb2.NotifyOfEventRequest,
        context: grpc.aio.ServicerContext[
            notification_pb2.NotifyOfEventRequest, notification_pb2.NotifyOfEventResponse
        ],
    ) -> notification_pb2.NotifyOfEventResponse:
        require_role(Role.SYSTEM)
        plan = rules.plan_of(request.envelope)
        if plan is None:
            return notification_pb2.NotifyOfEventResponse()
        async with self._database.transaction() as connection:
            for notice in plan.notices:
                await self._store(connection, plan, notice)
            pending = await queries.PENDING_DELIVERIES_OF_EVENT.fetch(connection, event_id=plan.event_id)
        return notification_pb2.NotifyOfEventResponse(delivery_ids=[str(row["id"]) for row in pending])

    async def ClaimDelivery(
        self,
        request: notification_pb2.ClaimDeliveryRequest,
        context: grpc.aio.ServicerContext[
            notification_pb2.ClaimDeliveryRequest, notification_pb2.ClaimDeliveryResponse
        ],
    ) -> notification_pb2.ClaimDeliveryResponse:
        require_role(Role.SYSTEM)
        delivery_id = parse_id(request.delivery_id, path=("deliveryId",))
        async with self._database.reading() as connection:
            delivery = await queries.DELIVERY.fetch_row(connection, id=delivery_id)
        if delivery is None:
            raise NotFound("There is no such delivery.", path=("deliveryId",))
        if not delivery["due"]:
            return notification_pb2.ClaimDeliveryResponse()
        if delivery["attempts"] >= rules.MOST_ATTEMPTS:
            return await self._given_up(delivery_id, "no answer after the last attempt")
        contact = None
        if delivery["account_id"] != NO_ACCOUNT:
            contact = await self._people.contact(delivery["account_id"])
            if contact is None:
                return await self._given_up(delivery_id, "the account is gone")
        async with self._database.transaction() as connection:
            claimed = await queries.CLAIM_DELIVERY.fetch_row(connection, id=delivery_id, lease_seconds=LEASE_SECONDS)
        if claimed is None:
            return notification_pb2.ClaimDeliveryResponse()
        return notification_pb2.ClaimDeliveryResponse(
            email=texts.email(
                claimed["template"],
                claimed["parameters"],
                contact or texts.contact_of_booking(claimed["parameters"]),
                url=self._public_url,
                message_id=claimed["message_id"],
                request_id=claimed["request_id"],
                booking_id=messages.booking_id(claimed),
                kind=claimed["kind"],
            )
        )

    async def FinishDelivery(
        self,
        request: notification_pb2.FinishDeliveryRequest,
        context: grpc.aio.ServicerContext[
            notification_pb2.FinishDeliveryRequest, notification_pb2.FinishDeliveryResponse
        ],
    ) -> notification_pb2.FinishDeliveryResponse:
        require_role(Role.SYSTEM)
        delivery_id = parse_id(request.delivery_id, path=("deliveryId",))
        failure = "" if request.sent else rules.clean_reason(request.failure)
        async with self._database.transaction() as connection:
            delivery = await queries.LOCK_DELIVERY.fetch_row(connection, id=delivery_id)
            if delivery is None:
                raise NotFound("There is no such delivery.", path=("deliveryId",))
            next_attempt_at = delivery["next_attempt_at"]
            pause = None if request.permanent else rules.retry_after(delivery["attempts"])
            if request.sent:
                await queries.FINISH_DELIVERY.execute(connection, id=delivery_id, state="SENT", failure="")
                next_attempt_at = None
            elif delivery["state"] == "SENDING" and pause is not None:
                next_attempt_at = await queries.PUT_OFF_DELIVERY.fetch_value(
                    connection, id=delivery_id, pause=pause, failure=failure
                )
            elif delivery["state"] == "SENDING":
                await queries.FINISH_DELIVERY.execute(connection, id=delivery_id, state="FAILED", failure=failure)
        return notification_pb2.FinishDeliveryResponse(
            next_attempt_at=to_timestamp(next_attempt_at) if next_attempt_at else None
        )

    async def ListDueDeliveries(
        self,
        request: notification_pb2.ListDueDeliveriesRequest,
        context: grpc.aio.ServicerContext[
            notification_pb2.ListDueDeliveriesRequest, notification_pb2.ListDueDeliveriesResponse
        ],
    ) -> notification_pb2.ListDueDeliveriesResponse:
        require_role(Role.SYSTEM)
        async with self._database.reading() as connection:
            rows = await queries.DUE_DELIVERIES.fetch(connection, row_limit=page_size(request.first))
        return notification_pb2.ListDueDeliveriesResponse(delivery_ids=[str(row["id"]) for row in rows])

    async def _store(self, connection: Connection, plan: Plan, notice: Notice) -> None:
        """The notification and its delivery; nothing when this account was told of this event before."""
        notification_id = await queries.ADD_NOTIFICATION.fetch_value(
            connection,
            id=new_id(),
            account_id=notice.account_id,
            event_id=plan.event_id,
            kind=plan.kind,
            template=notice.template,
            parameters=plan.parameters,
            booking_id=plan.booking_id,
        )
        if notification_id is None:
            return
        if notice.account_id != NO_ACCOUNT:
            await publish_stored(connection, notification_id, notice.account_id)
        if not notice.by_email:
            return
        await queries.ADD_DELIVERY.execute(
            connection,
            id=new_id(),
            notification_id=notification_id,
            event_id=plan.event_id,
            account_id=notice.account_id,
            channel=rules.EMAIL,
            message_id=rules.message_id(plan.event_id, notice.account_id, self._mail_domain),
            request_id=plan.request_id,
        )

    async def _given_up(self, delivery_id: uuid.UUID, reason: str) -> notification_pb2.ClaimDeliveryResponse:
        async with self._database.transaction() as connection:
            await queries.FINISH_DELIVERY.execute(connection, id=delivery_id, state="FAILED", failure=reason)
        log.warning("delivery.given_up", delivery_id=str(delivery_id), reason=reason)
        return notification_pb2.ClaimDeliveryResponse()


def _position(after: str) -> uuid.UUID:
    if not after:
        return _BEFORE_ALL
    (identifier,) = decode_cursor(after, (str,))
    return parse_id(str(identifier), path=("after",))
