"""Quotes: what they refuse, and that they stay what they were."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from typing import Any

import pytest

from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import rate_pb2
from runtime.channels import call
from runtime.clock import from_timestamp, utc_now
from tests.grpc_services.booking.desk import ARRIVAL, Desk, nights_of, quote_request
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused

DAY = dt.timedelta(days=1)


async def test_a_quote_has_the_price_of_each_night_and_lives_fifteen_minutes(desk: Desk, owner: SignedIn) -> None:
    house = await desk.house(owner, Kind(price=12_345))
    quote = await desk.quote(house, house.room(adults=2), nights=3)
    assert from_timestamp(quote.expires_at) - from_timestamp(quote.created_at) == dt.timedelta(minutes=15)
    lines = [(line.night, line.amount.minor_units) for line in quote.rooms[0].lines]
    assert lines == [*((night, 12_345) for night in nights_of(ARRIVAL, 3)), ("", 2 * 3 * 250)]
    assert quote.total.minor_units == sum(amount for _, amount in lines)
    read = await call(
        desk.bookings.GetQuotes, booking_pb2.GetQuotesRequest(ids=[quote.id, str(uuid.uuid4())]), token=""
    )
    assert list(read.quotes) == [quote]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"hotel_id": "nonsense"}, ("hotelId",)),
        ({"check_in": "tomorrow"}, ("checkIn",)),
        ({"check_in": (utc_now().date() - 3 * DAY).isoformat()}, ("checkIn",)),
        ({"check_out": ARRIVAL.isoformat()}, ("checkOut",)),
        ({"check_out": (ARRIVAL + 61 * DAY).isoformat()}, ("checkOut",)),
        ({"rooms": []}, ("rooms",)),
        ({"rooms": 10}, ("rooms",)),
    ],
)
async def test_bad_input_is_refused_naming_its_field(
    desk: Desk, owner: SignedIn, change: dict[str, Any], path: tuple[str, ...]
) -> None:
    house = await desk.house(owner)
    if change.get("rooms") == 10:
        change = {"rooms": [house.room()] * 10}
    request = quote_request(house)
    for name in change:
        request.ClearField(name)  # type: ignore[arg-type]
    request.MergeFrom(booking_pb2.CreateQuoteRequest(**change))
    before = await desk.everything()
    refusal = await refused(call(desk.bookings.CreateQuote, request, token=""))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", path)
    assert await desk.everything() == before


async def test_a_room_type_of_another_house_is_refused_naming_the_room(desk: Desk, owner: SignedIn) -> None:
    house, other = await desk.house(owner), await desk.house(owner)
    foreign = rate_pb2.RoomRequest(room_type_id=other.room_types[0], rate_plan_id=house.plans[0], adults=1)
    refusal = await refused(desk.quote(house, house.room(), foreign))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("rooms", "1", "roomTypeId"))


async def test_a_house_that_does_not_exist_is_not_found(desk: Desk, owner: SignedIn) -> None:
    request = quote_request(await desk.house(owner))
    request.hotel_id = str(uuid.uuid4())
    refusal = await refused(call(desk.bookings.CreateQuote, request, token=""))
    assert (refusal.code, refusal.path) == ("NOT_FOUND", ("hotelId",))


async def test_sold_out_nights_are_named(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    house = await desk.house(owner, Kind(rooms=1))
    full = nights_of(ARRIVAL + DAY, 2)
    await desk.booked(house, guest, house.room(plan=1), arrival=ARRIVAL + DAY, nights=2)
    refusal = await refused(desk.quote(house, nights=4))
    assert (refusal.code, refusal.path) == ("ROOM_UNAVAILABLE", ("rooms",))
    assert refusal.details == {
        "room_type_id": house.room_types[0],
        "nights": ",".join(full),
        "reasons": ";".join(f"{night}|SOLD_OUT|" for night in full),
    }
    assert (await desk.quote(house, nights=1)).id, "the night before is free"
    assert (await desk.quote(house, arrival=ARRIVAL + 3 * DAY, nights=1)).id, "the day of check-out is free"


async def test_more_rooms_than_there_are_cannot_be_quoted(desk: Desk, owner: SignedIn) -> None:
    house = await desk.house(owner, Kind(rooms=2))
    refusal = await refused(desk.quote(house, *[house.room()] * 3))
    assert refusal.code == "ROOM_UNAVAILABLE"
    assert (await desk.quote(house, *[house.room()] * 2)).id


async def test_a_quote_stays_as_it_was_when_prices_change(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    house = await desk.house(owner)
    quote = await desk.quote(house)
    async with desk.hotels.transaction() as connection:
        await connection.execute(
            "UPDATE hotel.room_type SET base_price_minor_units = 99000 WHERE hotel_id = $1", house.id
        )
    read = await call(desk.bookings.GetQuotes, booking_pb2.GetQuotesRequest(ids=[quote.id]), token="")
    assert list(read.quotes) == [quote]
    booking = await desk.book(quote, guest.token)
    assert (booking.total, list(booking.rooms)) == (quote.total, list(quote.rooms))
    assert (await desk.quote(house)).total.minor_units > quote.total.minor_units


async def test_an_overdue_hold_does_not_stand_in_the_way_of_a_quote(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=1))
    held = await desk.booked(house, guest)
    assert (await refused(desk.quote(house))).code == "ROOM_UNAVAILABLE"
    await desk.run_out(held)
    quotes = await asyncio.gather(*(desk.quote(house) for _ in range(5)))
    assert len({quote.id for quote in quotes}) == 5
