"""Thirty clients give one door away at once: no night has two guests, and nobody waits for nobody."""

from __future__ import annotations

import asyncio
import uuid

from contracts.booking.v1 import booking_pb2
from tests.grpc_services.booking.desk import ARRIVAL, Desk
from tests.grpc_services.booking.front_desk import FrontDesk, front_desk
from tests.grpc_services.booking.inventory_desk import DAY
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, unless_refused
from tests.proofs.figures import Tell

CLIENTS = 30


async def test_no_night_of_a_door_has_two_guests(
    desk: Desk, owner: SignedIn, guests: list[SignedIn], full: bool, tell: Tell
) -> None:
    for _ in range(20 if full else 2):
        front = await front_desk(desk, owner, Kind(rooms=CLIENTS))
        doors = [await front.door(str(number)) for number in range(3)]
        bookings = [await _booked(front, guests[number % 5], number) for number in range(CLIENTS)]
        await asyncio.gather(*(_assign(front, booking, doors[0]) for booking in bookings))
        won = await _nights_are_right(front, [doors[0]])
        assert won  # somebody has it
        # and now everybody moves at once, to any of three doors, also in opposite directions
        await asyncio.gather(
            *(
                _assign(front, booking, doors[(number + step) % 3])
                for number, booking in enumerate(bookings)
                for step in (1, 2)
            )
        )
        await _nights_are_right(front, doors)
        tell(rounds=1, clients=CLIENTS, assignments=3 * CLIENTS)


async def _booked(front: FrontDesk, guest: SignedIn, number: int) -> booking_pb2.Booking:
    """Stays of one to four nights that begin on one of four days."""
    arrival, nights = ARRIVAL + (number % 4) * DAY, 1 + number // 4 % 4
    return await front.desk.booked(front.house, guest, front.house.room(plan=1), arrival=arrival, nights=nights)


async def _assign(front: FrontDesk, booking: booking_pb2.Booking, door: str) -> None:
    """Refused as DOOR_TAKEN or done; anything else, such as a deadlock, fails the proof."""
    await unless_refused(front.assign(booking, door), "DOOR_TAKEN")


async def _nights_are_right(front: FrontDesk, doors: list[str]) -> int:
    """By the rows themselves: whoever has a door has it for the whole stay."""
    async with front.desk.database.reading() as connection:
        rows = await connection.fetch(
            "SELECT n.booking_id, count(*) AS nights, max(b.check_out - b.check_in) AS stay,"
            " count(DISTINCT n.room_id) AS doors FROM booking.room_night AS n"
            " JOIN booking.booking AS b ON b.id = n.booking_id AND n.night >= b.check_in AND n.night < b.check_out"
            " WHERE n.room_id = ANY ($1::uuid[]) GROUP BY n.booking_id",
            [uuid.UUID(door) for door in doors],
        )
        taken = await connection.fetchval(
            "SELECT count(*) FROM booking.room_night WHERE room_id = ANY ($1::uuid[])",
            [uuid.UUID(door) for door in doors],
        )
    assert all((row["nights"], row["doors"]) == (row["stay"], 1) for row in rows)
    assert sum(row["nights"] for row in rows) == taken
    return len(rows)
