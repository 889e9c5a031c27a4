"""Opening the hotel of a replay: its accounts, room types, doors and rate plans, made through GraphQL.

What the file does not tell is the plainest that can be: no meals, no taxes, prices for the room whoever sleeps in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stack.replay.client import Client, Connections, mutation, new_key
from stack.replay.rooms import RoomKind
from stack.replay.rows import BookedStay, Deposit

TIME_ZONE = "Europe/Lisbon"
CURRENCY = "EUR"
OLDEST_CHILD = 17
Product = tuple[str, Deposit]  # what a rate plan is for: market segment and deposit

_REGISTER = mutation("accountRegister", "AccountRegistered", "account { id }")
_SIGN_IN = mutation("sessionCreate", "SessionCreated", "accessToken")
_HOTEL = mutation("hotelCreate", "HotelCreated", "hotel { id }")
_ROOM_TYPE = mutation("roomTypeCreate", "RoomTypeCreated", "roomType { id }")
_DOORS = mutation("roomsCreate", "RoomsCreated", "rooms { id }")
_PLAN = mutation("ratePlanCreate", "RatePlanCreated", "ratePlan { id } hotel { version }")
_PUBLISH = mutation("hotelPublish", "HotelPublished", "hotel { ratesVersion }", takes="HotelMoveInput")
_HOUSE = {
    "name": "Resort of the Algarve",
    "address": {"street": "Praia", "postalCode": "8000", "city": "Faro", "country": "PT"},
    "position": {"latitude": 37.02, "longitude": -7.93},
    "timeZone": TIME_ZONE,
    "currency": CURRENCY,
}
_PENALTY_PERCENT = {Deposit.NONE: 0, Deposit.KEPT: 100, Deposit.GIVEN_BACK: 0}


@dataclass(slots=True)
class OpenedHotel:
    """The hotel as its desk knows it: ids by the words of the file, and how the rates stand."""

    id: str
    desk: Client
    channels: Mapping[str, Client]
    room_types: Mapping[str, str]
    plans: Mapping[Product, str]
    rates_version: int
    free_doors: dict[str, list[str]] = field(default_factory=dict)


async def open_hotel(connections: Connections, kinds: Iterable[RoomKind], stays: Sequence[BookedStay]) -> OpenedHotel:
    desk = await _sign_up(connections, "HOTELIER", "Front desk")
    channels = {name: await _sign_up(connections, "GUEST", name) for name in sorted({stay.channel for stay in stays})}
    hotel_id = (await desk.mutate(_HOTEL, **_HOUSE))["hotel"]["id"]
    room_types: dict[str, str] = {}
    doors: dict[str, list[str]] = {}
    for kind in kinds:
        room_types[kind.letter] = await _add_room_type(desk, hotel_id, kind)
        doors[kind.letter] = await _add_doors(desk, room_types[kind.letter], kind)
    plans: dict[Product, str] = {}
    version = 0
    for product in sorted({(stay.segment, stay.deposit) for stay in stays}):
        plan = await _add_plan(desk, hotel_id, product)
        plans[product] = plan["ratePlan"]["id"]
        version = plan["hotel"]["version"]
    published = await desk.mutate(_PUBLISH, hotelId=hotel_id, expectedVersion=version)
    return OpenedHotel(hotel_id, desk, channels, room_types, plans, published["hotel"]["ratesVersion"], doors)


async def _sign_up(connections: Connections, role: str, name: str) -> Client:
    email, password = f"{new_key()}@example.org", new_key()
    anybody = Client(connections)
    await anybody.mutate(_REGISTER, email=email, password=password, name=name, role=role)
    session = await anybody.mutate(_SIGN_IN, email=email, password=password)
    return Client(connections, session["accessToken"])


async def _add_room_type(desk: Client, hotel_id: str, kind: RoomKind) -> str:
    made = await desk.mutate(
        _ROOM_TYPE,
        hotelId=hotel_id,
        name=f"Room {kind.letter}",
        maxAdults=kind.adults,
        maxChildren=kind.children,
        oldestChildAge=OLDEST_CHILD,
        numberOfRooms=kind.rooms,
        basePriceMinorUnits=0,
    )
    identifier: str = made["roomType"]["id"]
    return identifier


async def _add_doors(desk: Client, room_type_id: str, kind: RoomKind) -> list[str]:
    if not kind.rooms:
        return []
    rooms = [{"number": f"{kind.letter}{number + 1:02d}"} for number in range(kind.rooms)]
    made = await desk.mutate(_DOORS, roomTypeId=room_type_id, rooms=rooms)
    return [door["id"] for door in made["rooms"]]


async def _add_plan(desk: Client, hotel_id: str, product: Product) -> dict[str, Any]:
    segment, deposit = product
    return await desk.mutate(
        _PLAN,
        hotelId=hotel_id,
        name=f"{segment}, {deposit}",
        mealPlan="ROOM_ONLY",
        paymentTiming="AT_HOTEL",
        cancellationTiers=[{"hoursBeforeCheckIn": 0, "penaltyPercent": _PENALTY_PERCENT[deposit]}],
    )
