"""What an operation passes before it runs: its cost, how many came before it, whether its document is trusted."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from api.document_cost import MOST_COST
from api.http_requests import EVENT_STREAM, MODERN
from api.operations import Chosen, prepare
from api.rate_limits import WINDOW_SECONDS
from api.trusted_documents import BrokenManifest, digest_of
from stack.tour_client import document
from tests.api.client import Client, metric, until
from tests.api.house import ApiHouse
from tests.api.sockets import open_socket
from tests.api.tcp_proxy import wire_to

NOTHING = "{ __typename }"
PAGES = """
query ($n: Int, $m: Int = 3) {
  viewer { bookings(first: $n) { nodes { timeline(first: $m) { nodes { kind } } } } }
}
"""
REVOKE = 'sessionRevoke(input: {sessionId: "x"}) { __typename }'


def cost_of(query: str, variables: dict[str, Any] | None = None) -> int:
    chosen = prepare(query).choose(None, variables)
    assert isinstance(chosen, Chosen), chosen
    return chosen.cost


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        (NOTHING, None, 0),
        ("{ viewer { email } }", None, 1),
        ("{ viewer { bookings { nodes { reference } } } }", None, 1 + 1 + 20),
        ("{ viewer { bookings(first: 50) { edges { node { hotel { name } } } pageInfo { endCursor } } } }", None, 102),
        ("{ viewer { bookings(first: 100000) { nodes { id } } } }", None, 1 + 1 + 100),
        ("{ a: viewer { ...V } b: viewer { ...V } } fragment V on Viewer { bookings { nodes { id } } }", None, 44),
        (PAGES, None, 1 + 1 + 20 * (1 + 1 + 3)),
        (PAGES, {"n": 2, "m": 5}, 1 + 1 + 2 * (1 + 1 + 5)),
        (PAGES, {"n": 2}, 1 + 1 + 2 * (1 + 1 + 3)),
        (PAGES, {"n": None, "m": None}, 1 + 1 + 20 * (1 + 1 + 20)),
        (
            "mutation { a: sessionRevoke(input: {}) { __typename } b: sessionRevoke(input: {}) { __typename } }",
            None,
            20,
        ),
    ],
)
def test_a_cost_is_counted_by_pages(query: str, variables: dict[str, Any] | None, cost: int) -> None:
    assert cost_of(query, variables) == cost


async def test_the_cost_stands_in_every_answer(nobody: Client) -> None:
    assert (await nobody.body("{ viewer { bookings { nodes { id } } } }"))["extensions"]["cost"] == 22


async def test_what_costs_too_much_is_refused_also_when_only_variables_say_so(house: ApiHouse, guest: Client) -> None:
    many = {"n": 100, "m": 100}
    assert (await guest.refusal(PAGES, many)) == {"code": "DOCUMENT_TOO_LARGE", "cost": 10_202}
    assert (await guest.body(PAGES, {"n": 20, "m": 100}))["extensions"]["cost"] == 2_042 <= MOST_COST
    async with open_socket(house.url, token=guest.token) as socket:
        await socket.subscribe("1", PAGES, many)
        assert (await socket.receive())["payload"][0]["extensions"]["code"] == "DOCUMENT_TOO_LARGE"


async def test_an_account_sends_so_many_operations_a_minute(house: ApiHouse, http: httpx.AsyncClient) -> None:
    async with house.another_gateway(rate_limit_principal=5, rate_limit_address=0) as url:
        person = await Client(http, house.url).sign_up()
        client = Client(http, url, token=person.token)
        answer = await client.post(NOTHING)
        assert answer.headers["ratelimit-policy"] == f'"principal";q=5;w={WINDOW_SECONDS}'
        assert re.fullmatch(r'"principal";r=4;t=\d+', answer.headers["ratelimit"])
        refused: list[httpx.Response] = []

        async def too_many() -> bool:
            refused.append(await client.post(NOTHING))
            return refused[-1].status_code == 429

        await until(too_many)
        error = refused[-1].json()["errors"][0]
        assert error["extensions"] == {"code": "RATE_LIMITED", "retryAfter": int(refused[-1].headers["retry-after"])}
        assert 1 <= error["extensions"]["retryAfter"] <= WINDOW_SECONDS
        assert ";r=0;" in refused[-1].headers["ratelimit"]
        stream = await client.post(NOTHING, accept=EVENT_STREAM)
        assert stream.status_code in (200, 429)
        assert (await Client(http, url).post(NOTHING)).status_code == 200
        async with open_socket(url, token=person.token) as socket:

            async def too_many_here() -> bool:
                await socket.subscribe("1", NOTHING)
                if (frame := await socket.receive())["type"] == "next":
                    await socket.receive()
                return bool(frame["type"] == "error")

            await until(too_many_here)


async def test_every_mutation_of_a_document_counts(house: ApiHouse, http: httpx.AsyncClient, guest: Client) -> None:
    async with house.another_gateway(
        rate_limit_principal=0, rate_limit_address=1_000, trusted_proxies=["127.0.0.1"]
    ) as url:
        client = Client(http, url, token=guest.token)
        left = [
            int(re.findall(r"r=(\d+)", (await client.post(query)).headers["ratelimit"])[0])
            for query in (NOTHING, "mutation { " + " ".join(f"a{n}: {REVOKE}" for n in range(7)) + " }")
        ]
        assert left[0] - left[1] == 7 or left[1] == 1_000 - 7  # in a minute of its own


async def test_an_address_is_the_clients_and_not_a_word_of_theirs(house: ApiHouse, http: httpx.AsyncClient) -> None:
    limits = {"rate_limit_principal": 0, "rate_limit_address": 3}
    writes = (f"203.0.113.{n}" for n in itertools.count())

    async def answered(url: str, forwarded: str) -> int:
        headers = {"x-forwarded-for": forwarded}
        return (await http.post(f"{url}/graphql", json={"query": NOTHING}, headers=headers)).status_code

    async with house.another_gateway(**limits, trusted_proxies=[]) as url:  # what anybody writes counts for nothing

        async def refused() -> bool:
            return await answered(url, next(writes)) == 429

        await until(refused)
    async with house.another_gateway(**limits, trusted_proxies=["127.0.0.0/8"]) as url:
        for n in range(9):
            assert await answered(url, f"10.0.0.1, 192.0.2.{n}") == 200


async def test_without_redis_the_door_stays_open_and_says_so(house: ApiHouse, http: httpx.AsyncClient) -> None:
    redis = urlsplit(house.parts.redis_url)
    async with wire_to(redis.hostname or "", redis.port or 0) as wire:
        address = house.parts.redis_url.replace(f":{redis.port}", f":{wire.port}")
        settings = {"rate_limit_address": 1, "rate_limit_principal": 1, "redis_url": SecretStr(address)}
        async with house.another_gateway(**settings) as url:
            before = await metric(http, url, "innkeeper_rate_limit_unchecked_total")
            with capture_logs() as logged:
                wire.cut()
                for _ in range(4):
                    assert (await Client(http, url).post(NOTHING)).status_code == 200
            assert [entry["event"] for entry in logged].count("rate_limits.off") == 1
            assert await metric(http, url, "innkeeper_rate_limit_unchecked_total") > before


@pytest.fixture
def registered(tmp_path: Path) -> tuple[Path, str]:
    """The root of pages that register one document, and its text."""
    text = document("1_register")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "documents.json").write_text(json.dumps({digest_of(text): text}))
    return tmp_path, text


async def test_a_registered_document_is_sent_by_its_id(
    house: ApiHouse, http: httpx.AsyncClient, registered: tuple[Path, str]
) -> None:
    root, text = registered
    account = {"email": "by-id@example.org", "password": "short", "name": "G", "role": "GUEST"}
    async with house.another_gateway(web_root=str(root)) as url:
        for name in (f"sha256:{digest_of(text)}", digest_of(text)):
            asked = {"documentId": name, "variables": {"input": account}}
            answer = await http.post(f"{url}/graphql", json=asked, headers={"accept": MODERN})
            assert answer.json()["data"]["accountRegister"]["__typename"] == "InvalidInput"
        unknown = await http.post(f"{url}/graphql", json={"documentId": "sha256:0"}, headers={"accept": MODERN})
        assert unknown.status_code == 400
        assert unknown.json()["errors"][0]["extensions"]["code"] == "PERSISTED_DOCUMENT_NOT_FOUND"
        for wrong in ({"documentId": 1}, {"documentId": ""}, {"documentId": "x", "query": NOTHING}):
            assert (await http.post(f"{url}/graphql", json=wrong)).status_code == 400
        async with open_socket(url, token="") as socket:
            await socket.send({"id": "1", "type": "subscribe", "payload": {"documentId": "sha256:0"}})
            assert (await socket.receive())["type"] == "error"


async def test_only_trusted_documents_leaves_the_schema_to_those_who_run_a_house(
    house: ApiHouse, http: httpx.AsyncClient, registered: tuple[Path, str], guest: Client, hotelier: Client
) -> None:
    root, text = registered
    async with house.another_gateway(web_root=str(root), only_trusted_documents=True) as url:
        for client in (Client(http, url), Client(http, url, token=guest.token)):
            for query in (NOTHING, "{ __schema { queryType { name } } }", "{ vieewer { id } }"):
                assert await client.refusal(query) == {"code": "UNTRUSTED_DOCUMENT"}
            told = (await client.body(text, {"input": {"emial": "x"}}))["errors"]
            assert told
            assert "Did you mean" not in json.dumps(told)
            async with open_socket(url, token=client.token) as socket:
                await socket.subscribe("1", NOTHING)
                assert (await socket.receive())["payload"][0]["extensions"]["code"] == "UNTRUSTED_DOCUMENT"
        owner = Client(http, url, token=hotelier.token)
        assert await owner.data("{ __schema { queryType { name } } }")
        assert "Did you mean" in (await owner.body("{ vieewer { id } }"))["errors"][0]["message"]


async def test_a_gateway_for_trusted_documents_needs_some(house: ApiHouse, tmp_path: Path) -> None:
    with pytest.raises(BrokenManifest, match="no registered documents"):
        async with house.another_gateway(only_trusted_documents=True, web_root=str(tmp_path)):
            pass
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "documents.json").write_text(json.dumps({digest_of("a"): "b"}))
    with pytest.raises(BrokenManifest, match="not its hash's"):
        async with house.another_gateway(web_root=str(tmp_path)):
            pass


async def test_wrong_documents_count_too_and_then_nothing_is_read(house: ApiHouse, http: httpx.AsyncClient) -> None:
    limits: dict[str, Any] = {"rate_limit_principal": 0, "rate_limit_address": 20, "trusted_proxies": ["127.0.0.1"]}
    async with house.another_gateway(**limits) as url:
        client = Client(http, url)
        there: dict[str, Any] = {"x-forwarded-for": "2001:db8:bad::1", "accept": MODERN}
        answers: list[httpx.Response] = []

        async def refused() -> bool:
            answers.append(await client.post("{ unicorns }", **there))
            return answers[-1].status_code == 429

        await until(refused)
        assert {answer.status_code for answer in answers[:-1]} == {400}
        async with open_socket(url, token="") as socket:  # from this machine's own address
            await socket.subscribe("1", NOTHING)
            assert (await socket.receive())["type"] == "next"
        again = await client.post("{" * 3_000, **there)
        if again.status_code != 429:  # in the minute after
            return
        assert again.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        assert ";r=0;" in again.headers["ratelimit"]


async def test_an_address_has_so_many_subscriptions_open_at_once(
    house: ApiHouse, http: httpx.AsyncClient, guest: Client
) -> None:
    follow = "subscription { notificationReceived { id } }"
    async with house.another_gateway(subscriptions_per_address=2) as url:
        client = Client(http, url, token=guest.token)
        async with open_socket(url, token=guest.token) as one, open_socket(url, token=guest.token) as two:
            for socket in (one, two):
                await socket.subscribe("follow", follow)
                await socket.subscribe("asked", NOTHING)
                while (await socket.receive())["id"] != "asked":
                    pass

            async def refused() -> bool:
                answer = await client.post("{ __typename }", accept=EVENT_STREAM)
                assert answer.status_code == 200, "only what follows counts"
                await two.subscribe("third", follow)
                frame = await two.receive()
                while frame["id"] != "third":
                    frame = await two.receive()
                return bool(frame["type"] == "error" and frame["payload"][0]["extensions"]["code"] == "RATE_LIMITED")

            await until(refused)
            stream = await client.post(follow, accept=EVENT_STREAM)
            assert (stream.status_code, stream.json()["errors"][0]["extensions"]["code"]) == (429, "RATE_LIMITED")
            await one.send({"id": "follow", "type": "complete"})

            async def another_may() -> bool:
                await two.subscribe("again", follow)
                await two.send({"type": "ping"})
                frame = await two.receive()
                while frame["type"] not in ("error", "pong", "next"):
                    frame = await two.receive()
                return bool(frame["type"] != "error")

            await until(another_may)


async def test_a_query_string_has_few_fields(house: ApiHouse, http: httpx.AsyncClient) -> None:
    answer = await http.get(f"{house.url}/graphql?query={{__typename}}" + "&x=1" * 20)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")
