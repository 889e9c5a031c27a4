"""Notification preferences in the public schema: what a person wants to be told, how, and when not."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import strawberry

from api.context import Info
from api.errors import InvalidInput, NotPermitted, RefusalsAsResults
from api.permissions import Demands, Permission
from contracts.notification.v1 import preference_pb2
from runtime.channels import call
from runtime.clock import from_timestamp


@strawberry.enum(description="What a notification is about, as far as one can choose to be told of it.")
class NotificationType(enum.Enum):
    BOOKING_HELD = strawberry.enum_value("BOOKING_HELD", description="Rooms are held for you until you pay.")
    BOOKING_CONFIRMED = strawberry.enum_value("BOOKING_CONFIRMED", description="Your booking is confirmed.")
    BOOKING_PAYMENT_FAILED = strawberry.enum_value("BOOKING_PAYMENT_FAILED", description="A payment failed.")
    BOOKING_EXPIRED = strawberry.enum_value("BOOKING_EXPIRED", description="A hold ended unpaid.")
    BOOKING_REFUNDED = strawberry.enum_value("BOOKING_REFUNDED", description="Late money goes back.")
    BOOKING_CHANGED = strawberry.enum_value("BOOKING_CHANGED", description="Your booking was changed.")
    BOOKING_CANCELLED = strawberry.enum_value("BOOKING_CANCELLED", description="Your booking was cancelled.")
    BOOKING_NO_SHOW = strawberry.enum_value("BOOKING_NO_SHOW", description="You did not arrive.")
    BOOKING_REINSTATED = strawberry.enum_value("BOOKING_REINSTATED", description="A closed booking is open again.")
    STAY_REMINDER = strawberry.enum_value("STAY_REMINDER", description="Your stay begins soon.")
    STAY_COMPLETED = strawberry.enum_value("STAY_COMPLETED", description="Thanks after a stay, with its bill.")
    STAY_REVIEW_REQUEST = strawberry.enum_value("STAY_REVIEW_REQUEST", description="Would you review your stay?")
    WAITLIST_OFFER = strawberry.enum_value("WAITLIST_OFFER", description="A room you waited for is free.")
    REVIEW_ANSWERED = strawberry.enum_value("REVIEW_ANSWERED", description="Your review was answered.")
    APPOINTMENT_HELD = strawberry.enum_value("APPOINTMENT_HELD", description="A time is held until you pay.")
    APPOINTMENT_REQUESTED = strawberry.enum_value("APPOINTMENT_REQUESTED", description="The salon will confirm.")
    APPOINTMENT_CONFIRMED = strawberry.enum_value("APPOINTMENT_CONFIRMED", description="It is confirmed.")
    APPOINTMENT_PAYMENT_FAILED = strawberry.enum_value("APPOINTMENT_PAYMENT_FAILED", description="A payment failed.")
    APPOINTMENT_EXPIRED = strawberry.enum_value("APPOINTMENT_EXPIRED", description="A hold ended unpaid.")
    APPOINTMENT_REFUNDED = strawberry.enum_value("APPOINTMENT_REFUNDED", description="Money goes back.")
    APPOINTMENT_MOVED = strawberry.enum_value("APPOINTMENT_MOVED", description="It has another time.")
    APPOINTMENT_CANCELLED = strawberry.enum_value("APPOINTMENT_CANCELLED", description="It was cancelled.")
    APPOINTMENT_NO_SHOW = strawberry.enum_value("APPOINTMENT_NO_SHOW", description="You did not come.")
    APPOINTMENT_REMINDER = strawberry.enum_value("APPOINTMENT_REMINDER", description="Your appointment is tomorrow.")
    APPOINTMENT_COMPLETED = strawberry.enum_value("APPOINTMENT_COMPLETED", description="Thanks after a visit.")
    APPOINTMENT_REVIEW_REQUEST = strawberry.enum_value(
        "APPOINTMENT_REVIEW_REQUEST", description="Would you review your visit?"
    )
    HOTEL_BOOKING_CREATED = strawberry.enum_value("HOTEL_BOOKING_CREATED", description="Your house is booked.")
    HOTEL_BOOKING_CHANGED = strawberry.enum_value("HOTEL_BOOKING_CHANGED", description="A booking was changed.")
    HOTEL_BOOKING_CANCELLED = strawberry.enum_value("HOTEL_BOOKING_CANCELLED", description="One was cancelled.")
    HOTEL_PAYMENT_DISPUTED = strawberry.enum_value(
        "HOTEL_PAYMENT_DISPUTED", description="A guest's bank took a payment back, or the dispute about it ended."
    )
    HOTEL_REFUND_FAILED = strawberry.enum_value(
        "HOTEL_REFUND_FAILED", description="Money could not be sent back to a guest, however often it was tried."
    )
    HOTEL_ARRIVALS = strawberry.enum_value("HOTEL_ARRIVALS", description="Each morning: who arrives today.")
    REVIEW_RECEIVED = strawberry.enum_value("REVIEW_RECEIVED", description="Your house or salon was reviewed.")
    WEBHOOK_DISABLED = strawberry.enum_value("WEBHOOK_DISABLED", description="A webhook of yours was switched off.")
    SALON_APPOINTMENT_CREATED = strawberry.enum_value("SALON_APPOINTMENT_CREATED", description="A client comes.")
    SALON_APPOINTMENT_MOVED = strawberry.enum_value("SALON_APPOINTMENT_MOVED", description="One has another time.")
    SALON_APPOINTMENT_CANCELLED = strawberry.enum_value("SALON_APPOINTMENT_CANCELLED", description="One is off.")
    SALON_DAY = strawberry.enum_value("SALON_DAY", description="Each morning: who comes to you today.")
    SALON_PAYMENT_DISPUTED = strawberry.enum_value(
        "SALON_PAYMENT_DISPUTED", description="A client's bank took a payment back, or the dispute about it ended."
    )
    SALON_REFUND_FAILED = strawberry.enum_value(
        "SALON_REFUND_FAILED", description="Money could not be sent back to a client, however often it was tried."
    )
    EMAIL_UNDELIVERABLE = strawberry.enum_value("EMAIL_UNDELIVERABLE", description="Our mails do not reach you.")


@strawberry.enum(description="How one is told.")
class NotificationChannel(enum.Enum):
    IN_APP = strawberry.enum_value("IN_APP", description="By `viewer.notifications`.")
    EMAIL = strawberry.enum_value("EMAIL", description="By e-mail.")


@strawberry.type(description="Whether you are told of something by one channel.")
class NotificationPreference:
    type: NotificationType = strawberry.field(description="Of what.")
    channel: NotificationChannel = strawberry.field(description="How.")
    enabled: bool = strawberry.field(description="Whether you are told.")
    required: bool = strawberry.field(
        description="It is part of what was agreed (your bookings, your money), so it cannot be switched off."
    )


@strawberry.type(
    description="When reminders and requests wait, by the clocks where you live, else by those of the house. They come "
    "when the quiet hours end, unless that is too late."
)
class QuietHours:
    begins: str = strawberry.field(description="HH:MM.")
    ends: str = strawberry.field(description="HH:MM; earlier than `begins`: on the next morning.")


@strawberry.type(description="What you want to be told, and when not.")
class NotificationPreferences:
    preferences: list[NotificationPreference] = strawberry.field(
        description="Everything somebody like you may be told, by each channel."
    )
    quiet_hours: QuietHours | None = strawberry.field(description="Null: you may be told at any hour.")
    email_undeliverable_since: dt.datetime | None = strawberry.field(
        description="Since when mail servers have said that nobody is at your address; null while mails arrive."
    )


@strawberry.input(description="One change: a type and a channel.")
class NotificationPreferenceInput:
    type: NotificationType = strawberry.field(description="Of what.")
    channel: NotificationChannel = strawberry.field(description="How.")
    enabled: bool = strawberry.field(description="Whether you want to be told.")


@strawberry.input(description="Quiet hours; with neither of both you may be told at any hour.")
class QuietHoursInput:
    begins: str | None = strawberry.field(default=None, description="HH:MM.")
    ends: str | None = strawberry.field(default=None, description="HH:MM.")


@strawberry.input(description="What to change; everything else stays as it is.")
class NotificationPreferencesUpdateInput:
    changes: list[NotificationPreferenceInput] = strawberry.field(
        default_factory=list, description="Of types and channels."
    )
    quiet_hours: QuietHoursInput | None = strawberry.field(default=None, description="New quiet hours.")


@strawberry.type(description="Your preferences as they are now.")
class NotificationPreferencesUpdated:
    notification_preferences: NotificationPreferences = strawberry.field(description="All of them.")


NotificationPreferencesUpdateResult = Annotated[
    NotificationPreferencesUpdated | NotPermitted | InvalidInput,
    strawberry.union("NotificationPreferencesUpdateResult", description="Done, or why not."),
]


@strawberry.type
class ViewerPreferences:
    """A part of the type Viewer."""

    @strawberry.field(description="What you want to be told, and when not.")
    async def notification_preferences(self, info: Info) -> NotificationPreferences:
        asked = preference_pb2.GetPreferencesRequest()
        return _preferences(await call(info.context.services.preferences.GetPreferences, asked))


@strawberry.type
class NotificationPreferenceMutations:
    @strawberry.mutation(
        description="Switches types of notifications on or off by a channel, or sets your quiet hours; all or nothing.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def notification_preferences_update(
        self,
        info: Info,
        input: Annotated[NotificationPreferencesUpdateInput, strawberry.argument(description="What.")],  # noqa: A002
    ) -> NotificationPreferencesUpdateResult:
        hours = input.quiet_hours
        request = preference_pb2.UpdatePreferencesRequest(
            changes=[
                preference_pb2.PreferenceChange(
                    type=preference_pb2.NotificationType.Value(f"NOTIFICATION_TYPE_{change.type.value}"),
                    channel=preference_pb2.NotificationChannel.Value(f"NOTIFICATION_CHANNEL_{change.channel.value}"),
                    enabled=change.enabled,
                )
                for change in input.changes
            ],
            quiet_hours=preference_pb2.QuietHours(begins=hours.begins or "", ends=hours.ends or "") if hours else None,
        )
        changed = await call(info.context.services.preferences.UpdatePreferences, request)
        return NotificationPreferencesUpdated(notification_preferences=_preferences(changed))


def notification_type(value: preference_pb2.NotificationType.ValueType) -> NotificationType:
    return NotificationType(preference_pb2.NotificationType.Name(value).removeprefix("NOTIFICATION_TYPE_"))


def _preferences(message: preference_pb2.Preferences) -> NotificationPreferences:
    hours, since = message.quiet_hours, message.email_undeliverable_since
    return NotificationPreferences(
        preferences=[
            NotificationPreference(
                type=notification_type(one.type),
                channel=NotificationChannel(
                    preference_pb2.NotificationChannel.Name(one.channel).removeprefix("NOTIFICATION_CHANNEL_")
                ),
                enabled=one.enabled,
                required=one.required,
            )
            for one in message.preferences
        ],
        quiet_hours=QuietHours(begins=hours.begins, ends=hours.ends) if hours.begins else None,
        email_undeliverable_since=from_timestamp(since) if message.HasField("email_undeliverable_since") else None,
    )
