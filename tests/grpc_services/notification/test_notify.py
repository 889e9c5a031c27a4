"""Which event tells whom, and that a repeated event tells nobody twice."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

import pytest
from google.protobuf.message import Message

from contracts.events.v1 import events_pb2
from contracts.money.v1 import money_pb2
from contracts.notification.v1 import notification_pb2
from runtime.channels import call
from runtime.database import Database
from runtime.errors import ServiceError
from tests.grpc_services.notification.events import NOBODY, confirmed, envelope, snapshot
from tests.grpc_services.notification.inbox import Stub, claim, inbox, tell
from tests.house import SignedIn


async def stored(database: Database, event: events_pb2.Envelope) -> dict[str, list[uuid.UUID]]:
    """Who was told of an event, by table."""
    found: dict[str, list[uuid.UUID]] = {}
    async with database.reading() as connection:
        for table in ("notification", "delivery"):
            rows = await connection.fetch(
                f"SELECT account_id FROM {table} WHERE event_id = $1 ORDER BY id",  # noqa: S608
                uuid.UUID(event.id),
            )
            found[table] = [row["account_id"] for row in rows]
    return found


@pytest.mark.parametrize(
    ("kind", "guest_is_told", "guest_is_mailed", "owner_is_told_and_mailed"),
    [
        (events_pb2.BookingHeld, True, False, False),
        (events_pb2.BookingPaymentStarted, False, False, False),
        (events_pb2.BookingPaymentFailed, True, True, False),
        (events_pb2.BookingConfirmed, True, True, True),
        (events_pb2.BookingExpired, True, True, False),
        (events_pb2.BookingRefunded, True, True, False),
        (events_pb2.BookingCancelled, True, True, True),
        (events_pb2.BookingModified, True, True, True),
        (events_pb2.BookingCheckedIn, False, False, False),
        (events_pb2.BookingCheckedOut, True, True, False),
        (events_pb2.BookingMarkedNoShow, True, True, False),
        (events_pb2.BookingReinstated, True, True, False),
        (events_pb2.BookingOffered, True, True, False),
    ],
)
async def test_an_event_tells_those_whom_it_concerns(
    notifications: Stub,
    notification_database: Database,
    system: str,
    kind: type[Message],
    guest_is_told: bool,
    guest_is_mailed: bool,
    owner_is_told_and_mailed: bool,
) -> None:
    guest, owner = uuid.uuid4(), uuid.uuid4()
    booking = snapshot(guest, owner)
    before = {"before": booking} if kind is events_pb2.BookingModified else {}
    event = envelope(kind(booking=booking, **before))
    deliveries = await tell(notifications, system, event)
    told = [guest] * guest_is_told + [owner] * owner_is_told_and_mailed
    mailed = [guest] * guest_is_mailed + [owner] * owner_is_told_and_mailed
    assert await stored(notification_database, event) == {"notification": told, "delivery": mailed}
    assert len(deliveries) == len(mailed)


async def test_one_event_told_twenty_times_at_once_is_told_once(
    notifications: Stub, notification_database: Database, system: str
) -> None:
    guest, owner = uuid.uuid4(), uuid.uuid4()
    event = confirmed(guest, owner)
    answers = await asyncio.gather(*(tell(notifications, system, event) for _ in range(20)))
    assert await stored(notification_database, event) == {
        "notification": [guest, owner],
        "delivery": [guest, owner],
    }
    assert {tuple(answer) for answer in answers} == {tuple(answers[0])}
    assert len(answers[0]) == 2


async def test_a_hotel_without_an_owner_is_not_told(
    notifications: Stub, notification_database: Database, system: str
) -> None:
    guest = uuid.uuid4()
    event = confirmed(guest, NOBODY)
    await tell(notifications, system, event)
    assert await stored(notification_database, event) == {"notification": [guest], "delivery": [guest]}


@pytest.mark.parametrize(
    ("happened", "title"),
    [
        (
            lambda of: events_pb2.BookingPaymentDisputed(booking=of, amount=of.total, state="OPENED"),
            "Réservation INK-7Q2F9K\N{NO-BREAK SPACE}: le paiement est contesté",
        ),
        (
            lambda of: events_pb2.BookingPaymentDisputed(booking=of, amount=of.total, state="WON"),
            "Réservation INK-7Q2F9K\N{NO-BREAK SPACE}: le litige est gagné",
        ),
        (
            lambda of: events_pb2.BookingPaymentDisputed(booking=of, amount=of.total, state="LOST"),
            "Réservation INK-7Q2F9K\N{NO-BREAK SPACE}: le litige est perdu",
        ),
        (
            lambda of: events_pb2.BookingRefundFailed(booking=of, amount=of.total, given_up=True),
            "Réservation INK-7Q2F9K\N{NO-BREAK SPACE}: un remboursement n’est pas arrivé",
        ),
        (lambda of: events_pb2.BookingRefundFailed(booking=of, amount=of.total), None),
        (lambda of: events_pb2.BookingRefundFailed(booking=of, amount=of.total, reversed=True), None),
    ],
    ids=["opened", "won", "lost", "given up", "failed, sent again", "came back, sent again"],
)
async def test_of_money_that_is_contested_or_stuck_the_hotelier_alone_hears(
    notifications: Stub,
    system: str,
    guest: SignedIn,
    hotelier: SignedIn,
    happened: Callable[[events_pb2.BookingSnapshot], Message],
    title: str | None,
) -> None:
    event = envelope(happened(snapshot(guest.account_id, hotelier.account_id)))
    deliveries = await tell(notifications, system, event)
    assert not (await inbox(notifications, guest.token)).notifications
    told = (await inbox(notifications, hotelier.token)).notifications
    assert ([one.title for one in told], len(deliveries)) == (([title], 1) if title else ([], 0))
    for delivery_id in deliveries:
        mail = await claim(notifications, system, delivery_id)
        assert mail is not None
        assert (mail.to_address, mail.to_hotelier, mail.unsubscribe_url) == (hotelier.email, True, "")
        assert "1\N{NARROW NO-BREAK SPACE}234,56\N{NO-BREAK SPACE}€" in mail.text


async def test_a_guest_without_an_account_is_told_by_mail_only(
    notifications: Stub, notification_database: Database, system: str
) -> None:
    owner = uuid.uuid4()
    event = confirmed(NOBODY, owner)
    assert len(await tell(notifications, system, event)) == 2
    assert await stored(notification_database, event) == {"notification": [NOBODY, owner], "delivery": [NOBODY, owner]}
    held = envelope(events_pb2.BookingHeld(booking=snapshot(NOBODY, owner)))
    await tell(notifications, system, held)
    assert await stored(notification_database, held) == {"notification": [], "delivery": []}


async def test_who_cancelled_decides_what_the_guest_reads(notifications: Stub, system: str, guest: SignedIn) -> None:
    for by_hotel in (False, True):
        cancelled = events_pb2.BookingCancelled(booking=snapshot(guest.account_id), by_hotel=by_hotel, whole=True)
        await tell(notifications, system, envelope(cancelled))
    titles = [told.title for told in (await inbox(notifications, guest.token)).notifications]
    assert titles == [
        "Hôtel Étoile has cancelled your booking INK-7Q2F9K",
        "Booking INK-7Q2F9K is cancelled",
    ]


async def test_an_event_of_an_unknown_type_is_nobodys_news(notifications: Stub, system: str) -> None:
    event = confirmed(uuid.uuid4())
    event.type = "BookingPraised"
    assert await tell(notifications, system, event) == []


def damaged() -> dict[str, bytes]:
    not_an_id = confirmed(uuid.uuid4())
    not_an_id.id = "1"
    no_payload = confirmed(uuid.uuid4())
    no_payload.payload = b""
    no_dates = envelope(events_pb2.BookingConfirmed(booking=snapshot(uuid.uuid4())))
    booking = snapshot(uuid.uuid4())
    booking.check_in = "tomorrow"
    no_dates.payload = events_pb2.BookingConfirmed(booking=booking).SerializeToString()
    garbage = confirmed(uuid.uuid4())
    garbage.payload = b"\xff\xff\xff"
    return {
        "not protobuf": b"\xff\xff\xff",
        "empty": b"",
        "not an id": not_an_id.SerializeToString(),
        "no payload": no_payload.SerializeToString(),
        "no dates": no_dates.SerializeToString(),
        "garbage inside": garbage.SerializeToString(),
    }


@pytest.mark.parametrize("damage", damaged())
async def test_what_is_not_an_event_is_refused(notifications: Stub, system: str, damage: str) -> None:
    request = notification_pb2.NotifyOfEventRequest(envelope=damaged()[damage])
    with pytest.raises(ServiceError) as failure:
        await call(notifications.NotifyOfEvent, request, token=system)
    assert (failure.value.code, failure.value.path) == ("INVALID_INPUT", ("envelope",))


async def test_people_cannot_make_notifications(
    notifications: Stub, notification_database: Database, guest: SignedIn
) -> None:
    event = confirmed(guest.account_id)
    for token, code in ((guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        with pytest.raises(ServiceError) as failure:
            await tell(notifications, token, event)
        assert failure.value.code == code
    assert await stored(notification_database, event) == {"notification": [], "delivery": []}


async def test_the_refunded_amount_is_told(notifications: Stub, system: str, guest: SignedIn) -> None:
    refund = events_pb2.BookingRefunded(
        booking=snapshot(guest.account_id), amount=money_pb2.Money(minor_units=5000, currency="JPY")
    )
    await tell(notifications, system, envelope(refund))
    (told,) = (await inbox(notifications, guest.token)).notifications
    assert "¥5,000" in told.title
