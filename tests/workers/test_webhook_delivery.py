"""Hoteliers' webhooks against a real receiver: signed, at least once, tried again, and never sent inside."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from contracts.booking.v1 import booking_pb2
from contracts.events.v1 import events_pb2
from contracts.money.v1 import money_pb2
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc, webhook_pb2, webhook_pb2_grpc
from contracts.review.v1 import review_pb2
from grpc_services.notification.service import notification_service
from grpc_services.notification.webhook_rules import MOST_ATTEMPTS
from runtime.channels import ServiceIdentity, call, open_channel, open_service_identity
from runtime.clock import utc_now
from runtime.database import Database, open_database
from runtime.identifiers import encode_id, new_id
from runtime.identity import Role
from runtime.job_queue import JobQueue, open_job_queue
from runtime.outbound_http import OutboundHttp, open_outbound_http
from tests.grpc_services.notification.events import envelope, snapshot
from tests.grpc_services.notification.inbox import inbox
from tests.house import SignedIn, notification_settings, refused, register_account, service_token, worker_settings
from tests.parts import Parts, free_port
from tests.webhook_receiver import Receiver, running_receiver
from workers.webhook_delivery import deliver_webhooks, sweep_due_webhooks

ALL = ["booking.confirmed", "booking.cancelled", "inventory.changed", "review.created"]


@dataclass
class Clock:
    now: dt.datetime = field(default_factory=utc_now)

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        self.now += dt.timedelta(**duration)


@dataclass
class Office:
    """The notification service with a clock of its own, a hotelier, and the worker's jobs."""

    webhooks: webhook_pb2_grpc.WebhookServiceAsyncStub
    notifications: notification_pb2_grpc.NotificationServiceAsyncStub
    hotelier: SignedIn
    system: str
    clock: Clock
    receiver: Receiver
    context: dict[str, Any]

    async def endpoint(self, url: str = "", **changes: Any) -> webhook_pb2.WebhookEndpointSecret:
        request = webhook_pb2.CreateWebhookEndpointRequest(url=url or self.receiver.url, events=ALL)
        request.MergeFrom(webhook_pb2.CreateWebhookEndpointRequest(**changes))
        return await call(self.webhooks.CreateWebhookEndpoint, request, token=self.hotelier.token)

    async def tell(self, event: events_pb2.Envelope) -> list[str]:
        request = webhook_pb2.RecordWebhookEventRequest(envelope=event.SerializeToString())
        return list((await call(self.webhooks.RecordWebhookEvent, request, token=self.system)).endpoint_ids)

    async def deliver(self, endpoint: webhook_pb2.WebhookEndpointSecret, **changes: Any) -> int:
        return await deliver_webhooks(self.context | changes, endpoint.endpoint.id)

    async def log(self, endpoint: webhook_pb2.WebhookEndpointSecret) -> list[webhook_pb2.WebhookDelivery]:
        request = webhook_pb2.ListWebhookDeliveriesRequest(endpoint_id=endpoint.endpoint.id)
        return list((await call(self.webhooks.ListWebhookDeliveries, request, token=self.hotelier.token)).deliveries)

    async def look(self, endpoint: webhook_pb2.WebhookEndpointSecret) -> webhook_pb2.WebhookEndpoint:
        request = webhook_pb2.ListWebhookEndpointsRequest()
        listed = await call(self.webhooks.ListWebhookEndpoints, request, token=self.hotelier.token)
        return next(one for one in listed.endpoints if one.id == endpoint.endpoint.id)

    def confirmed(self) -> events_pb2.Envelope:
        return envelope(events_pb2.BookingConfirmed(booking=snapshot(new_id(), self.hotelier.account_id)))


@pytest.fixture
async def office(parts: Parts, auth_address: str) -> AsyncIterator[Office]:
    clock = Clock()
    async with (
        running_receiver() as receiver,
        notification_service(
            notification_settings(parts, auth_address, allow_private_addresses=True), clock=clock
        ) as service,
        open_channel(service.address, notification_pb2.DESCRIPTOR, webhook_pb2.DESCRIPTOR) as channel,
        open_outbound_http(allow_private_addresses=True) as outbound,
    ):
        settings = worker_settings(
            parts, auth_address, booking_address="", notification_address=service.address, smtp_port=free_port()
        )
        webhooks: webhook_pb2_grpc.WebhookServiceAsyncStub = webhook_pb2_grpc.WebhookServiceStub(channel)
        identity: ServiceIdentity
        jobs: JobQueue
        async with open_service_identity(auth_address, settings) as identity, open_job_queue(settings) as jobs:
            yield Office(
                webhooks,
                notification_pb2_grpc.NotificationServiceStub(channel),
                await register_account(auth_address, Role.HOTELIER, "Henri Hôtelier"),
                await service_token(auth_address),
                clock,
                receiver,
                {"webhooks": webhooks, "identity": identity, "jobs": jobs, "outbound": outbound},
            )


