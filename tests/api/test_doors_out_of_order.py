"""A door says itself that it is out of order tonight."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from typing import Any

import httpx

from tests.api.client import Client
from tests.api.hotelier_desk import HotelierDesk, new_room_type
from tests.api.house import ApiHouse

OUT = """
    mutation ($input: RoomOutOfOrderCreateInput!) {
      roomOutOfOrderCreate(input: $input) { __typename ... on UserError { code message path } }
    }
"""
DOORS = """
    query ($id: ID!) {
      hotel(id: $id) { roomTypes { rooms(first: 10) { nodes { number state outOfOrder { reason lastNight } } } } }
    }
"""


async def doors(client: Client, hotel_id: str) -> dict[str, Any]:
    (kind,) = (await client.data(DOORS, {"id": hotel_id}))["hotel"]["roomTypes"]
    return {door["number"]: door["outOfOrder"] for door in kind["rooms"]["nodes"]}


async def test_a_door_tells_the_period_that_takes_it_off_sale_tonight(house: ApiHouse, http: httpx.AsyncClient) -> None:
    desk = HotelierDesk(await Client(http, house.url).sign_up("HOTELIER"))
    hotel = await desk.hotel()
    kind = (await desk.done("roomTypeCreate", **new_room_type(hotel["id"])))["roomType"]
    numbers = [{"number": number} for number in ("1", "2", "3")]
    rooms = (await desk.done("roomsCreate", roomTypeId=kind["id"], rooms=numbers))["rooms"]
    today = dt.datetime.now(dt.UTC).date()
    week = dt.timedelta(days=7)
    for door, first, reason in (
        (rooms[0], today - dt.timedelta(days=1), "Painters"),
        (rooms[1], today + week, "Later"),
    ):
        wanted = {
            "roomId": door["id"],
            "idempotencyKey": uuid.uuid4().hex,
            "firstNight": first.isoformat(),
            "lastNight": (first + week).isoformat(),
            "reason": reason,
        }
        async with asyncio.timeout(30):  # booking hears of the doors by event
            while (answer := await desk.client.mutate(OUT, wanted))["__typename"] != "RoomOutOfOrderCreated":
                assert answer["code"] == "NOT_FOUND", answer
                await asyncio.sleep(0.05)
    assert await doors(desk.client, hotel["id"]) == {
        "1": {"reason": "Painters", "lastNight": (today + dt.timedelta(days=6)).isoformat()},
        "2": None,
        "3": None,
    }
