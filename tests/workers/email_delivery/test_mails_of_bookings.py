"""Mails about bookings and appointments: to whom, with which calendar file, and what their timelines say."""

from __future__ import annotations

import pytest

from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from contracts.events.v1 import events_pb2
from contracts.money.v1 import money_pb2
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc
from contracts.salon.v1 import appointment_pb2
from grpc_services.notification.service import notification_service
from runtime.channels import call, open_channel
from runtime.database import Database
from runtime.identity import Role
from tests.grpc_services.booking.desk import open_desk
from tests.grpc_services.notification.events import NOBODY, envelope, snapshot
from tests.grpc_services.notification.inbox import delivery_row, tell
from tests.grpc_services.notification.test_appointment_news import snapshot as appointment_snapshot
from tests.grpc_services.salon.appointment_desk import at, open_appointment_desk
from tests.house import SignedIn, notification_settings, register_account
from tests.parts import Parts, free_port
from tests.workers.email_delivery.post_office import PostOffice, calendar_of
from workers.email_delivery import deliver_email


@pytest.mark.parametrize(("asked", "spoken"), [("", "fr"), ("ru", "ru")])
async def test_a_guest_without_an_account_is_written_to_at_the_address_of_the_booking(
    office: PostOffice,
    parts: Parts,
    auth_address: str,
    booking_address: str,
    asked: str,
    spoken: str,
) -> None:
    """In their language or that of the house, and with the calendar file of the stay."""
    owner = await register_account(auth_address, Role.HOTELIER)
    guest = await register_account(auth_address, Role.GUEST)
    async with open_desk(parts, auth_address, booking_address) as desk:
        house = await desk.house(owner)
        person = booking_pb2.GuestDetails(name="Ada Lovelace", email="ada@example.org", locale=asked)
        booking = await desk.book(await desk.quote(house, house.room(plan=1)), guest.token, guest=person)
    event = events_pb2.BookingConfirmed(booking=snapshot(NOBODY))
    event.booking.booking_id = booking.id
    (delivery,) = await tell(office.notifications, office.system, envelope(event))
    assert await deliver_email(office.context(), delivery) == "sent"
    (mail,) = office.server.taken
    assert mail["To"].addresses[0].addr_spec == "ada@example.org"
    assert mail["Content-Language"] == spoken
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("stay.ics", "text/calendar")
    assert attached["Content-Type"].params["method"] == "REQUEST"
    stay = calendar_of(attached.get_content())
    assert booking.id in stay["uid"]
    assert (stay["status"], stay["attendee"]) == ("CONFIRMED", "mailto:ada@example.org")
    assert stay["organizer"] == "mailto:no-reply@innkeeper.example"


async def test_a_cancellation_takes_the_stay_out_of_the_guests_calendar(
    office: PostOffice, parts: Parts, auth_address: str, booking_address: str, reader: SignedIn
) -> None:
    owner = await register_account(auth_address, Role.HOTELIER)
    async with open_desk(parts, auth_address, booking_address) as desk:
        house = await desk.house(owner)
        booking = await desk.booked(house, reader, house.room(plan=1))
        files = []
        for kind in (events_pb2.BookingConfirmed, events_pb2.BookingCancelled):
            event = kind(booking=snapshot(reader.account_id))
            event.booking.booking_id = booking.id
            (delivery,) = await tell(office.notifications, office.system, envelope(event))
            assert await deliver_email(office.context(), delivery) == "sent"
            (attached,) = office.server.taken[-1].iter_attachments()
            files.append(calendar_of(attached.get_content()))
            asked = booking_pb2.CancelBookingRequest(
                booking_id=booking.id,
                idempotency_key=booking.id,
                expected_refund=money_pb2.Money(minor_units=0, currency="EUR"),
            )
            await call(desk.bookings.CancelBooking, asked, token=reader.token)
    before, after = files
    assert (before["method"], after["method"]) == ("REQUEST", "CANCEL")
    assert before["uid"] == after["uid"]
    assert int(after["sequence"]) > int(before["sequence"])
    assert after["status"] == "CANCELLED"


