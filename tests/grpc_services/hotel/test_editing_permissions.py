"""Nobody edits another's house, nor learns that it exists; admins edit any; our processes only tell numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.message import Message

from contracts.hotel.v1 import extra_pb2, hotel_import_pb2, hotel_pb2, rate_pb2
from grpc_services.auth.access_tokens import AccessTokens
from grpc_services.auth.signing_keys import SigningKeys
from runtime.channels import call
from runtime.database import Database, open_database
from runtime.identifiers import new_id
from runtime.identity import Role
from tests.grpc_services.hotel.hotelier import (
    Hotelier,
    everything,
    hotel_message,
    rate_plan_message,
    room_type_message,
)
from tests.house import SIGNING_KEY_SECRET, auth_settings, refused, register_account, service_token
from tests.parts import Parts


@dataclass(frozen=True)
class Target:
    """A draft with one of everything."""

    hotel: hotel_pb2.Hotel
    kind: hotel_pb2.RoomType
    plan: hotel_pb2.RatePlan
    room: hotel_pb2.Room


@pytest.fixture(scope="module")
async def target(hotelier: Hotelier) -> Target:
    hotel = await hotelier.hotel()
    kind = await hotelier.room_type(hotel)
    (room,) = await hotelier.rooms(kind, "1")
    return Target(hotel, kind, await hotelier.rate_plan(hotel), room)


@pytest.fixture(scope="module")
async def guest_token(auth_address: str) -> str:
    return (await register_account(auth_address, Role.GUEST)).token


@pytest.fixture(scope="module")
async def admin(parts: Parts, hotelier: Hotelier) -> Hotelier:
    """Nobody registers as an admin; operators make them."""
    async with open_database(parts.database_url("auth"), pool_size=1, application_name="tests") as database:
        keys = SigningKeys(database, SIGNING_KEY_SECRET, token_lifetime=dt.timedelta(minutes=10))
        await keys.load()
        token = AccessTokens(keys, auth_settings(parts)).for_session(new_id(), Role.ADMIN, new_id()).text
    return Hotelier(hotelier.stub, token)


def update_hotel(house: Target) -> Message:
    changed = hotel_pb2.Hotel(id=house.hotel.id, name="Mine now")
    return hotel_pb2.UpdateHotelRequest(hotel=changed, fields=["name"], expected_version=1)


def update_room_type(house: Target) -> Message:
    changed = hotel_pb2.RoomType(id=house.kind.id, name="Mine now")
    return hotel_pb2.UpdateRoomTypeRequest(room_type=changed, fields=["name"], expected_version=1)


def update_rate_plan(house: Target) -> Message:
    changed = hotel_pb2.RatePlan(id=house.plan.id, name="Mine now")
    return hotel_pb2.UpdateRatePlanRequest(rate_plan=changed, fields=["name"], expected_version=1)


def update_room(house: Target) -> Message:
    changed = hotel_pb2.Room(id=house.room.id, floor="9")
    return hotel_pb2.UpdateRoomRequest(room=changed, fields=["floor"], expected_version=1)


EDITS: dict[str, tuple[str, Callable[[Target], Message]]] = {
    "UpdateHotel": ("hotelId", update_hotel),
    "MoveHotel": (
        "hotelId",
        lambda house: hotel_pb2.MoveHotelRequest(
            id=house.hotel.id, state=hotel_pb2.HOTEL_STATE_PUBLISHED, expected_version=1
        ),
    ),
    "CreateRoomType": (
        "hotelId",
        lambda house: hotel_pb2.CreateRoomTypeRequest(room_type=room_type_message(hotel_id=house.hotel.id)),
    ),
    "UpdateRoomType": ("roomTypeId", update_room_type),
    "ArchiveRoomType": (
        "roomTypeId",
        lambda house: hotel_pb2.ArchiveRoomTypeRequest(id=house.kind.id, expected_version=1),
    ),
    "CreateRatePlan": (
        "hotelId",
        lambda house: hotel_pb2.CreateRatePlanRequest(rate_plan=rate_plan_message(hotel_id=house.hotel.id)),
    ),
    "UpdateRatePlan": ("ratePlanId", update_rate_plan),
    "ArchiveRatePlan": (
        "ratePlanId",
        lambda house: hotel_pb2.ArchiveRatePlanRequest(id=house.plan.id, expected_version=1),
    ),
    "CreateRooms": (
        "roomTypeId",
        lambda house: hotel_pb2.CreateRoomsRequest(room_type_id=house.kind.id, rooms=[hotel_pb2.Room(number="2")]),
    ),
    "UpdateRoom": ("roomId", update_room),
    "ArchiveRoom": ("roomId", lambda house: hotel_pb2.ArchiveRoomRequest(id=house.room.id, expected_version=1)),
    "ListRooms": ("hotelId", lambda house: hotel_pb2.ListRoomsRequest(hotel_id=house.hotel.id)),
    "ListChanges": ("hotelId", lambda house: hotel_pb2.ListChangesRequest(hotel_id=house.hotel.id)),
}


@pytest.mark.parametrize("name", EDITS)
async def test_only_its_own_hotelier_edits_a_house(
    name: str,
    target: Target,
    hotelier: Hotelier,
    rival: Hotelier,
    guest_token: str,
    auth_address: str,
    hotel_database: Database,
) -> None:
    path, make = EDITS[name]
    method, request = getattr(hotelier.stub, name), make(target)
    before = await everything(hotel_database, target.hotel.id)
    assert (await refused(call(method, request, token=""))).code == "UNAUTHENTICATED"
    assert (await refused(call(method, request, token=guest_token))).code == "PERMISSION_DENIED"
    assert (await refused(call(method, request, token=await service_token(auth_address)))).code == "PERMISSION_DENIED"
    refusal = await refused(call(method, request, token=rival.token))
    assert (refusal.code, refusal.path) == ("NOT_FOUND", (path,))
    unknown = make(
        Target(
            hotel_pb2.Hotel(id=str(new_id())),
            hotel_pb2.RoomType(id=str(new_id())),
            hotel_pb2.RatePlan(id=str(new_id())),
            hotel_pb2.Room(id=str(new_id())),
        )
    )
    missing = await refused(call(method, unknown, token=rival.token))
    assert (missing.code, missing.path, missing.message) == ("NOT_FOUND", refusal.path, refusal.message)
    nonsense = make(
        Target(hotel_pb2.Hotel(id="x"), hotel_pb2.RoomType(id="x"), hotel_pb2.RatePlan(id="x"), hotel_pb2.Room(id="x"))
    )
    unread = await refused(call(method, nonsense, token=hotelier.token))
    assert (unread.code, unread.path) == ("INVALID_INPUT", (path,))
    assert await everything(hotel_database, target.hotel.id) == before


async def test_every_edit_is_in_the_table() -> None:
    public = {
        "GetHotels",
        "GetHotelParts",
        "PriceStay",
        "PriceOffers",
        "ListStayRestrictions",
        "StreamCatalogue",
        "GetRates",
    }
    elsewhere = {
        "ListOwnHotels",
        "CreateHotel",
        "ImportHotels",
        "PutNumberOfRooms",
        "PutRating",
        "UpdateRates",
        "GetOwnHotelParts",
    }
    rules = {"ListPriceRules", "CreatePriceRule", "UpdatePriceRule", "DeletePriceRule"}
    extras = {"CreateExtra", "UpdateExtra", "ArchiveExtra"}
    contracts = (hotel_pb2.DESCRIPTOR, rate_pb2.DESCRIPTOR, extra_pb2.DESCRIPTOR, hotel_import_pb2.DESCRIPTOR)
    services = [service for contract in contracts for service in contract.services_by_name.values()]
    methods = {method.name for service in services for method in service.methods}
    assert methods - public - elsewhere - rules - extras == set(EDITS)


async def test_guests_make_no_houses(hotelier: Hotelier, guest_token: str, hotel_database: Database) -> None:
    before = await everything(hotel_database, str(new_id()))
    request = hotel_pb2.CreateHotelRequest(hotel=hotel_message())
    for token, code in (("", "UNAUTHENTICATED"), (guest_token, "PERMISSION_DENIED")):
        assert (await refused(call(hotelier.stub.CreateHotel, request, token=token))).code == code
    assert await everything(hotel_database, str(new_id())) == before


async def test_people_tell_no_numbers_of_our_own_processes(
    hotelier: Hotelier, admin: Hotelier, target: Target, hotel_database: Database
) -> None:
    before = await everything(hotel_database, target.hotel.id)
    put: list[tuple[Any, Message]] = [
        (
            hotelier.stub.PutNumberOfRooms,
            hotel_pb2.PutNumberOfRoomsRequest(room_type_id=target.kind.id, number_of_rooms=9, inventory_version=9),
        ),
        (
            hotelier.stub.PutRating,
            hotel_pb2.PutRatingRequest(
                hotel_id=target.hotel.id, rating=hotel_pb2.RatingSummary(count=1, mean_hundredths=500)
            ),
        ),
    ]
    for method, request in put:
        assert (await refused(call(method, request, token=""))).code == "UNAUTHENTICATED"
        for token in (hotelier.token, admin.token):
            assert (await refused(call(method, request, token=token))).code == "PERMISSION_DENIED"
    assert await everything(hotel_database, target.hotel.id) == before


async def test_an_admin_sees_and_edits_any_house(hotelier: Hotelier, admin: Hotelier) -> None:
    hotel = await hotelier.hotel()
    request = hotel_pb2.GetHotelsRequest(ids=[hotel.id])
    assert list((await call(admin.stub.GetHotels, request, token=admin.token)).hotels) == [hotel]
    kind = await admin.room_type(hotel)
    await admin.rooms(kind, "1")
    edited = await admin.edit(hotel, 1, name="Corrected")
    assert (edited.name, edited.owner_id) == ("Corrected", hotel.owner_id)
    assert {change.actor_role for change in await admin.changes(hotel)} == {"ADMIN", "HOTELIER"}
