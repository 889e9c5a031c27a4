"""Inventory through GraphQL: capacity, doors out of order, and the log of both."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

import pytest

from api.node_ids import encode_id
from tests.api.backoffice import NIGHT, Backoffice, add_backoffice
from tests.api.client import Client
from tests.api.house import ApiHouse

UPDATE = """
mutation ($input: InventoryUpdateInput!) {
  inventoryUpdate(input: $input) {
    __typename
    ... on InventoryUpdated {
      version numberOfRooms nightsChanged
      changed { firstNight lastNight before { capacity oversell free } after { capacity capacityOverridden free } }
    }
    ... on UserError { code path }
    ... on CapacityBelowSold { nights { night held sold blocked outOfOrder } }
    ... on VersionConflict { currentVersion }
  }
}
"""
OUT = """
mutation ($input: RoomOutOfOrderCreateInput!) {
  roomOutOfOrderCreate(input: $input) {
    __typename
    ... on RoomOutOfOrderCreated { period { id roomId firstNight lastNight reason endedAt } }
    ... on UserError { code path }
    ... on IllegalState { state }
  }
}
"""
END = """
mutation ($input: RoomOutOfOrderEndInput!) {
  roomOutOfOrderEnd(input: $input) {
    __typename ... on RoomOutOfOrderEnded { period { id endedAt } } ... on UserError { code path }
  }
}
"""
LOG = (
    "inventoryChanges(first: 10) { nodes { action actorId actorRole roomTypeId requestId before after } "
    "pageInfo { hasNextPage } }"
)
PERIODS = "outOfOrder { nodes { id roomId reason endedAt } }"


@pytest.fixture
async def office(house: ApiHouse) -> Backoffice:
    return await add_backoffice(house)


def update(office: Backoffice, version: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "roomTypeId": office.room_type_id,
        "idempotencyKey": uuid.uuid4().hex,
        "expectedVersion": version,
        **changes,
    }


def nights(first: int = 0, last: int = 0, **what: Any) -> dict[str, Any]:
    days = [NIGHT + dt.timedelta(days=number) for number in (first, last)]
    return {"firstNight": days[0].isoformat(), "lastNight": days[1].isoformat(), **what}


def out(office: Backoffice, last: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "roomId": office.room_id,
        "idempotencyKey": uuid.uuid4().hex,
        **nights(0, last),
        "reason": "Painters",
        **changes,
    }


async def test_a_hotelier_writes_capacity_and_sees_what_changed_and_who_did_it(
    office: Backoffice, hotelier: Client, house: ApiHouse
) -> None:
    weekend = nights(0, 6, weekdays=["SATURDAY", "SUNDAY"], oversell=1)
    wanted = update(office, changes=[nights(0, 6, capacity=5), weekend])
    answer = await hotelier.mutate(UPDATE, wanted)
    assert (answer["__typename"], answer["version"], answer["nightsChanged"]) == ("InventoryUpdated", 2, 7)
    assert answer["changed"][0]["before"] == {"capacity": 3, "oversell": 0, "free": 3}
    assert answer["changed"][0]["after"]["capacityOverridden"] is True
    assert await hotelier.mutate(UPDATE, wanted) == answer, "the same key, the same answer"
    log = (await office.of_hotel(hotelier, LOG))["inventoryChanges"]
    (entry,) = log["nodes"]
    assert (entry["action"], entry["actorRole"], entry["roomTypeId"]) == ("UPDATED", "HOTELIER", office.room_type_id)
    assert entry["actorId"] == encode_id("Account", str(house.hotelier.account_id))
    assert entry["after"]["nights"][0]["capacity"] == 5
    assert entry["requestId"]


async def test_what_is_refused_says_why_and_writes_nothing(office: Backoffice, hotelier: Client) -> None:
    assert (await hotelier.mutate(OUT, out(office)))["__typename"] == "RoomOutOfOrderCreated"
    key = {"idempotencyKey": uuid.uuid4().hex}
    done = await hotelier.mutate(UPDATE, update(office, 2, numberOfRooms=4, **key))
    assert (done["__typename"], done["nightsChanged"]) == ("InventoryUpdated", 502)
    before = await office.of_hotel(hotelier, LOG + PERIODS)
    below = await hotelier.mutate(UPDATE, update(office, 3, numberOfRooms=0))
    assert below["__typename"] == "CapacityBelowSold"
    assert [(night["night"], night["held"], night["outOfOrder"]) for night in below["nights"]] == [
        (NIGHT.isoformat(), 0, 1),
        ((NIGHT + dt.timedelta(days=1)).isoformat(), 0, 1),
    ]
    conflict = await hotelier.mutate(UPDATE, update(office, 2, numberOfRooms=9))
    assert (conflict["__typename"], conflict["currentVersion"]) == ("VersionConflict", 3)
    for wanted, kind, path in (
        (update(office, 3, numberOfRooms=9, **key), "IdempotencyConflict", ["idempotencyKey"]),
        (update(office, 3, roomTypeId=encode_id("RoomType", str(uuid.uuid4()))), "NotFound", ["roomTypeId"]),
        (update(office, 3, roomTypeId=office.hotel_id), "NotFound", ["roomTypeId"]),
        (update(office, 3, roomTypeId="nonsense"), "InvalidInput", ["roomTypeId"]),
        (update(office, 3, numberOfRooms=-1), "InvalidInput", ["numberOfRooms"]),
        (update(office, 3, changes=[nights(), nights(capacity=1)]), "InvalidInput", ["changes", "0"]),
        (update(office, 3, changes=[nights(1, 0, capacity=1)]), "InvalidInput", ["changes", "0", "lastNight"]),
    ):
        answer = await hotelier.mutate(UPDATE, wanted)
        assert (answer["__typename"], answer["path"]) == (kind, path)
    assert await office.of_hotel(hotelier, LOG + PERIODS) == before


async def test_a_door_goes_off_sale_and_comes_back(office: Backoffice, hotelier: Client) -> None:
    created = await hotelier.mutate(OUT, out(office))
    period = created["period"]
    assert (period["roomId"], period["reason"], period["endedAt"]) == (office.room_id, "Painters", None)
    overlapping = await hotelier.mutate(OUT, out(office))
    assert (overlapping["__typename"], overlapping["state"]) == ("IllegalState", "OUT_OF_ORDER")
    for wanted, kind, path in (
        (out(office, roomId=office.room_type_id), "NotFound", ["roomId"]),
        (out(office, last=-1), "InvalidInput", ["lastNight"]),
        (out(office, reason="x" * 201), "InvalidInput", ["reason"]),
    ):
        answer = await hotelier.mutate(OUT, wanted)
        assert (answer["__typename"], answer["path"]) == (kind, path)
    listed = (await office.of_hotel(hotelier, PERIODS))["outOfOrder"]["nodes"]
    assert [one["id"] for one in listed] == [period["id"]]
    ended = await hotelier.mutate(END, {"id": period["id"]})
    assert ended["period"]["endedAt"]
    assert await hotelier.mutate(END, {"id": period["id"]}) == ended
    actions = (await office.of_hotel(hotelier, LOG))["inventoryChanges"]["nodes"]
    assert [entry["action"] for entry in actions] == ["BACK_IN_ORDER", "OUT_OF_ORDER"]


async def test_inventory_is_nobody_elses_business(
    office: Backoffice, hotelier: Client, guest: Client, house: ApiHouse
) -> None:
    period = (await hotelier.mutate(OUT, out(office)))["period"]
    other = await Client(guest.http, guest.url).sign_up("HOTELIER")
    before = await office.of_hotel(hotelier, LOG + PERIODS)
    rows = await house.rows()
    for stranger, kind in ((other, "NotFound"), (guest, "NotPermitted")):
        for mutation, wanted in (
            (UPDATE, update(office, 2, numberOfRooms=9)),
            (OUT, out(office, **nights(5, 6))),
            (END, {"id": period["id"]}),
        ):
            assert (await stranger.mutate(mutation, wanted))["__typename"] == kind
    assert await house.rows() == rows
    assert await office.of_hotel(hotelier, LOG + PERIODS) == before


@pytest.mark.parametrize("field", [LOG, PERIODS, "calendarFeeds { nodes { url } }"])
async def test_a_house_that_everybody_sees_shows_its_inventory_to_its_hotelier_alone(
    field: str, house: ApiHouse, guest: Client, nobody: Client, hotelier: Client
) -> None:
    grand = encode_id("Hotel", str(house.houses["Grand House"].id))
    query = f"query ($id: ID!) {{ hotel(id: $id) {{ name {field} }} }}"
    other = await Client(guest.http, guest.url).sign_up("HOTELIER")
    for stranger, code in ((other, "NOT_FOUND"), (guest, "PERMISSION_DENIED"), (nobody, "UNAUTHENTICATED")):
        body = await stranger.body(query, {"id": grand})
        assert [error["extensions"]["code"] for error in body["errors"]] == [code]
        assert body["data"]["hotel"] == {"name": "Grand House", re.split(r"\W", field)[0]: None}
    assert (await hotelier.data(query, {"id": grand}))["hotel"]["name"] == "Grand House"
