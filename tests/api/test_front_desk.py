"""The front desk through GraphQL: lists, room plan, doors, notes, walk-ins, blocks and figures."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import httpx
import pytest

from api.node_ids import encode_id
from contracts.booking.v1 import inventory_pb2, inventory_pb2_grpc
from contracts.hotel.v1 import hotel_pb2
from runtime.channels import call, open_channel
from runtime.database import open_database
from stack.tour_client import document
from tests.api.client import Client, room, stay, today, wish
from tests.api.hotelier_desk import REFUSED
from tests.api.house import ApiHouse
from tests.grpc_services.hotel.catalogue import House, HouseInput, Kind, add_house
from tests.house import service_token

AHEAD = 90
DAY = (today() + dt.timedelta(days=AHEAD)).isoformat()
LEAVING = (today() + dt.timedelta(days=AHEAD + 2)).isoformat()
DOORS = "booking { id reference source due { minorUnits } bookedRooms { doors { number firstNight endNight } } }"
ASSIGN = (
    f"mutation ($input: RoomAssignInput!) {{ roomAssign(input: $input) {{ {REFUSED} "
    f"... on DoorTaken {{ nights }} ... on IllegalState {{ state allowed }} ... on RoomAssigned {{ {DOORS} }} }} }}"
)
UNASSIGN = (
    f"mutation ($input: RoomUnassignInput!) {{ roomUnassign(input: $input) {{ {REFUSED} "
    f"... on RoomUnassigned {{ {DOORS} }} }} }}"
)
WALK_IN = (
    f"mutation ($input: WalkInCreateInput!) {{ walkInCreate(input: $input) {{ {REFUSED} "
    f"... on WalkInCreated {{ {DOORS} }} }} }}"
)
NOTE = (
    f"mutation ($input: BookingNoteAddInput!) {{ bookingNoteAdd(input: $input) {{ {REFUSED} "
    "... on BookingNoteAdded { note { text authorId } } } }"
)
BLOCK = "id name state checkIn checkOut releaseDate version rooms { roomTypeId rooms taken }"
KEEP = (
    f"mutation ($input: BlockCreateInput!) {{ blockCreate(input: $input) {{ {REFUSED} "
    f"... on RoomUnavailable {{ nights }} ... on BlockCreated {{ block {{ {BLOCK} }} }} }} }}"
)
RELEASE = (
    f"mutation ($input: BlockReleaseInput!) {{ blockRelease(input: $input) {{ {REFUSED} "
    f"... on BlockReleased {{ block {{ {BLOCK} }} }} }} }}"
)
OUT = (
    f"mutation ($input: RoomOutOfOrderCreateInput!) {{ roomOutOfOrderCreate(input: $input) {{ {REFUSED} "
    "... on DoorTaken { nights } ... on RoomOutOfOrderCreated { period { id } } } }"
)
PLAN = (
    f'roomPlan(from: "{DAY}", to: "{LEAVING}") {{ doors {{ number floor roomTypeId '
    "stays { bookingId reference guestName state position firstNight endNight } repairs { reason firstNight } } "
    "withoutDoor { reference } }"
)
NOTES = "query ($id: ID!) { booking(id: $id) { reference notes { nodes { text } } } }"


class Inn:
    """A house of the hotelier's with four rooms and two doors."""

    def __init__(self, built: House, doors: list[str]) -> None:
        self.built = built
        self.doors = [encode_id("Room", door) for door in doors]
        self.id = encode_id("Hotel", str(built.id))

    async def asked(self, client: Client, fields: str) -> Any:
        return (await client.data(f"query ($id: ID!) {{ hotel(id: $id) {{ {fields} }} }}", {"id": self.id}))["hotel"]

    async def walk_in(self, hotelier: Client, name: str = "Paul Passant", **changes: Any) -> dict[str, Any]:
        quoted = await hotelier.quote(self.built, ahead=AHEAD)
        wanted = {**wish(quoted["id"], "paul@example.org"), "guest": {"name": name, "email": "p@example.org"}}
        created = await hotelier.mutate(WALK_IN, {**wanted, **changes})
        assert created["__typename"] == "WalkInCreated", created
        booking: dict[str, Any] = created["booking"]
        return booking

    def door(self, booking: dict[str, Any], door: int = 0, **changes: Any) -> dict[str, Any]:
        return {
            "bookingId": booking["id"],
            "idempotencyKey": uuid.uuid4().hex,
            "position": 0,
            "roomId": self.doors[door],
            **changes,
        }

    def block(self, rooms: int = 2, **changes: Any) -> dict[str, Any]:
        return {
            "hotelId": self.id,
            "idempotencyKey": uuid.uuid4().hex,
            "name": "Wedding",
            "checkIn": DAY,
            "checkOut": LEAVING,
            "releaseDate": (today() + dt.timedelta(days=30)).isoformat(),
            "rooms": [{"roomTypeId": encode_id("RoomType", self.built.room_types[0]), "rooms": rooms}],
            **changes,
        }


