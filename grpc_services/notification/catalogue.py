"""Every message by the name of its template: its type, who may meet it, and what of it a person may switch off."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from runtime.identity import Role


class Channel(enum.StrEnum):
    IN_APP = "IN_APP"
    EMAIL = "EMAIL"


class Audience(enum.Enum):
    GUEST = frozenset({Role.GUEST, Role.HOTELIER, Role.MASTER})  # who runs a house stays in others
    HOUSE = frozenset({Role.HOTELIER})
    SALON = frozenset({Role.HOTELIER, Role.MASTER})


class Email(enum.Enum):
    """Whether a message goes out by e-mail too."""

    ALWAYS = "always"  # it is part of what was agreed: nobody can switch it off, here or in the application
    ON = "on"  # unless it is switched off
    OFF = "off"  # only if it is switched on
    NEVER = "never"  # only the application says it, and cannot be told not to


@dataclass(frozen=True, slots=True)
class Message:
    """`type` is the name of a NotificationType; several messages may be of one."""

    type: str
    audience: Audience
    email: Email = Email.ALWAYS
    with_calendar: bool = False
    can_wait: bool = False  # for the end of quiet hours

    @property
    def required(self) -> bool:
        """Whether it is told by all of its channels, whatever a person would choose."""
        return self.email in (Email.ALWAYS, Email.NEVER)

    @property
    def channels(self) -> tuple[Channel, ...]:
        return (Channel.IN_APP,) if self.email is Email.NEVER else tuple(Channel)

    def by_default(self, channel: Channel) -> bool:
        return channel is Channel.IN_APP or self.email is not Email.OFF


_GUEST, _HOUSE, _SALON = Audience.GUEST, Audience.HOUSE, Audience.SALON

MESSAGES = {
    "booking_held": Message("BOOKING_HELD", _GUEST, Email.OFF),
    "booking_confirmed": Message("BOOKING_CONFIRMED", _GUEST, with_calendar=True),
    "booking_payment_failed": Message("BOOKING_PAYMENT_FAILED", _GUEST),
    "booking_expired": Message("BOOKING_EXPIRED", _GUEST),
    "booking_refunded": Message("BOOKING_REFUNDED", _GUEST),
    "booking_modified": Message("BOOKING_CHANGED", _GUEST, with_calendar=True),
    "booking_cancelled": Message("BOOKING_CANCELLED", _GUEST, with_calendar=True),
    "booking_cancelled_by_hotel": Message("BOOKING_CANCELLED", _GUEST, with_calendar=True),
    "booking_no_show": Message("BOOKING_NO_SHOW", _GUEST),
    "booking_reinstated": Message("BOOKING_REINSTATED", _GUEST, with_calendar=True),
    "stay_reminder": Message("STAY_REMINDER", _GUEST, Email.ON, can_wait=True),
    "booking_checked_out": Message("STAY_COMPLETED", _GUEST),
    "stay_review_request": Message("STAY_REVIEW_REQUEST", _GUEST, Email.ON, can_wait=True),
    "booking_offered": Message("WAITLIST_OFFER", _GUEST, Email.ON),
    "review_answered": Message("REVIEW_ANSWERED", _GUEST, Email.ON),
    "appointment_held": Message("APPOINTMENT_HELD", _GUEST, Email.OFF),
    "appointment_requested": Message("APPOINTMENT_REQUESTED", _GUEST),
    "appointment_confirmed": Message("APPOINTMENT_CONFIRMED", _GUEST, with_calendar=True),
    "appointment_payment_failed": Message("APPOINTMENT_PAYMENT_FAILED", _GUEST),
    "appointment_expired": Message("APPOINTMENT_EXPIRED", _GUEST),
    "appointment_refunded": Message("APPOINTMENT_REFUNDED", _GUEST),
    "appointment_moved": Message("APPOINTMENT_MOVED", _GUEST, with_calendar=True),
    "appointment_cancelled": Message("APPOINTMENT_CANCELLED", _GUEST, with_calendar=True),
    "appointment_cancelled_by_salon": Message("APPOINTMENT_CANCELLED", _GUEST, with_calendar=True),
    "appointment_no_show": Message("APPOINTMENT_NO_SHOW", _GUEST),
    "appointment_reminder": Message("APPOINTMENT_REMINDER", _GUEST, Email.ON, can_wait=True),
    "appointment_completed": Message("APPOINTMENT_COMPLETED", _GUEST, Email.OFF),  # the request for a review follows
    "appointment_review_request": Message("APPOINTMENT_REVIEW_REQUEST", _GUEST, Email.ON, can_wait=True),
    "new_booking": Message("HOTEL_BOOKING_CREATED", _HOUSE, Email.ON),
    "changed_booking": Message("HOTEL_BOOKING_CHANGED", _HOUSE, Email.ON),
    "cancelled_booking": Message("HOTEL_BOOKING_CANCELLED", _HOUSE, Email.ON),
    "disputed_booking": Message("HOTEL_PAYMENT_DISPUTED", _HOUSE),
    "won_booking_dispute": Message("HOTEL_PAYMENT_DISPUTED", _HOUSE),
    "lost_booking_dispute": Message("HOTEL_PAYMENT_DISPUTED", _HOUSE),
    "failed_booking_refund": Message("HOTEL_REFUND_FAILED", _HOUSE),
    "arrivals": Message("HOTEL_ARRIVALS", _HOUSE, Email.ON),
    "new_review": Message("REVIEW_RECEIVED", _HOUSE, Email.ON),
    "new_appointment": Message("SALON_APPOINTMENT_CREATED", _SALON, Email.ON),
    "moved_appointment": Message("SALON_APPOINTMENT_MOVED", _SALON, Email.ON),
    "cancelled_appointment": Message("SALON_APPOINTMENT_CANCELLED", _SALON, Email.ON),
    "salon_day": Message("SALON_DAY", _SALON, Email.ON),
    "disputed_appointment": Message("SALON_PAYMENT_DISPUTED", _HOUSE),
    "won_appointment_dispute": Message("SALON_PAYMENT_DISPUTED", _HOUSE),
    "lost_appointment_dispute": Message("SALON_PAYMENT_DISPUTED", _HOUSE),
    "failed_appointment_refund": Message("SALON_REFUND_FAILED", _HOUSE),
    "webhook_disabled": Message("WEBHOOK_DISABLED", _HOUSE),
    "email_undeliverable": Message("EMAIL_UNDELIVERABLE", _GUEST, Email.NEVER),
}

# What is said of one type is the same for all of its messages; a test holds it to that.
TYPES = {message.type: message for message in MESSAGES.values()}


def types_for(role: Role) -> list[str]:
    """What somebody of this role may meet, in the order of the catalogue. Admins see all."""
    return [name for name, message in TYPES.items() if role is Role.ADMIN or role in message.audience.value]
