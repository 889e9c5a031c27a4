"""The gateway's other doors: front page, health, metrics, keys, the playground; and what browsers are told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from pydantic import SecretStr

from api.app import build_app
from api.pages import PLAYGROUND_CSP, STRICT_CSP
from api.services import open_services
from runtime.identity import set_current_caller
from runtime.request_context import begin_request
from tests.api.client import Client
from tests.api.house import ALLOWED_ORIGIN, ApiHouse
from tests.parts import free_port

PARTS = {"auth", "hotel", "search", "booking", "notification", "salon", "review", "redis"}


async def test_the_front_page_says_what_is_where(http: httpx.AsyncClient, house: ApiHouse) -> None:
    answer = await http.get(house.url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    for place in ("/graphql", "/playground/", "/health/ready", "/metrics"):
        assert place in answer.text


async def test_a_living_gateway_says_so(http: httpx.AsyncClient, house: ApiHouse) -> None:
    answer = await http.get(f"{house.url}/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


async def test_a_ready_gateway_names_every_part(http: httpx.AsyncClient, house: ApiHouse) -> None:
    answer = await http.get(f"{house.url}/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "parts": dict.fromkeys(PARTS, "ready")}


@pytest.mark.parametrize("part", ["auth", "hotel", "search", "booking", "notification", "salon", "review"])
async def test_a_gateway_that_is_not_ready_names_the_part_that_is_away(
    http: httpx.AsyncClient, house: ApiHouse, part: str
) -> None:
    async with house.another_gateway(**{f"{part}_address": f"127.0.0.1:{free_port()}"}) as url:
        answer = await http.get(f"{url}/health/ready")
        assert answer.status_code == 503
        assert answer.json()["parts"] == {**dict.fromkeys(PARTS, "ready"), part: "away"}
        assert (await http.get(f"{url}/health/live")).status_code == 200


async def test_a_gateway_without_redis_does_not_start(house: ApiHouse) -> None:
    with pytest.raises(OSError, match="Redis cannot be reached"):
        async with house.another_gateway(redis_url=SecretStr(f"redis://127.0.0.1:{free_port()}")):
            pass


async def test_metrics_are_in_the_words_of_prometheus(http: httpx.AsyncClient, house: ApiHouse, nobody: Client) -> None:
    await nobody.data("{ __typename }")
    answer = await http.get(f"{house.url}/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'innkeeper_graphql_seconds_count{outcome="done",type="query"}' in answer.text


async def test_the_published_keys_verify_an_access_token(
    http: httpx.AsyncClient, house: ApiHouse, guest: Client
) -> None:
    answer = await http.get(f"{house.url}/.well-known/jwks.json")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/jwk-set+json"
    assert answer.headers["cache-control"] == "max-age=60"
    published = answer.json()
    assert all("d" not in key for key in published["keys"])
    claims = jwt.decode(guest.token, KeySet.import_key_set(published), algorithms=["Ed25519"]).claims
    assert (claims["role"], claims["aud"]) == ("GUEST", "innkeeper-services")


async def test_a_playground_that_is_not_built_says_how_to(http: httpx.AsyncClient, house: ApiHouse) -> None:
    answer = await http.get(f"{house.url}/playground/")
    assert (answer.status_code, answer.text) == (503, "The playground is not built yet: run `make web`.\n")


async def test_a_built_playground_is_served_and_keeps_to_itself(
    http: httpx.AsyncClient, house: ApiHouse, tmp_path: Path
) -> None:
    built = tmp_path / "playground"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html><title>Playground</title>")
    (built / "assets" / "main.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("outside")
    async with house.another_gateway(web_root=str(tmp_path)) as url:
        page = await http.get(f"{url}/playground/")
        assert (page.status_code, "Playground" in page.text) == (200, True)
        assert page.headers["content-security-policy"] == PLAYGROUND_CSP
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "no-referrer"
        script = await http.get(f"{url}/playground/assets/main.js")
        assert (script.status_code, script.headers["content-type"].split(";")[0]) == (200, "text/javascript")
        short = await http.get(f"{url}/playground")
        assert (short.status_code, short.headers["location"]) == (307, "/playground/")
        for place in ("nothing.js", "%2e%2e/secret.txt", "..%2fsecret.txt", "assets/../../secret.txt"):
            answer = await http.get(f"{url}/playground/{place}")
            assert (answer.status_code, "outside" in answer.text) == (404, False)


def test_the_playgrounds_policy_lets_nothing_in_from_elsewhere() -> None:
    allowed = dict(part.strip().split(" ", 1) for part in PLAYGROUND_CSP.split(";"))
    assert allowed["default-src"] == allowed["frame-ancestors"] == allowed["base-uri"] == "'none'"
    assert allowed["script-src"] == "'self'"
    assert "http" not in PLAYGROUND_CSP


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
        ("GET", "/metrics"),
        ("GET", "/.well-known/jwks.json"),
        ("GET", "/no-such-page"),
        ("POST", "/webhooks/payments"),
        ("GET", "/webhooks/payments"),
        ("POST", "/graphql"),
        ("GET", "/graphql"),
        ("PUT", "/graphql"),
    ],
)
async def test_every_answer_tells_browsers_to_be_careful(
    http: httpx.AsyncClient, house: ApiHouse, method: str, path: str
) -> None:
    answer = await http.request(method, house.url + path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-security-policy"] == STRICT_CSP
    assert "server" not in answer.headers


async def test_an_allowed_site_may_read_answers_and_a_strange_one_may_not(nobody: Client) -> None:
    allowed = await nobody.post("{ __typename }", origin=ALLOWED_ORIGIN)
    assert allowed.headers["access-control-allow-origin"] == ALLOWED_ORIGIN
    assert allowed.headers["access-control-expose-headers"].split(", ")[0] == "x-request-id"
    refused = await nobody.post("{", origin=ALLOWED_ORIGIN, accept="text/html")
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (406, ALLOWED_ORIGIN)
    for origin in ("https://evil.example", "null"):
        answer = await nobody.post("{ __typename }", origin=origin)
        assert "access-control-allow-origin" not in answer.headers


async def test_a_browser_may_ask_before_it_asks(http: httpx.AsyncClient, house: ApiHouse) -> None:
    asks = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-request-id",
    }
    allowed = await http.options(f"{house.url}/graphql", headers={"origin": ALLOWED_ORIGIN, **asks})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, ALLOWED_ORIGIN)
    assert "access-control-allow-credentials" not in allowed.headers
    refused = await http.options(f"{house.url}/graphql", headers={"origin": "https://evil.example", **asks})
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers


async def test_without_allowed_sites_no_site_may_read_answers(house: ApiHouse, http: httpx.AsyncClient) -> None:
    async with house.another_gateway(allowed_origins=[]) as url:
        answer = await Client(http, url).post("{ __typename }", origin=ALLOWED_ORIGIN)
    assert (answer.status_code, "access-control-allow-origin" in answer.headers) == (200, False)


async def test_a_request_begins_with_nothing_of_the_one_before(house: ApiHouse, guest: Client) -> None:
    """uvicorn reads on in the context of the request whose large body made it pause, and a proxy may send the
    requests of different people over one connection."""
    async with open_services(house.settings) as services:
        app = build_app(house.settings, services)

        async def answered_in_a_used_context() -> tuple[int, object]:
            set_current_caller(await services.verifier.verify(guest.token))
            begin_request("request-before", seconds_left=0)
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway.example") as client:
                keys = await client.get("/.well-known/jwks.json")
                viewer = await client.post("/graphql", json={"query": "{ viewer { email } }"})
            assert {keys.headers["x-request-id"], viewer.headers["x-request-id"]}.isdisjoint({"request-before"})
            return keys.status_code, viewer.json()["data"]

        assert await asyncio.create_task(answered_in_a_used_context()) == (200, {"viewer": None})