@pytest.fixture
async def inn(house: ApiHouse) -> Inn:
    asked = HouseInput(house.hotelier.account_id, name="Inn", city="Nowhere", kinds=(Kind(rooms=4),))
    async with (
        open_database(house.parts.database_url("hotel"), pool_size=1, application_name="tests") as hotels,
        open_channel(house.settings.booking_address, inventory_pb2.DESCRIPTOR) as channel,
    ):
        built = await add_house(hotels, asked)
        inventory: inventory_pb2_grpc.InventoryServiceAsyncStub = inventory_pb2_grpc.InventoryServiceStub(channel)
        system = await service_token(house.auth_address)
        doors = [
            hotel_pb2.Room(
                id=str(uuid.uuid4()),
                hotel_id=str(built.id),
                room_type_id=built.room_types[0],
                number=number,
                floor="1",
                version=1,
            )
            for number in ("11", "12")
        ]
        await call(inventory.TakeInRoomTypes, built.announced(), token=system)
        await call(inventory.TakeInRooms, inventory_pb2.TakeInRoomsRequest(rooms=doors), token=system)
    return Inn(built, [door.id for door in doors])


async def test_a_walk_in_gets_a_door_and_is_seen_in_lists_and_plan(inn: Inn, hotelier: Client) -> None:
    booking = await inn.walk_in(hotelier)
    assert booking["source"] == "DESK"
    assert int(booking["due"]["minorUnits"]) > 0
    plan = (await inn.asked(hotelier, PLAN))["roomPlan"]
    assert [one["reference"] for one in plan["withoutDoor"]] == [booking["reference"]]
    given = await hotelier.mutate(ASSIGN, inn.door(booking))
    (room,) = given["booking"]["bookedRooms"]
    assert room["doors"] == [{"number": "11", "firstNight": DAY, "endNight": LEAVING}]
    plan = (await inn.asked(hotelier, PLAN))["roomPlan"]
    assert [door["number"] for door in plan["doors"]] == ["11", "12"]
    assert plan["withoutDoor"] == []
    (there,) = plan["doors"][0]["stays"]
    assert (there["bookingId"], there["guestName"], there["state"]) == (booking["id"], "Paul Passant", "CONFIRMED")
    lists = await inn.asked(
        hotelier,
        f'arrivals(day: "{DAY}") {{ nodes {{ id }} }} departures(day: "{LEAVING}") {{ nodes {{ id }} }} '
        f'inHouse(day: "{DAY}") {{ nodes {{ id }} pageInfo {{ hasNextPage }} }}',
    )
    assert [len(lists[name]["nodes"]) for name in ("arrivals", "departures", "inHouse")] == [1, 0, 0]
    freed = await hotelier.mutate(
        UNASSIGN, {"bookingId": booking["id"], "idempotencyKey": uuid.uuid4().hex, "position": 0}
    )
    assert freed["booking"]["bookedRooms"][0]["doors"] == []


async def test_a_taken_door_is_a_typed_refusal_with_its_nights(inn: Inn, hotelier: Client) -> None:
    first, second = await inn.walk_in(hotelier), await inn.walk_in(hotelier)
    await hotelier.mutate(ASSIGN, inn.door(first))
    nights = [DAY, (today() + dt.timedelta(days=AHEAD + 1)).isoformat()]
    refusal = await hotelier.mutate(ASSIGN, inn.door(second))
    assert (refusal["__typename"], refusal["path"], refusal["nights"]) == ("DoorTaken", ["roomId"], nights)
    wanted = {"roomId": inn.doors[0], "idempotencyKey": uuid.uuid4().hex, "firstNight": DAY, "lastNight": DAY}
    refusal = await hotelier.mutate(OUT, wanted)
    assert (refusal["__typename"], refusal["nights"]) == ("DoorTaken", [DAY])


