"""Everything that has a global id is found by it, by whom may see it, and by nobody else."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from api.node_ids import encode_id
from api.node_lookup import LOOK_UPS
from runtime.identity import Role
from tests.api.client import Client, until
from tests.api.extra_shop import CREATE as EXTRA_CREATE
from tests.api.hotelier_desk import HotelierDesk, new_room_type
from tests.api.house import ApiHouse
from tests.api.salon_desk import SalonDesk
from tests.api.test_appointments import done, slots, visit
from tests.api.test_nodes_and_pages import NODE
from tests.api.test_reviews import CREATE as REVIEW_CREATE
from tests.api.test_reviews import wanted as wanted_review
from tests.grpc_services.booking.desk import open_desk
from tests.grpc_services.review.stays import completed_stay
from tests.house import SignedIn, register_account

# The house is a draft, so what is of it is its hotelier's alone; a quote is nobody's before it is booked.
OPEN_TO_ALL = frozenset({"Quote", "Review", "Salon", "Master"})
CHANGES = "query ($id: ID!) { hotel(id: $id) { changes { nodes { id } } } }"
TOLD = "{ viewer { notifications { nodes { id } } } }"


@dataclass(frozen=True)
class Things:
    """One of each type: who may see it, and its id."""

    of: dict[str, tuple[Client, str]]
    stranger: Client
    rival: Client


async def extra_of(hotelier: Client, hotel_id: str) -> str:
    wanted = {"hotelId": hotel_id, "name": "Cot", "chargeUnit": "STAY", "priceMinorUnits": 500}
    extra: dict[str, Any] = (await hotelier.mutate(EXTRA_CREATE, wanted))["extra"]
    return str(extra["id"])


async def reviewed(house: ApiHouse, http: httpx.AsyncClient) -> str:
    """The id of a review of a stay that is over."""
    owner = await register_account(house.auth_address, Role.HOTELIER)
    person: SignedIn = await register_account(house.auth_address, Role.GUEST)
    async with open_desk(house.parts, house.auth_address, house.settings.booking_address) as desk:
        built = await desk.house(owner, name="Found House", city="Foundville")
        stay = await completed_stay(desk, built, owner, person)
    author = Client(http, house.url, token=person.token)
    made = await author.mutate(REVIEW_CREATE, wanted_review(encode_id("Booking", stay.id)))
    return str(made["review"]["id"])


async def told(guest: Client) -> str:
    """The id of the newest thing that they were told."""
    found: list[str] = []

    async def was_told() -> bool:
        found[:] = [node["id"] for node in (await guest.data(TOLD))["viewer"]["notifications"]["nodes"]]
        return bool(found)

    await until(was_told)
    return found[0]


@pytest.fixture(scope="module")
async def things(house: ApiHouse, http: httpx.AsyncClient) -> Things:
    owner, rival = [await Client(http, house.url).sign_up("HOTELIER") for _ in range(2)]
    guest, stranger = [await Client(http, house.url).sign_up() for _ in range(2)]
    desk = HotelierDesk(owner)
    hotel = await desk.hotel()
    room_type = (await desk.done("roomTypeCreate", **new_room_type(hotel["id"])))["roomType"]
    doors = await desk.done("roomsCreate", roomTypeId=room_type["id"], rooms=[{"number": "7"}])
    extra = await extra_of(owner, hotel["id"])
    changes = (await owner.data(CHANGES, {"id": hotel["id"]}))["hotel"]["changes"]["nodes"]
    salon = await SalonDesk(owner).published()
    start = (await slots(guest, salon))[0]["startsAt"]
    appointment = await done(guest, "appointmentCreate", **visit(salon, start))
    grand = house.houses["Grand House"]
    quoted = await guest.quote(grand)
    booking = await guest.book(grand)
    return Things(
        {
            "Hotel": (owner, hotel["id"]),
            "RoomType": (owner, room_type["id"]),
            "Room": (owner, doors["rooms"][0]["id"]),
            "Extra": (owner, extra),
            "Change": (owner, changes[0]["id"]),
            "Salon": (owner, salon["id"]),
            "Master": (owner, salon["masters"][0]["id"]),
            "Appointment": (guest, appointment["id"]),
            "Quote": (guest, quoted["id"]),
            "Booking": (guest, booking["id"]),
            "Notification": (guest, await told(guest)),
            "Review": (guest, await reviewed(house, http)),
        },
        stranger,
        rival,
    )


@pytest.mark.parametrize("kind", LOOK_UPS)
async def test_who_may_see_it_finds_it_and_others_find_nothing(things: Things, kind: str) -> None:
    theirs, identifier = things.of[kind]
    found = {"node": {"__typename": kind, "id": identifier}}
    assert await theirs.data(NODE, {"id": identifier}) == found
    for other in (things.stranger, things.rival):
        assert await other.data(NODE, {"id": identifier}) == (found if kind in OPEN_TO_ALL else {"node": None})


async def test_an_admin_finds_parts_of_every_house(house: ApiHouse, http: httpx.AsyncClient, things: Things) -> None:
    nobody = SignedIn(uuid.uuid4(), "", "")
    admin = Client(http, house.url, token=await house.token_for(nobody, Role.ADMIN, 600))
    for kind in ("RoomType", "Room", "Extra", "Change"):
        identifier = things.of[kind][1]
        assert (await admin.data(NODE, {"id": identifier}))["node"] == {"__typename": kind, "id": identifier}


async def test_parts_of_a_published_house_are_for_everybody_and_its_doors_are_not(
    house: ApiHouse, nobody: Client, guest: Client
) -> None:
    kind = encode_id("RoomType", house.houses["Grand House"].room_types[0])
    query = "query ($id: ID!) { node(id: $id) { ... on RoomType { id basePrice { currency } } } }"
    expected = {"node": {"id": kind, "basePrice": {"currency": "EUR"}}}
    for client in (nobody, guest):
        assert await client.data(query, {"id": kind}) == expected
    assert await nobody.refusal(NODE, {"id": encode_id("Room", str(uuid.uuid4()))}) == {"code": "UNAUTHENTICATED"}


async def test_several_of_a_kind_are_found_at_once(things: Things) -> None:
    theirs, identifier = things.of["Extra"]
    query = "query ($a: ID!, $b: ID!) { a: node(id: $a) { id } b: node(id: $b) { id } }"
    unknown = encode_id("Extra", str(uuid.uuid4()))
    assert await theirs.data(query, {"a": unknown, "b": identifier}) == {"a": None, "b": {"id": identifier}}
