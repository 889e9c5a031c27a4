"""Fifty guests at two gateways, few rooms: exactly as many win as there are rooms."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

import pytest

from api.node_ids import decode_node_id, encode_id
from contracts.booking.v1 import booking_pb2
from tests.api.client import Client, room
from tests.grpc_services.booking.desk import ARRIVAL, EXPIRED, Desk
from tests.grpc_services.hotel.catalogue import House, Kind
from tests.house import SignedIn
from tests.proofs.figures import Tell
from tests.proofs.gateways import Gateways, book, quoted

BOOKERS = 50
FEW_ROUNDS, ROUNDS, PARTS = 2, 5, 4
STATES = ("HELD", "CONFIRMED")  # of a booking that is prepaid, and of one that is paid at the hotel


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The full size in parts, so that nobody's access token ends before the last round."""
    full = metafunc.config.getoption("--full-proofs")
    metafunc.parametrize("part", range(PARTS if full else 1))


@pytest.fixture
def bookers(gateways: Gateways, guests: list[SignedIn]) -> list[Client]:
    return [gateways.client(number, guests[number // 2 % len(guests)]) for number in range(BOOKERS)]


async def race(bookers: Sequence[Client], quotes: Sequence[str]) -> list[dict[str, Any] | None]:
    """Everybody books their quote at once; answers the booking of each, or None for one who found no room."""
    answers = await asyncio.gather(*(book(client, quote) for client, quote in zip(bookers, quotes, strict=True)))
    assert {answer["__typename"] for answer in answers} <= {"BookingCreated", "RoomUnavailable"}, answers
    return [answer.get("booking") for answer in answers]


async def test_one_of_fifty_gets_the_last_room(
    desk: Desk, owner: SignedIn, bookers: list[Client], full: bool, tell: Tell, part: int
) -> None:
    for plan in (number % 2 for number in range(part, part + (ROUNDS if full else FEW_ROUNDS))):
        house = await desk.house(owner, Kind(rooms=1))
        quotes = await _quoted(bookers, house, plan=plan)
        (won,) = filter(None, await race(bookers, quotes))
        assert won["state"] == STATES[plan]
        assert await desk.free(house) == [0, 0]
        tell(rounds=1, bookers=BOOKERS, winners=1)


async def test_a_room_whose_hold_ran_out_is_had_by_exactly_one_of_the_refused(
    desk: Desk, owner: SignedIn, bookers: list[Client], full: bool, tell: Tell, part: int
) -> None:
    """And nobody but the bookers themselves releases it: no worker runs."""
    for _ in range(ROUNDS if full else 1):
        house = await desk.house(owner, Kind(rooms=2))
        quotes = await _quoted(bookers, house)
        first = await race(bookers, quotes)
        held = [booking for booking in first if booking]
        assert [booking["state"] for booking in held] == ["HELD"] * 2
        await desk.run_out(*map(_message, held))
        refused = [number for number, booking in enumerate(first) if not booking]
        again = await race([bookers[number] for number in refused], [quotes[number] for number in refused])
        later = [booking for booking in again if booking]
        assert [booking["state"] for booking in later] == ["HELD"] * 2
        for booking in held:
            assert (await desk.get(_message(booking))).state == EXPIRED
        await desk.let_expire(*map(_message, later))
        assert await desk.free(house) == [2, 2]
        tell(rounds=1, bookers=BOOKERS + len(refused), winners=4)


@pytest.mark.parametrize("capacity", [2, 7, 30])
async def test_as_many_win_as_there_are_rooms(
    desk: Desk, owner: SignedIn, bookers: list[Client], full: bool, tell: Tell, part: int, capacity: int
) -> None:
    for _ in range(ROUNDS if full else 1):
        house = await desk.house(owner, Kind(rooms=capacity))
        quotes = await asyncio.gather(
            *(quoted(client, house, room(house, plan=number % 2)) for number, client in enumerate(bookers))
        )
        won = [booking for booking in await race(bookers, quotes) if booking]
        assert len(won) == capacity
        assert await desk.free(house) == [0, 0]
        tell(rounds=1, bookers=BOOKERS, winners=capacity)


async def test_overlapping_stays_of_different_lengths_never_oversell_a_night(
    desk: Desk, owner: SignedIn, bookers: list[Client], full: bool, tell: Tell, part: int
) -> None:
    draw = random.Random(20 + part)
    for _ in range(ROUNDS if full else 1):
        house = await desk.house(owner, Kind(rooms=4))
        stays = [(draw.randrange(8), draw.randrange(1, 6)) for _ in bookers]
        quotes = await asyncio.gather(
            *(
                quoted(client, house, start=start, nights=nights)
                for client, (start, nights) in zip(bookers, stays, strict=True)
            )
        )
        bookings = await race(bookers, quotes)
        taken = [0] * 13
        for booking, (start, nights) in zip(bookings, stays, strict=True):
            if booking:
                assert booking["checkIn"] == (ARRIVAL + dt.timedelta(days=start)).isoformat()
                for night in range(start, start + nights):
                    taken[night] += 1
        assert max(taken) == 4
        assert await desk.free(house, nights=13) == [4 - rooms for rooms in taken]
        for booking, (start, nights) in zip(bookings, stays, strict=True):
            if not booking:
                assert max(taken[start : start + nights]) == 4, "somebody was refused though every night had a room"
        tell(rounds=1, bookers=BOOKERS, winners=sum(map(bool, bookings)))


async def test_two_room_types_in_both_orders(
    desk: Desk, owner: SignedIn, bookers: list[Client], full: bool, tell: Tell, part: int
) -> None:
    for _ in range(ROUNDS if full else 1):
        house = await desk.house(owner, Kind("Double", rooms=10), Kind("Family", rooms=10))
        both = [room(house, roomTypeId=encode_id("RoomType", kind)) for kind in house.room_types]
        quotes = await asyncio.gather(
            *(
                quoted(client, house, *(both if number // 2 % 2 else both[::-1]), nights=4)
                for number, client in enumerate(bookers)
            )
        )
        won = [booking for booking in await race(bookers, quotes) if booking]
        assert len(won) == 10
        assert await desk.free(house, 0, nights=4) == [0] * 4
        assert await desk.free(house, 1, nights=4) == [0] * 4
        tell(rounds=1, bookers=BOOKERS, winners=10)


async def _quoted(bookers: Sequence[Client], house: House, *, plan: int = 0) -> list[str]:
    return await asyncio.gather(*(quoted(client, house, room(house, plan=plan)) for client in bookers))


def _message(booking: dict[str, Any]) -> booking_pb2.Booking:
    return booking_pb2.Booking(id=decode_node_id(booking["id"])[1])
