"""Anything by its global id, lists page by page, and one call for each level of a query."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from api.node_ids import encode_id
from api.node_lookup import LOOK_UPS
from tests.api.client import Client, metric, stay, until
from tests.api.house import ApiHouse

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
BOOKINGS = """
query ($first: Int!, $after: String, $states: [BookingState!]) {
  viewer {
    page: bookings(first: $first, after: $after, filter: {states: $states}) {
      edges { cursor node { id } }
      nodes { id }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""
NOTIFICATIONS = """
query ($first: Int!, $after: String) {
  viewer {
    page: notifications(first: $first, after: $after) {
      edges { cursor node { id } }
      nodes { id }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""
HOTELS = """
query ($first: Int!, $after: String) {
  viewer {
    page: hotels(first: $first, after: $after) {
      edges { cursor node { id } }
      nodes { id name }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""
GET_HOTELS = 'innkeeper_rpc_seconds_count{code="OK",method="/innkeeper.hotel.v1.HotelService/GetHotels"}'
MONEY = """
mutation ($input: QuoteCreateInput!) {
  quoteCreate(input: $input) {
    ... on Quote {
      total { minorUnits currency decimal fr: formatted(locale: "fr") ja: formatted(locale: "ja") en: formatted }
      lines { kind amount { minorUnits currency } }
    }
  }
}
"""
FORMATTED = """
query ($id: ID!, $checkIn: Date!, $checkOut: Date!, $locale: String!) {
  hotel(id: $id) {
    offers(checkIn: $checkIn, checkOut: $checkOut, rooms: [{adults: 1}]) { total { formatted(locale: $locale) } }
  }
}
"""


async def pages_of(client: Client, query: str, first: int) -> list[list[str]]:
    """The ids on every page, from the first page to the last."""
    pages: list[list[str]] = []
    after = None
    while True:
        page: dict[str, Any] = (await client.data(query, {"first": first, "after": after}))["viewer"]["page"]
        ids = [node["id"] for node in page["nodes"]]
        cursors = [edge["cursor"] for edge in page["edges"]]
        info = page["pageInfo"]
        assert [edge["node"]["id"] for edge in page["edges"]] == ids
        assert (info["startCursor"], info["endCursor"]) == ((cursors or [None])[0], (cursors or [None])[-1])
        assert info["hasPreviousPage"] is (after is not None)
        pages.append(ids)
        if not info["hasNextPage"]:
            return pages
        after = info["endCursor"]


@pytest.fixture(scope="module")
async def traveller(house: ApiHouse, http: httpx.AsyncClient) -> tuple[Client, list[str]]:
    """A guest with five bookings in three houses, and their ids, the newest first."""
    client = await Client(http, house.url).sign_up()
    names = ["Grand House", "Yen House", "Dinar House", "Grand House", "Yen House"]
    booked = [await client.book(house.houses[name], plan=1, ahead=60 + ahead) for ahead, name in enumerate(names)]
    return client, [booking["id"] for booking in reversed(booked)]


async def test_everything_with_a_global_id_is_found_by_it(house: ApiHouse, guest: Client) -> None:
    grand = house.houses["Grand House"]
    quoted = await guest.quote(grand)
    booking = await guest.book(grand)
    for kind, identifier in (
        ("Hotel", encode_id("Hotel", str(grand.id))),
        ("Quote", quoted["id"]),
        ("Booking", booking["id"]),
    ):
        assert (await guest.data(NODE, {"id": identifier}))["node"] == {"__typename": kind, "id": identifier}


@pytest.mark.parametrize("kind", [*LOOK_UPS, "Account", "Unicorn"])
async def test_what_does_not_exist_is_null(guest: Client, kind: str) -> None:
    assert await guest.data(NODE, {"id": encode_id(kind, str(uuid.uuid4()))}) == {"node": None}


@pytest.mark.parametrize("identifier", ["", "nonsense", "%%%", "SG90ZWw6", "é", "A" * 10_000, 7])
async def test_what_is_no_id_is_refused(guest: Client, identifier: object) -> None:
    assert await guest.refusal(NODE, {"id": identifier}) == {"code": "INVALID_INPUT", "field": ["id"]}


@pytest.mark.parametrize("query", ["hotel", "quote", "booking"])
async def test_an_id_of_another_type_is_not_found(guest: Client, query: str) -> None:
    asked = f"query ($id: ID!) {{ {query}(id: $id) {{ id }} }}"
    assert await guest.refusal(asked, {"id": encode_id("RoomType", str(uuid.uuid4()))}) == {
        "code": "NOT_FOUND",
        "field": ["id"],
    }


async def test_bookings_come_page_by_page_newest_first(traveller: tuple[Client, list[str]]) -> None:
    client, newest_first = traveller
    assert await pages_of(client, BOOKINGS, 2) == [newest_first[:2], newest_first[2:4], newest_first[4:]]
    assert await pages_of(client, BOOKINGS, 5) == [newest_first]
    held = await client.data(BOOKINGS, {"first": 5, "states": ["HELD", "EXPIRED"]})
    assert held["viewer"]["page"]["nodes"] == []


async def test_notifications_come_page_by_page(traveller: tuple[Client, list[str]]) -> None:
    client, booked = traveller

    async def told_of_all() -> bool:
        return len((await pages_of(client, NOTIFICATIONS, 100))[0]) == len(booked)

    await until(told_of_all)
    (everything,) = await pages_of(client, NOTIFICATIONS, 100)
    assert await pages_of(client, NOTIFICATIONS, 3) == [everything[:3], everything[3:]]
    assert (await client.data("{ viewer { unreadNotifications } }"))["viewer"] == {"unreadNotifications": len(booked)}


async def test_a_hotelier_has_houses_by_name_and_a_guest_has_none(
    house: ApiHouse, hotelier: Client, guest: Client
) -> None:
    by_name = [encode_id("Hotel", str(house.houses[name].id)) for name in sorted(house.houses)]
    pages = await pages_of(hotelier, HOTELS, 3)
    assert {len(page) for page in pages[:-1]} == {3}
    found = [identifier for page in pages for identifier in page]
    assert len(set(found)) == len(found)
    assert [identifier for identifier in found if identifier in by_name] == by_name  # other tests make houses too
    assert await pages_of(guest, HOTELS, 3) == [[]]


@pytest.mark.parametrize("query", [BOOKINGS, NOTIFICATIONS, HOTELS])
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"first": 0}, "first"),
        ({"first": -1}, "first"),
        ({"first": 101}, "first"),
        ({"first": 2**31}, "first"),
        ({"first": 5, "after": "nonsense"}, "after"),
        ({"first": 5, "after": "W10"}, "after"),
        ({"first": 5, "after": "WyJhIiwgImIiXQ"}, "after"),
        ({"first": 5, "after": "é"}, "after"),
    ],
)
async def test_a_page_that_cannot_be_is_refused(
    hotelier: Client, query: str, asked: dict[str, object], field: str
) -> None:
    assert await hotelier.refusal(query, asked) == {"code": "INVALID_INPUT", "field": [field]}


async def test_the_houses_of_a_page_of_bookings_are_fetched_in_one_call_and_then_kept(
    house: ApiHouse, http: httpx.AsyncClient, traveller: tuple[Client, list[str]]
) -> None:
    client, booked = traveller
    empty = SecretStr(house.parts.redis_url.removesuffix("/0") + "/1")  # where no gateway has left copies
    async with house.another_gateway(redis_url=empty) as url:
        newly_started = Client(http, url, token=client.token)

        async def calls_for_a_page() -> float:
            before = await metric(http, url, GET_HOTELS)
            page = await newly_started.data("{ viewer { bookings { nodes { hotel { name } } } } }")
            nodes = page["viewer"]["bookings"]["nodes"]
            assert len(nodes) == len(booked)
            assert {node["hotel"]["name"] for node in nodes} == {"Grand House", "Yen House", "Dinar House"}
            return await metric(http, url, GET_HOTELS) - before

        async def kept() -> bool:
            return await calls_for_a_page() == 0

        assert await calls_for_a_page() == 1
        await until(kept)


async def test_a_search_page_needs_no_further_call_for_its_houses(
    house: ApiHouse, http: httpx.AsyncClient, nobody: Client
) -> None:
    before = await metric(http, house.url, GET_HOTELS)
    dates = stay(house.houses["Grand House"])
    query = "query ($input: HotelSearchInput!) { searchHotels(input: $input) { nodes { hotel { name stars } } } }"
    asked = {"place": {"city": "Paris"}, "rooms": [{"adults": 2}]}
    found = await nobody.data(query, {"input": {**asked, "checkIn": dates["checkIn"], "checkOut": dates["checkOut"]}})
    assert len(found["searchHotels"]["nodes"]) == 6
    assert await metric(http, house.url, GET_HOTELS) == before


@pytest.mark.parametrize("city", ["Paris", "Testville", "Abroad"])
async def test_every_house_offers_what_search_found_cheapest(house: ApiHouse, nobody: Client, city: str) -> None:
    dates = stay(house.houses["Grand House"], nights=3, ahead=75)
    offer = "roomType { id } ratePlan { id } total { minorUnits currency } perNight { minorUnits } roomsLeft"
    query = f"""
    query ($input: HotelSearchInput!, $checkIn: Date!, $checkOut: Date!, $rooms: [RoomOccupancyInput!]!) {{
      searchHotels(input: $input) {{
        nodes {{ {offer} hotel {{ offers(checkIn: $checkIn, checkOut: $checkOut, rooms: $rooms) {{ {offer} }} }} }}
      }}
    }}
    """
    asked = {"checkIn": dates["checkIn"], "checkOut": dates["checkOut"], "rooms": [{"adults": 1, "childrenAges": [4]}]}
    found = await nobody.data(query, {"input": {"place": {"city": city}, **asked}, **asked})
    assert found["searchHotels"]["nodes"]
    for node in found["searchHotels"]["nodes"]:
        assert node["hotel"]["offers"][0] == {name: value for name, value in node.items() if name != "hotel"}


@pytest.mark.parametrize(
    ("name", "money"),
    [
        (
            "Grand House",
            {
                "minorUnits": 20_500,
                "currency": "EUR",
                "decimal": "205.00",
                "fr": "205,00\xa0€",
                "ja": "€205.00",
                "en": "€205.00",
            },
        ),
        (
            "Yen House",
            {
                "minorUnits": 20_500,
                "currency": "JPY",
                "decimal": "20500",
                "fr": "20\u202f500\xa0JPY",
                "ja": "￥20,500",
                "en": "¥20,500",
            },
        ),
        (
            "Dinar House",
            {
                "minorUnits": 20_500,
                "currency": "KWD",
                "decimal": "20.500",
                "fr": "20,500\xa0KWD",
                "ja": "KWD\xa020.500",
                "en": "KWD\xa020.500",
            },
        ),
    ],
)
async def test_money_is_written_as_its_currency_and_the_locale_want(
    house: ApiHouse, nobody: Client, name: str, money: dict[str, object]
) -> None:
    quoted = await nobody.mutate(MONEY, stay(house.houses[name]))
    assert quoted["total"] == money
    assert sum(line["amount"]["minorUnits"] for line in quoted["lines"]) == money["minorUnits"]
    assert {line["amount"]["currency"] for line in quoted["lines"]} == {money["currency"]}


@pytest.mark.parametrize("locale", ["xx", "", "fr_FR", "../../etc", "en-US-x-y-z-1-2-3-4", "é", "f" * 1000, "-"])
async def test_a_locale_that_nobody_speaks_is_refused(house: ApiHouse, nobody: Client, locale: str) -> None:
    dates = stay(house.houses["Tiny House"], ahead=80)
    asked = {"id": dates["hotelId"], "checkIn": dates["checkIn"], "checkOut": dates["checkOut"], "locale": locale}
    assert await nobody.refusal(FORMATTED, asked) == {"code": "INVALID_INPUT", "field": ["locale"]}
