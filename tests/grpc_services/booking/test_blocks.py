"""Rooms kept under one name until a release date."""

from __future__ import annotations

import asyncio
import uuid

from contracts.booking.v1 import block_pb2
from grpc_services.booking import blocks
from runtime.clock import utc_now
from runtime.identity import Role
from tests.grpc_services.booking.desk import ARRIVAL, Desk
from tests.grpc_services.booking.front_desk import front_desk
from tests.grpc_services.booking.inventory_desk import DAY
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused, register_account

OPEN, RELEASED = block_pb2.BLOCK_STATE_OPEN, block_pb2.BLOCK_STATE_RELEASED


async def test_a_block_keeps_rooms_until_it_is_released(desk: Desk, owner: SignedIn) -> None:
    front = await front_desk(desk, owner, Kind(rooms=3), Kind(name="Suite", rooms=2))
    rooms = [
        {"room_type_id": kind, "rooms": number} for kind, number in zip(front.house.room_types, (2, 1), strict=True)
    ]
    block = await front.block(name=" Wedding ", rooms=rooms, nights=3)
    assert (block.name, block.state, block.version) == ("Wedding", OPEN, 1)
    assert await desk.free(front.house, nights=4) == [1, 1, 1, 3]
    assert await desk.free(front.house, 1, nights=4) == [1, 1, 1, 2]
    assert [entry.action for entry in (await front.log()).changes] == ["block_created", "block_created"]
    released = await front.release(block)
    assert (released.state, released.version) == (RELEASED, 2)
    assert await desk.free(front.house, nights=4) == [3, 3, 3, 3]
    assert await front.release(block) == released
    assert (await front.log()).changes[0].action == "block_released"
    assert [event.inventory_version for event in await front.announced()] == [2, 3]


async def test_a_block_that_is_too_big_is_refused_naming_the_nights(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    front = await front_desk(desk, owner)
    await desk.booked(front.house, guest, front.house.room(plan=1), arrival=ARRIVAL + DAY, nights=1)
    before = await desk.everything()
    refusal = await refused(front.block(3, nights=3))
    assert (refusal.code, refusal.details["nights"]) == ("ROOM_UNAVAILABLE", (ARRIVAL + DAY).isoformat())
    assert await desk.everything() == before
    await front.block(2, nights=3)


async def test_the_last_rooms_go_to_one_block_only(desk: Desk, owner: SignedIn) -> None:
    front = await front_desk(desk, owner, Kind(rooms=3))
    answers = await asyncio.gather(*(front.block(2) for _ in range(6)), return_exceptions=True)
    codes = [getattr(answer, "code", "OK") for answer in answers]
    assert sorted(codes) == ["OK"] + ["ROOM_UNAVAILABLE"] * 5


async def test_the_same_key_makes_one_block(desk: Desk, owner: SignedIn) -> None:
    front = await front_desk(desk, owner)
    key = uuid.uuid4().hex
    answers = await asyncio.gather(*(front.block(1, key=key) for _ in range(4)))
    assert len({one.id for one in answers}) == 1
    assert await desk.free(front.house) == [2, 2]


async def test_only_what_nobody_took_is_freed_and_bookings_keep_their_rooms(desk: Desk, owner: SignedIn) -> None:
    front = await front_desk(desk, owner)
    quote = await desk.quote(front.house)
    block = await front.block(2)
    await front.walk_in(quote, block_id=block.id)
    assert (await front.release(block)).rooms[0].taken == 1
    assert await front.nights("held") == [0, 0]
    assert await front.nights("sold") == [1, 1]


async def test_blocks_whose_release_date_has_come_at_the_hotel_are_released_once(desk: Desk, owner: SignedIn) -> None:
    front = await front_desk(desk, owner, Kind(rooms=5))
    due, later = await front.block(2), await front.block(1)
    assert await blocks.release_due(desk.database, 10) == 0
    async with desk.database.transaction() as connection:
        await connection.execute(
            "UPDATE booking.block SET release_date = (now() AT TIME ZONE time_zone)::date WHERE id = $1::uuid", due.id
        )
        await connection.execute(
            "UPDATE booking.block SET release_date = (now() AT TIME ZONE time_zone)::date + 1 WHERE id = $1::uuid",
            later.id,
        )
    assert sum(await asyncio.gather(*(blocks.release_due(desk.database, 10) for _ in range(3)))) == 1
    states = {one.id: one.state for one in (await front.blocks()).blocks}
    assert states == {due.id: RELEASED, later.id: OPEN}
    assert await desk.free(front.house) == [4, 4]


async def test_blocks_are_listed_newest_first(desk: Desk, owner: SignedIn) -> None:
    front = await front_desk(desk, owner)
    first, second = await front.block(1), await front.block(1)
    assert [one.id for one in (await front.blocks()).blocks] == [second.id, first.id]
    page = await front.blocks(first=1)
    assert page.has_next_page
    assert [one.id for one in (await front.blocks(after=page.cursors[0])).blocks] == [first.id]


async def test_bad_blocks_are_named_and_change_nothing(desk: Desk, owner: SignedIn) -> None:
    front, other = await front_desk(desk, owner), await front_desk(desk, owner)
    today = utc_now().date()
    kind = front.room_type_id
    before = await desk.everything()
    for attempt, code, path in (
        (front.block(name=""), "INVALID_INPUT", "name"),
        (front.block(name="a\x00b"), "INVALID_INPUT", "name"),
        (front.block(name="x" * 121), "INVALID_INPUT", "name"),
        (front.block(rooms=[]), "INVALID_INPUT", "rooms"),
        (front.block(0), "INVALID_INPUT", "rooms.0.rooms"),
        (front.block(rooms=[{"room_type_id": kind, "rooms": 1}] * 2), "INVALID_INPUT", "rooms.1.roomTypeId"),
        (front.block(rooms=[{"room_type_id": other.room_type_id, "rooms": 1}]), "NOT_FOUND", "rooms.0.roomTypeId"),
        (front.block(nights=0), "INVALID_INPUT", "checkOut"),
        (front.block(nights=63), "INVALID_INPUT", "checkOut"),
        (front.block(arrival=today - 3 * DAY), "INVALID_INPUT", "checkIn"),
        (front.block(arrival=today + 600 * DAY), "INVALID_INPUT", "checkOut"),
        (front.block(release=ARRIVAL + DAY), "INVALID_INPUT", "releaseDate"),
        (front.block(release=today - 2 * DAY), "INVALID_INPUT", "releaseDate"),
        (front.block(hotel_id=str(uuid.uuid4())), "NOT_FOUND", "hotelId"),
    ):
        refusal = await refused(attempt)
        assert (refusal.code, ".".join(refusal.path)) == (code, path)
    assert await desk.everything() == before


async def test_only_its_hotelier_and_admins_keep_blocks(
    desk: Desk, owner: SignedIn, guest: SignedIn, auth_address: str
) -> None:
    front = await front_desk(desk, owner)
    block = await front.block(1)
    another = await register_account(auth_address, Role.HOTELIER)
    before = await desk.everything()
    for token, code in ((another.token, "NOT_FOUND"), (guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        for attempt in (front.block(1, token=token), front.release(block, token=token), front.blocks(token=token)):
            assert (await refused(attempt)).code == code
    assert await desk.everything() == before
