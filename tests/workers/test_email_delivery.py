"""E-mails against a real, small mail server: sent, refused, put off."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from arq.worker import Worker
from icalendar import Calendar

from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from contracts.events.v1 import events_pb2
from contracts.money.v1 import money_pb2
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc
from contracts.salon.v1 import appointment_pb2, appointment_pb2_grpc
from grpc_services.notification.service import notification_service
from runtime.channels import ServiceIdentity, call, open_channel, open_service_identity
from runtime.database import Database, open_database
from runtime.identity import Role
from runtime.job_queue import JobQueue, deserialize_job, open_job_queue, redis_settings, serialize_job
from runtime.settings import WorkerSettings
from stack.mails import line_of
from tests.grpc_services.booking.desk import open_desk
from tests.grpc_services.notification.events import NOBODY, confirmed, envelope, snapshot
from tests.grpc_services.notification.inbox import delivery_row, tell
from tests.grpc_services.notification.test_appointment_news import snapshot as appointment_snapshot
from tests.grpc_services.salon.appointment_desk import at, open_appointment_desk
from tests.house import SignedIn, notification_settings, refused, register_account, service_token, worker_settings
from tests.parts import Parts, free_port
from workers.email_delivery import compose, deliver_email, sweep_due_deliveries, wake_delivery


@dataclass
class MailServer:
    """Takes mails over SMTP and keeps them; the answers can be told to it."""

    recipient_answer: str = "250 OK"
    data_answer: str = "250 OK"
    taken: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer.replace("ADDRESS", address)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.data_answer.startswith("250"):
            self.taken.append(message_from_bytes(envelope.original_content or b"", policy=default))
        return self.data_answer

    @asynccontextmanager
    async def running(self) -> AsyncIterator[MailServer]:
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, hostname="mail.test", enable_SMTPUTF8=True), "127.0.0.1", 0
        )
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self


@dataclass
class PostOffice:
    """What the e-mail jobs need, over the running services."""

    notifications: notification_pb2_grpc.NotificationServiceAsyncStub
    bookings: booking_pb2_grpc.BookingServiceAsyncStub
    appointments: appointment_pb2_grpc.AppointmentServiceAsyncStub
    identity: ServiceIdentity
    settings: WorkerSettings
    jobs: JobQueue
    server: MailServer
    system: str

    def context(self, **changes: Any) -> dict[str, Any]:
        return {
            "notifications": self.notifications,
            "bookings": self.bookings,
            "appointments": self.appointments,
            "identity": self.identity,
            "settings": self.settings,
            "jobs": self.jobs,
            **changes,
        }


@pytest.fixture
async def office(
    parts: Parts, auth_address: str, booking_address: str, salon_address: str
) -> AsyncIterator[PostOffice]:
    async with (
        MailServer().running() as server,
        notification_service(
            notification_settings(parts, auth_address, booking_address=booking_address, salon_address=salon_address)
        ) as service,
        open_channel(service.address, notification_pb2.DESCRIPTOR) as channel,
        open_channel(booking_address, booking_pb2.DESCRIPTOR) as bookings,
        open_channel(salon_address, appointment_pb2.DESCRIPTOR) as appointments,
    ):
        settings = worker_settings(
            parts,
            auth_address,
            booking_address=booking_address,
            notification_address=service.address,
            smtp_port=server.port,
        )
        async with (
            open_service_identity(auth_address, settings) as identity,
            open_job_queue(settings) as jobs,
        ):
            yield PostOffice(
                notification_pb2_grpc.NotificationServiceStub(channel),
                booking_pb2_grpc.BookingServiceStub(bookings),
                appointment_pb2_grpc.AppointmentServiceStub(appointments),
                identity,
                settings,
                jobs,
                server,
                await service_token(auth_address),
            )


@pytest.fixture(scope="module")
async def notification_database(parts: Parts) -> AsyncIterator[Database]:
    async with open_database(parts.database_url("notification"), pool_size=2, application_name="tests") as database:
        yield database


@pytest.fixture
async def reader(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.GUEST, "Amélie Poulain", locale="fr")


@pytest.fixture
async def delivery_id(office: PostOffice, reader: SignedIn) -> str:
    (identifier,) = await tell(office.notifications, office.system, confirmed(reader.account_id))
    return identifier


def calendar_of(content: str) -> dict[str, str]:
    """The properties of the only event of a calendar file, and the file's method."""
    document = Calendar.from_ical(content)
    (event,) = document.events
    written = {name.lower(): event[name].to_ical() for name in event}
    read = {name: raw.decode() if isinstance(raw, bytes) else str(raw) for name, raw in written.items()}
    return {**read, "method": str(document["method"])}


