"""Many bookers, few rooms: exactly as many win as there are rooms, and the database never deadlocks."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator, Sequence

import pytest

from contracts.booking.v1 import booking_pb2
from tests.grpc_services.booking.desk import ARRIVAL, Desk
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn

BOOKERS = 50
ROUNDS, ALL_ROUNDS = 10, 20


@pytest.fixture(autouse=True)
async def _no_deadlocks(desk: Desk) -> AsyncIterator[None]:
    before = await _deadlocks(desk)
    yield
    assert await _deadlocks(desk) == before


async def _deadlocks(desk: Desk) -> int:
    async with desk.database.reading() as connection:
        await connection.execute("SELECT pg_stat_force_next_flush()")
        query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        return int(await connection.fetchval(query))


async def race(
    desk: Desk, quotes: Sequence[booking_pb2.Quote], guests: Sequence[SignedIn]
) -> tuple[list[booking_pb2.Booking], list[str]]:
    """Everybody books at once; answers the bookings and the codes of the refusals."""
    answers = await asyncio.gather(
        *(desk.book(quote, guests[number % len(guests)].token) for number, quote in enumerate(quotes)),
        return_exceptions=True,
    )
    won = [answer for answer in answers if isinstance(answer, booking_pb2.Booking)]
    lost = [str(getattr(answer, "code", answer)) for answer in answers if not isinstance(answer, booking_pb2.Booking)]
    return won, lost


async def test_one_of_fifty_gets_the_last_room(desk: Desk, owner: SignedIn, guests: list[SignedIn], full: bool) -> None:
    for _ in range(ALL_ROUNDS if full else ROUNDS):
        house = await desk.house(owner, Kind(rooms=1))
        quotes = [await desk.quote(house) for _ in range(BOOKERS)]
        won, lost = await race(desk, quotes, guests)
        assert len(won) == 1
        assert lost == ["ROOM_UNAVAILABLE"] * (BOOKERS - 1)
        assert await desk.free(house) == [0, 0]


@pytest.mark.parametrize("capacity", [2, 7, 30])
async def test_as_many_win_as_there_are_rooms(
    desk: Desk, owner: SignedIn, guests: list[SignedIn], capacity: int
) -> None:
    house = await desk.house(owner, Kind(rooms=capacity))
    quotes = [await desk.quote(house, house.room(plan=number % 2)) for number in range(BOOKERS)]
    won, lost = await race(desk, quotes, guests)
    assert (len(won), lost) == (capacity, ["ROOM_UNAVAILABLE"] * (BOOKERS - capacity))
    assert await desk.free(house) == [0, 0]


async def test_overlapping_stays_of_different_lengths_never_oversell_a_night(
    desk: Desk, owner: SignedIn, guests: list[SignedIn], full: bool
) -> None:
    draw = random.Random(20)
    for _ in range(4 if full else 2):
        house = await desk.house(owner, Kind(rooms=4))
        stays = [(draw.randrange(8), draw.randrange(1, 6)) for _ in range(BOOKERS)]
        quotes = [
            await desk.quote(house, arrival=ARRIVAL + dt.timedelta(days=start), nights=nights)
            for start, nights in stays
        ]
        won, lost = await race(desk, quotes, guests)
        assert set(lost) == {"ROOM_UNAVAILABLE"}
        taken = [0] * 13
        for booking in won:
            start = (dt.date.fromisoformat(booking.check_in) - ARRIVAL).days
            for night in range(start, (dt.date.fromisoformat(booking.check_out) - ARRIVAL).days):
                taken[night] += 1
        assert max(taken) == 4
        assert await desk.free(house, nights=13) == [4 - rooms for rooms in taken]
        winners = {(booking.check_in, booking.check_out) for booking in won}
        for quote in quotes:
            if (quote.check_in, quote.check_out) not in winners:
                first = (dt.date.fromisoformat(quote.check_in) - ARRIVAL).days
                last = (dt.date.fromisoformat(quote.check_out) - ARRIVAL).days
                assert max(taken[first:last]) == 4, "somebody was refused though every night had a room"


async def test_two_room_types_in_both_orders(desk: Desk, owner: SignedIn, guests: list[SignedIn], full: bool) -> None:
    for _ in range(6 if full else 3):
        house = await desk.house(owner, Kind("Double", rooms=10), Kind("Family", rooms=10))
        quotes = []
        for number in range(BOOKERS):
            rooms = [house.room(kind=0), house.room(kind=1)]
            quotes.append(await desk.quote(house, *(rooms if number % 2 else rooms[::-1]), nights=4))
        won, lost = await race(desk, quotes, guests)
        assert (len(won), lost) == (10, ["ROOM_UNAVAILABLE"] * (BOOKERS - 10))
        assert await desk.free(house, nights=4) == [0] * 4
        assert await desk.free(house, 1, nights=4) == [0] * 4
