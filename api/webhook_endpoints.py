"""Webhooks of hoteliers in the public schema: their endpoints and what was sent to them."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import strawberry

from api.context import Info
from api.node_ids import encode_id
from api.paging import Connection, at_least_one, edges, page_info
from api.webhook_changes import EndpointHistory, ViewerWebhookChanges
from contracts.notification.v1 import webhook_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.identity import Role, current_caller


@strawberry.enum(description="What an endpoint may be told of. Bodies carry it as a type, such as booking.confirmed.")
class WebhookEventType(enum.Enum):
    BOOKING_HELD = strawberry.enum_value("booking.held", description="Rooms are held until they are paid.")
    BOOKING_OFFERED = strawberry.enum_value(
        "booking.offered", description="Rooms are held for somebody of the waitlist."
    )
    BOOKING_PAYMENT_STARTED = strawberry.enum_value(
        "booking.payment_started", description="The guest was sent to the checkout page."
    )
    BOOKING_PAYMENT_RECEIVED = strawberry.enum_value(
        "booking.payment_received",
        description="Money was taken in, online or at the desk; negative: given back at the desk.",
    )
    BOOKING_DISPUTE_OPENED = strawberry.enum_value(
        "booking.dispute_opened", description="The guest's bank took a payment back until a dispute ends."
    )
    BOOKING_DISPUTE_WON = strawberry.enum_value(
        "booking.dispute_won", description="A dispute was won; the money is back."
    )
    BOOKING_DISPUTE_LOST = strawberry.enum_value(
        "booking.dispute_lost", description="A dispute was lost; the money stays with the guest."
    )
    BOOKING_REFUND_FAILED = strawberry.enum_value(
        "booking.refund_failed", description="Money could not be given back; it is sent again, or a person looks."
    )
    BOOKING_REFUND_REVERSED = strawberry.enum_value(
        "booking.refund_reversed", description="Money that was given back came back; it is still owed."
    )
    BOOKING_VISIT_CHANGED = strawberry.enum_value(
        "booking.visit_changed", description="Something became of a visit that was booked with the rooms."
    )
    BOOKING_CHARGE_ADDED = strawberry.enum_value(
        "booking.charge_added", description="The bill grew at the desk; negative: an allowance."
    )
    BOOKING_PAYMENT_FAILED = strawberry.enum_value(
        "booking.payment_failed", description="A payment of a booking was refused."
    )
    BOOKING_CONFIRMED = strawberry.enum_value("booking.confirmed", description="A booking is certain.")
    BOOKING_EXPIRED = strawberry.enum_value("booking.expired", description="A hold ended without payment.")
    BOOKING_REFUNDED = strawberry.enum_value("booking.refunded", description="Money of a booking was given back.")
    BOOKING_CANCELLED = strawberry.enum_value(
        "booking.cancelled", description="A booking or rooms of it were called off."
    )
    BOOKING_MODIFIED = strawberry.enum_value(
        "booking.modified", description="Nights, rooms or guests of a booking changed."
    )
    BOOKING_CHECKED_IN = strawberry.enum_value("booking.checked_in", description="The guest has arrived.")
    BOOKING_CHECKED_OUT = strawberry.enum_value("booking.checked_out", description="The guest has left.")
    BOOKING_NO_SHOW = strawberry.enum_value("booking.no_show", description="The guest did not come.")
    BOOKING_REINSTATED = strawberry.enum_value("booking.reinstated", description="A no-show came after all.")
    APPOINTMENT_HELD = strawberry.enum_value("appointment.held", description="A time is held until it is paid.")
    APPOINTMENT_REQUESTED = strawberry.enum_value(
        "appointment.requested", description="An appointment waits for the salon's word."
    )
    APPOINTMENT_PAYMENT_STARTED = strawberry.enum_value(
        "appointment.payment_started", description="The client was sent to the checkout page."
    )
    APPOINTMENT_PAYMENT_RECEIVED = strawberry.enum_value(
        "appointment.payment_received", description="Money was taken in."
    )
    APPOINTMENT_DISPUTE_OPENED = strawberry.enum_value(
        "appointment.dispute_opened", description="The client's bank took a payment back until a dispute ends."
    )
    APPOINTMENT_DISPUTE_WON = strawberry.enum_value(
        "appointment.dispute_won", description="A dispute was won; the money is back."
    )
    APPOINTMENT_DISPUTE_LOST = strawberry.enum_value(
        "appointment.dispute_lost", description="A dispute was lost; the money stays with the client."
    )
    APPOINTMENT_REFUND_FAILED = strawberry.enum_value(
        "appointment.refund_failed", description="Money could not be given back; it is sent again, or a person looks."
    )
    APPOINTMENT_REFUND_REVERSED = strawberry.enum_value(
        "appointment.refund_reversed", description="Money that was given back came back; it is still owed."
    )
    APPOINTMENT_PAYMENT_FAILED = strawberry.enum_value(
        "appointment.payment_failed", description="A payment of an appointment was refused."
    )
    APPOINTMENT_CONFIRMED = strawberry.enum_value("appointment.confirmed", description="An appointment is certain.")
    APPOINTMENT_EXPIRED = strawberry.enum_value(
        "appointment.expired", description="A hold or a request ended unanswered."
    )
    APPOINTMENT_MOVED = strawberry.enum_value("appointment.moved", description="It has another time or master.")
    APPOINTMENT_CANCELLED = strawberry.enum_value("appointment.cancelled", description="An appointment was called off.")
    APPOINTMENT_COMPLETED = strawberry.enum_value("appointment.completed", description="The client was served.")
    APPOINTMENT_NO_SHOW = strawberry.enum_value("appointment.no_show", description="The client did not come.")
    APPOINTMENT_REFUNDED = strawberry.enum_value(
        "appointment.refunded", description="Money of an appointment was given back."
    )
    REVIEW_CREATED = strawberry.enum_value(
        "review.created", description="Somebody reviewed a house, a salon or a master."
    )
    INVENTORY_CHANGED = strawberry.enum_value("inventory.changed", description="Rooms for sale became more or fewer.")


@strawberry.enum(description="Why we switched an endpoint off ourselves.")
class WebhookDisabledReason(enum.Enum):
    GONE = strawberry.enum_value("GONE", description="It answered 410.")
    FAILING = strawberry.enum_value("FAILING", description="It has taken nothing for days.")


@strawberry.enum(description="How far a delivery is.")
class WebhookDeliveryState(enum.Enum):
    WAITING = strawberry.enum_value("WAITING", description="It will be tried, perhaps again.")
    DELIVERED = strawberry.enum_value("DELIVERED", description="The endpoint answered 2xx.")
    FAILED = strawberry.enum_value("FAILED", description="It is not tried any more, unless you ask for it.")


@strawberry.type(description="One try to deliver.")
class WebhookAttempt:
    at: dt.datetime = strawberry.field(description="When it ended.")
    status_code: int | None = strawberry.field(description="What the endpoint answered; null when nothing came.")
    failure: str | None = strawberry.field(description="Why nothing came; null when something did.")
    duration_milliseconds: int = strawberry.field(description="How long it took.")


@strawberry.type(description="One event to one endpoint.")
class WebhookDelivery:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    event_id: strawberry.ID = strawberry.field(
        description="The header webhook-id: the same for every try, and for what is sent again."
    )
    type: str = strawberry.field(description="Such as booking.confirmed, or endpoint.ping.")
    body: str = strawberry.field(description="The JSON text, as it is sent.")
    state: WebhookDeliveryState = strawberry.field(description="How far it is.")
    created_at: dt.datetime = strawberry.field(description="When the event came.")
    next_attempt_at: dt.datetime | None = strawberry.field(description="When it is tried next, while it waits.")
    attempts: list[WebhookAttempt] = strawberry.field(description="Every try, the first one first.")


@strawberry.type(description="Where a system of yours wants to be told of what happens in your houses.")
class WebhookEndpoint(EndpointHistory):
    url: str = strawberry.field(description="Where events are sent by POST.")
    description: str = strawberry.field(description="Your own words.")
    events: list[WebhookEventType] = strawberry.field(description="Which events are sent.")
    all_houses: bool = strawberry.field(description="Of all your houses and salons, future ones too.")
    hotel_ids: list[strawberry.ID] = strawberry.field(description="Else of these houses,")
    salon_ids: list[strawberry.ID] = strawberry.field(description="and of these salons.")
    active: bool = strawberry.field(description="Whether anything is sent.")
    disabled_reason: WebhookDisabledReason | None = strawberry.field(
        description="Why we switched it off; null when you did, or when it is on."
    )
    failing_since: dt.datetime | None = strawberry.field(description="Null while the last attempt went well.")
    previous_secret_until: dt.datetime | None = strawberry.field(
        description="Until when the secret before the last rotation signs too; null when there was none."
    )
    version: int = strawberry.field(description="Counts up with every change.")
    created_at: dt.datetime = strawberry.field(description="When it was set up.")
    message_id: strawberry.Private[str]

    @strawberry.field(description="What was sent in the last 30 days, newest first.")
    async def deliveries(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[WebhookDelivery]:
        response = await call(
            info.context.services.webhooks.ListWebhookDeliveries,
            webhook_pb2.ListWebhookDeliveriesRequest(
                endpoint_id=self.message_id, first=at_least_one(first), after=after or ""
            ),
        )
        return Connection(
            edges=edges([webhook_delivery(found) for found in response.deliveries], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


@strawberry.type
class ViewerWebhooks(ViewerWebhookChanges):
    """The part of Viewer that hoteliers read about webhooks."""

    @strawberry.field(description="Your webhook endpoints, oldest first; none unless you are a hotelier.")
    async def webhook_endpoints(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[WebhookEndpoint]:
        if current_caller().role is not Role.HOTELIER:
            return Connection(edges=[], page_info=page_info([], has_next_page=False, after=after))
        response = await call(
            info.context.services.webhooks.ListWebhookEndpoints,
            webhook_pb2.ListWebhookEndpointsRequest(first=at_least_one(first), after=after or ""),
        )
        return Connection(
            edges=edges([webhook_endpoint(found) for found in response.endpoints], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


def webhook_endpoint(message: webhook_pb2.WebhookEndpoint) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=strawberry.ID(encode_id("WebhookEndpoint", message.id)),
        url=message.url,
        description=message.description,
        events=[WebhookEventType(event) for event in message.events],
        all_houses=message.houses == webhook_pb2.WEBHOOK_HOUSES_ALL,
        hotel_ids=[strawberry.ID(encode_id("Hotel", one)) for one in message.hotel_ids],
        salon_ids=[strawberry.ID(encode_id("Salon", one)) for one in message.salon_ids],
        active=message.active,
        disabled_reason=WebhookDisabledReason(message.disabled_reason) if message.disabled_reason else None,
        failing_since=from_timestamp(message.failing_since) if message.HasField("failing_since") else None,
        previous_secret_until=(
            from_timestamp(message.previous_secret_until) if message.HasField("previous_secret_until") else None
        ),
        version=message.version,
        created_at=from_timestamp(message.created_at),
        message_id=message.id,
    )


def webhook_delivery(message: webhook_pb2.WebhookDelivery) -> WebhookDelivery:
    state = webhook_pb2.WebhookDeliveryState.Name(message.state).removeprefix("WEBHOOK_DELIVERY_STATE_")
    return WebhookDelivery(
        id=strawberry.ID(encode_id("WebhookDelivery", message.id)),
        event_id=strawberry.ID(encode_id("WebhookEvent", message.event_id)),
        type=message.type,
        body=message.body,
        state=WebhookDeliveryState(state),
        created_at=from_timestamp(message.created_at),
        next_attempt_at=from_timestamp(message.next_attempt_at) if message.HasField("next_attempt_at") else None,
        attempts=[
            WebhookAttempt(
                at=from_timestamp(one.at),
                status_code=one.status_code or None,
                failure=one.failure or None,
                duration_milliseconds=one.duration_milliseconds,
            )
            for one in message.attempts
        ],
    )
