"""GraphQL over HTTP, by the words of its specification: methods, media types, status codes, broken bodies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from api.http_requests import LARGEST_BODY, LEGACY, MODERN
from stack.tour_client import document
from tests.api.client import Client
from tests.api.house import ApiHouse

QUERY = "{ __typename }"
ANSWER = {"data": {"__typename": "Query"}, "extensions": {"cost": 0}}
REGISTER = document("1_register")
VARIABLE = "query ($id: ID!) { hotel(id: $id) { name } }"


@pytest.fixture
def endpoint(house: ApiHouse) -> str:
    return f"{house.url}/graphql"


def code_of(answer: httpx.Response) -> str:
    body = answer.json()
    assert "data" not in body
    assert body["errors"][0]["message"]
    code: str = body["errors"][0]["extensions"]["code"]
    return code


@pytest.mark.parametrize("body", [{}, {"variables": None, "operationName": None, "extensions": None}, {"other": 1}])
async def test_a_query_is_answered_over_post(http: httpx.AsyncClient, endpoint: str, body: dict[str, Any]) -> None:
    answer = await http.post(endpoint, json={"query": QUERY, **body})
    assert (answer.status_code, answer.json()) == (200, ANSWER)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_query_is_answered_over_get(http: httpx.AsyncClient, endpoint: str) -> None:
    asked = {"query": "query A { __typename } query B { viewer { id } }", "operationName": "A", "variables": "{}"}
    answer = await http.get(endpoint, params={**asked, "extensions": "{}"})
    assert (answer.status_code, answer.json()) == (200, ANSWER)


async def test_head_tells_what_get_would_without_the_body(http: httpx.AsyncClient, endpoint: str) -> None:
    get, head = await http.get(endpoint, params={"query": QUERY}), await http.head(endpoint, params={"query": QUERY})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.usefixtures("nothing_changes")
async def test_a_mutation_needs_post(http: httpx.AsyncClient, endpoint: str, method: str) -> None:
    account = {"email": "over-get@example.org", "password": "a long enough secret", "name": "G"}
    asked = {"query": REGISTER, "variables": json.dumps({"input": account})}
    answer = await http.request(method, endpoint, params=asked)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_are_refused(http: httpx.AsyncClient, endpoint: str, method: str) -> None:
    answer = await http.request(method, endpoint)
    assert (answer.status_code, code_of(answer)) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; Charset=UTF-8", 200),
        ('application/json;charset="utf-8"; profile=x', 200),
        ("application/json; charset=iso-8859-1", 415),
        ("text/plain", 415),
        ("application/graphql", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
    ],
)
async def test_the_body_must_be_json(http: httpx.AsyncClient, endpoint: str, content_type: str, status: int) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = await http.post(endpoint, content=json.dumps({"query": QUERY}), headers=headers)
    assert answer.status_code == status
    if status != 200:
        assert code_of(answer) == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, LEGACY),
        ("*/*", LEGACY),
        ("application/*", LEGACY),
        (LEGACY, LEGACY),
        (MODERN, MODERN),
        (f"{MODERN}, {LEGACY};q=0.9", MODERN),
        (f"{LEGACY};q=0.5, {MODERN}", MODERN),
        (f"{MODERN};q=0.1, {LEGACY}", LEGACY),
        (f"text/html, {MODERN.upper()}; charset=utf-8", MODERN),
        (f"text/html, */*;q=0.1, {MODERN};q=0.2", MODERN),
        (f"{LEGACY};q=0, */*", MODERN),
    ],
)
async def test_the_answer_has_the_wanted_media_type(
    http: httpx.AsyncClient, endpoint: str, accept: str | None, media_type: str
) -> None:
    request = http.build_request("POST", endpoint, json={"query": QUERY})
    del request.headers["accept"]
    if accept:
        request.headers["accept"] = accept
    answer = await http.send(request)
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert answer.json() == ANSWER


@pytest.mark.parametrize("accept", ["text/html", f"{LEGACY};q=0, {MODERN};q=0", "image/*"])
async def test_what_we_cannot_give_is_said(http: httpx.AsyncClient, endpoint: str, accept: str) -> None:
    answer = await http.post(endpoint, json={"query": QUERY}, headers={"accept": accept})
    assert (answer.status_code, code_of(answer)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"query": "{"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": ""}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{ unicorns }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "fragment F on Hotel { name }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "type T { a: Int }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": VARIABLE}, "INVALID_INPUT"),
        ({"query": VARIABLE, "variables": {"id": None}}, "INVALID_INPUT"),
        ({"query": VARIABLE, "variables": {"id": {"a": 1}}}, "INVALID_INPUT"),
        ({"query": "query A { __typename } query B { __typename }"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "query A { __typename }", "operationName": "C"}, "OPERATION_RESOLUTION_FAILURE"),
    ],
)
async def test_an_operation_that_cannot_run_has_no_data(
    http: httpx.AsyncClient, endpoint: str, asked: dict[str, Any], code: str
) -> None:
    for media_type, status in ((LEGACY, 200), (MODERN, 400)):
        answer = await http.post(endpoint, json=asked, headers={"accept": media_type})
        assert (answer.status_code, code_of(answer)) == (status, code)


async def test_an_operation_that_ran_has_data_also_when_it_failed(http: httpx.AsyncClient, endpoint: str) -> None:
    for query in ('{ hotel(id: "nonsense") { name } }', '{ suggestPlaces(text: "Par", first: 0) { name } }'):
        answer = await http.post(endpoint, json={"query": query}, headers={"accept": MODERN})
        assert answer.status_code == 200
        assert "data" in answer.json()
        assert answer.json()["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'"x"',
        b"123",
        b"null",
        b"true",
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": 1}',
        b'{"query": ["{ __typename }"]}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": "{}"}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "{ __typename }", "extensions": []}',
        b'{"query": "{ __typename }", "extensions": false}',
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b"[" * 100_000,
    ],
)
@pytest.mark.parametrize("accept", [LEGACY, MODERN])
async def test_a_broken_body_is_refused_and_nothing_else_happens(
    http: httpx.AsyncClient, endpoint: str, content: bytes, accept: str
) -> None:
    headers = {"content-type": "application/json", "accept": accept}
    answer = await http.post(endpoint, content=content, headers=headers)
    assert answer.status_code == 400
    assert code_of(answer) in ("BAD_JSON", "BAD_REQUEST")
    assert answer.headers["content-type"] == f"{accept}; charset=utf-8"


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "query=%FF",
        "variables={}",
        urlencode({"query": QUERY, "variables": "{"}),
        urlencode({"query": QUERY, "variables": "[]"}),
        urlencode({"query": QUERY, "extensions": "7"}),
    ],
)
async def test_a_broken_query_string_is_refused(http: httpx.AsyncClient, endpoint: str, query_string: str) -> None:
    answer = await http.get(f"{endpoint}?{query_string}", headers={"accept": MODERN})
    assert answer.status_code == 400
    assert code_of(answer)


async def test_a_body_may_be_large_but_not_too_large(http: httpx.AsyncClient, endpoint: str) -> None:
    empty = json.dumps({"query": QUERY, "extensions": {"padding": ""}})
    fits = empty.replace('""', '"' + "x" * (LARGEST_BODY - len(empty)) + '"')
    headers = {"content-type": "application/json"}
    assert (await http.post(endpoint, content=fits, headers=headers)).status_code == 200

    async def pieces() -> AsyncIterator[bytes]:
        yield fits.encode()
        yield b" "

    for content in (fits + " ", pieces()):
        answer = await http.post(endpoint, content=content, headers=headers)
        assert (answer.status_code, code_of(answer)) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_subscription_needs_a_websocket(http: httpx.AsyncClient, endpoint: str) -> None:
    for media_type in (LEGACY, MODERN):
        asked = {"query": document("8_follow_booking"), "variables": {"bookingId": "x"}}
        answer = await http.post(endpoint, json=asked, headers={"accept": media_type})
        assert (answer.status_code, code_of(answer)) == (400, "SUBSCRIPTION_OVER_HTTP")


@pytest.mark.parametrize("authorization", ["Bearer nonsense", "Bearer a.b.c", "Bearer", "Basic Zm9vOmJhcg==", "x"])
async def test_a_token_that_proves_nothing_is_refused(
    http: httpx.AsyncClient, endpoint: str, authorization: str
) -> None:
    answer = await http.post(endpoint, json={"query": QUERY}, headers={"authorization": authorization})
    assert (answer.status_code, code_of(answer)) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_without_a_token_one_is_nobody(nobody: Client) -> None:
    assert await nobody.data("{ viewer { id } }") == {"viewer": None}


async def test_a_token_in_any_case_of_the_scheme_is_a_person(nobody: Client, guest: Client) -> None:
    answer = await nobody.post("{ viewer { email } }", authorization=f"bearer {guest.token}")
    assert answer.json()["data"] == {"viewer": {"email": guest.email}}


async def test_a_client_that_goes_away_in_the_middle_leaves_no_fault_behind(
    nobody: Client, endpoint: str, caplog: pytest.LogCaptureFixture
) -> None:
    address = urlsplit(endpoint)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"POST /graphql HTTP/1.1\r\nhost: {address.netloc}\r\ncontent-type: application/json\r\n"
    with capture_logs() as logged:
        writer.write(f'{head}content-length: 100\r\n\r\n{{"query":'.encode())
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(0.05)
        assert await nobody.data(QUERY) == {"__typename": "Query"}
    assert [entry for entry in logged if entry["log_level"] == "error"] == []
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