@pytest.fixture(scope="module")
async def notification_database(parts: Parts) -> AsyncIterator[Database]:
    async with open_database(parts.database_url("notification"), pool_size=2, application_name="tests") as database:
        yield database


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


async def test_a_failing_receiver_is_tried_again_with_the_same_id_and_body_until_it_takes_it(office: Office) -> None:
    endpoint = await office.endpoint()
    office.receiver.statuses.extend([500, 302, 503])
    office.receiver.location = office.receiver.url.replace("innkeeper", "elsewhere")
    await office.tell(office.confirmed())
    assert await office.deliver(endpoint) == 1
    assert await office.deliver(endpoint) == 0  # not before its time
    assert (await office.look(endpoint)).HasField("failing_since")
    for _ in range(3):
        office.clock.forward(minutes=3)
        await sweep_due_webhooks(office.context)
        assert await office.deliver(endpoint) == 1
    assert len({(one.event_id, one.raw) for one in office.receiver.taken}) == 1
    assert office.receiver.elsewhere == []  # redirects are not followed
    (delivery,) = await office.log(endpoint)
    assert [one.status_code for one in delivery.attempts] == [500, 302, 503, 204]
    assert not (await office.look(endpoint)).HasField("failing_since")


async def test_410_switches_the_endpoint_off_and_its_hotelier_is_told(office: Office) -> None:
    endpoint = await office.endpoint()
    office.receiver.statuses.append(410)
    await office.tell(office.confirmed())
    await office.deliver(endpoint)
    found = await office.look(endpoint)
    assert (found.active, found.disabled_reason) == (False, "GONE")
    assert await office.tell(office.confirmed()) == []
    (told,) = (await inbox(office.notifications, office.hotelier.token)).notifications
    assert (told.kind, told.title) == (
        "WebhookEndpointDisabled",
        "Your webhook endpoint at 127.0.0.1 was switched off",
    )
    assert "410" in told.body
    ping = webhook_pb2.PingWebhookEndpointRequest(id=endpoint.endpoint.id)
    assert (await refused(call(office.webhooks.PingWebhookEndpoint, ping, token=office.hotelier.token))).code == (
        "ILLEGAL_STATE"
    )
    switched_on = webhook_pb2.UpdateWebhookEndpointRequest(
        id=found.id, expected_version=found.version, url=found.url, events=found.events, active=True
    )
    again = await call(office.webhooks.UpdateWebhookEndpoint, switched_on, token=office.hotelier.token)
    assert (again.active, again.disabled_reason) == (True, "")


async def test_who_takes_nothing_for_days_is_switched_off(office: Office) -> None:
    endpoint = await office.endpoint(f"http://127.0.0.1:{free_port()}/nobody")
    await office.tell(office.confirmed())
    for _ in range(MOST_ATTEMPTS):
        assert await office.deliver(endpoint) == 1
        office.clock.forward(days=1)
    (delivery,) = await office.log(endpoint)
    assert delivery.state == webhook_pb2.WEBHOOK_DELIVERY_STATE_FAILED
    assert {(one.status_code, one.failure) for one in delivery.attempts} == {(0, "The host cannot be connected to.")}
    assert (await office.look(endpoint)).disabled_reason == "FAILING"
    assert len((await inbox(office.notifications, office.hotelier.token)).notifications) == 1


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


async def test_what_was_delivered_is_sent_again_on_request(office: Office) -> None:
    endpoint = await office.endpoint()
    await office.tell(office.confirmed())
    (waiting,) = await office.log(endpoint)
    again = webhook_pb2.RedeliverWebhookRequest(delivery_id=waiting.id)
    early = await refused(call(office.webhooks.RedeliverWebhook, again, token=office.hotelier.token))
    assert early.code == "ILLEGAL_STATE"
    await office.deliver(endpoint)
    await call(office.webhooks.RedeliverWebhook, again, token=office.hotelier.token)
    await office.deliver(endpoint)
    assert len({(one.event_id, one.raw) for one in office.receiver.taken}) == 1
    assert len((await office.log(endpoint))[0].attempts) == len(office.receiver.taken) == 2


async def test_of_two_workers_one_sends(office: Office) -> None:
    endpoint = await office.endpoint()
    events = [office.confirmed() for _ in range(4)]
    for event in events:
        await office.tell(event)
    await asyncio.gather(*(office.deliver(endpoint) for _ in range(3)))
    assert [one.event_id for one in office.receiver.taken] == [encode_id("WebhookEvent", one.id) for one in events]


