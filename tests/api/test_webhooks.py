"""A hotelier's own system hears of what guests do, through every part of the platform."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.node_ids import encode_id
from runtime.identifiers import new_id
from tests.api.client import Client, until
from tests.api.hotelier_desk import HotelierDesk, new_rate_plan, new_room_type
from tests.api.house import ApiHouse
from tests.webhook_receiver import Receiver, running_receiver

REFUSED = "__typename ... on UserError { code message path }"
ENDPOINT = "id url events allHouses hotelIds active disabledReason version"
CREATE = (
    "mutation ($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input) "
    f"{{ {REFUSED} ... on WebhookEndpointCreated {{ secret endpoint {{ {ENDPOINT} }} }} }} }}"
)
PING = (
    "mutation ($input: WebhookEndpointInput!) { webhookEndpointPing(input: $input) "
    f"{{ {REFUSED} ... on WebhookDeliveryStarted {{ delivery {{ id type }} }} }} }}"
)
DELETE = (
    "mutation ($input: WebhookEndpointInput!) { webhookEndpointDelete(input: $input) "
    f"{{ {REFUSED} ... on WebhookEndpointDeleted {{ id }} }} }}"
)
REDELIVER = (
    "mutation ($input: WebhookDeliveryRedeliverInput!) { webhookDeliveryRedeliver(input: $input) "
    f"{{ {REFUSED} ... on WebhookDeliveryStarted {{ delivery {{ eventId state }} }} }} }}"
)
LOG = (
    "{ viewer { webhookEndpoints { nodes { id deliveries { nodes "
    "{ id eventId type state attempts { statusCode failure durationMilliseconds at } } } } } } }"
)
UPDATE = (
    "mutation ($input: WebhookEndpointUpdateInput!) { webhookEndpointUpdate(input: $input) "
    f"{{ {REFUSED} ... on WebhookEndpointUpdated {{ endpoint {{ {ENDPOINT} }} }} }} }}"
)
CHANGE = "action endpointId actorId actorRole at requestId fields { name before after }"
CHANGES = f"""
query ($first: Int = 20, $after: String) {{ viewer {{
  webhookChanges(first: $first, after: $after) {{ nodes {{ {CHANGE} }} pageInfo {{ hasNextPage endCursor }} }}
  webhookEndpoints {{ nodes {{ id changes {{ nodes {{ {CHANGE} }} }} }} }}
}} }}
"""
DISPUTED = "4000000000002685"
CAPACITY = (
    "mutation ($input: InventoryUpdateInput!) { inventoryUpdate(input: $input) "
    "{ __typename ... on UserError { code message path } } }"
)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with running_receiver() as running:
        yield running


@pytest.fixture
async def desk(house: ApiHouse, http: httpx.AsyncClient) -> HotelierDesk:
    return HotelierDesk(await Client(http, house.url).sign_up("HOTELIER"))


async def deliveries(client: Client) -> list[dict[str, Any]]:
    (endpoint,) = (await client.data(LOG))["viewer"]["webhookEndpoints"]["nodes"]
    found: list[dict[str, Any]] = endpoint["deliveries"]["nodes"]
    return found


async def test_a_change_of_inventory_reaches_the_hoteliers_own_system(desk: HotelierDesk, receiver: Receiver) -> None:
    hotel = await desk.hotel()
    created = await desk.client.mutate(
        CREATE,
        {"url": receiver.url, "events": ["INVENTORY_CHANGED"], "allHouses": False, "hotelIds": [hotel["id"]]},
    )
    assert created["__typename"] == "WebhookEndpointCreated", created
    kind = (await desk.done("roomTypeCreate", **new_room_type(hotel["id"])))["roomType"]
    await desk.done("ratePlanCreate", **new_rate_plan(hotel["id"]))

    async def changed() -> bool:
        wanted = {
            "roomTypeId": kind["id"],
            "idempotencyKey": str(new_id()),
            "expectedVersion": 1,
            "numberOfRooms": 2,
        }
        return "code" not in await desk.client.mutate(CAPACITY, wanted)

    await until(changed)
    body = (await receiver.has(1))[0].verified(created["secret"])
    assert body["type"] == "inventory.changed"
    assert (body["data"]["hotelId"], body["data"]["roomTypeId"]) == (hotel["id"], kind["id"])

    async def delivered() -> bool:
        return {one["state"] for one in await deliveries(desk.client)} == {"DELIVERED"}

    await until(delivered)
    first = (await deliveries(desk.client))[-1]
    assert [one["statusCode"] for one in first["attempts"]] == [204]
    assert first["eventId"] == receiver.taken[0].event_id
    again = await desk.client.mutate(REDELIVER, {"id": first["id"]})
    assert again["delivery"]["eventId"] == first["eventId"]
    await receiver.has(2)


async def test_what_becomes_of_a_guests_money_reaches_the_hoteliers_books(
    house: ApiHouse, hotelier: Client, guest: Client, receiver: Receiver
) -> None:
    events = ["BOOKING_PAYMENT_STARTED", "BOOKING_PAYMENT_RECEIVED", "BOOKING_CONFIRMED", "BOOKING_DISPUTE_OPENED"]
    created = await hotelier.mutate(CREATE, {"url": receiver.url, "events": events})
    booking = await guest.book(house.houses["Grand House"], ahead=150)
    await guest.pay(await guest.begin_payment(booking), DISPUTED)

    def told() -> dict[str, Any]:
        bodies = [one.verified(created["secret"]) for one in receiver.taken]
        return {one["type"]: one["data"] for one in bodies if one["data"]["booking"]["id"] == booking["id"]}

    async def disputed() -> bool:
        return "booking.dispute_opened" in told()

    await until(disputed)
    assert set(told()) == {
        "booking.payment_started",
        "booking.payment_received",
        "booking.confirmed",
        "booking.dispute_opened",
    }
    received, dispute = told()["booking.payment_received"], told()["booking.dispute_opened"]
    assert received["method"] == "ONLINE"
    assert received["amount"] == received["booking"]["paid"] == received["booking"]["total"] == dispute["amount"]
    await hotelier.mutate(DELETE, {"id": created["endpoint"]["id"]})


async def test_a_hotelier_sees_who_changed_what_of_their_endpoints(
    desk: HotelierDesk, house: ApiHouse, http: httpx.AsyncClient, guest: Client
) -> None:
    hotel = await desk.hotel()
    wanted = {"url": "https://pms.example/x", "events": ["BOOKING_CONFIRMED"]}
    endpoint = (await desk.client.mutate(CREATE, wanted))["endpoint"]
    named = {"allHouses": False, "hotelIds": [hotel["id"]], "active": True}
    await desk.client.mutate(UPDATE, wanted | named | {"id": endpoint["id"], "expectedVersion": 1})
    stale = await desk.client.mutate(UPDATE, wanted | named | {"id": endpoint["id"], "expectedVersion": 1})
    assert stale["code"] == "VERSION_CONFLICT"
    seen = (await desk.client.data(CHANGES))["viewer"]
    updated, created = seen["webhookChanges"]["nodes"]
    assert seen["webhookEndpoints"]["nodes"][0]["changes"]["nodes"] == [updated, created]
    assert (updated["action"], created["action"]) == ("UPDATED", "CREATED")
    assert (updated["endpointId"], updated["actorRole"]) == (endpoint["id"], "HOTELIER")
    assert updated["actorId"]
    assert {one["name"]: (one["before"], one["after"]) for one in updated["fields"]} == {
        "allHouses": (True, False),
        "hotelIds": ([], [hotel["id"]]),
    }
    await desk.client.mutate(DELETE, {"id": endpoint["id"]})
    page = (await desk.client.data(CHANGES, {"first": 1}))["viewer"]["webhookChanges"]
    assert ([one["action"] for one in page["nodes"]], page["pageInfo"]["hasNextPage"]) == (["DELETED"], True)
    rest = (await desk.client.data(CHANGES, {"after": page["pageInfo"]["endCursor"]}))["viewer"]["webhookChanges"]
    assert rest["nodes"] == [updated, created]
    other = await Client(http, house.url).sign_up("HOTELIER")
    for stranger in (other, guest):
        assert (await stranger.data(CHANGES))["viewer"]["webhookChanges"]["nodes"] == []


async def test_a_ping_arrives(desk: HotelierDesk, receiver: Receiver) -> None:
    created = await desk.client.mutate(CREATE, {"url": receiver.url, "events": ["BOOKING_CONFIRMED"]})
    await desk.client.mutate(PING, {"id": created["endpoint"]["id"]})
    body = (await receiver.has(1))[0].verified(created["secret"])
    assert (body["type"], body["data"]) == ("endpoint.ping", {"endpointId": created["endpoint"]["id"]})


async def test_an_endpoint_is_for_houses_of_ones_own(house: ApiHouse, desk: HotelierDesk) -> None:
    theirs = encode_id("Hotel", str(house.houses["Grand House"].id))
    unknown = encode_id("Salon", str(new_id()))
    wanted = {"url": "https://pms.example/x", "events": ["BOOKING_CONFIRMED"], "allHouses": False}
    for field, name in (("hotelIds", theirs), ("salonIds", unknown)):
        refusal = await desk.client.mutate(CREATE, wanted | {field: [name]})
        assert (refusal["code"], refusal["path"]) == ("NOT_FOUND", [field, "0"])
    assert (await desk.client.data(LOG))["viewer"]["webhookEndpoints"]["nodes"] == []


async def test_a_strangers_endpoint_is_not_there(desk: HotelierDesk, house: ApiHouse, http: httpx.AsyncClient) -> None:
    created = await desk.client.mutate(CREATE, {"url": "https://pms.example/x", "events": ["BOOKING_CONFIRMED"]})
    other = await Client(http, house.url).sign_up("HOTELIER")
    for document in (PING, DELETE):
        refusal = await other.mutate(document, {"id": created["endpoint"]["id"]})
        assert refusal["code"] == "NOT_FOUND"
    assert (await other.data(LOG))["viewer"]["webhookEndpoints"]["nodes"] == []
    assert await deliveries(desk.client) == []


async def test_guests_and_nobody_have_no_endpoints(guest: Client, nobody: Client) -> None:
    wanted = {"url": "https://pms.example/x", "events": ["BOOKING_CONFIRMED"]}
    assert (await guest.mutate(CREATE, wanted))["code"] == "PERMISSION_DENIED"
    assert (await nobody.mutate(CREATE, wanted))["code"] == "UNAUTHENTICATED"
    assert (await guest.data(LOG))["viewer"]["webhookEndpoints"]["nodes"] == []
