"""An appointment's timeline also tells what others did about it: webhooks, and mails that went out."""

from __future__ import annotations

import uuid

import pytest

from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import appointment_pb2
from runtime.channels import call
from runtime.identifiers import new_id
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.salon.appointment_desk import AppointmentDesk, at
from tests.house import SignedIn, refused

WEBHOOK = appointment_pb2.APPOINTMENT_TIMELINE_TOPIC_WEBHOOK
NOTIFICATION = appointment_pb2.APPOINTMENT_TIMELINE_TOPIC_NOTIFICATION
CLIENT = appointment_pb2.APPOINTMENT_NOTICE_RECIPIENT_CLIENT
PREPAID = {"payment_timing": hotel_pb2.PAYMENT_TIMING_PREPAID}


def notice(appointment: str, **changes: object) -> appointment_pb2.RecordAppointmentNoticeRequest:
    fields = {
        "appointment_id": appointment,
        "delivery_id": str(new_id()),
        "kind": "AppointmentConfirmed",
        "recipient": CLIENT,
    }
    return appointment_pb2.RecordAppointmentNoticeRequest(**{**fields, **changes})  # type: ignore[arg-type]


async def test_webhooks_and_mails_stand_in_the_timeline_once(
    desk: AppointmentDesk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await desk.parlour.shop(owner, masters=1, services=[PREPAID])
    pending = await desk.start_payment(await desk.book(shop, guest, at("10:00")), guest)
    await payments.pay_at(pending.checkout_url)
    for _ in range(2):
        await desk.hear_of(pending.payment_id, "the-only-webhook")
    told = notice(pending.id)
    for _ in range(2):
        await call(desk.appointments.RecordAppointmentNotice, told, token=desk.system)
    assert await desk.story(pending, [WEBHOOK]) == ["WebhookReceived"]
    assert await desk.story(pending, [NOTIFICATION]) == ["NotificationSent"]
    assert await desk.story(pending) == ["AppointmentHeld", "PaymentStarted", "AppointmentConfirmed"]
    assert len(await desk.story(pending, [])) == 5, "all of them"
    request = appointment_pb2.ListAppointmentTimelineRequest(appointment_id=pending.id, topics=[WEBHOOK, NOTIFICATION])
    listed = await call(desk.appointments.ListAppointmentTimeline, request, token=guest.token)
    assert {entry.topic: entry.summary for entry in listed.entries} == {
        WEBHOOK: "The payment system told of payment.captured. The appointment was brought in line.",
        NOTIFICATION: "The client was told of AppointmentConfirmed by e-mail.",
    }


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"kind": "not a name"}, ("kind",)),
        ({"recipient": 0}, ("recipient",)),
        ({"delivery_id": "x"}, ("deliveryId",)),
        ({"appointment_id": "3f0a4c1e-9d52-4d7b-8f36-6f3f1f3f9a11"}, ("appointmentId",)),
    ],
)
async def test_what_is_not_a_notice_is_refused(
    desk: AppointmentDesk, changes: dict[str, object], path: tuple[str, ...]
) -> None:
    before = await desk.everything()
    request = notice(str(uuid.uuid4()), **changes)
    assert (await refused(call(desk.appointments.RecordAppointmentNotice, request, token=desk.system))).path == path
    assert await desk.everything() == before


async def test_only_our_own_processes_tell_of_mails(desk: AppointmentDesk, owner: SignedIn, guest: SignedIn) -> None:
    shop = await desk.parlour.shop(owner, masters=1)
    appointment = await desk.book(shop, guest, at("10:00"))
    before = await desk.everything()
    for person in (owner, guest):
        told = call(desk.appointments.RecordAppointmentNotice, notice(appointment.id), token=person.token)
        assert (await refused(told)).code == "PERMISSION_DENIED"
    assert await desk.everything() == before


async def test_a_topic_that_there_is_not_is_refused(desk: AppointmentDesk, owner: SignedIn, guest: SignedIn) -> None:
    shop = await desk.parlour.shop(owner, masters=1)
    appointment = await desk.book(shop, guest, at("10:00"))
    assert (await refused(desk.story(appointment, [99]))).path == ("topics",)  # type: ignore[list-item]
