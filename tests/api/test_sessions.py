"""Sessions over the gateway: cookies, lists, delays, and streams that end with their session."""

from __future__ import annotations

import asyncio
import uuid

import httpx
import orjson
import pytest

from api.refresh_cookie import NAME
from grpc_services.auth.mail_tokens import token_hash
from tests.api.client import PASSWORD, Client, until
from tests.api.house import ApiHouse
from tests.api.sockets import open_socket
from tests.api.test_graphql_sse import following, next_state

SHOWN = "{ __typename ... on UserError { code message } ... on SessionCreated { accessToken refreshToken } }"
SIGN_IN = f"mutation ($input: SessionCreateInput!) {{ sessionCreate(input: $input) {SHOWN} }}"
REFRESH = f"mutation ($input: SessionRefreshInput!) {{ sessionRefresh(input: $input) {SHOWN} }}"
REVOKE = """
mutation ($input: SessionRevokeInput!) {
  sessionRevoke(input: $input) { __typename ... on UserError { code } }
}
"""
REVOKE_OTHERS = "mutation { sessionsRevokeOthers { __typename ... on OtherSessionsRevoked { revoked } } }"
SESSIONS = "{ viewer { sessions { nodes { id device current } } } }"


@pytest.fixture
async def person(house: ApiHouse, http: httpx.AsyncClient) -> Client:
    return await Client(http, house.url).sign_up()


async def browser(person: Client) -> httpx.Response:
    wanted = {"email": person.email, "password": PASSWORD, "refreshTokenIn": "COOKIE"}
    return await person.post(SIGN_IN, {"input": wanted})


async def test_a_browsers_refresh_token_lives_in_a_cookie_that_no_script_reads(house: ApiHouse, person: Client) -> None:
    answer = await browser(person)
    assert answer.json()["data"]["sessionCreate"]["refreshToken"] == ""
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{NAME}=")
    for attribute in ("HttpOnly", "SameSite=Strict", "Path=/graphql", "Max-Age=25"):
        assert attribute in cookie
    token = cookie.partition("=")[2].partition(";")[0]
    headers = {"cookie": f"{NAME}={token}", "origin": house.url}
    renewed = await person.post(REFRESH, {"input": {}}, **headers)
    assert renewed.json()["data"]["sessionRefresh"]["__typename"] == "SessionCreated"
    assert token not in renewed.headers["set-cookie"]


async def test_behind_tls_the_cookie_goes_over_tls_only(house: ApiHouse, person: Client) -> None:
    async with house.another_gateway(public_url="https://innkeeper.example") as url:
        wanted = {"email": person.email, "password": PASSWORD, "refreshTokenIn": "COOKIE"}
        answer = await Client(person.http, url).post(SIGN_IN, {"input": wanted})
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {}])
async def test_a_cookie_that_another_site_could_send_counts_for_nothing(
    person: Client, headers: dict[str, str]
) -> None:
    token = (await browser(person)).headers["set-cookie"].partition("=")[2].partition(";")[0]
    stolen = await person.post(REFRESH, {"input": {}}, cookie=f"{NAME}={token}", **headers)
    assert stolen.json()["data"]["sessionRefresh"]["__typename"] == "NotPermitted"
    assert "set-cookie" not in stolen.headers


async def test_signing_out_takes_the_cookie_back(house: ApiHouse, person: Client) -> None:
    answer = await browser(person)
    token = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    client = Client(person.http, person.url, token=answer.json()["data"]["sessionCreate"]["accessToken"])
    out = await client.post(REVOKE, {"input": {}}, cookie=f"{NAME}={token}", origin=house.url)
    assert "Max-Age=0" in out.headers["set-cookie"]


@pytest.mark.parametrize("over", ["a socket", "an event stream"])
async def test_a_cookie_is_refused_where_none_can_be_set(house: ApiHouse, person: Client, over: str) -> None:
    """Neither is the password looked at, nor the refresh token used up, whose successor nobody could keep."""
    token = (await browser(person)).headers["set-cookie"].partition("=")[2].partition(";")[0]
    wanted = {"email": person.email, "password": PASSWORD, "refreshTokenIn": "COOKIE"}
    before = await house.rows()
    for query, given in ((SIGN_IN, wanted), (REFRESH, {})):
        if over == "a socket":
            async with open_socket(house.url, token="") as socket:
                await socket.subscribe("1", query, {"input": given})
                payload = (await socket.receive())["payload"]
        else:
            headers = {"accept": "text/event-stream", "cookie": f"{NAME}={token}", "origin": house.url}
            answer = await person.post(query, {"input": given}, **headers)
            assert "set-cookie" not in answer.headers
            payload = orjson.loads(answer.text.partition("data: ")[2].partition("\n")[0])
        (member,) = payload["data"].values()
        assert (member["__typename"], member["code"]) == ("InvalidInput", "INVALID_INPUT")
    assert await house.rows() == before
    kept = await person.post(REFRESH, {"input": {}}, cookie=f"{NAME}={token}", origin=house.url)
    assert kept.json()["data"]["sessionRefresh"]["__typename"] == "SessionCreated"


