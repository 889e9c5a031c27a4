"""Booking a quote that has expired: refused with what to do next, and nothing else is written."""

from __future__ import annotations

import datetime as dt
import uuid

from contracts.booking.v1 import booking_pb2
from runtime.channels import call
from runtime.errors import ServiceError
from tests.grpc_services.booking.desk import ARRIVAL, CONFIRMED, HELD, Desk, nights_of
from tests.grpc_services.booking.moves import MoveDesk
from tests.grpc_services.hotel.catalogue import Extra, House, Kind
from tests.house import SignedIn, refused


async def lapsed(desk: Desk, house: House, *, nights: int = 2) -> booking_pb2.Quote:
    quote = await desk.quote(house, nights=nights)
    await desk.let_lapse(quote)
    return quote


async def reprice(desk: Desk, house: House, price: int) -> None:
    async with desk.hotels.transaction() as connection:
        await connection.execute(
            "UPDATE hotel.room_type SET base_price_minor_units = $2 WHERE hotel_id = $1", house.id, price
        )


async def all_but_quotes(desk: Desk) -> dict[str, str]:
    return {table: digest for table, digest in (await desk.everything()).items() if table != "quote"}


async def new_quote(desk: Desk, refusal: ServiceError) -> booking_pb2.Quote:
    request = booking_pb2.GetQuotesRequest(ids=[refusal.details["new_quote_id"]])
    (quote,) = (await call(desk.bookings.GetQuotes, request, token="")).quotes
    return quote


async def test_an_expired_quote_is_refused_with_a_new_one_at_the_same_price(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner)
    quote = await lapsed(desk, house)
    before = await all_but_quotes(desk)
    refusal = await refused(desk.book(quote, guest.token))
    assert (refusal.code, refusal.path) == ("QUOTE_EXPIRED", ("quoteId",))
    anew = await new_quote(desk, refusal)
    assert (anew.check_in, anew.check_out, list(anew.rooms)) == (quote.check_in, quote.check_out, list(quote.rooms))
    assert anew.total == quote.total
    assert anew.id != quote.id
    assert await all_but_quotes(desk) == before
    assert await desk.free(house) == [3, 3]


async def test_a_price_that_moved_is_told_with_both_totals_and_a_new_quote(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner)
    quote = await lapsed(desk, house)
    await reprice(desk, house, 12_000)
    before = await all_but_quotes(desk)
    refusal = await refused(desk.book(quote, guest.token))
    anew = await new_quote(desk, refusal)
    assert (refusal.code, refusal.path) == ("PRICE_CHANGED", ("quoteId",))
    assert refusal.details == {
        "old": str(quote.total.minor_units),
        "old_currency": "EUR",
        "new": str(quote.total.minor_units + 4_000),
        "new_currency": "EUR",
        "new_quote_id": anew.id,
    }
    assert anew.total.minor_units == quote.total.minor_units + 4_000
    assert await all_but_quotes(desk) == before


async def test_the_new_quote_is_booked_at_once_with_the_same_key_or_another(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner)
    key = uuid.uuid4().hex
    for later_key in (key, uuid.uuid4().hex):
        quote = await lapsed(desk, house)
        anew = await new_quote(desk, await refused(desk.book(quote, guest.token, key if later_key == key else "")))
        booking = await desk.book(anew, guest.token, later_key)
        assert (booking.state, booking.total) == (HELD, anew.total)
    assert await desk.free(house) == [1, 1]


async def test_guests_children_and_extras_of_every_room_stay_as_chosen(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner, extras=(Extra("Breakfast", "PERSON_NIGHT", 1_500),))
    rooms = house.room(adults=2, extras={0: 1}), house.room(plan=1, children_ages=[5])
    quote = await desk.quote(house, *rooms)
    await desk.let_lapse(quote)
    anew = await new_quote(desk, await refused(desk.book(quote, guest.token)))
    assert [room.request for room in anew.rooms] == list(rooms)
    assert anew.total == quote.total


async def test_rooms_that_were_sold_meanwhile_are_named_as_a_quote_would(
    desk: Desk, owner: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=1))
    quote = await lapsed(desk, house)
    assert (await desk.booked(house, stranger, house.room(plan=1))).state == CONFIRMED
    before = await desk.everything()
    refusal = await refused(desk.book(quote, guest.token))
    asked = await refused(desk.quote(house))
    assert (refusal.code, refusal.details["nights"]) == ("ROOM_UNAVAILABLE", ",".join(nights_of(ARRIVAL, 2)))
    assert (refusal.path, refusal.details) == (asked.path, asked.details)
    assert await desk.everything() == before


async def test_rooms_that_an_overdue_hold_keeps_are_quoted_anew(
    desk: Desk, owner: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=1))
    quote = await lapsed(desk, house)
    await desk.run_out(await desk.booked(house, stranger))
    anew = await new_quote(desk, await refused(desk.book(quote, guest.token)))
    assert (await desk.book(anew, guest.token)).state == HELD


async def test_a_stay_that_is_not_sold_any_more_has_no_new_quote(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    house = await desk.house(owner, extras=(Extra("Breakfast", "PERSON_NIGHT", 1_500),))
    quote = await desk.quote(house, house.room(extras={0: 1}))
    await desk.let_lapse(quote)
    async with desk.hotels.transaction() as connection:
        await connection.execute("UPDATE hotel.extra SET archived = true WHERE hotel_id = $1", house.id)
    before = await desk.everything()
    refusal = await refused(desk.book(quote, guest.token))
    assert (refusal.code, refusal.path, refusal.details) == ("QUOTE_EXPIRED", ("quoteId",), {})
    assert await desk.everything() == before


async def test_a_repeat_after_the_quote_expired_is_answered_with_the_booking(
    desk: Desk, owner: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    quote = await desk.quote(await desk.house(owner))
    key = uuid.uuid4().hex
    booking = await desk.book(quote, guest.token, key)
    await desk.let_lapse(quote)
    before = await desk.everything()
    assert await desk.book(quote, guest.token, key) == booking
    for person in (guest, stranger):  # a new quote would make a second booking of a stay that is booked
        refusal = await refused(desk.book(quote, person.token))
        assert (refusal.code, refusal.details) == ("QUOTE_EXPIRED", {})
    assert await desk.everything() == before


async def test_who_may_not_book_gets_no_new_quote(desk: Desk, owner: SignedIn) -> None:
    quote = await lapsed(desk, await desk.house(owner))
    before = await desk.everything()
    assert (await refused(desk.book(quote, ""))).code == "UNAUTHENTICATED"
    assert (await refused(desk.book(quote, desk.system))).code == "PERMISSION_DENIED"
    assert (await refused(desk.book(quote, owner.token))).code == "PERMISSION_DENIED"
    assert await desk.everything() == before


async def test_an_expired_quote_for_changing_a_booking_has_no_new_one(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    moves.clock.day = ARRIVAL - dt.timedelta(days=5)
    house = await moves.house(owner)
    booking = await moves.desk.booked(house, guest, house.room(plan=1))
    quote = await moves.requote(house, booking, guest.token, house.room(plan=1), nights=3)
    await moves.desk.let_lapse(quote)
    before = await moves.desk.everything()
    for attempt in (moves.desk.book(quote, guest.token), moves.modify(booking, quote, guest.token, 0)):
        refusal = await refused(attempt)
        assert (refusal.code, refusal.details) == ("QUOTE_EXPIRED", {})
    assert await moves.desk.everything() == before