async def test_a_mail_of_an_appointment_brings_its_calendar_file(
    office: PostOffice, parts: Parts, auth_address: str, salon_address: str, reader: SignedIn
) -> None:
    owner = await register_account(auth_address, Role.HOTELIER)
    async with open_appointment_desk(parts, auth_address, salon_address) as desk:
        shop = await desk.parlour.shop(owner, masters=1)
        appointment = await desk.book(shop, reader, at("10:00"))
    told = appointment_snapshot(reader.account_id)
    told.appointment_id = appointment.id
    event = envelope(events_pb2.AppointmentConfirmed(appointment=told))
    (delivery,) = await tell(office.notifications, office.system, event)
    assert await deliver_email(office.context(), delivery) == "sent"
    (attached,) = office.server.taken[-1].iter_attachments()
    assert attached.get_filename() == "appointment.ics"
    async with open_appointment_desk(parts, auth_address, salon_address) as desk:
        told_of = await desk.story(appointment, [appointment_pb2.APPOINTMENT_TIMELINE_TOPIC_NOTIFICATION])
    assert told_of == ["NotificationSent"]
    visit = calendar_of(attached.get_content())
    assert appointment.id in visit["uid"]
    assert visit["dtstart"].endswith("T100000")
    assert visit["status"] == "CONFIRMED"
    assert visit["location"]


async def test_a_mail_that_is_out_is_on_the_bookings_timeline_once(
    office: PostOffice, parts: Parts, auth_address: str, booking_address: str, reader: SignedIn
) -> None:
    owner = await register_account(auth_address, Role.HOTELIER)
    async with open_desk(parts, auth_address, booking_address) as desk:
        booking = await desk.booked(await desk.house(owner), reader)
        event = events_pb2.BookingExpired(booking=snapshot(reader.account_id))
        event.booking.booking_id = booking.id
        (delivery,) = await tell(office.notifications, office.system, envelope(event))
        outcomes = [await deliver_email(office.context(), delivery) for _ in range(2)]
        assert outcomes == ["sent", "nothing to send"]
        request = booking_pb2.ListTimelineRequest(
            booking_id=booking.id, topics=[booking_pb2.TIMELINE_TOPIC_NOTIFICATION]
        )
        (entry,) = (await call(desk.bookings.ListTimeline, request, token=reader.token)).entries
    assert entry.summary == "The guest was told of BookingExpired by e-mail."
    assert entry.request_id == "req-notification-1"


async def test_a_mail_is_not_sent_again_because_booking_did_not_hear_of_it(
    office: PostOffice, notification_database: Database, reader: SignedIn
) -> None:
    event = events_pb2.BookingExpired(booking=snapshot(reader.account_id))
    (delivery,) = await tell(office.notifications, office.system, envelope(event))
    async with open_channel(f"127.0.0.1:{free_port()}", booking_pb2.DESCRIPTOR) as channel:
        away = booking_pb2_grpc.BookingServiceStub(channel)
        assert await deliver_email(office.context(bookings=away), delivery) == "sent"
    assert (await delivery_row(notification_database, delivery))["state"] == "SENT"
    assert await deliver_email(office.context(), delivery) == "nothing to send"
    assert len(office.server.taken) == 1


async def test_while_booking_is_away_its_mails_wait_and_no_try_is_counted(
    parts: Parts, auth_address: str, office: PostOffice, notification_database: Database, delivery_id: str
) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    async with (
        notification_service(notification_settings(parts, auth_address, booking_address=nobody)) as service,
        open_channel(service.address, notification_pb2.DESCRIPTOR) as channel,
    ):
        stub = notification_pb2_grpc.NotificationServiceStub(channel)
        assert await deliver_email(office.context(notifications=stub), delivery_id) == "put off"
    row = await delivery_row(notification_database, delivery_id)
    assert (row["state"], row["attempts"]) == ("PENDING", 0)
    assert office.server.taken == []
