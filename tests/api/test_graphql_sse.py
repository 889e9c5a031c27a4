"""The graphql-sse protocol, frame by frame: distinct connections, and what is refused before a stream begins."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from api.http_requests import EVENT_STREAM, LEGACY, MODERN
from runtime.identity import Role
from stack.tour_client import document
from tests.api.client import Client, metric, until
from tests.api.house import ApiHouse
from tests.api.sockets import FOLLOW

STREAM = {"accept": EVENT_STREAM}


async def events_of(answer: httpx.Response) -> list[tuple[str, Any]]:
    """Every event of a stream that ends."""
    blocks = [block.split("\n", 1) for block in answer.text.split("\n\n") if block]
    return [(event.removeprefix("event: "), data.removeprefix("data:").strip()) for event, data in blocks]


@asynccontextmanager
async def following(
    http: httpx.AsyncClient, url: str, token: str, booking: dict[str, Any], accept: str = EVENT_STREAM
) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of a stream that follows a booking."""
    headers = {"accept": accept, "authorization": f"Bearer {token}"}
    asked = {"query": FOLLOW, "variables": {"bookingId": booking["id"]}}
    async with http.stream("POST", f"{url}/graphql", json=asked, headers=headers) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"{EVENT_STREAM}; charset=utf-8")
        yield answer.aiter_lines()


async def next_state(lines: AsyncIterator[str]) -> str:
    async for line in lines:
        if line.startswith("data: {"):
            state: str = json.loads(line.removeprefix("data: "))["data"]["bookingStatus"]["state"]
            return state
    raise AssertionError("the stream ended")


async def test_a_query_is_one_event_and_the_end(nobody: Client) -> None:
    answer = await nobody.post("{ viewer { id } }", accept=EVENT_STREAM)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    (kind, body), end = await events_of(answer)
    assert (kind, json.loads(body)["data"], end) == ("next", {"viewer": None}, ("complete", ""))


async def test_an_event_source_of_a_browser_asks_by_get(http: httpx.AsyncClient, house: ApiHouse) -> None:
    answer = await http.get(f"{house.url}/graphql", params={"query": "{ __typename }"}, headers=STREAM)
    assert [kind for kind, _ in await events_of(answer)] == ["next", "complete"]
    head = await http.head(f"{house.url}/graphql", params={"query": "{ __typename }"}, headers=STREAM)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("query", ["{", "{ unicorns }", "query A { __typename } query B { __typename }", FOLLOW])
async def test_what_is_wrong_with_a_document_is_told_in_the_stream(nobody: Client, query: str) -> None:
    answer = await nobody.post(query, accept=EVENT_STREAM)
    (kind, body), end = await events_of(answer)
    assert (answer.status_code, kind, end) == (200, "next", ("complete", ""))
    assert json.loads(body)["errors"][0]["extensions"]["code"]


@pytest.mark.usefixtures("nothing_changes")
async def test_a_mutation_needs_post(http: httpx.AsyncClient, house: ApiHouse) -> None:
    account = {"email": "over-sse@example.org", "password": "a long enough secret", "name": "G"}
    asked = {"query": document("1_register"), "variables": json.dumps({"input": account})}
    answer = await http.get(f"{house.url}/graphql", params=asked, headers=STREAM)
    assert (answer.status_code, answer.headers["content-type"]) == (405, f"{LEGACY}; charset=utf-8")


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        ("{", {"content-type": "application/json"}, 400),
        ("[]", {"content-type": "application/json"}, 400),
        ('{"query": "{ __typename }"}', {"content-type": "text/plain"}, 415),
        ('{"query": "{ __typename }"}', {"content-type": "application/json", "authorization": "Bearer x"}, 401),
    ],
)
async def test_a_broken_request_begins_no_stream(
    http: httpx.AsyncClient, house: ApiHouse, content: str, headers: dict[str, str], status: int
) -> None:
    answer = await http.post(f"{house.url}/graphql", content=content, headers=headers | STREAM)
    assert (answer.status_code, answer.headers["content-type"]) == (status, f"{LEGACY}; charset=utf-8")


async def test_who_reads_both_gets_a_stream_for_what_has_no_end_only(
    http: httpx.AsyncClient, house: ApiHouse, guest: Client
) -> None:
    both = f"{MODERN}, {LEGACY}, {EVENT_STREAM}"
    assert (await guest.post("{ __typename }", accept=both)).headers["content-type"] == f"{MODERN}; charset=utf-8"
    booking = await guest.book(house.houses["Grand House"])
    async with following(http, house.url, guest.token, booking, both) as lines:
        assert await next_state(lines) == "HELD"


async def test_strangers_follow_nothing(house: ApiHouse, guest: Client, stranger: Client, nobody: Client) -> None:
    booking = await guest.book(house.houses["Grand House"])
    for client, code in ((stranger, "NOT_FOUND"), (nobody, "UNAUTHENTICATED")):
        answer = await client.post(FOLLOW, {"bookingId": booking["id"]}, accept=EVENT_STREAM)
        (_, body), end = await events_of(answer)
        assert (json.loads(body)["errors"][0]["extensions"]["code"], end[0]) == (code, "complete")


async def test_a_client_that_goes_leaves_no_listener_behind(
    house: ApiHouse, http: httpx.AsyncClient, guest: Client
) -> None:
    booking = await guest.book(house.houses["Grand House"])
    async with house.another_gateway() as url:

        async def streams() -> float:
            return await metric(http, url, "innkeeper_event_streams")

        before = await streams()
        async with following(http, url, guest.token, booking) as lines:
            assert await next_state(lines) == "HELD"
            assert await streams() == before + 1

        async def gone() -> bool:
            return await streams() == before

        await until(gone)


async def test_a_stream_ends_with_its_token(house: ApiHouse, http: httpx.AsyncClient) -> None:
    token = await house.token_for(house.hotelier, Role.HOTELIER, 2)
    headers = STREAM | {"authorization": f"Bearer {token}"}
    asked = {"query": "subscription { notificationReceived { id } }"}
    async with http.stream("POST", f"{house.url}/graphql", json=asked, headers=headers) as answer:
        async with asyncio.timeout(7):
            lines = [line async for line in answer.aiter_lines()]
    told = json.loads([line for line in lines if line.startswith("data: {")][-1].removeprefix("data: "))
    assert told["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert lines[-3:] == ["event: complete", "data:", ""]
