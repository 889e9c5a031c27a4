"""Bookers take nights while hoteliers change what there is: nothing is ever sold that is not there."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import uuid
from typing import Any

from contracts.booking.v1 import calendar_pb2
from runtime.errors import ServiceError
from tests.grpc_services.booking.desk import ARRIVAL, Desk
from tests.grpc_services.booking.inventory_desk import DAY, Backoffice, backoffice, change
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn
from tests.proofs.figures import Tell

NIGHTS = 8
EXPECTED = {"ROOM_UNAVAILABLE", "CAPACITY_BELOW_SOLD", "VERSION_CONFLICT"}


async def test_capacity_changes_while_bookers_take_the_rooms(
    desk: Desk, owner: SignedIn, guests: list[SignedIn], full: bool, tell: Tell
) -> None:
    for seed in range(8 if full else 2):
        draw = random.Random(seed)
        office = await backoffice(desk, owner, Kind(rooms=4), Kind(rooms=4))
        feed, door = await office.feed(), await office.door()
        await office.heard(feed)
        outcomes = await asyncio.gather(
            *(_book(office, guests[number % len(guests)], draw) for number in range(40)),
            *(_change_capacity(office, draw) for _ in range(10)),
            *(_hear(office, feed, draw) for _ in range(4)),
            *(_repair(office, door, draw) for _ in range(4)),
        )
        codes = [code for outcome in outcomes for code in outcome]
        assert set(codes) <= EXPECTED | {"OK"}
        assert codes.count("OK") > 10
        await _every_night_is_right(office)
        tell(rounds=1, actors=len(outcomes), moves=len(codes))


async def test_raising_the_usual_number_reaches_every_night_that_is_being_begun(
    desk: Desk, owner: SignedIn, guests: list[SignedIn]
) -> None:
    """A night whose row is made at the moment of the change must not keep the old capacity."""
    office = await backoffice(desk, owner, Kind(rooms=40))
    quotes = [await desk.quote(office.house, arrival=ARRIVAL + number * DAY, nights=1) for number in range(2, 32)]

    async def raise_it() -> None:
        for number in range(41, 61):
            await office.update(number_of_rooms=number)

    await asyncio.gather(
        raise_it(), *(desk.book(quote, guests[number % 5].token) for number, quote in enumerate(quotes))
    )
    await _every_night_is_right(office)
    assert set(await office.nights("capacity", nights=40)) == {60}


async def _book(office: Backoffice, guest: SignedIn, draw: random.Random) -> list[str]:
    arrival, nights = ARRIVAL + draw.randrange(NIGHTS - 3) * DAY, draw.randrange(1, 4)
    kinds = [0, 1] if draw.random() < 0.5 else [1, 0]
    rooms = [office.house.room(kind=kind, plan=draw.randrange(2)) for kind in kinds[: draw.randrange(1, 3)]]

    async def book() -> object:
        quote = await office.desk.quote(office.house, *rooms, arrival=arrival, nights=nights)
        return await office.desk.book(quote, guest.token)

    return [await _code(book())]


async def _change_capacity(office: Backoffice, draw: random.Random) -> list[str]:
    codes = []
    for _ in range(4):
        first = ARRIVAL + draw.randrange(NIGHTS) * DAY
        what: dict[str, Any] = draw.choice(
            [{"capacity": draw.randrange(8)}, {"reset_capacity": True}, {"oversell": draw.randrange(3)}]
        )
        usual = draw.randrange(1, 8) if draw.random() < 0.6 else None
        codes.append(await _code(office.update(change(first, first + 2 * DAY, **what), number_of_rooms=usual)))
    return codes


async def _hear(office: Backoffice, feed: calendar_pb2.CalendarFeed, draw: random.Random) -> list[str]:
    stays = [(ARRIVAL + draw.randrange(NIGHTS) * DAY, draw.randrange(1, 3)) for _ in range(draw.randrange(5))]
    return [await _code(office.heard(feed, *stays)) for _ in range(2)]


async def _repair(office: Backoffice, door: str, draw: random.Random) -> list[str]:
    night = ARRIVAL + draw.randrange(NIGHTS) * DAY
    try:
        period = await office.out_of_order(door, night, night)
    except ServiceError as refusal:
        return [refusal.code] if refusal.code != "ILLEGAL_STATE" else []
    return [await _code(office.end(period.id))] if draw.random() < 0.5 else ["OK"]


async def _code(attempt: object) -> str:
    try:
        await attempt  # type: ignore[misc]
    except ServiceError as refusal:
        return refusal.code
    return "OK"


async def _every_night_is_right(office: Backoffice) -> None:
    """By the rows themselves; the standing proof counts bookings, doors and feeds against them at the end."""
    async with office.desk.database.reading() as connection:
        rows = await connection.fetch(
            "SELECT n.*, t.capacity AS usual FROM booking.room_type_night AS n JOIN booking.room_type AS t"
            " USING (room_type_id) WHERE n.room_type_id = ANY ($1::uuid[])",
            [uuid.UUID(identifier) for identifier in office.house.room_types],
        )
    assert rows
    for row in rows:
        assert isinstance(row["night"], dt.date)
        taken = row["held"] + row["sold"] + row["blocked"]
        assert taken <= row["capacity"] - row["out_of_order"] + row["oversell"]
        assert row["capacity_overridden"] or row["capacity"] == row["usual"]
