"""What hoteliers' own systems are told: every event has been decided about, and each says what it is about."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import orjson
import pytest
from google.protobuf.message import Message

from api.webhook_endpoints import WebhookEventType
from contracts.events.v1 import events_pb2
from contracts.money.v1 import money_pb2
from contracts.salon.v1 import appointment_pb2
from grpc_services.notification.webhook_events import WebhookEvent, webhook_event
from grpc_services.notification.webhook_types import PUBLIC_TYPES, TOLD
from runtime.clock import to_timestamp
from runtime.identifiers import encode_id, new_id
from tests.architecture.source_tree import ROOT
from tests.grpc_services.notification.events import envelope, snapshot

OWNER = new_id()
NOON = dt.datetime(2027, 5, 1, 12, tzinfo=dt.UTC)
SIX_EUROS = money_pb2.Money(minor_units=600, currency="EUR")
SIX = {"minorUnits": 600, "currency": "EUR"}

# What no endpoint can choose, and why.
NOT_TOLD = {
    "Envelope": "carries the others",
    "BookingSnapshot": "a part of others",
    "BookedVisit": "a part of others",
    "AppointmentSnapshot": "a part of others",
    "RoomTypeCreated": "done by the hotelier's own hand",
    "RoomTypeArchived": "done by the hotelier's own hand",
    "HotelChanged": "done by the hotelier's own hand; Hotel.changes tells it",
    "RatesChanged": "done by the hotelier's own hand; Hotel.changes tells it",
    "RoomsChanged": "done by the hotelier's own hand; Hotel.changes tells it",
    "SalonChanged": "done by the hotelier's own hand; Salon.changes tells it",
    "RoomTypeSellable": "between our own services",
    "ReviewEdited": "has no owner; the words on the page count",
    "ReviewDeleted": "has no owner; the words on the page count",
    "ReviewReplied": "done by the hotelier's own hand",
    "RatingChanged": "between our own services",
    "NotificationStored": "between our own processes",
    "WebhookEndpointChanged": "viewer.webhookChanges tells it",
    "SessionsRevoked": "between our own processes",
    "ApiClientRevoked": "between our own processes",
    "AccountDeleted": "between our own services",
}


def appointment() -> events_pb2.AppointmentSnapshot:
    return events_pb2.AppointmentSnapshot(
        appointment_id=str(new_id()),
        reference="AP-7Q2F9K",
        state=appointment_pb2.APPOINTMENT_STATE_CONFIRMED,
        version=2,
        salon_id=str(new_id()),
        salon_owner_id=str(OWNER),
        client_name="Ada Lovelace",
        starts_at=to_timestamp(NOON),
        ends_at=to_timestamp(NOON),
    )


def told(event: Message) -> WebhookEvent:
    found = webhook_event(envelope(event).SerializeToString())
    assert found is not None
    return found


def data_of(event: Message) -> dict[str, Any]:
    data: dict[str, Any] = orjson.loads(told(event).body)["data"]
    return data


def booked(name: str, **fields: Any) -> Message:
    event: Message = getattr(events_pb2, name)(booking=snapshot(new_id(), OWNER), **fields)
    return event


def visited(name: str, **fields: Any) -> Message:
    event: Message = getattr(events_pb2, name)(appointment=appointment(), **fields)
    return event


def test_every_event_of_the_contract_is_told_or_left_out_for_a_reason() -> None:
    known = set(events_pb2.DESCRIPTOR.message_types_by_name)
    assert set(TOLD) | set(NOT_TOLD) == known
    assert not set(TOLD) & set(NOT_TOLD)


def test_an_endpoint_can_choose_exactly_what_is_told() -> None:
    assert {str(choice.value) for choice in WebhookEventType} == PUBLIC_TYPES


def test_every_type_stands_in_the_hoteliers_page() -> None:
    page = (ROOT / "docs/webhooks.md").read_text()
    for kind in PUBLIC_TYPES:
        subject, _, what = kind.partition(".")
        assert kind in page or f"`.{what}`" in page, kind
        assert f"`{subject}." in page


@pytest.mark.parametrize("subject", ["booking", "appointment"])
@pytest.mark.parametrize(
    ("name", "fields", "kind", "says"),
    [
        ("PaymentStarted", {}, "payment_started", {}),
        ("PaymentReceived", {"method": "CASH"}, "payment_received", {"amount": SIX, "method": "CASH"}),
        ("PaymentDisputed", {"state": "OPENED", "reason": "FRAUDULENT"}, "dispute_opened", {"reason": "FRAUDULENT"}),
        ("PaymentDisputed", {"state": "WON", "reason": "DUPLICATE"}, "dispute_won", {"amount": SIX}),
        ("PaymentDisputed", {"state": "LOST", "reason": "DUPLICATE"}, "dispute_lost", {"amount": SIX}),
        (
            "RefundFailed",
            {"reason": "CANCELLED", "given_up": True},
            "refund_failed",
            {"amount": SIX, "reason": "CANCELLED", "givenUp": True},
        ),
        (
            "RefundFailed",
            {"reason": "CANCELLED", "reversed": True},
            "refund_reversed",
            {"amount": SIX, "givenUp": False},
        ),
    ],
)
def test_what_becomes_of_money_is_told_of_bookings_and_of_appointments(
    subject: str, name: str, fields: dict[str, Any], kind: str, says: dict[str, Any]
) -> None:
    make = booked if subject == "booking" else visited
    money = {} if name == "PaymentStarted" else {"amount": SIX_EUROS}
    event = make(f"{subject.title()}{name}", **fields, **money)
    found = told(event)
    assert (found.type, found.owner_id) == (f"{subject}.{kind}", OWNER)
    data = orjson.loads(found.body)["data"]
    assert {key: data[key] for key in says} == says
    assert data[subject]["reference"] in ("INK-7Q2F9K", "AP-7Q2F9K")
    assert "@" not in found.body


def test_a_dispute_in_a_state_that_is_not_known_is_not_told() -> None:
    event = booked("BookingPaymentDisputed", amount=SIX_EUROS, state="WAITING")
    assert webhook_event(envelope(event).SerializeToString()) is None


def test_a_charge_a_visit_and_an_offer_say_what_they_are_about() -> None:
    charge = data_of(booked("BookingChargeAdded", amount=SIX_EUROS, description="Minibar"))
    assert (charge["amount"], charge["description"]) == (SIX, "Minibar")
    visit = str(uuid.uuid4())
    changed = events_pb2.BookingVisitChanged(booking=snapshot(new_id(), OWNER), appointment_id=visit, refund=SIX_EUROS)
    changed.booking.visits.add(appointment_id=visit, salon_name="Coupe", starts_at=to_timestamp(NOON))
    data = data_of(changed)
    assert (data["appointmentId"], data["refund"]) == (encode_id("Appointment", visit), SIX)
    assert data["visits"][0]["startsAt"] == NOON.isoformat()
    offered = data_of(booked("BookingOffered", waitlist_entry_id=str(new_id())))
    assert offered["holdExpiresAt"] == "2027-05-01T14:05:00+00:00"