async def test_bookings_are_found_by_text_dates_and_state(inn: Inn, hotelier: Client) -> None:
    ann, bob = await inn.walk_in(hotelier, "Ann Été"), await inn.walk_in(hotelier, "Bob")

    async def found(search: str) -> list[str]:
        answer = await inn.asked(hotelier, f"bookings(search: {{{search}}}) {{ nodes {{ id }} }}")
        return [one["id"] for one in answer["bookings"]["nodes"]]

    assert await found("") == [bob["id"], ann["id"]]
    assert await found('text: "ete"') == [ann["id"]]
    assert await found(f'text: "{bob["reference"]}"') == [bob["id"]]
    assert await found("states: [CANCELLED]") == []
    assert await found(f'from: "{DAY}", to: "{LEAVING}", states: [CONFIRMED]') == [bob["id"], ann["id"]]
    assert await found(f'to: "{DAY}"') == []


async def test_notes_are_the_hotels_and_never_the_guests(inn: Inn, hotelier: Client, guest: Client) -> None:
    quoted = await guest.quote(inn.built, ahead=AHEAD, plan=1)
    created = await guest.mutate(document("6_book"), wish(quoted["id"], guest.email))
    booking = created["booking"]
    wanted = {"bookingId": booking["id"], "idempotencyKey": uuid.uuid4().hex, "text": "Difficult."}
    assert (await hotelier.mutate(NOTE, wanted))["note"]["text"] == "Difficult."
    seen = await hotelier.data(NOTES, {"id": booking["id"]})
    assert seen["booking"]["notes"]["nodes"] == [{"text": "Difficult."}]
    answer = await guest.post(NOTES, {"id": booking["id"]})
    assert answer.json()["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
    assert "Difficult" not in answer.text
    everything = await guest.post(
        "query ($id: ID!) { booking(id: $id) { specialRequests timeline { nodes { kind summary } } } }",
        {"id": booking["id"]},
    )
    assert "errors" not in everything.json()
    assert "Difficult" not in everything.text
    refusal = await guest.mutate(NOTE, {**wanted, "idempotencyKey": uuid.uuid4().hex})
    assert refusal["__typename"] == "NotPermitted"


@pytest.mark.parametrize(("asked", "kept"), [({}, "fr"), ({"locale": "ru"}, "ru")])
async def test_a_walk_in_is_written_to_in_their_language_or_that_of_the_house(
    inn: Inn, hotelier: Client, asked: dict[str, str], kept: str
) -> None:
    guest = {"name": "Paul Passant", "email": "p@example.org", **asked}
    booking = await inn.walk_in(hotelier, guest=guest)
    query = "query ($id: ID!) { booking(id: $id) { guest { locale } } }"
    assert (await hotelier.data(query, {"id": booking["id"]}))["booking"]["guest"] == {"locale": kept}


async def test_a_language_we_do_not_write_in_is_refused_by_its_path(inn: Inn, hotelier: Client) -> None:
    quoted = await hotelier.quote(inn.built, ahead=AHEAD)
    guest = {"name": "Paul Passant", "email": "p@example.org", "locale": "tlh"}
    refusal = await hotelier.mutate(WALK_IN, {**wish(quoted["id"], "p@example.org"), "guest": guest})
    assert (refusal["__typename"], refusal["path"]) == ("InvalidInput", ["guest", "locale"])


async def test_a_block_keeps_rooms_gives_them_to_walk_ins_and_lets_go(inn: Inn, hotelier: Client) -> None:
    kept = (await hotelier.mutate(KEEP, inn.block(3)))["block"]
    assert (kept["name"], kept["state"], kept["rooms"][0]["rooms"]) == ("Wedding", "OPEN", 3)
    refusal = await hotelier.mutate(KEEP, inn.block(2))
    assert (refusal["__typename"], refusal["nights"][0]) == ("RoomUnavailable", DAY)
    full = await hotelier.mutate(document("5_quote"), {**stay(inn.built, ahead=AHEAD), "rooms": [room(inn.built)] * 2})
    assert full["__typename"] == "RoomUnavailable"
    wanted = {**stay(inn.built, ahead=AHEAD), "rooms": [room(inn.built)] * 2, "blockId": kept["id"]}
    assert (await hotelier.mutate(document("5_quote"), wanted))["__typename"] == "Quote"
    await inn.walk_in(hotelier, blockId=kept["id"])
    (listed,) = (await inn.asked(hotelier, f"blocks {{ nodes {{ {BLOCK} }} }}"))["blocks"]["nodes"]
    assert listed["rooms"][0]["taken"] == 1
    wanted = {"id": kept["id"], "idempotencyKey": uuid.uuid4().hex}
    assert (await hotelier.mutate(RELEASE, wanted))["block"]["state"] == "RELEASED"
    log = await inn.asked(hotelier, "inventoryChanges(first: 2) { nodes { action } }")
    assert [one["action"] for one in log["inventoryChanges"]["nodes"]] == ["BLOCK_RELEASED", "BLOCK_CREATED"]
    bad = await hotelier.mutate(KEEP, inn.block(0))
    assert (bad["__typename"], bad["path"]) == ("InvalidInput", ["rooms", "0", "rooms"])


async def test_figures_tell_how_business_is(inn: Inn, hotelier: Client) -> None:
    await inn.walk_in(hotelier)
    fields = (
        "firstNight roomTypeId availableRoomNights soldRoomNights occupancyBasisPoints pickUpRoomNights bookings "
        "revenue { minorUnits currency } averageDailyRate { minorUnits } revenuePerAvailableRoom { minorUnits } "
    )
    of_nights = f'from: "{DAY}", to: "{LEAVING}"'
    (whole,) = (await inn.asked(hotelier, f"figures({of_nights}) {{ {fields} }}"))["figures"]
    assert whole == {
        "firstNight": DAY,
        "roomTypeId": None,
        "availableRoomNights": 8,
        "soldRoomNights": 2,
        "occupancyBasisPoints": 2500,
        "pickUpRoomNights": 2,
        "bookings": 1,
        "revenue": {"minorUnits": 20000, "currency": "EUR"},
        "averageDailyRate": {"minorUnits": 10000},
        "revenuePerAvailableRoom": {"minorUnits": 2500},
    }
    days = await inn.asked(hotelier, f"figures({of_nights}, period: DAY, byRoomType: true) {{ {fields} }}")
    assert [one["soldRoomNights"] for one in days["figures"]] == [1, 1]
    assert days["figures"][0]["roomTypeId"] == encode_id("RoomType", inn.built.room_types[0])


async def test_strangers_see_nothing_of_the_desk_and_change_nothing(
    inn: Inn, house: ApiHouse, hotelier: Client, guest: Client, nobody: Client, http: httpx.AsyncClient
) -> None:
    booking = await inn.walk_in(hotelier)
    kept = (await hotelier.mutate(KEEP, inn.block(1)))["block"]
    quoted = await hotelier.quote(inn.built, ahead=AHEAD)
    another = await Client(http, house.url).sign_up("HOTELIER")
    before = await house.rows()
    questions = (
        f'arrivals(day: "{DAY}") {{ nodes {{ id }} }}',
        "bookings { nodes { id } }",
        "blocks { nodes { id } }",
        PLAN,
        f'figures(from: "{DAY}", to: "{LEAVING}") {{ bookings }}',
    )
    for client, code, member in (
        (another, "NOT_FOUND", "NotFound"),
        (guest, "PERMISSION_DENIED", "NotPermitted"),
        (nobody, "UNAUTHENTICATED", "NotPermitted"),
    ):
        for fields in questions:
            body = await client.body(f"query ($id: ID!) {{ hotel(id: $id) {{ {fields} }} }}", {"id": inn.id})
            assert [error["extensions"]["code"] for error in body["errors"]] == [code], fields
        for mutation, wanted in (
            (ASSIGN, inn.door(booking)),
            (UNASSIGN, {"bookingId": booking["id"], "idempotencyKey": "k", "position": 0}),
            (WALK_IN, wish(quoted["id"], "x@example.org")),
            (NOTE, {"bookingId": booking["id"], "idempotencyKey": "k", "text": "Hello"}),
            (KEEP, inn.block(1)),
            (RELEASE, {"id": kept["id"], "idempotencyKey": "k"}),
        ):
            assert (await client.mutate(mutation, wanted))["__typename"] == member, mutation
        seen = await client.body("query ($id: ID!) { booking(id: $id) { id } }", {"id": booking["id"]})
        assert (seen.get("data") or {}).get("booking") is None
    assert await house.rows() == before