async def test_a_mail_arrives_whole(
    office: PostOffice, notification_database: Database, reader: SignedIn, delivery_id: str
) -> None:
    assert await deliver_email(office.context(), delivery_id) == "sent"
    (mail,) = office.server.taken
    assert mail["To"].addresses[0].addr_spec == reader.email
    assert mail["To"].addresses[0].display_name == "Amélie Poulain"
    assert mail["From"].addresses[0].addr_spec == "no-reply@innkeeper.example"
    assert mail["Subject"] == "Votre réservation INK-7Q2F9K est confirmée"
    assert mail["X-Innkeeper-Request-Id"] == "req-notification-1"
    assert mail["Message-ID"].endswith("@innkeeper.example>")
    assert (mail["Content-Language"], mail["Auto-Submitted"]) == ("fr", "auto-generated")
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Bonjour Amélie Poulain," in text.get_content()
    assert "Hôtel Étoile" in html.get_content()
    assert (await delivery_row(notification_database, delivery_id))["state"] == "SENT"


async def test_a_mail_is_sent_once_however_often_its_job_runs(office: PostOffice, delivery_id: str) -> None:
    outcomes = await asyncio.gather(*(deliver_email(office.context(), delivery_id) for _ in range(5)))
    assert sorted(outcomes) == ["nothing to send"] * 4 + ["sent"]
    assert len(office.server.taken) == 1


@pytest.mark.parametrize(
    ("recipient_answer", "data_answer", "state", "reason"),
    [
        ("550 5.1.1 <ADDRESS> unknown", "250 OK", "FAILED", "SMTP 550"),
        ("250 OK", "554 5.7.1 not from you", "FAILED", "SMTP 554"),
        ("451 4.3.0 try later", "250 OK", "PENDING", "SMTP 451"),
        ("250 OK", "452 4.3.1 no room", "PENDING", "SMTP 452"),
    ],
)
async def test_a_refusal_is_final_and_a_delay_is_not(
    office: PostOffice,
    notification_database: Database,
    delivery_id: str,
    recipient_answer: str,
    data_answer: str,
    state: str,
    reason: str,
) -> None:
    office.server.recipient_answer, office.server.data_answer = recipient_answer, data_answer
    await deliver_email(office.context(), delivery_id)
    row = await delivery_row(notification_database, delivery_id)
    assert (row["state"], row["last_failure"]) == (state, reason)
    assert office.server.taken == []


async def test_a_mail_put_off_goes_out_later_under_the_same_message_id(
    office: PostOffice, notification_database: Database, delivery_id: str
) -> None:
    nobody_there = office.settings.model_copy(update={"smtp_port": free_port()})
    assert await deliver_email(office.context(settings=nobody_there), delivery_id) == "failed"
    assert (await delivery_row(notification_database, delivery_id))["state"] == "PENDING"
    async with notification_database.transaction() as connection:
        promised = await connection.fetchval(
            "UPDATE delivery SET next_attempt_at = now() WHERE id = $1 RETURNING message_id", uuid.UUID(delivery_id)
        )
    assert await deliver_email(office.context(), delivery_id) == "sent"
    assert [mail["Message-ID"] for mail in office.server.taken] == [promised]


async def test_a_failed_sign_in_at_the_mail_server_is_not_the_mails_fault(
    office: PostOffice, notification_database: Database, delivery_id: str
) -> None:
    with_password = office.settings.model_copy(update={"smtp_username": "innkeeper"})
    assert await deliver_email(office.context(settings=with_password), delivery_id) == "failed"
    assert (await delivery_row(notification_database, delivery_id))["state"] == "PENDING"


