"""What a timeline tells beside the booking's own moves: webhooks that came, and mails that went out."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from contracts.booking.v1 import booking_pb2
from runtime.channels import call
from runtime.identifiers import new_id
from tests.grpc_services.booking.desk import APPLIED, NOTHING_TO_DO, PARKED, Desk, webhook
from tests.grpc_services.booking.payments import Payments
from tests.house import SignedIn, refused

WEBHOOK = booking_pb2.TIMELINE_TOPIC_WEBHOOK
NOTIFICATION = booking_pb2.TIMELINE_TOPIC_NOTIFICATION


async def entries(
    desk: Desk, booking: booking_pb2.Booking, *topics: booking_pb2.TimelineTopic.ValueType
) -> list[booking_pb2.TimelineEntry]:
    request = booking_pb2.ListTimelineRequest(booking_id=booking.id, topics=topics)
    return list((await call(desk.bookings.ListTimeline, request, token=desk.system)).entries)


def notice(booking_id: str, /, **changes: object) -> booking_pb2.RecordNoticeRequest:
    request = booking_pb2.RecordNoticeRequest(
        booking_id=booking_id,
        delivery_id=str(new_id()),
        kind="BookingConfirmed",
        recipient=booking_pb2.NOTICE_RECIPIENT_GUEST,
    )
    for name, value in changes.items():
        setattr(request, name, value)
    return request


async def test_a_webhook_told_and_settled_often_is_on_the_timeline_once(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    await payments.pay(booking)
    event_id = await desk.receive(webhook(booking.payment.id))
    await desk.receive(webhook(booking.payment.id), event_id)
    outcomes = await asyncio.gather(*(desk.settle(event_id) for _ in range(6)))
    assert outcomes.count(APPLIED) == 1
    (entry,) = await entries(desk, booking, WEBHOOK)
    assert (entry.kind, entry.topic, entry.actor) == ("WebhookReceived", WEBHOOK, "SYSTEM")
    assert entry.summary.startswith("The payment system told of payment.captured. The booking was")
    assert (entry.state, entry.version) == (booking_pb2.BOOKING_STATE_CONFIRMED, (await desk.get(booking)).version)
    moves = booking_pb2.ListTimelineRequest(booking_id=booking.id, state_changes_only=True)
    followed = (await call(desk.bookings.ListTimeline, moves, token=guest.token)).entries
    assert [move.kind for move in followed] == ["BookingHeld", "PaymentStarted", "BookingConfirmed"]


async def test_every_webhook_says_what_it_did(desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    early = await desk.receive(webhook(booking.payment.id, "payment.action_required"))
    assert await desk.settle(early) == NOTHING_TO_DO
    short = await payments.create(booking.id, booking.total.minor_units - 1)
    await payments.pay(
        booking_pb2.Booking(payment=booking_pb2.BookingPayment(id=short.id, checkout_url=short.checkout_url))
    )
    assert await desk.settle(await desk.receive(webhook(short.id, "<b>"))) == PARKED
    assert [entry.summary for entry in await entries(desk, booking, WEBHOOK)] == [
        "The payment system told of payment.action_required. The booking was in line already.",
        "The payment system told of an unknown event. It does not fit the booking; a person looks at it.",
    ]


async def test_what_booking_tells_itself_is_no_webhook(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    booking = await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)
    await desk.settle(await desk.receive(webhook(booking.payment.id, "refund.owed")))
    assert await entries(desk, booking, WEBHOOK) == []


async def test_a_mail_told_twice_is_on_the_timeline_once(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    booking = await desk.booked(await desk.house(owner), guest)
    told = notice(booking.id)
    for _ in range(2):
        await call(desk.bookings.RecordNotice, told, token=desk.system)
    to_hotelier = notice(booking.id, recipient=booking_pb2.NOTICE_RECIPIENT_HOTELIER)
    await call(desk.bookings.RecordNotice, to_hotelier, token=desk.system)
    assert [(entry.kind, entry.summary) for entry in await entries(desk, booking, NOTIFICATION)] == [
        ("NotificationSent", "The guest was told of BookingConfirmed by e-mail."),
        ("NotificationSent", "The hotelier was told of BookingConfirmed by e-mail."),
    ]
    everything = [entry.kind for entry in await entries(desk, booking)]
    assert everything == ["BookingHeld", "NotificationSent", "NotificationSent"]
    assert await desk.get(booking) == booking


async def test_only_our_own_processes_write_notices(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    booking = await desk.booked(await desk.house(owner), guest)
    before = await desk.everything()
    for token, code in (
        (guest.token, "PERMISSION_DENIED"),
        (owner.token, "PERMISSION_DENIED"),
        ("", "UNAUTHENTICATED"),
    ):
        assert (await refused(call(desk.bookings.RecordNotice, notice(booking.id), token=token))).code == code
    assert await desk.everything() == before


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"booking_id": "x"}, ("bookingId",)),
        ({"delivery_id": ""}, ("deliveryId",)),
        ({"kind": "Told <b>"}, ("kind",)),
        ({"kind": "a" * 65}, ("kind",)),
        ({"recipient": booking_pb2.NOTICE_RECIPIENT_UNSPECIFIED}, ("recipient",)),
    ],
)
async def test_a_notice_that_makes_no_sense_is_refused(
    desk: Desk, changes: dict[str, object], path: tuple[str, ...]
) -> None:
    told = notice("3f0a4c1e-9d52-4d7b-8f36-6f3f1f3f9a11", **changes)
    refusal = await refused(call(desk.bookings.RecordNotice, told, token=desk.system))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", path)


async def test_a_notice_of_an_unknown_booking_and_an_unknown_topic_are_refused(desk: Desk) -> None:
    refusal = await refused(call(desk.bookings.RecordNotice, notice(str(uuid.uuid4())), token=desk.system))
    assert (refusal.code, refusal.path) == ("NOT_FOUND", ("bookingId",))
    for topics in ([77], [WEBHOOK] * 5):
        request = booking_pb2.ListTimelineRequest(booking_id=str(uuid.uuid4()), topics=topics)  # type: ignore[arg-type]
        refusal = await refused(call(desk.bookings.ListTimeline, request, token=desk.system))
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("topics",))
