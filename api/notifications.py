"""Notifications in the public schema: what the platform told a person."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import strawberry

from api.appointments import Appointment, appointment
from api.bookings import Booking, booking
from api.context import Info
from api.errors import InvalidInput, NotFound, NotPermitted, RefusalsAsResults
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.notification_preferences import NotificationType, notification_type
from api.permissions import Demands, Permission
from api.reviews import Review, review
from contracts.notification.v1 import notification_pb2
from runtime.channels import call
from runtime.clock import from_timestamp


@strawberry.enum(description="What became of an e-mail.")
class NotificationEmailState(enum.Enum):
    PENDING = strawberry.enum_value("PENDING", description="It is on its way, or will be tried again.")
    SENT = strawberry.enum_value("SENT", description="Your mail server took it.")
    FAILED = strawberry.enum_value("FAILED", description="It was given up.")
    SUPPRESSED = strawberry.enum_value(
        "SUPPRESSED", description="It was not sent: you no longer wanted it, or it was too late for it."
    )


@strawberry.type(description="Something the platform told you.")
class Notification(Node):
    kind: str = strawberry.field(description="What it tells of, such as BookingConfirmed.")
    title: str = strawberry.field(description="In your language.")
    body: str = strawberry.field(description="In your language.")
    created_at: dt.datetime = strawberry.field(description="When it was told.")
    read_at: dt.datetime | None = strawberry.field(description="When you marked it read.")
    type: NotificationType = strawberry.field(description="Its type, by which such news can be switched on and off.")
    email: NotificationEmailState | None = strawberry.field(
        description="What became of the e-mail that tells the same; null when none goes with it."
    )
    booking_id: strawberry.Private[str]
    review_id: strawberry.Private[str]
    appointment_id: strawberry.Private[str]
    hotel_id: strawberry.Private[str]

    @strawberry.field(description="Where it leads: the id of the booking, appointment, review or hotel it is about.")
    def target_id(self) -> strawberry.ID | None:
        targets = {
            "Booking": self.booking_id,
            "Appointment": self.appointment_id,
            "Review": self.review_id,
            "Hotel": self.hotel_id,
        }
        return next((strawberry.ID(encode_id(kind, value)) for kind, value in targets.items() if value), None)

    @strawberry.field(description="The booking it is about, if any.")
    async def booking(self, info: Info) -> Booking | None:
        if not self.booking_id:
            return None
        found = await info.context.load.booking.load(self.booking_id)
        return booking(found) if found else None

    @strawberry.field(description="The appointment it is about, if any, while you may see it.")
    async def appointment(self, info: Info) -> Appointment | None:
        if not self.appointment_id:
            return None
        found = await info.context.load.appointment.load(self.appointment_id)
        return appointment(found) if found else None

    @strawberry.field(description="The review it is about, if any, while you may see it.")
    async def review(self, info: Info) -> Review | None:
        if not self.review_id:
            return None
        found = await info.context.load.reviews.review.load(self.review_id)
        return review(found) if found else None


@strawberry.input(description="Which notifications to mark as read: `ids`, or all of them.")
class NotificationsMarkReadInput:
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These.")
    all: bool = strawberry.field(default=False, description="Every one of yours.")


@strawberry.type(description="They are marked as read.")
class NotificationsMarkedRead:
    marked: int = strawberry.field(description="How many were unread before.")
    unread_notifications: int = strawberry.field(description="How many are left unread.")


NotificationsMarkReadResult = Annotated[
    NotificationsMarkedRead | NotFound | NotPermitted | InvalidInput,
    strawberry.union("NotificationsMarkReadResult", description="Done, or why not."),
]


@strawberry.type
class NotificationMutations:
    @strawberry.mutation(
        description="Marks notifications of yours as read.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def notifications_mark_read(
        self,
        info: Info,
        input: Annotated[NotificationsMarkReadInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> NotificationsMarkReadResult:
        request = notification_pb2.MarkReadRequest(
            ids=[decode_id("Notification", value, path=("ids",)) for value in input.ids or []], all=input.all
        )
        response = await call(info.context.services.notifications.MarkRead, request)
        return NotificationsMarkedRead(marked=response.marked, unread_notifications=response.unread)


def notification(message: notification_pb2.Notification) -> Notification:
    return Notification(
        id=strawberry.ID(encode_id("Notification", message.id)),
        kind=message.kind,
        title=message.title,
        body=message.body,
        created_at=from_timestamp(message.created_at),
        read_at=from_timestamp(message.read_at) if message.HasField("read_at") else None,
        booking_id=message.booking_id,
        review_id=message.review_id,
        appointment_id=message.appointment_id,
        hotel_id=message.hotel_id,
        type=notification_type(message.type),
        email=_email_state(message.email),
    )


def _email_state(value: notification_pb2.DeliveryState.ValueType) -> NotificationEmailState | None:
    if value == notification_pb2.DELIVERY_STATE_UNSPECIFIED:
        return None
    return NotificationEmailState(notification_pb2.DeliveryState.Name(value).removeprefix("DELIVERY_STATE_"))