async def test_a_guest_without_an_account_is_written_to_at_the_address_of_the_booking(
    office: PostOffice,
    parts: Parts,
    auth_address: str,
    booking_address: str,
) -> None:
    """And with the calendar file of the stay."""
    owner = await register_account(auth_address, Role.HOTELIER)
    guest = await register_account(auth_address, Role.GUEST)
    async with open_desk(parts, auth_address, booking_address) as desk:
        house = await desk.house(owner)
        booking = await desk.booked(house, guest, house.room(plan=1))
    event = events_pb2.BookingConfirmed(booking=snapshot(NOBODY))
    event.booking.booking_id = booking.id
    (delivery,) = await tell(office.notifications, office.system, envelope(event))
    assert await deliver_email(office.context(), delivery) == "sent"
    (mail,) = office.server.taken
    assert mail["To"].addresses[0].addr_spec == "ada@example.org"
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


async def test_what_can_be_switched_off_says_so_to_mail_programs(office: PostOffice, reader: SignedIn) -> None:
    offer = envelope(events_pb2.BookingOffered(booking=snapshot(reader.account_id)))
    for event in (offer, confirmed(reader.account_id)):
        (delivery,) = await tell(office.notifications, office.system, event)
        assert await deliver_email(office.context(), delivery) == "sent"
    optional, agreed = office.server.taken
    assert optional["List-Unsubscribe"].strip().startswith("<https://innkeeper.example/unsubscribe/")
    assert optional["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert agreed["List-Unsubscribe"] is None


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
    assert await deliver_email(office.context(), spared) == "nothing to send"
    assert (await delivery_row(notification_database, spared))["last_failure"] == "nobody is at this address"
    (agreed,) = await tell(office.notifications, office.system, confirmed(reader.account_id))
    assert await deliver_email(office.context(), agreed) == "sent"
    offer = envelope(events_pb2.BookingOffered(booking=snapshot(reader.account_id)))
    (wanted,) = await tell(office.notifications, office.system, offer)
    assert await deliver_email(office.context(), wanted) == "sent"


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


async def test_nobody_is_written_to_when_no_address_is_known(
    office: PostOffice, notification_database: Database
) -> None:
    (delivery,) = await tell(office.notifications, office.system, confirmed(NOBODY))
    assert await deliver_email(office.context(), delivery) == "nothing to send"
    row = await delivery_row(notification_database, delivery)
    assert (row["state"], row["last_failure"]) == ("FAILED", "nobody to write to")


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


async def test_while_the_service_is_away_a_job_ends_quietly(office: PostOffice) -> None:
    async with open_channel(f"127.0.0.1:{free_port()}", notification_pb2.DESCRIPTOR) as channel:
        stub = notification_pb2_grpc.NotificationServiceStub(channel)
        assert await deliver_email(office.context(notifications=stub), str(uuid.uuid4())) == "put off"


# arq 0.28 closes its own pool by a name that redis has deprecated
@pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")
async def test_the_sweeper_wakes_what_is_due_and_a_worker_sends_it(
    office: PostOffice, notification_database: Database, delivery_id: str
) -> None:
    assert await sweep_due_deliveries(office.context()) >= 1
    await wake_delivery(office.jobs, delivery_id)  # already waiting: not enqueued twice
    worker = Worker(
        functions=[deliver_email],
        redis_settings=redis_settings(office.settings),
        ctx=office.context(),
        burst=True,
        handle_signals=False,
        keep_result=0,
        job_serializer=serialize_job,
        job_deserializer=deserialize_job,
    )
    try:
        await worker.async_run()
    finally:
        await worker.close()
    assert (await delivery_row(notification_database, delivery_id))["state"] == "SENT"
    request = notification_pb2.ListDueDeliveriesRequest(first=100)
    due = await call(office.notifications.ListDueDeliveries, request, token=office.system)
    assert delivery_id not in due.delivery_ids


@pytest.mark.parametrize("answer", ["250 OK", "550 5.1.1 <ADDRESS> unknown"])
async def test_no_address_and_no_name_reaches_the_log(
    office: PostOffice, reader: SignedIn, delivery_id: str, capfd: pytest.CaptureFixture[str], answer: str
) -> None:
    office.server.recipient_answer = answer
    await deliver_email(office.context(), delivery_id)
    written = "".join(capfd.readouterr())
    assert "email.attempted" in written
    assert reader.email not in written
    assert "Poulain" not in written


def test_foreign_domains_are_written_in_ascii() -> None:
    email = notification_pb2.EmailMessage(to_address="jo@bücher.example", to_name="Jo", subject="s")
    mail = compose("Innkeeper <no-reply@innkeeper.example>", email)
    assert mail["To"].addresses[0].addr_spec == "jo@xn--bcher-kva.example"
