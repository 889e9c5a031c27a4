"""Mails that are given up: who sees it, what is spared from then on, and how they are sent again."""

from __future__ import annotations

import uuid

from prometheus_client import REGISTRY

from contracts.booking.v1 import booking_pb2
from contracts.events.v1 import events_pb2
from contracts.notification.v1 import notification_pb2, preference_pb2
from runtime.channels import call
from runtime.database import Database, open_database
from runtime.identity import Role
from stack.mails import line_of
from tests.grpc_services.booking.desk import open_desk
from tests.grpc_services.notification.events import NOBODY, confirmed, envelope, snapshot
from tests.grpc_services.notification.inbox import delivery_row, tell
from tests.house import SignedIn, refused, register_account
from tests.parts import Parts
from tests.workers.email_delivery.post_office import PostOffice
from workers.email_delivery import deliver_email


async def test_a_mail_that_was_given_up_is_on_the_timeline_and_can_be_sent_again(
    office: PostOffice, parts: Parts, auth_address: str, booking_address: str, reader: SignedIn
) -> None:
    office.server.recipient_answer = "550 5.1.1 <ADDRESS> unknown"
    owner = await register_account(auth_address, Role.HOTELIER)
    async with open_desk(parts, auth_address, booking_address) as desk:
        booking = await desk.booked(await desk.house(owner), reader)
        event = events_pb2.BookingExpired(booking=snapshot(reader.account_id))
        event.booking.booking_id = booking.id
        (delivery,) = await tell(office.notifications, office.system, envelope(event))
        assert await deliver_email(office.context(), delivery) == "refused"
        topics = [booking_pb2.TIMELINE_TOPIC_NOTIFICATION]
        request = booking_pb2.ListTimelineRequest(booking_id=booking.id, topics=topics)
        (entry,) = (await call(desk.bookings.ListTimeline, request, token=reader.token)).entries
        assert entry.kind == "NotificationFailed"
        assert entry.summary == "The guest could not be told of BookingExpired by e-mail."
        listing = notification_pb2.ListFailedDeliveriesRequest(first=100)
        known = (await call(office.notifications.ListFailedDeliveries, listing, token=office.system)).deliveries
        (ours,) = [one for one in known if one.id == delivery]
        assert (ours.failure, ours.attempts, ours.booking_id) == ("SMTP 550", 1, booking.id)
        assert reader.email not in line_of(ours)
        office.server.recipient_answer = "250 OK"
        again = notification_pb2.ResendDeliveryRequest(delivery_id=delivery)
        await call(office.notifications.ResendDelivery, again, token=office.system)
        assert await deliver_email(office.context(), delivery) == "sent"
        entries = (await call(desk.bookings.ListTimeline, request, token=reader.token)).entries
    assert {one.kind for one in entries} == {"NotificationFailed", "NotificationSent"}
    assert (await refused(call(office.notifications.ResendDelivery, again, token=office.system))).code == "NOT_FOUND"
    for attempt in (
        call(office.notifications.ResendDelivery, again, token=reader.token),
        call(office.notifications.ListFailedDeliveries, listing, token=reader.token),
    ):
        assert (await refused(attempt)).code == "PERMISSION_DENIED"


async def test_an_address_that_is_refused_again_and_again_is_shown_to_its_owner_and_spared(
    office: PostOffice, notification_database: Database, reader: SignedIn
) -> None:
    office.server.recipient_answer = "550 5.1.1 <ADDRESS> unknown"
    for _ in range(3):
        (delivery,) = await tell(office.notifications, office.system, confirmed(reader.account_id))
        assert await deliver_email(office.context(), delivery) == "refused"
    listing = notification_pb2.ListNotificationsRequest(first=20)
    inbox = (await call(office.notifications.ListNotifications, listing, token=reader.token)).notifications
    assert [one.kind for one in inbox].count("EmailUndeliverable") == 1
    assert {one.email for one in inbox if one.kind == "BookingConfirmed"} == {notification_pb2.DELIVERY_STATE_FAILED}
    office.server.recipient_answer = "250 OK"
    offer = envelope(events_pb2.BookingOffered(booking=snapshot(reader.account_id)))
    (spared,) = await tell(office.notifications, office.system, offer)
    assert await deliver_email(office.context(), spared) == "given up"
    assert (await delivery_row(notification_database, spared))["last_failure"] == "nobody is at this address"
    (agreed,) = await tell(office.notifications, office.system, confirmed(reader.account_id))
    assert await deliver_email(office.context(), agreed) == "sent"
    offer = envelope(events_pb2.BookingOffered(booking=snapshot(reader.account_id)))
    (wanted,) = await tell(office.notifications, office.system, offer)
    assert await deliver_email(office.context(), wanted) == "sent"


