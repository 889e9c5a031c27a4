"""What is told, to whom, signed with what."""

from __future__ import annotations

import uuid

import orjson
import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from contracts.booking.v1 import booking_pb2
from contracts.events.v1 import events_pb2
from contracts.money.v1 import money_pb2
from contracts.notification.v1 import webhook_pb2
from contracts.review.v1 import review_pb2
from runtime.channels import call
from runtime.database import Database
from runtime.identifiers import encode_id, new_id
from runtime.identity import Role
from tests.grpc_services.notification.events import envelope, snapshot
from tests.house import register_account
from tests.workers.webhook_delivery.office import Office


async def test_an_event_arrives_once_signed_and_says_what_the_hotelier_may_see(office: Office) -> None:
    endpoint = await office.endpoint()
    event = office.confirmed()
    for _ in range(2):  # the broker may repeat it
        assert await office.tell(event) == [endpoint.endpoint.id]
    assert await office.deliver(endpoint) == 1
    (taken,) = office.receiver.taken
    body = taken.verified(endpoint.secret)
    booking = events_pb2.BookingConfirmed.FromString(event.payload).booking
    assert taken.event_id == body["id"] == encode_id("WebhookEvent", event.id)
    assert (body["type"], body["version"]) == ("booking.confirmed", 1)
    assert body["data"]["booking"] == {
        "id": encode_id("Booking", booking.booking_id),
        "reference": "INK-7Q2F9K",
        "state": "CONFIRMED",
        "version": 3,
        "hotel": {"id": encode_id("Hotel", booking.hotel_id), "name": "Hôtel Étoile"},
        "guestName": "Mina Harker",
        "checkIn": "2027-05-14",
        "checkOut": "2027-05-17",
        "timeZone": "Europe/Paris",
        "roomNames": ["Double", "Double", "Suite"],
        "roomTypeIds": [],
        "total": {"minorUnits": 123456, "currency": "EUR"},
        "paid": None,
        "refunded": None,
    }
    assert b"@" not in taken.raw
    assert booking.booking_id.encode() not in taken.raw
    (delivery,) = await office.log(endpoint)
    assert delivery.state == webhook_pb2.WEBHOOK_DELIVERY_STATE_DELIVERED
    assert [(one.status_code, one.failure) for one in delivery.attempts] == [(204, "")]
    assert await office.tell(event) == []


async def test_only_what_was_asked_for_is_sent_and_only_to_its_owner(office: Office, auth_address: str) -> None:
    some = await office.endpoint(houses=webhook_pb2.WEBHOOK_HOUSES_ALL)
    stranger = await register_account(auth_address, Role.HOTELIER)
    theirs = envelope(events_pb2.BookingConfirmed(booking=snapshot(new_id(), stranger.account_id)))
    held = envelope(events_pb2.BookingHeld(booking=snapshot(new_id(), office.hotelier.account_id)))
    nobodys = envelope(events_pb2.BookingConfirmed(booking=snapshot(new_id())))
    for event in (theirs, held, nobodys):
        assert await office.tell(event) == []
    assert await office.log(some) == []


async def test_inventory_and_reviews_are_told_too(office: Office) -> None:
    endpoint = await office.endpoint()
    hotel, kind = str(new_id()), str(new_id())
    owner = str(office.hotelier.account_id)
    await office.tell(
        envelope(
            events_pb2.InventoryChanged(
                room_type_id=kind, hotel_id=hotel, inventory_version=7, number_of_rooms=12, owner_id=owner
            )
        )
    )
    created = events_pb2.ReviewCreated(owner_id=owner)
    created.review.id, created.review.subject_id, created.review.overall = str(new_id()), hotel, 4
    created.review.author_account_id = str(new_id())
    created.review.subject_kind = review_pb2.SUBJECT_KIND_HOTEL
    await office.tell(envelope(created))
    assert await office.deliver(endpoint) == 2
    inventory, review = [one.verified(endpoint.secret) for one in office.receiver.taken]
    assert inventory["data"] == {
        "hotelId": encode_id("Hotel", hotel),
        "roomTypeId": encode_id("RoomType", kind),
        "inventoryVersion": 7,
        "numberOfRooms": 12,
    }
    assert review["data"]["review"]["subject"] == {"kind": "HOTEL", "id": encode_id("Hotel", hotel), "name": ""}


async def test_both_secrets_sign_for_a_day_after_a_rotation(office: Office) -> None:
    before = await office.endpoint()
    request = webhook_pb2.RotateWebhookSecretRequest(id=before.endpoint.id)
    after = await call(office.webhooks.RotateWebhookSecret, request, token=office.hotelier.token)
    await office.tell(office.confirmed())
    await office.deliver(after)
    (taken,) = office.receiver.taken
    assert taken.signatures == 2
    assert taken.verified(before.secret) == taken.verified(after.secret)
    office.clock.forward(hours=25)
    await office.tell(office.confirmed())
    await office.deliver(after)
    later = office.receiver.taken[1]
    assert later.signatures == 1
    with pytest.raises(WebhookVerificationError):
        later.verified(before.secret)


async def test_secrets_are_encrypted_at_rest(office: Office, notification_database: Database) -> None:
    endpoint = await office.endpoint()
    async with notification_database.reading() as connection:
        stored = await connection.fetchval(
            "SELECT secret FROM notification.webhook_endpoint WHERE id = $1", uuid.UUID(endpoint.endpoint.id)
        )
    assert endpoint.secret.startswith("whsec_")
    assert endpoint.secret.encode() not in stored


async def test_a_cancellation_tells_its_money(office: Office) -> None:
    endpoint = await office.endpoint()
    booking = snapshot(new_id(), office.hotelier.account_id)
    booking.state = booking_pb2.BOOKING_STATE_CANCELLED
    refund = money_pb2.Money(minor_units=5000, currency="JPY")
    await office.tell(envelope(events_pb2.BookingCancelled(booking=booking, refund=refund, whole=True)))
    await office.deliver(endpoint)
    told = orjson.loads(office.receiver.taken[0].raw)["data"]
    assert told["booking"]["state"] == "CANCELLED"
    assert (told["refund"], told["penalty"], told["whole"]) == ({"minorUnits": 5000, "currency": "JPY"}, None, True)
