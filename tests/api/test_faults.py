"""What goes wrong on our side: typed when a part is away, masked with a reference when it is a fault."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from structlog.typing import EventDict

from api.errors import MASKED
from api.node_ids import encode_id
from runtime.database import open_database
from runtime.identifiers import new_id
from stack.tour_client import document
from tests.api.client import Client, stay, wish
from tests.api.house import ApiHouse
from tests.api.sockets import open_socket
from tests.grpc_services.hotel.catalogue import HouseInput, add_house
from tests.parts import free_port

HOTEL = "query ($id: ID!) { hotel(id: $id) { name amenities } }"
SECRET_TEXT = "leaked.person@example.org"
QUOTE = "query ($id: ID!) { quote(id: $id) { id } }"


@pytest.fixture
def logged() -> Iterator[list[EventDict]]:
    with capture_logs(processors=[merge_contextvars]) as entries:
        yield entries


@pytest.fixture(scope="module")
async def broken_hotel(house: ApiHouse) -> str:
    """The id of a house whose row no schema foresees. Search never hears of it."""
    asked = HouseInput(new_id(), name="Broken House", amenities=(SECRET_TEXT,))
    async with open_database(house.parts.database_url("hotel"), pool_size=1, application_name="tests") as database:
        return encode_id("Hotel", str((await add_house(database, asked)).id))


@pytest.fixture
async def lost_quotes(house: ApiHouse) -> AsyncIterator[None]:
    """While this lasts, every look at a quote fails inside booking."""
    await house.database.execute("ALTER TABLE booking.quote RENAME TO lost_quote")
    yield
    await house.database.execute("ALTER TABLE booking.lost_quote RENAME TO quote")


def check_masked(error: dict[str, Any], text: str, logged: list[EventDict], event: str, request_id: str) -> None:
    assert error["message"] == MASKED
    assert error["extensions"]["code"] == "INTERNAL"
    (entry,) = [entry for entry in logged if entry["event"] == event]
    assert entry["reference"] == error["extensions"]["reference"]
    assert entry["request_id"] == request_id
    assert entry["exc_info"]
    for private in (SECRET_TEXT, "Traceback", "SELECT", "booking.", "UndefinedTable", ".py", "ValueError"):
        assert private not in text


async def test_a_fault_in_a_resolver_is_masked_and_can_be_found(
    nobody: Client, broken_hotel: str, logged: list[EventDict]
) -> None:
    answer = await nobody.post(HOTEL, {"id": broken_hotel}, **{"x-request-id": "request-resolver-1"})
    assert (answer.status_code, answer.json()["data"]) == (200, {"hotel": None})
    check_masked(answer.json()["errors"][0], answer.text, logged, "graphql.fault", "request-resolver-1")


async def test_a_fault_in_a_service_is_masked_and_can_be_found(
    nobody: Client, lost_quotes: None, logged: list[EventDict]
) -> None:
    wanted = {"id": encode_id("Quote", "00000000-0000-7000-8000-000000000000")}
    answer = await nobody.post(QUOTE, wanted, **{"x-request-id": "request-service-1"})
    check_masked(answer.json()["errors"][0], answer.text, logged, "rpc.fault", "request-service-1")


async def test_a_fault_over_the_websocket_is_masked_too(
    house: ApiHouse, broken_hotel: str, logged: list[EventDict]
) -> None:
    async with open_socket(house.url, token="") as socket:
        await socket.subscribe("1", HOTEL, {"id": broken_hotel})
        frame = await socket.receive()
    assert frame["type"] == "next"
    (entry,) = [entry for entry in logged if entry["event"] == "graphql.fault"]
    check_masked(frame["payload"]["errors"][0], str(frame), logged, "graphql.fault", entry["request_id"])


async def test_an_argument_that_its_variable_made_wrong_is_the_clients_mistake(house: ApiHouse, nobody: Client) -> None:
    query = 'query ($first: Int) { suggestPlaces(text: "Par", first: $first) { name } }'
    assert await nobody.refusal(query, {"first": None}) == {"code": "INVALID_INPUT"}


async def test_without_booking_the_rest_goes_on(house: ApiHouse, http: httpx.AsyncClient, guest: Client) -> None:
    async with house.another_gateway(booking_address=f"127.0.0.1:{free_port()}") as url:
        cut_off = Client(http, url, token=guest.token, email=guest.email)
        assert await cut_off.refusal("{ viewer { bookings { nodes { id } } } }") == {"code": "UNAVAILABLE"}
        body = await cut_off.body("{ viewer { email bookings { nodes { id } } } }")
        assert body["errors"][0]["message"] == "A part of the platform is not answering; please try again."
        grand = house.houses["Grand House"]
        quoted = await cut_off.refusal(document("5_quote"), {"input": stay(grand)})
        assert quoted == {"code": "UNAVAILABLE"}
        wanted = wish(encode_id("Quote", "00000000-0000-7000-8000-000000000000"), guest.email)
        assert await cut_off.refusal(document("6_book"), {"input": wanted}) == {"code": "UNAVAILABLE"}
        assert (await cut_off.data("{ viewer { email } }"))["viewer"] == {"email": guest.email}
        async with open_socket(url, token=guest.token) as socket:
            await socket.follow(encode_id("Booking", "00000000-0000-7000-8000-000000000000"))
            frame = await socket.receive()
        assert (frame["type"], frame["payload"][0]["extensions"]) == ("error", {"code": "UNAVAILABLE"})


async def test_without_the_keys_a_token_is_neither_good_nor_bad(
    house: ApiHouse, http: httpx.AsyncClient, guest: Client
) -> None:
    async with house.another_gateway(auth_address=f"127.0.0.1:{free_port()}") as url:
        cut_off = Client(http, url, token=guest.token)
        answer = await cut_off.post("{ viewer { email } }")
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")
        assert (await Client(http, url).data("{ __typename }")) == {"__typename": "Query"}
        keys = await http.get(f"{url}/.well-known/jwks.json")
        assert (keys.status_code, keys.json()["code"]) == (503, "UNAVAILABLE")
