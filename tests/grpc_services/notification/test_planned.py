"""Reminders, requests for reviews and lists of arrivals: told once, in time, and only of what is still true."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

import pytest

from contracts.booking.v1 import booking_pb2
from contracts.events.v1 import events_pb2
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc, preference_pb2, preference_pb2_grpc
from contracts.review.v1 import review_pb2
from contracts.salon.v1 import appointment_pb2
from grpc_services.booking.service import booking_service
from grpc_services.notification.service import notification_service
from runtime.channels import call, open_channel
from runtime.database import Database, open_database
from runtime.identity import Role
from tests.grpc_services.booking.desk import ARRIVAL, open_desk
from tests.grpc_services.booking.moves import HotelClock
from tests.grpc_services.hotel.catalogue import Kind
from tests.grpc_services.notification.conftest import Clock
from tests.grpc_services.notification.events import NOBODY, envelope
from tests.grpc_services.notification.inbox import Stub, claim, delivery_row, inbox, tell
from tests.grpc_services.notification.planned import Foresight, at, kinds
from tests.grpc_services.salon.appointment_desk import DAY as APPOINTMENT_DAY
from tests.grpc_services.salon.appointment_desk import AppointmentDesk, open_appointment_desk
from tests.grpc_services.salon.appointment_desk import at as at_salon
from tests.house import SignedIn, booking_settings, notification_settings, refused, register_account
from tests.parts import Parts, free_port

_DAY = dt.timedelta(days=1)
TWO_DAYS_BEFORE = at(ARRIVAL - 2 * _DAY, "10:00")
pytestmark = pytest.mark.usefixtures("real_time")


@pytest.fixture(scope="module")
async def foresight(
    parts: Parts,
    auth_address: str,
    hotel_address: str,
    payment_address: str,
    notifications: Stub,
    notification_database: Database,
    system: str,
    clock: Clock,
) -> AsyncIterator[Foresight]:
    settings = booking_settings(parts, auth_address, hotel_address=hotel_address, payment_address=payment_address)
    days = HotelClock()
    async with (
        booking_service(settings, now=days) as server,
        open_desk(parts, auth_address, server.address) as desk,
    ):
        yield Foresight(notifications, notification_database, system, clock, desk, days)


@pytest.fixture(autouse=True)
def _hotel_days(foresight: Foresight) -> None:
    foresight.hotel_clock.day = None


@pytest.fixture(scope="module")
async def salon(parts: Parts, auth_address: str, salon_address: str) -> AsyncIterator[AppointmentDesk]:
    async with open_appointment_desk(parts, auth_address, salon_address) as opened:
        yield opened


async def test_a_guest_is_reminded_once_two_days_before_however_many_workers_wake(
    foresight: Foresight, guest: SignedIn, hotelier: SignedIn
) -> None:
    house = await foresight.desk.house(hotelier)
    booking = await foresight.stay(house, guest, ARRIVAL)
    await foresight.come_to(TWO_DAYS_BEFORE - dt.timedelta(minutes=1))
    assert "StayReminder" not in await kinds(foresight.notifications, guest)
    woken = await asyncio.gather(*(foresight.come_to(TWO_DAYS_BEFORE) for _ in range(4)))
    await foresight.tell_of(booking.id)
    await foresight.come_to(TWO_DAYS_BEFORE + dt.timedelta(hours=1))
    assert (await kinds(foresight.notifications, guest)).count("StayReminder") == 1
    assert await foresight.state("stay_reminder", booking.id) == ("TOLD", "")
    mails = [await claim(foresight.notifications, foresight.system, one) for one in set().union(*woken)]
    (mail,) = [one for one in mails if one and one.to_address == guest.email]
    assert "Maison du Port" in mail.subject
    assert "from 3:00" in mail.text.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "is still to be paid at the hotel" in mail.text
    assert "/documents/" in mail.text
    assert mail.unsubscribe_url in mail.text


async def test_a_reminders_mail_that_was_put_off_waits_for_the_morning_and_is_not_sent_once_the_stay_has_begun(
    foresight: Foresight, guest: SignedIn, hotelier: SignedIn, notification_database: Database
) -> None:
    await foresight.stay(await foresight.desk.house(hotelier), guest, ARRIVAL)
    told = await foresight.come_to(TWO_DAYS_BEFORE)
    async with notification_database.reading() as connection:
        query = "SELECT id::text FROM delivery WHERE account_id = $1 AND id::text = ANY($2)"
        mail = await connection.fetchval(query, guest.account_id, told)
    foresight.clock.now = at(ARRIVAL - 2 * _DAY, "23:00")
    assert await claim(foresight.notifications, foresight.system, mail) is None
    row = await delivery_row(notification_database, mail)
    assert (row["state"], row["attempts"]) == ("PENDING", 0)
    pause = row["pause"]
    assert isinstance(pause, dt.timedelta)
    assert dt.timedelta(hours=8, minutes=50) < pause <= dt.timedelta(hours=9)
    async with notification_database.transaction() as connection:
        await connection.execute("UPDATE delivery SET next_attempt_at = now() WHERE id::text = $1", mail)
    foresight.clock.now = at(ARRIVAL, "12:00")
    assert await claim(foresight.notifications, foresight.system, mail) is None
    row = await delivery_row(notification_database, mail)
    assert (row["state"], row["last_failure"]) == ("SUPPRESSED", "too late")


async def test_a_cancelled_stay_is_not_reminded_of_even_if_nobody_told_of_it(
    foresight: Foresight, guest: SignedIn, hotelier: SignedIn
) -> None:
    house = await foresight.desk.house(hotelier)
    known, unheard = [await foresight.stay(house, guest, ARRIVAL) for _ in range(2)]
    for booking in (known, unheard):
        await foresight.cancel(booking, guest)
    await foresight.tell_of(known.id)
    assert await foresight.state("stay_reminder", known.id) == ("DROPPED", "BookingCancelled")
    await foresight.come_to(TWO_DAYS_BEFORE)
    assert await foresight.state("stay_reminder", unheard.id) == ("DROPPED", "BOOKING_STATE_CANCELLED")
    assert "StayReminder" not in await kinds(foresight.notifications, guest)


async def test_a_worker_that_comes_late_does_not_remind_of_a_stay_that_has_begun(
    foresight: Foresight, guest: SignedIn, hotelier: SignedIn
) -> None:
    booking = await foresight.stay(await foresight.desk.house(hotelier), guest, ARRIVAL)
    await foresight.come_to(at(ARRIVAL, "12:00"))
    assert await foresight.state("stay_reminder", booking.id) == ("DROPPED", "too late")
    assert "StayReminder" not in await kinds(foresight.notifications, guest)


async def test_a_stay_that_begins_tomorrow_needs_no_reminder(
    foresight: Foresight, guest: SignedIn, hotelier: SignedIn, notification_database: Database
) -> None:
    house = await foresight.desk.house(hotelier)
    foresight.clock.now = TWO_DAYS_BEFORE + dt.timedelta(minutes=1)
    booking = await foresight.stay(house, guest, ARRIVAL)
    async with notification_database.reading() as connection:
        planned = await connection.fetchval(
            "SELECT count(*) FROM planned_notice WHERE subject_id = $1::text::uuid", booking.id
        )
    assert planned == 0


async def test_the_reminder_moves_with_the_stay(foresight: Foresight, guest: SignedIn, hotelier: SignedIn) -> None:
    house = await foresight.desk.house(hotelier)
    booking = await foresight.stay(house, guest, ARRIVAL)
    async with foresight.desk.database.reading() as connection:
        raw = await connection.fetchval("SELECT envelope FROM booking.outbox_event WHERE aggregate_id = $1", booking.id)
    before = events_pb2.BookingConfirmed.FromString(events_pb2.Envelope.FromString(raw).payload).booking
    later = events_pb2.BookingSnapshot()
    later.CopyFrom(before)
    later.check_in = (ARRIVAL + 10 * _DAY).isoformat()
    later.check_out = (ARRIVAL + 12 * _DAY).isoformat()
    later.version += 1
    moved = envelope(events_pb2.BookingModified(booking=later, before=before))
    await tell(foresight.notifications, foresight.system, moved)
    await foresight.come_to(TWO_DAYS_BEFORE)
    assert await foresight.state("stay_reminder", booking.id) == ("PLANNED", "")
    assert "StayReminder" not in await kinds(foresight.notifications, guest)


async def test_quiet_hours_put_a_reminder_off_until_they_end(
    foresight: Foresight,
    guest: SignedIn,
    hotelier: SignedIn,
    preferences: preference_pb2_grpc.PreferenceServiceAsyncStub,
) -> None:
    quiet = preference_pb2.QuietHours(begins="09:30", ends="13:00")
    await call(
        preferences.UpdatePreferences, preference_pb2.UpdatePreferencesRequest(quiet_hours=quiet), token=guest.token
    )
    booking = await foresight.stay(await foresight.desk.house(hotelier), guest, ARRIVAL)
    await foresight.come_to(TWO_DAYS_BEFORE)
    await foresight.come_to(at(ARRIVAL - 2 * _DAY, "12:59"))
    assert "StayReminder" not in await kinds(foresight.notifications, guest)
    await foresight.come_to(at(ARRIVAL - 2 * _DAY, "13:00"))
    assert (await kinds(foresight.notifications, guest)).count("StayReminder") == 1
    assert await foresight.state("stay_reminder", booking.id) == ("TOLD", "")


async def test_a_guest_is_left_alone_at_night_by_the_clocks_where_they_live(
    parts: Parts, foresight: Foresight, guest: SignedIn, hotelier: SignedIn
) -> None:
    async with (
        open_database(parts.database_url("auth"), pool_size=1, application_name="tests") as accounts,
        accounts.transaction() as connection,
    ):
        await connection.execute(
            "UPDATE auth.account SET time_zone = 'America/New_York' WHERE id = $1", guest.account_id
        )
    await foresight.stay(await foresight.desk.house(hotelier), guest, ARRIVAL)
    await foresight.come_to(TWO_DAYS_BEFORE)
    assert "StayReminder" not in await kinds(foresight.notifications, guest)
    eight_there = dt.datetime.combine(TWO_DAYS_BEFORE.date(), dt.time(8), tzinfo=ZoneInfo("America/New_York"))
    await foresight.come_to(eight_there - dt.timedelta(minutes=1))
    assert "StayReminder" not in await kinds(foresight.notifications, guest)
    await foresight.come_to(eight_there)
    assert (await kinds(foresight.notifications, guest)).count("StayReminder") == 1


async def test_what_would_be_too_late_after_the_quiet_hours_is_not_told(
    foresight: Foresight,
    guest: SignedIn,
    hotelier: SignedIn,
    preferences: preference_pb2_grpc.PreferenceServiceAsyncStub,
) -> None:
    quiet = preference_pb2.QuietHours(begins="09:30", ends="13:00")
    await call(
        preferences.UpdatePreferences, preference_pb2.UpdatePreferencesRequest(quiet_hours=quiet), token=guest.token
    )
    booking = await foresight.stay(await foresight.desk.house(hotelier), guest, ARRIVAL)
    await foresight.come_to(at(ARRIVAL, "10:00"))
    assert await foresight.state("stay_reminder", booking.id) == ("DROPPED", "too late")


async def test_a_guest_of_the_desk_is_reminded_by_mail_at_the_address_they_gave(
    foresight: Foresight, guest: SignedIn, hotelier: SignedIn
) -> None:
    house = await foresight.desk.house(hotelier)
    booking = await foresight.stay(house, guest, ARRIVAL)
    async with foresight.desk.database.transaction() as connection:
        await connection.execute(
            "UPDATE booking.booking SET guest_account_id = $2 WHERE id = $1::text::uuid", booking.id, NOBODY
        )
    mails = [
        await claim(foresight.notifications, foresight.system, one) for one in await foresight.come_to(TWO_DAYS_BEFORE)
    ]
    (mail,) = [one for one in mails if one and one.booking_id == booking.id]
    assert (mail.to_address, mail.to_name) == ("ada@example.org", "Ada Lovelace")


async def test_a_house_reads_in_the_morning_who_arrives_in_one_mail(
    foresight: Foresight, guest: SignedIn, hotelier: SignedIn
) -> None:
    house = await foresight.desk.house(hotelier, Kind(rooms=5))
    day = ARRIVAL + 3 * _DAY
    staying = [await foresight.stay(house, guest, day, nights=number) for number in (1, 2)]
    gone = await foresight.stay(house, guest, day)
    await foresight.cancel(gone, guest)
    assert "HotelArrivals" not in await kinds(foresight.notifications, hotelier)
    deliveries = await foresight.come_to(at(day, "07:00"))
    mails = [await claim(foresight.notifications, foresight.system, one) for one in deliveries]
    (mail,) = [one for one in mails if one and one.kind == "HotelArrivals"]
    assert mail.to_address == hotelier.email
    assert mail.subject == "2\N{NO-BREAK SPACE}arrivées aujourd’hui à Maison du Port"
    for booking in staying:
        assert booking.reference in mail.text
    assert gone.reference not in mail.text
    assert "Ada Lovelace" in mail.text
    (told,) = [
        one
        for one in (await inbox(foresight.notifications, hotelier.token)).notifications
        if one.kind == "HotelArrivals"
    ]
    assert told.hotel_id == str(house.id)
    await foresight.come_to(at(day, "08:00"))
    assert (await kinds(foresight.notifications, hotelier)).count("HotelArrivals") == 1


async def test_a_house_where_nobody_arrives_any_more_reads_nothing(
    foresight: Foresight, guest: SignedIn, hotelier: SignedIn
) -> None:
    house = await foresight.desk.house(hotelier)
    await foresight.cancel(await foresight.stay(house, guest, ARRIVAL), guest)
    await foresight.come_to(at(ARRIVAL, "07:00"))
    assert await foresight.state("arrivals", str(house.id)) == ("DROPPED", "nobody arrives")
    assert "HotelArrivals" not in await kinds(foresight.notifications, hotelier)


async def test_a_guest_is_asked_for_a_review_the_day_after_and_not_when_they_wrote_one(
    foresight: Foresight, guest: SignedIn, hotelier: SignedIn
) -> None:
    house = await foresight.desk.house(hotelier)
    silent, keen = [await foresight.stay(house, guest, ARRIVAL) for _ in range(2)]
    for booking in (silent, keen):
        foresight.hotel_clock.day = None
        await foresight.live_through(booking, hotelier, ARRIVAL)
        await foresight.tell_of(booking.id)
    written = events_pb2.ReviewCreated(
        review=review_pb2.Review(
            id=keen.id,
            subject_kind=review_pb2.SUBJECT_KIND_HOTEL,
            author_account_id=str(guest.account_id),
            visited_on=keen.check_out,
        ),
        owner_id=str(hotelier.account_id),
        visit_id=keen.id,
    )
    await tell(foresight.notifications, foresight.system, envelope(written))
    assert await foresight.state("stay_review_request", keen.id) == ("DROPPED", "reviewed")
    # The row of the check-out says when it was written, which is now: the request is due tomorrow.
    await foresight.come_to(at(dt.datetime.now(dt.UTC).date() + 2 * _DAY, "10:00"))
    assert (await kinds(foresight.notifications, guest)).count("StayReviewRequest") == 1
    assert await foresight.state("stay_review_request", silent.id) == ("TOLD", "")


async def test_whose_account_is_deleted_is_asked_for_no_review(
    foresight: Foresight, auth_address: str, hotelier: SignedIn
) -> None:
    leaving = await register_account(auth_address, Role.GUEST)
    booking = await foresight.stay(await foresight.desk.house(hotelier), leaving, ARRIVAL)
    await foresight.live_through(booking, hotelier, ARRIVAL)
    await foresight.tell_of(booking.id)
    forget = booking_pb2.ForgetAccountRequest(account_id=str(leaving.account_id))
    await call(foresight.desk.bookings.ForgetAccount, forget, token=foresight.system)
    await foresight.come_to(at(dt.datetime.now(dt.UTC).date() + 2 * _DAY, "10:00"))
    assert await foresight.state("stay_review_request", booking.id) == ("DROPPED", "the account is gone")


async def test_a_client_is_reminded_the_day_before_and_again_only_of_another_time(
    foresight: Foresight, salon: AppointmentDesk, guest: SignedIn, hotelier: SignedIn
) -> None:
    shop = await salon.parlour.shop(hotelier, masters=1)
    appointment = await salon.book(shop, guest, at_salon("10:00"))
    await foresight.tell_of(appointment.id, salon.database, "salon")
    deliveries = await foresight.come_to(at_salon("10:00", APPOINTMENT_DAY - _DAY))
    assert (await kinds(foresight.notifications, guest)).count("AppointmentReminder") == 1
    mails = [await claim(foresight.notifications, foresight.system, one) for one in deliveries]
    (mail,) = [one for one in mails if one and one.to_address == guest.email]
    assert "10:00" in mail.subject
    moved = await salon.move(appointment, hotelier, at_salon("14:00"))
    foresight.clock.now = at_salon("11:00", APPOINTMENT_DAY - _DAY)
    await foresight.tell_of(appointment.id, salon.database, "salon")
    await foresight.come_to(at_salon("14:00", APPOINTMENT_DAY - _DAY))
    assert (await kinds(foresight.notifications, guest)).count("AppointmentReminder") == 2
    await salon.cancel(moved, hotelier)
    await foresight.tell_of(appointment.id, salon.database, "salon")
    assert (await kinds(foresight.notifications, guest)).count("AppointmentReminder") == 2


async def test_a_master_reads_in_the_morning_who_comes_in_one_mail(
    foresight: Foresight, salon: AppointmentDesk, auth_address: str, guest: SignedIn, hotelier: SignedIn
) -> None:
    master = await register_account(auth_address, Role.GUEST, "Amélie", locale="fr")
    shop = await salon.parlour.shop(hotelier, masters=1)
    await salon.parlour.join(hotelier, shop.masters[0], master)
    coming = [await salon.book(shop, guest, at_salon(time)) for time in ("10:00", "14:00")]
    gone = await salon.book(shop, guest, at_salon("16:00"))
    await salon.cancel(gone, hotelier)
    for appointment in (*coming, gone):
        await foresight.tell_of(appointment.id, salon.database, "salon")
    deliveries = await foresight.come_to(at_salon("07:00"))
    mails = [await claim(foresight.notifications, foresight.system, one) for one in deliveries]
    (mail,) = [one for one in mails if one and one.kind == "SalonDay"]
    assert mail.to_address == master.email
    assert mail.subject.startswith("2\N{NO-BREAK SPACE}rendez-vous aujourd’hui chez ")
    assert [appointment.reference in mail.text for appointment in (*coming, gone)] == [True, True, False]
    await foresight.come_to(at_salon("08:00"))
    assert (await kinds(foresight.notifications, master)).count("SalonDay") == 1
    assert "SalonDay" not in await kinds(foresight.notifications, hotelier)
    asked = appointment_pb2.ListSalonAppointmentsRequest(
        salon_id=shop.salon.id,
        account_id=str(master.account_id),
        first_day=APPOINTMENT_DAY.isoformat(),
        last_day=APPOINTMENT_DAY.isoformat(),
    )
    refusal = await refused(call(salon.appointments.ListSalonAppointments, asked, token=guest.token))
    assert refusal.code == "NOT_FOUND"


async def test_while_the_owner_is_away_nothing_is_told_and_nothing_lost(
    parts: Parts, auth_address: str, foresight: Foresight, guest: SignedIn, hotelier: SignedIn
) -> None:
    booking = await foresight.stay(await foresight.desk.house(hotelier), guest, ARRIVAL)
    nobody = f"127.0.0.1:{free_port()}"
    settings = notification_settings(parts, auth_address, booking_address=nobody)
    async with (
        notification_service(settings, clock=lambda: TWO_DAYS_BEFORE) as service,
        open_channel(service.address, notification_pb2.DESCRIPTOR) as channel,
    ):
        stub: Stub = notification_pb2_grpc.NotificationServiceStub(channel)
        await call(stub.TellPlanned, notification_pb2.TellPlannedRequest(limit=50), token=foresight.system)
    assert await foresight.state("stay_reminder", booking.id) == ("PLANNED", "")
    await foresight.come_to(TWO_DAYS_BEFORE + dt.timedelta(minutes=2))
    assert await foresight.state("stay_reminder", booking.id) == ("TOLD", "")


async def test_only_our_own_processes_wake_what_is_planned(
    foresight: Foresight, auth_address: str, guest: SignedIn, hotelier: SignedIn
) -> None:
    booking = await foresight.stay(await foresight.desk.house(hotelier), guest, ARRIVAL)
    foresight.clock.now = TWO_DAYS_BEFORE
    admin_like = await register_account(auth_address, Role.HOTELIER)
    for token, code in (
        (guest.token, "PERMISSION_DENIED"),
        (admin_like.token, "PERMISSION_DENIED"),
        ("", "UNAUTHENTICATED"),
    ):
        refusal = await refused(
            call(foresight.notifications.TellPlanned, notification_pb2.TellPlannedRequest(limit=1), token=token)
        )
        assert refusal.code == code
    assert await foresight.state("stay_reminder", booking.id) == ("PLANNED", "")
