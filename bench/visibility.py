"""How soon a booking is visible in search, on a running stack under load: python -m bench.visibility

Bookers book rooms that are paid at the hotel, one house each, as fast as they can; after each booking its
booker asks search again and again until the house shows a room less. Prints the spread of these times.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import statistics
import sys
import time
import uuid
from typing import Any

import httpx

_SEARCH = """
    query ($input: HotelSearchInput!, $first: Int!) {
      searchHotels(input: $input, sort: PRICE, first: $first) {
        nodes {
          hotel { id name } total { currency } roomsLeft roomType { id }
          rooms { roomType { id } ratePlan { id paymentTiming } }
        }
      }
    }
"""
_QUOTE = "mutation ($input: QuoteCreateInput!) { quoteCreate(input: $input) { __typename ... on Quote { id } } }"
_BOOK = """
    mutation ($input: BookingCreateInput!) {
      bookingCreate(input: $input) { __typename ... on BookingCreated { booking { state } } }
    }
"""
_REGISTER = "mutation ($input: AccountRegisterInput!) { accountRegister(input: $input) { __typename } }"
_SIGN_IN = """
    mutation ($input: SessionCreateInput!) {
      sessionCreate(input: $input) { __typename ... on SessionCreated { accessToken } }
    }
"""
_PASSWORD = "a password for benchmarks"  # noqa: S105  # of accounts that only this run knows
_ARRIVAL = dt.date.today() + dt.timedelta(days=100)  # noqa: DTZ011  # any day of the bookable ones
_STAY = {"checkIn": _ARRIVAL.isoformat(), "checkOut": (_ARRIVAL + dt.timedelta(days=2)).isoformat()}
_ROOMS = [{"adults": 1}]
_LEAST_ROOMS = 40
_PAUSE_SECONDS = 0.01
_MOST_LOOKS = 1000


class Booker:
    """A guest with a house to book at."""

    def __init__(self, http: httpx.AsyncClient, gateway: str, house: dict[str, Any]) -> None:
        self._http = http
        self._url = f"{gateway}/graphql"
        self._house = house
        self._token = ""

    async def sign_up(self) -> None:
        email = f"bench-{uuid.uuid4().hex[:12]}@example.org"
        person = {"email": email, "password": _PASSWORD, "name": "Bench", "role": "GUEST"}
        await self._ask(_REGISTER, {"input": person})
        answer = await self._ask(_SIGN_IN, {"input": {"email": email, "password": _PASSWORD}})
        self._token = answer["sessionCreate"]["accessToken"]

    async def seconds_until_visible(self) -> float:
        left = await self._rooms_left()
        room = {"roomTypeId": self._house["roomType"]["id"], "ratePlanId": self._house["ratePlan"], "adults": 1}
        wanted = {"hotelId": self._house["hotel"]["id"], **_STAY, "rooms": [room]}
        quote = (await self._ask(_QUOTE, {"input": wanted}))["quoteCreate"]["id"]
        guest = {"name": "Bench", "email": "bench@example.org"}
        booking = {"quoteId": quote, "idempotencyKey": quote, "guest": guest}
        await self._ask(_BOOK, {"input": booking})
        began = time.perf_counter()
        for _ in range(_MOST_LOOKS):
            if await self._rooms_left() < left:
                return time.perf_counter() - began
            await asyncio.sleep(_PAUSE_SECONDS)
        raise TimeoutError("a booking did not become visible")

    async def _rooms_left(self) -> int:
        place = {"text": self._house["hotel"]["name"]}
        found = await self._ask(_SEARCH, {"input": {"place": place, **_STAY, "rooms": _ROOMS}, "first": 100})
        for hit in found["searchHotels"]["nodes"]:
            if hit["hotel"]["id"] == self._house["hotel"]["id"]:
                return int(hit["roomsLeft"])
        raise LookupError("the house is not found any more")

    async def _ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        return await ask(self._http, self._url, query, variables, self._token)


async def ask(
    http: httpx.AsyncClient, url: str, query: str, variables: dict[str, Any], token: str = ""
) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = await http.post(url, json={"query": query, "variables": variables}, headers=headers)
    body: dict[str, Any] = answer.json()
    if "errors" in body:
        raise RuntimeError(str(body["errors"]))
    data: dict[str, Any] = body["data"]
    return data


async def houses(http: httpx.AsyncClient, gateway: str, number: int) -> list[dict[str, Any]]:
    """Large houses of Paris whose cheapest room is booked under their plan that is paid at the hotel."""
    variables = {"input": {"place": {"city": "Paris"}, **_STAY, "rooms": _ROOMS}, "first": 100}
    found = (await ask(http, f"{gateway}/graphql", _SEARCH, variables))["searchHotels"]["nodes"]
    large = [hit for hit in found if hit["roomsLeft"] >= _LEAST_ROOMS][:number]
    plans = "query ($id: ID!) { hotel(id: $id) { ratePlans { id paymentTiming } } }"
    for hit in large:
        offered = (await ask(http, f"{gateway}/graphql", plans, {"id": hit["hotel"]["id"]}))["hotel"]["ratePlans"]
        hit["ratePlan"] = next(plan["id"] for plan in offered if plan["paymentTiming"] == "AT_HOTEL")
    return large


async def measure(gateway: str, bookers: int, bookings: int) -> list[float]:
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=bookers)) as http:
        chosen = await houses(http, gateway, bookers)
        people = [Booker(http, gateway, house) for house in chosen]
        for person in people:
            await person.sign_up()
        await people[0].seconds_until_visible()  # everything warm

        async def book(person: Booker) -> list[float]:
            return [await person.seconds_until_visible() for _ in range(bookings // len(people))]

        return sorted(second for times in await asyncio.gather(*map(book, people)) for second in times)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.visibility")
    parser.add_argument("--gateway", default="http://127.0.0.1:8000")
    parser.add_argument("--bookers", type=int, default=4)
    parser.add_argument("--bookings", type=int, default=200)
    options = parser.parse_args()
    began = time.perf_counter()
    times = asyncio.run(measure(options.gateway, options.bookers, options.bookings))
    took = time.perf_counter() - began
    at = [times[min(int(len(times) * share), len(times) - 1)] for share in (0.5, 0.9, 0.99)]
    print(f"{len(times)} bookings by {options.bookers} bookers in {took:.1f} s; visible in search after")
    print(f"median {at[0] * 1000:.0f} ms, p90 {at[1] * 1000:.0f} ms, p99 {at[2] * 1000:.0f} ms,", end=" ")
    print(f"worst {times[-1] * 1000:.0f} ms, mean {statistics.fmean(times) * 1000:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