async def test_passwords_are_hashed_twice_a_document_at_most(house: ApiHouse, person: Client) -> None:
    before = await house.rows()
    wanted = f'{{email: "{person.email}", password: "{PASSWORD}"}}'
    many = " ".join(f"a{n}: sessionCreate(input: {wanted}) {{ __typename }}" for n in range(3))
    answer = await person.post(f"mutation {{ {many} }}", accept="application/graphql-response+json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_TOO_LARGE"
    assert await house.rows() == before


async def test_twenty_refreshes_at_once_give_one_successor(person: Client) -> None:
    wanted = {"email": person.email, "password": PASSWORD}
    token = (await person.mutate(SIGN_IN, wanted))["refreshToken"]
    answers = await asyncio.gather(*(person.mutate(REFRESH, {"refreshToken": token}) for _ in range(20)))
    kinds = sorted(answer["__typename"] for answer in answers)
    assert kinds == ["NotPermitted"] * 19 + ["SessionCreated"]


async def test_sessions_are_listed_and_others_ended(person: Client) -> None:
    other = await Client(person.http, person.url, email=person.email).sign_in()
    nodes = (await person.data(SESSIONS))["viewer"]["sessions"]["nodes"]
    assert [node["current"] for node in nodes] == [False, True]
    assert all("python-httpx" in node["device"] for node in nodes)
    assert (await person.data(REVOKE_OTHERS))["sessionsRevokeOthers"]["revoked"] == 1
    await until_refused(other)
    assert len((await person.data(SESSIONS))["viewer"]["sessions"]["nodes"]) == 1


async def until_refused(client: Client) -> None:
    async def refused() -> bool:
        return (await client.post("{ viewer { id } }")).status_code == 401

    await until(refused)


async def test_a_sessions_end_ends_its_event_streams_within_five_seconds(house: ApiHouse, person: Client) -> None:
    booking = await person.book(house.houses["Grand House"])
    session = await person.mutate(SIGN_IN, {"email": person.email, "password": PASSWORD})
    client = Client(person.http, person.url, token=session["accessToken"])
    async with following(person.http, house.url, client.token, booking) as lines:
        await next_state(lines)
        assert (await client.mutate(REVOKE, {}))["__typename"] == "SessionRevoked"
        async with asyncio.timeout(5):
            rest = [line async for line in lines]
    told = orjson.loads(next(line for line in rest if line.startswith("data: {")).removeprefix("data: "))
    assert told["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "event: complete" in rest


@pytest.mark.parametrize("how", ["revoked", "stolen"])
async def test_a_sessions_end_ends_its_subscriptions_within_five_seconds(
    house: ApiHouse, person: Client, how: str
) -> None:
    booking = await person.book(house.houses["Grand House"])
    wanted = {"email": person.email, "password": PASSWORD}
    session = await person.mutate(SIGN_IN, wanted)
    async with (
        open_socket(house.url, token=session["accessToken"]) as socket,
        open_socket(house.url, token=person.token) as untouched,
    ):
        for listening in (socket, untouched):
            await listening.follow(booking["id"])
            await listening.next_move()
        if how == "revoked":
            client = Client(person.http, person.url, token=session["accessToken"])
            assert (await client.mutate(REVOKE, {}))["__typename"] == "SessionRevoked"
        else:
            await person.mutate(REFRESH, {"refreshToken": session["refreshToken"]})
            await house.database.execute(
                "UPDATE auth.refresh_token SET used_at = used_at - interval '1 minute' WHERE hash = $1",
                token_hash(session["refreshToken"]),
            )
            answer = await person.mutate(REFRESH, {"refreshToken": session["refreshToken"]})
            assert answer["__typename"] == "NotPermitted"
        assert await socket.close_code(seconds=5) == 4403
        await untouched.send({"type": "ping"})
        assert (await untouched.receive())["type"] == "pong"


async def test_a_gateway_that_starts_later_knows_who_was_revoked(house: ApiHouse, person: Client) -> None:
    assert (await person.mutate(REVOKE, {}))["__typename"] == "SessionRevoked"
    await until_refused(person)
    async with house.another_gateway() as url:
        await until_refused(Client(person.http, url, token=person.token))


async def test_after_five_failures_the_answer_says_how_long_to_wait(house: ApiHouse, nobody: Client) -> None:
    wanted = {"email": f"nobody-{uuid.uuid4().hex}@example.org", "password": "not the password"}
    query = SIGN_IN.replace("... on UserError", "... on TooManyAttempts { retryAfter } ... on UserError")
    elsewhere = {"x-forwarded-for": "2001:db8:77::1"}  # a network of its own: others sign in from this machine too
    async with house.another_gateway(trusted_proxies=["127.0.0.1"]) as url:
        client = Client(nobody.http, url)
        for _ in range(5):
            answer = await client.post(query, {"input": wanted}, **elsewhere)
            assert answer.json()["data"]["sessionCreate"]["__typename"] == "InvalidCredentials"
        last = await client.post(query, {"input": wanted}, **elsewhere)
    refusal = last.json()["data"]["sessionCreate"]
    assert (refusal["__typename"], refusal["code"]) == ("TooManyAttempts", "TOO_MANY_ATTEMPTS")
    assert 1 <= refusal["retryAfter"] <= 120
    assert last.headers["retry-after"] == str(refusal["retryAfter"])