async def test_a_mail_to_nobody_is_given_up_before_a_try_and_seen_and_counted_like_others(
    office: PostOffice, notification_database: Database, parts: Parts, auth_address: str, booking_address: str
) -> None:
    """Such as to a guest who was booked at the desk without an address."""
    owner = await register_account(auth_address, Role.HOTELIER)
    async with open_desk(parts, auth_address, booking_address) as desk:
        booking = await desk.booked(await desk.house(owner), await register_account(auth_address, Role.GUEST))
        async with (
            open_database(parts.database_url("booking"), pool_size=1, application_name="tests") as bookings,
            bookings.transaction() as connection,
        ):
            query = "UPDATE booking.booking SET guest_email = '' WHERE id = $1"
            await connection.execute(query, uuid.UUID(booking.id))
        event = events_pb2.BookingExpired(booking=snapshot(NOBODY))
        event.booking.booking_id = booking.id
        (delivery,) = await tell(office.notifications, office.system, envelope(event))
        before = counted("given up")
        outcomes = [await deliver_email(office.context(), delivery) for _ in range(2)]
        assert outcomes == ["given up", "nothing to send"]
        assert counted("given up") == before + 1
        request = booking_pb2.ListTimelineRequest(
            booking_id=booking.id, topics=[booking_pb2.TIMELINE_TOPIC_NOTIFICATION]
        )
        (entry,) = (await call(desk.bookings.ListTimeline, request, token=owner.token)).entries
    assert (entry.kind, entry.request_id) == ("NotificationFailed", "req-notification-1")
    row = await delivery_row(notification_database, delivery)
    assert (row["state"], row["last_failure"]) == ("FAILED", "nobody to write to")
    listing = notification_pb2.ListFailedDeliveriesRequest(first=100)
    known = (await call(office.notifications.ListFailedDeliveries, listing, token=office.system)).deliveries
    (ours,) = [one for one in known if one.id == delivery]
    assert "0 tries, nobody to write to" in line_of(ours)
    assert office.server.taken == []


async def test_what_is_switched_off_before_its_turn_is_suppressed_and_what_was_agreed_is_sent(
    office: PostOffice, notification_database: Database, reader: SignedIn
) -> None:
    offer = envelope(events_pb2.BookingOffered(booking=snapshot(reader.account_id)))
    (unwanted,) = await tell(office.notifications, office.system, offer)
    (agreed,) = await tell(office.notifications, office.system, confirmed(reader.account_id))
    switched_off = preference_pb2.PreferenceChange(
        type=preference_pb2.NOTIFICATION_TYPE_WAITLIST_OFFER,
        channel=preference_pb2.NOTIFICATION_CHANNEL_EMAIL,
        enabled=False,
    )
    request = preference_pb2.UpdatePreferencesRequest(changes=[switched_off])
    await call(office.preferences.UpdatePreferences, request, token=reader.token)
    before = counted("suppressed")
    outcomes = [await deliver_email(office.context(), one) for one in (unwanted, unwanted, agreed)]
    assert outcomes == ["suppressed", "nothing to send", "sent"]
    assert counted("suppressed") == before + 1
    assert len(office.server.taken) == 1
    row = await delivery_row(notification_database, unwanted)
    assert (row["state"], row["last_failure"], row["attempts"]) == ("SUPPRESSED", "switched off", 0)
    listing = notification_pb2.ListNotificationsRequest(first=20)
    told = (await call(office.notifications.ListNotifications, listing, token=reader.token)).notifications
    assert {one.kind: one.email for one in told} == {
        "BookingOffered": notification_pb2.DELIVERY_STATE_SUPPRESSED,
        "BookingConfirmed": notification_pb2.DELIVERY_STATE_SENT,
    }


async def test_of_a_house_that_nobody_has_claimed_nobody_is_told_and_nothing_failed(
    office: PostOffice, notification_database: Database
) -> None:
    event = events_pb2.BookingCancelled(booking=snapshot(NOBODY, uuid.uuid4()))
    outcomes = {}
    for delivery in await tell(office.notifications, office.system, envelope(event)):
        outcome = await deliver_email(office.context(), delivery)
        outcomes[outcome] = (await delivery_row(notification_database, delivery))["last_failure"]
    assert outcomes == {"given up": "nobody to write to", "suppressed": "the account is gone"}


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("innkeeper_emails_total", {"outcome": outcome}) or 0.0
