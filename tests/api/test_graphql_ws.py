"""The graphql-transport-ws protocol: every wrong frame has its code, and nothing is left behind."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from runtime.http_server import LARGEST_FRAME
from runtime.identity import Role
from tests.api.client import Client, metric, until
from tests.api.house import ALLOWED_ORIGIN, ApiHouse
from tests.api.sockets import FOLLOW, open_socket
from tests.house import register_account
from tests.parts import free_port

SUBSCRIBE = {"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }"}}


async def test_a_socket_that_says_nothing_is_closed(house: ApiHouse) -> None:
    async with open_socket(house.url) as socket:
        assert await socket.close_code(seconds=5) == 4408


async def test_the_acknowledgement_comes_once(house: ApiHouse) -> None:
    async with open_socket(house.url, token="") as socket:
        await socket.send({"type": "connection_init"})
        assert await socket.close_code() == 4429


@pytest.mark.parametrize("header", ["authorization", "Authorization", "AUTHORIZATION"])
async def test_a_person_introduces_themself_with_a_token(house: ApiHouse, guest: Client, header: str) -> None:
    async with open_socket(house.url) as socket:
        await socket.send({"type": "connection_init", "payload": {header: f"Bearer {guest.token}"}})
        assert await socket.receive() == {"type": "connection_ack"}
        await socket.subscribe("q", "{ viewer { email } }")
        assert (await socket.receive())["payload"]["data"] == {"viewer": {"email": guest.email}}


async def test_a_token_that_proves_nothing_is_forbidden(house: ApiHouse) -> None:
    async with open_socket(house.url) as socket:
        await socket.send({"type": "connection_init", "payload": {"Authorization": "Bearer nonsense"}})
        assert await socket.close_code() == 4403


async def test_while_tokens_cannot_be_verified_one_may_come_again(house: ApiHouse, guest: Client) -> None:
    async with (
        house.another_gateway(auth_address=f"127.0.0.1:{free_port()}") as url,
        open_socket(url) as socket,
    ):
        await socket.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {guest.token}"}})
        assert await socket.close_code() == 1013


async def test_nothing_is_asked_before_the_introduction(house: ApiHouse) -> None:
    async with open_socket(house.url) as socket:
        await socket.send(SUBSCRIBE)
        assert await socket.close_code() == 4401


@pytest.mark.parametrize(
    "frame",
    [
        "not json",
        "",
        "123",
        "null",
        '"text"',
        "[]",
        "[" * 5_000,
        "{}",
        {"type": 1},
        {"type": "start"},
        {"type": "next", "id": "1", "payload": {}},
        {"type": "subscribe"},
        {**SUBSCRIBE, "id": ""},
        {**SUBSCRIBE, "id": 1},
        {**SUBSCRIBE, "payload": None},
        {**SUBSCRIBE, "payload": "{ __typename }"},
        {**SUBSCRIBE, "payload": {}},
        {**SUBSCRIBE, "payload": {"query": 1}},
        {**SUBSCRIBE, "payload": {"query": "{ __typename }", "variables": []}},
        {**SUBSCRIBE, "payload": {"query": "{ __typename }", "operationName": 1}},
        b'{"type": "ping"}',
        b"\xff\xfe",
    ],
)
async def test_a_frame_that_is_none_of_the_protocol_ends_the_socket(house: ApiHouse, frame: object) -> None:
    async with open_socket(house.url, token="") as socket:
        await socket.send(frame)
        assert await socket.close_code() == 4400


async def test_an_introduction_with_a_strange_payload_ends_the_socket(house: ApiHouse) -> None:
    async with open_socket(house.url) as socket:
        await socket.send({"type": "connection_init", "payload": "a token"})
        assert await socket.close_code() == 4400


async def test_an_id_is_used_by_one_operation_at_a_time(house: ApiHouse, guest: Client) -> None:
    booking = await guest.book(house.houses["Grand House"])
    async with open_socket(house.url, token=guest.token) as socket:
        await socket.follow(booking["id"], identifier="same")
        await socket.next_move()
        await socket.follow(booking["id"], identifier="same")
        assert await socket.close_code() == 4409


async def test_an_id_is_free_again_when_its_operation_is_over(house: ApiHouse) -> None:
    async with open_socket(house.url, token="") as socket:
        for _ in range(3):
            await socket.send(SUBSCRIBE)
            assert await socket.receive() == {
                "id": "1",
                "type": "next",
                "payload": {"data": {"__typename": "Query"}, "extensions": {"cost": 0}},
            }
            assert await socket.receive() == {"id": "1", "type": "complete"}


@pytest.mark.parametrize("protocol", [None, "graphql-ws", "chat"])
async def test_another_subprotocol_is_not_spoken(house: ApiHouse, protocol: str | None) -> None:
    async with open_socket(house.url, protocol=protocol) as socket:
        assert await socket.close_code() == 4406


async def test_a_ping_is_answered_at_any_time(house: ApiHouse) -> None:
    async with open_socket(house.url) as socket:
        for frame in ({"type": "ping"}, {"type": "ping", "payload": {"a": 1}}):
            await socket.send({"type": "pong"})
            await socket.send(frame)
            assert (await socket.receive())["type"] == "pong"
        await socket.introduce()


async def test_complete_ends_a_subscription_and_nothing_else(house: ApiHouse, guest: Client) -> None:
    booking = await guest.book(house.houses["Grand House"])
    async with open_socket(house.url, token=guest.token) as socket:
        for name in ("ends", "stays"):
            await socket.follow(booking["id"], identifier=name)
            assert (await socket.receive())["id"] == name
        await socket.send({"type": "complete", "id": "ends"})
        await socket.send({"type": "complete", "id": "never begun"})
        await guest.begin_payment(booking)
        frame = await socket.receive()
        assert (frame["id"], frame["payload"]["data"]["bookingStatus"]["state"]) == ("stays", "PAYMENT_PENDING")
        await socket.send({"type": "ping"})
        assert (await socket.receive())["type"] == "pong"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription { bookingStatus { state } }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query A { __typename } query B { __typename }"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": FOLLOW}, "INVALID_INPUT"),
        ({"query": FOLLOW, "variables": {"bookingId": "x", "afterVersion": "y"}}, "INVALID_INPUT"),
        ({"query": FOLLOW, "variables": {"bookingId": "x"}}, "INVALID_INPUT"),
        ({"query": "{ hotel(id: 1) { a } }"}, "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_an_operation_that_cannot_run_is_an_error_and_the_socket_lives(
    house: ApiHouse, payload: dict[str, Any], code: str
) -> None:
    async with open_socket(house.url, token="") as socket:
        await socket.send({"id": "1", "type": "subscribe", "payload": payload})
        frame = await socket.receive()
        assert (frame["id"], frame["type"]) == ("1", "error")
        assert frame["payload"][0]["extensions"]["code"] == code
        await socket.send(SUBSCRIBE)
        assert (await socket.receive())["type"] == "next"


async def test_a_negative_version_replays_everything(house: ApiHouse, guest: Client) -> None:
    booking = await guest.book(house.houses["Grand House"])
    async with open_socket(house.url, token=guest.token) as socket:
        await socket.follow(booking["id"], after_version=-7)
        assert await socket.next_move() == ("HELD", 1)


async def test_a_frame_that_is_too_large_ends_the_socket(house: ApiHouse) -> None:
    async with open_socket(house.url, token="") as socket:
        fits = json.dumps({"type": "ping", "payload": {"padding": "x" * (LARGEST_FRAME - 100)}})
        await socket.send(fits)
        assert (await socket.receive())["type"] == "pong"
        await socket.send(fits + " " * 100)
        assert await socket.close_code() == 1009


@pytest.mark.parametrize("origin", [None, ALLOWED_ORIGIN, "own"])
async def test_our_own_pages_may_connect(house: ApiHouse, origin: str | None) -> None:
    async with open_socket(house.url, token="", origin=house.url if origin == "own" else origin) as socket:
        await socket.send({"type": "ping"})
        assert (await socket.receive())["type"] == "pong"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ALLOWED_ORIGIN + ".evil.example"])
async def test_pages_of_strangers_may_not(house: ApiHouse, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with open_socket(house.url, origin=origin):
            pass
    assert refusal.value.response.status_code == 403


async def test_a_socket_ends_with_its_token(house: ApiHouse) -> None:
    person = await register_account(house.auth_address, Role.GUEST)
    token = await house.token_for(person, Role.GUEST, seconds=2)
    async with open_socket(house.url, token=token) as socket:
        assert await socket.close_code(seconds=4) == 4403


@pytest.mark.parametrize("politely", [True, False])
async def test_a_socket_that_closes_leaves_no_listener_behind(
    house: ApiHouse, http: httpx.AsyncClient, guest: Client, *, politely: bool
) -> None:
    async def listeners() -> float:
        return await metric(http, house.url, "innkeeper_live_listeners")

    async def sockets() -> float:
        return await metric(http, house.url, "innkeeper_websockets")

    async def quiet() -> bool:
        return await listeners() == await sockets() == 0

    await until(quiet)
    booking = await guest.book(house.houses["Grand House"])
    async with open_socket(house.url, token=guest.token) as socket:
        for number in range(3):
            await socket.follow(booking["id"], identifier=str(number))
            await socket.receive()
        assert (await listeners(), await sockets()) == (3, 1)
        if not politely:
            socket.connection.transport.abort()
    await until(quiet)


async def test_one_socket_cannot_hold_any_number_of_operations(house: ApiHouse, guest: Client) -> None:
    booking = await guest.book(house.houses["Grand House"])
    async with open_socket(house.url, token=guest.token) as socket:
        for number in range(101):
            await socket.follow(booking["id"], identifier=str(number))
        assert await socket.close_code() == 4400
