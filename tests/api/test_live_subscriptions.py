"""What desks, guests and travellers follow live: first how it stands, then every change, also after an absence."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from api.node_ids import encode_id
from contracts.booking.v1 import inventory_pb2, inventory_pb2_grpc
from runtime.channels import call, open_channel
from runtime.database import open_database
from tests.api.client import Client, stay
from tests.api.house import ApiHouse
from tests.api.sockets import Socket, open_socket
from tests.grpc_services.hotel.catalogue import House, HouseInput, Kind, add_house
from tests.house import service_token

DESK = """
subscription ($hotelId: ID!, $after: String) {
  hotelBookings(hotelId: $hotelId, after: $after) { kind state version cursor booking { id } }
}
"""
FREE = """
subscription ($hotelId: ID!, $from: Date!, $to: Date!) {
  availabilityChanged(hotelId: $hotelId, from: $from, to: $to) {
    complete nights { roomTypeId night available }
  }
}
"""
TOLD = "subscription ($after: ID) { notificationReceived(after: $after) { id kind readAt booking { id } } }"
ROOMS = 4


@pytest.fixture
async def inn(house: ApiHouse) -> House:
    """A house of its own: what happens elsewhere must not be heard here."""
    asked = HouseInput(house.hotelier.account_id, name="Live Inn", city="Nowhere", kinds=(Kind(rooms=ROOMS),))
    async with (
        open_database(house.parts.database_url("hotel"), pool_size=1, application_name="tests") as hotels,
        open_channel(house.settings.booking_address, inventory_pb2.DESCRIPTOR) as channel,
    ):
        built = await add_house(hotels, asked)
        inventory: inventory_pb2_grpc.InventoryServiceAsyncStub = inventory_pb2_grpc.InventoryServiceStub(channel)
        await call(inventory.TakeInRoomTypes, built.announced(), token=await service_token(house.auth_address))
    return built


@pytest.fixture
async def newcomer(house: ApiHouse, http: httpx.AsyncClient) -> Client:
    """A guest whom nobody has told anything yet."""
    return await Client(http, house.url).sign_up()


async def told(socket: Socket, field: str, identifier: str = "follow") -> dict[str, Any]:
    frame = await socket.receive()
    assert (frame["type"], frame["id"]) == ("next", identifier), frame
    assert "errors" not in frame["payload"], frame
    found: dict[str, Any] = frame["payload"]["data"][field]
    return found


async def refusal(socket: Socket) -> str:
    frame = await socket.receive()
    assert frame["type"] == "error", frame
    code: str = frame["payload"][0]["extensions"]["code"]
    return code


def hotel_id(inn: House) -> str:
    return encode_id("Hotel", str(inn.id))


async def test_a_desk_hears_first_of_what_it_has_before_it_and_then_of_every_move(
    house: ApiHouse, inn: House, newcomer: Client, hotelier: Client
) -> None:
    held = await newcomer.book(inn, ahead=40)
    async with open_socket(house.url, token=hotelier.token) as socket:
        await socket.subscribe("follow", DESK, {"hotelId": hotel_id(inn)})
        first = await told(socket, "hotelBookings")
        assert first == {
            "kind": "CURRENT",
            "state": "HELD",
            "version": 1,
            "cursor": None,
            "booking": {"id": held["id"]},
        }
        await newcomer.pay(await newcomer.begin_payment(held))
        another = await newcomer.book(inn, ahead=60)
        moves = [await told(socket, "hotelBookings") for _ in range(3)]
    assert all(move["cursor"] for move in moves)
    of_held = [(move["kind"], move["state"], move["version"]) for move in moves if move["booking"]["id"] == held["id"]]
    assert of_held == [("PaymentStarted", "PAYMENT_PENDING", 2), ("BookingConfirmed", "CONFIRMED", 3)]
    assert [move["kind"] for move in moves if move["booking"]["id"] == another["id"]] == ["BookingHeld"]


async def test_what_the_beginning_told_does_not_come_again_as_a_move(
    house: ApiHouse, inn: House, newcomer: Client, hotelier: Client
) -> None:
    async with open_socket(house.url, token=hotelier.token) as socket:
        async with (
            open_database(house.parts.database_url("booking"), pool_size=1, application_name="tests") as database,
            database.transaction() as connection,
        ):
            await connection.fetchval("SELECT pg_current_xact_id()::text")  # older, so that no move is in order yet
            held = await newcomer.book(inn, ahead=40)
            await socket.subscribe("follow", DESK, {"hotelId": hotel_id(inn)})
            assert (await told(socket, "hotelBookings"))["kind"] == "CURRENT"
        await newcomer.begin_payment(held)
        assert (await told(socket, "hotelBookings"))["kind"] == "PaymentStarted"


async def test_a_desk_that_was_away_goes_on_where_it_stopped(
    house: ApiHouse, inn: House, newcomer: Client, hotelier: Client
) -> None:
    async with open_socket(house.url, token=hotelier.token) as socket:
        await socket.subscribe("follow", DESK, {"hotelId": hotel_id(inn)})
        first = await newcomer.book(inn, ahead=40)
        seen = await told(socket, "hotelBookings")
        assert seen["booking"]["id"] == first["id"]
    missed = [await newcomer.book(inn, ahead=ahead) for ahead in (50, 60)]
    async with (
        house.another_gateway() as url,
        open_socket(url, token=hotelier.token) as socket,
    ):
        await socket.subscribe("follow", DESK, {"hotelId": hotel_id(inn), "after": seen["cursor"]})
        heard = [await told(socket, "hotelBookings") for _ in missed]
        assert [move["booking"]["id"] for move in heard] == [booking["id"] for booking in missed]
        assert {move["kind"] for move in heard} == {"BookingHeld"}
        latest = await newcomer.book(inn, ahead=70)
        assert (await told(socket, "hotelBookings"))["booking"]["id"] == latest["id"]


@pytest.mark.usefixtures("nothing_changes")
async def test_only_its_hotelier_follows_a_house(house: ApiHouse, inn: House, guest: Client) -> None:
    for token, code in ((guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        async with open_socket(house.url, token=token) as socket:
            await socket.subscribe("follow", DESK, {"hotelId": hotel_id(inn)})
            assert await refusal(socket) == code


async def test_another_hotelier_does_not_find_the_house_to_follow(house: ApiHouse, inn: House, nobody: Client) -> None:
    rival = await nobody.sign_up("HOTELIER")
    async with open_socket(house.url, token=rival.token) as socket:
        await socket.subscribe("follow", DESK, {"hotelId": hotel_id(inn)})
        assert await refusal(socket) == "NOT_FOUND"


async def test_a_cursor_that_nobody_gave_out_is_refused(house: ApiHouse, inn: House, hotelier: Client) -> None:
    async with open_socket(house.url, token=hotelier.token) as socket:
        await socket.subscribe("follow", DESK, {"hotelId": hotel_id(inn), "after": "made up"})
        assert await refusal(socket) == "INVALID_INPUT"


async def test_free_rooms_are_told_whole_and_then_as_they_change(house: ApiHouse, inn: House, newcomer: Client) -> None:
    wanted = stay(inn, nights=3, ahead=40)
    nights = {"hotelId": hotel_id(inn), "from": wanted["checkIn"], "to": wanted["checkOut"]}
    async with open_socket(house.url, token="") as socket:
        await socket.subscribe("follow", FREE, nights)
        first = await told(socket, "availabilityChanged")
        assert first["complete"]
        assert [night["available"] for night in first["nights"]] == [ROOMS] * 3
        await newcomer.book(inn, ahead=40)  # two nights
        changed = await told(socket, "availabilityChanged")
    assert not changed["complete"]
    assert changed["nights"] == [{**night, "available": ROOMS - 1} for night in first["nights"][:2]]


async def test_many_who_follow_the_same_nights_are_all_told_and_read_together(
    house: ApiHouse, inn: House, newcomer: Client
) -> None:
    wanted = stay(inn, nights=2, ahead=40)
    nights = {"hotelId": hotel_id(inn), "from": wanted["checkIn"], "to": wanted["checkOut"]}
    followers = [f"follower-{number}" for number in range(40)]
    async with open_socket(house.url, token="") as socket:
        for follower in followers:
            await socket.subscribe(follower, FREE, nights)
        for _ in followers:
            assert (await socket.receive())["payload"]["data"]["availabilityChanged"]["complete"]
        before = reads_of_free_rooms()
        await newcomer.book(inn, ahead=40)
        told_of = [await socket.receive() for _ in followers]
        reads = reads_of_free_rooms() - before
    assert {frame["id"] for frame in told_of} == set(followers)
    for frame in told_of:
        changed = frame["payload"]["data"]["availabilityChanged"]
        assert [night["available"] for night in changed["nights"]] == [ROOMS - 1] * 2
    assert reads < len(followers) / 2


def reads_of_free_rooms() -> float:
    """Answered by booking in this process so far."""
    labels = {"method": "/innkeeper.booking.v1.InventoryService/GetAvailability", "code": "OK"}
    return REGISTRY.get_sample_value("innkeeper_rpc_seconds_count", labels) or 0.0


@pytest.mark.parametrize("nights", [0, 63])
async def test_free_rooms_are_followed_for_62_nights_at_most(house: ApiHouse, inn: House, nights: int) -> None:
    wanted = stay(inn, nights=nights, ahead=40)
    async with open_socket(house.url, token="") as socket:
        asked = {"hotelId": hotel_id(inn), "from": wanted["checkIn"], "to": wanted["checkOut"]}
        await socket.subscribe("follow", FREE, asked)
        assert await refusal(socket) == "INVALID_INPUT"


async def test_notifications_are_heard_as_they_come_and_after_an_absence(
    house: ApiHouse, inn: House, newcomer: Client
) -> None:
    def about(one: dict[str, Any]) -> tuple[str, str]:
        return one["kind"], one["booking"]["id"]

    async with open_socket(house.url, token=newcomer.token) as socket:
        await socket.subscribe("follow", TOLD)
        booking = await newcomer.book(inn, ahead=40)
        held = await told(socket, "notificationReceived")
        assert about(held) == ("BookingHeld", booking["id"])
    await newcomer.pay(await newcomer.begin_payment(booking))
    async with open_socket(house.url, token=newcomer.token) as socket:
        await socket.subscribe("follow", TOLD, {"after": held["id"]})
        assert about(await told(socket, "notificationReceived")) == ("BookingConfirmed", booking["id"])
    async with open_socket(house.url, token=newcomer.token) as socket:
        await socket.subscribe("follow", TOLD)  # anew: what is unread, oldest first
        kinds = [(await told(socket, "notificationReceived"))["kind"] for _ in range(2)]
        assert kinds == ["BookingHeld", "BookingConfirmed"]


async def test_nobody_hears_what_another_is_told(house: ApiHouse, inn: House, newcomer: Client, nobody: Client) -> None:
    other = await nobody.sign_up()
    async with (
        open_socket(house.url, token=newcomer.token) as mine,
        open_socket(house.url, token=other.token) as theirs,
    ):
        await mine.subscribe("follow", TOLD)
        await theirs.subscribe("follow", TOLD)
        await newcomer.book(inn, ahead=40)
        of_mine = await told(mine, "notificationReceived")
        booking = await other.book(inn, ahead=50)
        assert (await told(theirs, "notificationReceived"))["booking"]["id"] == booking["id"]
        await theirs.subscribe("again", TOLD, {"after": of_mine["id"]})
        assert await refusal(theirs) == "NOT_FOUND"


async def test_notifications_are_for_people_who_are_signed_in(house: ApiHouse) -> None:
    async with open_socket(house.url, token="") as socket:
        await socket.subscribe("follow", TOLD)
        assert await refusal(socket) == "UNAUTHENTICATED"
