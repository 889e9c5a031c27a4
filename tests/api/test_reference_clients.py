"""What the reference implementations of the protocols find: the audits of GraphQL over HTTP, and the clients of
graphql-transport-ws and graphql-sse."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from runtime.http_server import GRACE_SECONDS
from runtime.identity import Role
from tests.api.client import Client
from tests.api.house import ApiHouse
from tests.api.reference_clients import ReferenceClients, installed_clients
from tests.api.sockets import FOLLOW
from tests.house import register_account
from tests.parts import free_port

AUDITS = 61
PROTOCOLS = ("websocket", "sse")
# What the draft leaves to the server, and we do otherwise.
OTHERWISE: dict[str, str] = {}


@pytest.fixture(scope="module")
async def clients() -> ReferenceClients:
    return await installed_clients()


async def test_every_audit_of_graphql_over_http_is_passed(clients: ReferenceClients, house: ApiHouse) -> None:
    results = await clients.audits(f"{house.url}/graphql")
    assert len(results) == AUDITS
    failed = {result["id"]: f"{result['name']}: {result['reason']}" for result in results if result["status"] != "ok"}
    assert failed == OTHERWISE


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_client_asks_a_query(clients: ReferenceClients, house: ApiHouse, guest: Client, protocol: str) -> None:
    asked = clients.follows(protocol, f"{house.url}/graphql", "{ viewer { email } }", token=guest.token)
    async with asked as follower:
        assert await follower.learns_next() == {"viewer": {"email": guest.email}}
        assert await follower.learns() == {"complete": True}


async def test_a_client_is_told_what_is_wrong_with_its_document(clients: ReferenceClients, house: ApiHouse) -> None:
    async with clients.follows("websocket", f"{house.url}/graphql", "{ unicorns }") as follower:
        (error,) = (await follower.learns())["error"]
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    async with clients.follows("sse", f"{house.url}/graphql", "{ unicorns }") as follower:
        (error,) = (await follower.learns())["next"]["errors"]
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert await follower.learns() == {"complete": True}


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_client_follows_a_booking_and_comes_again_when_the_gateway_was_away(
    clients: ReferenceClients, house: ApiHouse, http: httpx.AsyncClient, protocol: str
) -> None:
    """The gateway ends at once although somebody follows."""
    guest = await Client(http, house.url).sign_up()
    booking = await guest.book(house.houses["Grand House"])
    port = free_port()
    variables = {"bookingId": booking["id"]}
    async with house.another_gateway(http_port=port) as url:
        follows = clients.follows(protocol, f"{url}/graphql", FOLLOW, variables, token=guest.token)
        follower = await follows.__aenter__()
        assert (await follower.learns_next())["bookingStatus"]["state"] == "HELD"
        await guest.begin_payment(booking)
        assert (await follower.learns_next())["bookingStatus"]["state"] == "PAYMENT_PENDING"
        ending = time.monotonic()
    assert time.monotonic() - ending < GRACE_SECONDS
    async with house.another_gateway(http_port=port):
        assert (await follower.learns_next())["bookingStatus"]["state"] == "PAYMENT_PENDING"
        await follows.__aexit__(None, None, None)


async def test_a_client_whose_token_proves_nothing_is_refused(clients: ReferenceClients, house: ApiHouse) -> None:
    forged: dict[str, Any] = {"headers": {"authorization": "Bearer x"}, "retryAttempts": 0}
    async with clients.follows("websocket", f"{house.url}/graphql", "{ __typename }", **forged) as follower:
        assert (await follower.learns())["closed"] == 4403
    async with clients.follows("sse", f"{house.url}/graphql", "{ __typename }", **forged) as follower:
        assert await follower.learns() == {"refused": 401}


async def test_a_stream_ends_with_its_token(
    clients: ReferenceClients, house: ApiHouse, http: httpx.AsyncClient
) -> None:
    person = await register_account(house.auth_address, Role.GUEST)
    token = await house.token_for(person, Role.GUEST, seconds=4)
    booking = await Client(http, house.url, token=token).book(house.houses["Grand House"])
    variables = {"bookingId": booking["id"]}
    async with clients.follows("sse", f"{house.url}/graphql", FOLLOW, variables, token=token) as follower:
        await follower.learns_next()
        assert (await follower.learns())["next"]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert await follower.learns() == {"complete": True}
