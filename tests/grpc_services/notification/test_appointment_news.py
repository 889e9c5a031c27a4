"""What clients, salons and masters are told of appointments, in their languages."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

import pytest
from google.protobuf.message import Message

from contracts.events.v1 import events_pb2
from contracts.money.v1 import money_pb2
from contracts.salon.v1 import appointment_pb2
from grpc_services.notification.appointment_news import plan_of
from grpc_services.notification.appointment_texts import APPOINTMENT_WORDS
from runtime.clock import to_timestamp
from runtime.identifiers import new_id
from runtime.identity import Role
from tests.grpc_services.notification.events import DEADLINE, NOBODY, envelope
from tests.grpc_services.notification.inbox import Stub, claim, inbox, tell
from tests.house import SignedIn, register_account

STARTS = dt.datetime(2027, 5, 14, 8, 30, tzinfo=dt.UTC)
FIFTY = money_pb2.Money(minor_units=5_000, currency="EUR")


def snapshot(client: uuid.UUID, *staff: uuid.UUID, owner: uuid.UUID = NOBODY) -> events_pb2.AppointmentSnapshot:
    return events_pb2.AppointmentSnapshot(
        appointment_id=str(new_id()),
        reference="AP-7Q2F9K",
        state=appointment_pb2.APPOINTMENT_STATE_CONFIRMED,
        version=2,
        salon_id=str(new_id()),
        salon_name="Coupe & Co",
        salon_owner_id=str(owner),
        client_account_id=str(client),
        client_name="Mina Harker",
        starts_at=to_timestamp(STARTS),
        ends_at=to_timestamp(STARTS + dt.timedelta(hours=1)),
        time_zone="Europe/Paris",
        service_names=["Cut", "Colour"],
        master_ids=[str(new_id())],
        master_names=["Amélie", "Amélie"],
        master_account_ids=list(map(str, staff)),
        total=FIFTY,
        hold_expires_at=to_timestamp(DEADLINE),
    )


def every_event(of: events_pb2.AppointmentSnapshot) -> list[Message]:
    earlier = to_timestamp(STARTS - dt.timedelta(days=1))
    return [
        events_pb2.AppointmentHeld(appointment=of),
        events_pb2.AppointmentRequested(appointment=of),
        events_pb2.AppointmentPaymentFailed(appointment=of),
        events_pb2.AppointmentConfirmed(appointment=of),
        events_pb2.AppointmentExpired(appointment=of),
        events_pb2.AppointmentMoved(appointment=of, before_starts_at=earlier, by_salon=True),
        events_pb2.AppointmentMoved(appointment=of, before_starts_at=earlier),
        events_pb2.AppointmentCancelled(appointment=of, refund=FIFTY),
        events_pb2.AppointmentCancelled(appointment=of, by_salon=True, reason="Amélie is ill."),
        events_pb2.AppointmentCompleted(appointment=of),
        events_pb2.AppointmentMarkedNoShow(appointment=of, penalty=FIFTY),
        events_pb2.AppointmentRefunded(appointment=of, amount=FIFTY),
    ]


async def test_client_owner_and_master_hear_of_a_confirmed_appointment_once(
    notifications: Stub, system: str, auth_address: str, guest: SignedIn, hotelier: SignedIn
) -> None:
    master = await register_account(auth_address, Role.GUEST)
    told = snapshot(guest.account_id, master.account_id, hotelier.account_id, owner=hotelier.account_id)
    event = envelope(events_pb2.AppointmentConfirmed(appointment=told))
    deliveries = await tell(notifications, system, event)
    assert sorted(await tell(notifications, system, event)) == sorted(deliveries)
    assert len(deliveries) == 3
    for reader in (guest, hotelier, master):
        (notification,) = (await inbox(notifications, reader.token)).notifications
        assert (notification.kind, notification.booking_id) == ("AppointmentConfirmed", "")
        assert notification.appointment_id == told.appointment_id


async def test_the_mail_tells_the_hour_at_the_salon_and_what_is_done(
    notifications: Stub, system: str, guest: SignedIn
) -> None:
    event = envelope(events_pb2.AppointmentConfirmed(appointment=snapshot(guest.account_id)))
    (delivery_id,) = await tell(notifications, system, event)
    mail = await claim(notifications, system, delivery_id)
    assert mail is not None
    assert (mail.to_address, mail.booking_id, mail.calendar) == (guest.email, "", b"")
    for words in ("Cut, Colour", "Amélie", "10:30", "GMT+02:00", "AP-7Q2F9K", "€50.00"):
        assert words in mail.text.replace("\N{NARROW NO-BREAK SPACE}", " "), words
    assert "Coupe &amp; Co" in mail.html
    assert APPOINTMENT_WORDS["en"].footer in mail.text


@pytest.mark.parametrize("locale", sorted(APPOINTMENT_WORDS))
async def test_every_event_can_be_told_in_every_language(
    notifications: Stub, system: str, auth_address: str, locale: str
) -> None:
    client = await register_account(auth_address, Role.GUEST, locale=locale)
    owner = await register_account(auth_address, Role.HOTELIER, locale=locale)
    events = every_event(snapshot(client.account_id, owner=owner.account_id))
    subjects = []
    for event in events:
        for delivery_id in await tell(notifications, system, envelope(event)):
            mail = await claim(notifications, system, delivery_id)
            assert mail is not None
            assert mail.locale == locale
            assert "{{" not in mail.text
            subjects.append(mail.subject)
    only_shown = 2  # the hold, and the thanks, after which the request for a review comes by mail
    by_mail_to_client, to_owner = len(events) - only_shown, 6
    assert len(subjects) == by_mail_to_client + to_owner
    shown = (await inbox(notifications, client.token)).notifications
    assert len(shown) == len(events)


@pytest.mark.parametrize(
    ("happened", "title"),
    [
        (
            lambda of: events_pb2.AppointmentPaymentDisputed(appointment=of, amount=FIFTY, state="OPENED"),
            "Rendez-vous AP-7Q2F9K\N{NO-BREAK SPACE}: le paiement est contesté",
        ),
        (
            lambda of: events_pb2.AppointmentPaymentDisputed(appointment=of, amount=FIFTY, state="WON"),
            "Rendez-vous AP-7Q2F9K\N{NO-BREAK SPACE}: le litige est gagné",
        ),
        (
            lambda of: events_pb2.AppointmentPaymentDisputed(appointment=of, amount=FIFTY, state="LOST"),
            "Rendez-vous AP-7Q2F9K\N{NO-BREAK SPACE}: le litige est perdu",
        ),
        (
            lambda of: events_pb2.AppointmentRefundFailed(appointment=of, amount=FIFTY, given_up=True),
            "Rendez-vous AP-7Q2F9K\N{NO-BREAK SPACE}: un remboursement n’est pas arrivé",
        ),
        (lambda of: events_pb2.AppointmentRefundFailed(appointment=of, amount=FIFTY), None),
    ],
    ids=["opened", "won", "lost", "given up", "failed, sent again"],
)
async def test_of_money_that_is_contested_or_stuck_the_owner_alone_hears(
    notifications: Stub,
    system: str,
    auth_address: str,
    guest: SignedIn,
    hotelier: SignedIn,
    happened: Callable[[events_pb2.AppointmentSnapshot], Message],
    title: str | None,
) -> None:
    master = await register_account(auth_address, Role.GUEST)
    told = envelope(happened(snapshot(guest.account_id, master.account_id, owner=hotelier.account_id)))
    deliveries = await tell(notifications, system, told)
    for person in (guest, master):
        assert not (await inbox(notifications, person.token)).notifications
    titles = [one.title for one in (await inbox(notifications, hotelier.token)).notifications]
    assert (titles, len(deliveries)) == (([title], 1) if title else ([], 0))
    for delivery_id in deliveries:
        mail = await claim(notifications, system, delivery_id)
        assert mail is not None
        assert (mail.to_address, mail.to_hotelier, mail.unsubscribe_url) == (hotelier.email, True, "")
        assert "50,00\N{NO-BREAK SPACE}€" in mail.text


async def test_the_timeline_of_an_appointment_knows_whether_salon_or_client_was_told(
    notifications: Stub, system: str, auth_address: str, guest: SignedIn, hotelier: SignedIn
) -> None:
    master = await register_account(auth_address, Role.GUEST)
    of = snapshot(guest.account_id, master.account_id, owner=hotelier.account_id)
    told = {}
    for delivery_id in await tell(notifications, system, envelope(events_pb2.AppointmentConfirmed(appointment=of))):
        mail = await claim(notifications, system, delivery_id)
        assert mail is not None
        told[mail.to_address] = mail.to_hotelier
    assert told == {guest.email: False, hotelier.email: True, master.email: True}


async def test_a_payment_that_only_begins_is_nobodys_news(notifications: Stub, system: str, guest: SignedIn) -> None:
    began = events_pb2.AppointmentPaymentStarted(appointment=snapshot(guest.account_id))
    assert await tell(notifications, system, envelope(began)) == []
    assert not (await inbox(notifications, guest.token)).notifications


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (lambda of: events_pb2.AppointmentHeld(appointment=of), {}),
        (lambda of: events_pb2.AppointmentConfirmed(appointment=of), {"owner": "new_appointment"}),
        (lambda of: events_pb2.AppointmentExpired(appointment=of), {}),
        (
            lambda of: events_pb2.AppointmentCancelled(appointment=of, with_booking=True),
            {"owner": "cancelled_appointment"},
        ),
        (
            lambda of: events_pb2.AppointmentCancelled(appointment=of),
            {"client": "appointment_cancelled", "owner": "cancelled_appointment"},
        ),
        (
            lambda of: events_pb2.AppointmentCompleted(appointment=of),
            {"client": "appointment_completed"},
        ),
    ],
    ids=["held", "confirmed", "expired", "cancelled-with-the-rooms", "cancelled-alone", "completed"],
)
def test_of_a_visit_with_rooms_the_client_hears_with_the_rooms_and_the_salon_as_ever(
    event: Callable[[events_pb2.AppointmentSnapshot], Message], told: dict[str, str]
) -> None:
    client, owner = uuid.uuid4(), uuid.uuid4()
    of = snapshot(client, owner=owner)
    of.booking_id = str(new_id())
    of.paid.CopyFrom(FIFTY)
    sealed = envelope(event(of))
    plan = plan_of(sealed, uuid.UUID(sealed.id))
    names = {client: "client", owner: "owner"}
    assert {names[notice.account_id]: notice.template for notice in plan.notices} == told


def test_a_visit_that_was_only_held_with_rooms_falls_away_unheard() -> None:
    of = snapshot(uuid.uuid4(), owner=uuid.uuid4())
    of.booking_id = str(new_id())
    sealed = envelope(events_pb2.AppointmentCancelled(appointment=of, with_booking=True))
    assert plan_of(sealed, uuid.UUID(sealed.id)).notices == ()