async def test_a_worker_that_died_is_followed_by_another_when_its_lease_has_run_out(office: Office) -> None:
    endpoint = await office.endpoint()
    await office.tell(office.confirmed())
    request = webhook_pb2.ClaimWebhookRequest(endpoint_id=endpoint.endpoint.id)
    lost = (await call(office.webhooks.ClaimWebhook, request, token=office.system)).webhook
    assert await office.deliver(endpoint) == 0
    office.clock.forward(minutes=1)
    assert await office.deliver(endpoint) == 1
    late = webhook_pb2.FinishWebhookRequest(delivery_id=lost.delivery_id, claim=lost.claim, status_code=500)
    finished = await call(office.webhooks.FinishWebhook, late, token=office.system)
    assert finished.state == webhook_pb2.WEBHOOK_DELIVERY_STATE_DELIVERED  # it is only logged


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("10.1.2.3",),
        ("172.31.0.9",),
        ("192.168.0.2",),
        ("169.254.169.254",),
        ("100.64.7.7",),
        ("0.0.0.1",),
        ("::1",),
        ("fe80::1",),
        ("fd00::5",),
        ("::ffff:10.0.0.1",),
        ("64:ff9b::7f00:1",),
        ("2002:7f00:1::",),
        ("93.184.216.34", "127.0.0.1"),
    ],
)
async def test_no_name_leads_inside(office: Office, addresses: Sequence[str]) -> None:
    """Whatever a hotelier's name server answers, at whichever moment, nothing is sent to such an address."""
    endpoint = await office.endpoint("https://pms.example.com/hooks")
    await office.tell(office.confirmed())

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    strict: OutboundHttp
    async with open_outbound_http(allow_private_addresses=False, resolve=resolve) as strict:
        assert await office.deliver(endpoint, outbound=strict) == 1
    (delivery,) = await office.log(endpoint)
    (attempt,) = delivery.attempts
    assert (attempt.status_code, attempt.failure) == (0, "This host is not on the public internet.")
    assert office.receiver.taken == []


async def test_others_neither_see_nor_change_an_endpoint(office: Office, auth_address: str) -> None:
    endpoint = await office.endpoint()
    await office.tell(office.confirmed())
    (delivery,) = await office.log(endpoint)
    identifier = endpoint.endpoint.id
    stranger = await register_account(auth_address, Role.HOTELIER)
    guest = await register_account(auth_address, Role.GUEST)
    for person, code in ((stranger.token, "NOT_FOUND"), (guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        refusals = [
            await refused(asked)
            for asked in (
                call(
                    office.webhooks.UpdateWebhookEndpoint,
                    webhook_pb2.UpdateWebhookEndpointRequest(
                        id=identifier, expected_version=1, url="https://evil.example/x", events=ALL, active=True
                    ),
                    token=person,
                ),
                call(
                    office.webhooks.DeleteWebhookEndpoint,
                    webhook_pb2.DeleteWebhookEndpointRequest(id=identifier),
                    token=person,
                ),
                call(
                    office.webhooks.RotateWebhookSecret,
                    webhook_pb2.RotateWebhookSecretRequest(id=identifier),
                    token=person,
                ),
                call(
                    office.webhooks.PingWebhookEndpoint,
                    webhook_pb2.PingWebhookEndpointRequest(id=identifier),
                    token=person,
                ),
                call(
                    office.webhooks.RedeliverWebhook,
                    webhook_pb2.RedeliverWebhookRequest(delivery_id=delivery.id),
                    token=person,
                ),
                call(
                    office.webhooks.ListWebhookDeliveries,
                    webhook_pb2.ListWebhookDeliveriesRequest(endpoint_id=identifier),
                    token=person,
                ),
            )
        ]
        assert {refusal.code for refusal in refusals} == {code}
    own = webhook_pb2.ListWebhookEndpointsRequest()
    assert not (await call(office.webhooks.ListWebhookEndpoints, own, token=stranger.token)).endpoints
    assert await office.look(endpoint) == endpoint.endpoint
    assert await office.log(endpoint) == [delivery]
    event = webhook_pb2.RecordWebhookEventRequest(envelope=office.confirmed().SerializeToString())
    secret_call = call(office.webhooks.RecordWebhookEvent, event, token=office.hotelier.token)
    assert (await refused(secret_call)).code == "PERMISSION_DENIED"


async def test_a_change_made_on_an_older_version_is_refused(office: Office) -> None:
    endpoint = await office.endpoint()
    request = webhook_pb2.UpdateWebhookEndpointRequest(
        id=endpoint.endpoint.id, expected_version=9, url=office.receiver.url, events=ALL, active=False
    )
    refusal = await refused(call(office.webhooks.UpdateWebhookEndpoint, request, token=office.hotelier.token))
    assert refusal.code == "VERSION_CONFLICT"
    assert await office.look(endpoint) == endpoint.endpoint


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
