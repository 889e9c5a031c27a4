"""The use cases of an e-mail on its way: taken by a worker, finished, put off, given up, and sent again."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import grpc
import structlog

from contracts.auth.v1 import auth_pb2
from contracts.notification.v1 import notification_pb2
from grpc_services.notification import delivery_queries as queries
from grpc_services.notification import preference_queries, rules, texts
from grpc_services.notification.calendar_invitation import invitation
from grpc_services.notification.catalogue import MESSAGES
from grpc_services.notification.channels import People
from grpc_services.notification.gateway import Owners
from grpc_services.notification.inbox_servicer import position
from grpc_services.notification.messages import failed_delivery_message, id_text, unsent_message
from grpc_services.notification.plans import NO_ACCOUNT, NO_BOOKING, Notice, Plan
from grpc_services.notification.telling import holder_of, quiet_hours, tell, wanted_channels
from grpc_services.notification.turns import Turn, turn_of
from runtime.clock import to_timestamp
from runtime.cursors import encode_cursor, page_size
from runtime.database import Connection, Database, Record
from runtime.errors import NotFound
from runtime.identifiers import parse_id
from runtime.identity import Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]
log = structlog.get_logger()

LEASE_SECONDS = 60
_GONE = "the account is gone"
_UNDELIVERABLE = uuid.UUID("0c2f3c66-6ff0-4c4f-9d0c-3f5f3d2f7a11")  # namespace of that news


class DeliveryMethods:
    """A part of NotificationServicer, which gives it what it works with."""

    _database: Database
    _people: People
    _owners: Owners
    _now: Callable[[], dt.datetime]
    _public_url: str
    _mail_from: str
    _mail_domain: str

    async def ClaimDelivery(
        self, request: notification_pb2.ClaimDeliveryRequest, context: Context
    ) -> notification_pb2.ClaimDeliveryResponse:
        """Everything that others must be asked for is asked before the delivery is taken: while they are away it
        stays due and no try is counted."""
        require_role(Role.SYSTEM)
        delivery_id = parse_id(request.delivery_id, path=("deliveryId",))
        async with self._database.reading() as connection:
            delivery = await queries.DELIVERY.fetch_row(connection, id=delivery_id)
        if delivery is None:
            raise NotFound("There is no such delivery.", path=("deliveryId",))
        if not delivery["due"]:
            return notification_pb2.ClaimDeliveryResponse()
        letter, obstacle = None, "no answer after the last attempt"
        if delivery["attempts"] < rules.MOST_ATTEMPTS:
            letter, obstacle = await self._letter(delivery)
        if letter is None:
            async with self._database.transaction() as connection:
                # A house that nobody has claimed has an owner without an account, and its bookings are nobody's news.
                unclaimed = obstacle == _GONE and rules.is_for_hotelier(delivery["template"])
                return await self._unsent(connection, delivery, "SUPPRESSED" if unclaimed else "FAILED", obstacle)
        async with self._database.transaction() as connection:
            turn = await self._turn(connection, delivery, letter.contact.time_zone)
            if turn.suppressed:
                return await self._unsent(connection, delivery, "SUPPRESSED", turn.suppressed)
            if turn.pause:
                await queries.WAIT_WITH_DELIVERY.execute(connection, id=delivery_id, pause=turn.pause)
                return notification_pb2.ClaimDeliveryResponse()
            claimed = await queries.CLAIM_DELIVERY.fetch_row(connection, id=delivery_id, lease_seconds=LEASE_SECONDS)
        if claimed is None:
            return notification_pb2.ClaimDeliveryResponse()
        return notification_pb2.ClaimDeliveryResponse(email=self._email(claimed, letter))

    async def FinishDelivery(
        self, request: notification_pb2.FinishDeliveryRequest, context: Context
    ) -> notification_pb2.FinishDeliveryResponse:
        require_role(Role.SYSTEM)
        delivery_id = parse_id(request.delivery_id, path=("deliveryId",))
        failure = "" if request.sent else rules.clean_reason(request.failure)
        address = await self._refused_address(delivery_id) if request.address_refused else ""
        async with self._database.transaction() as connection:
            delivery = await queries.LOCK_DELIVERY.fetch_row(connection, id=delivery_id)
            if delivery is None:
                raise NotFound("There is no such delivery.", path=("deliveryId",))
            next_attempt_at = delivery["next_attempt_at"]
            pause = None if request.permanent else rules.retry_after(delivery["attempts"])
            if request.sent:
                await queries.FINISH_DELIVERY.execute(connection, id=delivery_id, state="SENT", failure="")
                await preference_queries.FORGET_REFUSALS.execute(connection, account_id=delivery["account_id"])
                next_attempt_at = None
            elif delivery["state"] == "SENDING" and pause is not None:
                next_attempt_at = await queries.PUT_OFF_DELIVERY.fetch_value(
                    connection, id=delivery_id, pause=pause, failure=failure
                )
            elif delivery["state"] == "SENDING":
                await queries.FINISH_DELIVERY.execute(connection, id=delivery_id, state="FAILED", failure=failure)
                if address:
                    await self._count_refusal(connection, delivery["account_id"], address)
        return notification_pb2.FinishDeliveryResponse(
            next_attempt_at=to_timestamp(next_attempt_at) if next_attempt_at else None
        )

    async def ListDueDeliveries(
        self, request: notification_pb2.ListDueDeliveriesRequest, context: Context
    ) -> notification_pb2.ListDueDeliveriesResponse:
        require_role(Role.SYSTEM)
        async with self._database.reading() as connection:
            rows = await queries.DUE_DELIVERIES.fetch(connection, row_limit=page_size(request.first))
        return notification_pb2.ListDueDeliveriesResponse(delivery_ids=[str(row["id"]) for row in rows])

    async def ListFailedDeliveries(
        self, request: notification_pb2.ListFailedDeliveriesRequest, context: Context
    ) -> notification_pb2.ListFailedDeliveriesResponse:
        require_role(Role.SYSTEM)
        size = page_size(request.first)
        async with self._database.reading() as connection:
            rows = await queries.FAILED_DELIVERIES.fetch(connection, before=position(request.after), row_limit=size + 1)
        return notification_pb2.ListFailedDeliveriesResponse(
            deliveries=[failed_delivery_message(row) for row in rows[:size]],
            cursors=[encode_cursor(str(row["id"])) for row in rows[:size]],
            has_next_page=len(rows) > size,
        )

    async def ResendDelivery(
        self, request: notification_pb2.ResendDeliveryRequest, context: Context
    ) -> notification_pb2.ResendDeliveryResponse:
        require_role(Role.SYSTEM)
        delivery_id = parse_id(request.delivery_id, path=("deliveryId",))
        async with self._database.transaction() as connection:
            if not await queries.RESEND.execute(connection, id=delivery_id):
                raise NotFound("No such e-mail was given up.", path=("deliveryId",))
        log.info("delivery.sent_again", delivery_id=str(delivery_id))
        return notification_pb2.ResendDeliveryResponse()

    async def _letter(self, delivery: Record) -> tuple[texts.Letter | None, str]:
        """To whom it goes, where its button leads and which calendar file goes along; or why nobody is written to."""
        message = MESSAGES[delivery["template"]]
        booking = None
        to_guest = delivery["booking_id"] != NO_BOOKING and not rules.is_for_hotelier(delivery["template"])
        if to_guest:
            booking = await self._owners.booking(delivery["booking_id"])
        if delivery["account_id"] == NO_ACCOUNT:
            if booking is None or not booking.guest.email:
                return None, "nobody to write to"
            guest = booking.guest
            contact = auth_pb2.Contact(name=guest.name, email=guest.email, locale=guest.locale)
        else:
            known = await self._people.contact(delivery["account_id"])
            if known is None:
                return None, _GONE
            if not message.required and await self._is_undeliverable(delivery["account_id"], known.email):
                return None, "nobody is at this address"
            contact = known
        calendar = b""
        if message.with_calendar and booking is not None:
            calendar = (await self._owners.papers(booking)).calendar
        elif message.with_calendar and "appointment_id" in delivery["parameters"]:
            calendar = await self._owners.appointment_calendar(uuid.UUID(delivery["parameters"]["appointment_id"]))
        url = f"{self._public_url}/documents/{booking.document_secret}/invoice" if booking else self._public_url
        return texts.Letter(contact, url, calendar), ""

    def _email(self, claimed: Record, letter: texts.Letter) -> notification_pb2.EmailMessage:
        secret = claimed["unsubscribe_secret"]
        email = texts.email(
            claimed["template"],
            claimed["parameters"],
            letter.contact,
            url=letter.url,
            unsubscribe_url=f"{self._public_url}/unsubscribe/{secret}" if secret else "",
        )
        email.message_id = claimed["message_id"]
        email.request_id = claimed["request_id"]
        email.booking_id = id_text(claimed["booking_id"])
        email.appointment_id = claimed["parameters"].get("appointment_id", "")
        email.kind = claimed["kind"]
        email.to_hotelier = rules.is_for_hotelier(claimed["template"])
        if letter.calendar:
            sealed = invitation(letter.calendar, organizer=self._mail_from, attendee=letter.contact)
            email.calendar, email.calendar_method = sealed.content, sealed.method
            email.calendar_name = "stay.ics" if email.booking_id else "appointment.ics"
        return email

    async def _refused_address(self, delivery_id: uuid.UUID) -> str:
        """The fingerprint of the address that the account has now; empty for guests without one."""
        async with self._database.reading() as connection:
            delivery = await queries.DELIVERY.fetch_row(connection, id=delivery_id)
        if delivery is None or delivery["account_id"] == NO_ACCOUNT:
            return ""
        contact = await self._people.contact(delivery["account_id"])
        return rules.fingerprint(contact.email) if contact else ""

    async def _is_undeliverable(self, account_id: uuid.UUID, address: str) -> bool:
        async with self._database.reading() as connection:
            known = await preference_queries.REFUSED_ADDRESS.fetch_row(connection, account_id=account_id)
        return known is not None and bool(
            known["undeliverable_since"] and known["fingerprint"] == rules.fingerprint(address)
        )

    async def _count_refusal(self, connection: Connection, account_id: uuid.UUID, fingerprint: str) -> None:
        """Tells the person in the application, once for each address, when nobody seems to be at it."""
        became = await preference_queries.COUNT_REFUSAL.fetch_value(
            connection, account_id=account_id, fingerprint=fingerprint, most=rules.REFUSALS_BEFORE_UNDELIVERABLE
        )
        if became:
            event_id = uuid.uuid5(_UNDELIVERABLE, f"{account_id}/{fingerprint}")
            plan = Plan(event_id, "EmailUndeliverable", NO_BOOKING, "", {}, ())
            await tell(connection, plan, Notice(account_id, "email_undeliverable"), mail_domain=self._mail_domain)
            log.warning("address.undeliverable", account_id=str(account_id))

    async def _turn(self, connection: Connection, delivery: Record, own_zone: str) -> Turn:
        """By what the person wants now, not when it was told."""
        message = MESSAGES[delivery["template"]]
        holder = holder_of(delivery["account_id"], delivery["booking_id"])
        return turn_of(
            message,
            await wanted_channels(connection, message, holder),
            await quiet_hours(connection, delivery["account_id"]),
            own_zone or delivery["parameters"].get("time_zone", ""),
            expires_at=delivery["expires_at"],
            now=self._now(),
        )

    async def _unsent(
        self, connection: Connection, delivery: Record, state: str, reason: str
    ) -> notification_pb2.ClaimDeliveryResponse:
        """Ends it before anybody is written to. Told to the first who finds it only."""
        if not await queries.FINISH_DELIVERY.execute(connection, id=delivery["id"], state=state, failure=reason):
            return notification_pb2.ClaimDeliveryResponse()
        log.warning("delivery.not_sent", delivery_id=str(delivery["id"]), state=state, reason=reason)
        return notification_pb2.ClaimDeliveryResponse(unsent=unsent_message(delivery, state, reason))
