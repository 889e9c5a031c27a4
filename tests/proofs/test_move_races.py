"""A change, a cancellation and a check-in of one booking at the same moment: each version has one winner."""

from __future__ import annotations

import asyncio

from contracts.booking.v1 import booking_pb2
from grpc_services.booking.audit import find_discrepancies
from tests.grpc_services.booking.desk import ARRIVAL
from tests.grpc_services.booking.moves import MoveDesk
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn

RACES, ALL_RACES = 12, 100
AT_HOTEL = 1


async def test_a_change_a_cancellation_and_a_check_in_race_and_each_version_has_one_winner(
    moves: MoveDesk, owner: SignedIn, guests: list[SignedIn], full: bool
) -> None:
    guest = guests[1]
    house = await moves.house(owner, Kind(rooms=200))
    seen: set[int] = set()
    for number in range(ALL_RACES if full else RACES):
        moves.clock.day = ARRIVAL
        booking = await moves.desk.booked(house, guest, house.room(plan=AT_HOTEL))
        longer = await moves.requote(house, booking, guest.token, house.room(plan=AT_HOTEL), nights=3)
        work = [
            moves.modify(booking, longer, guest.token, 0),
            moves.cancel(booking, guest.token, 0),
            moves.check_in(booking, owner.token),
        ]
        shift = number % len(work)
        answers = await asyncio.gather(*work[shift:], *work[:shift], return_exceptions=True)
        won = [answer for answer in answers if isinstance(answer, booking_pb2.Booking)]
        lost = [answer for answer in answers if not isinstance(answer, booking_pb2.Booking)]
        assert {getattr(failure, "code", failure) for failure in lost} <= {"ILLEGAL_STATE", "REFUND_CHANGED"}
        assert sorted(answer.version for answer in won) == list(range(2, 2 + len(won)))
        now = await moves.desk.get(booking)
        assert now.version == 1 + len(won)
        seen.add(now.state)
        async with moves.desk.database.reading() as connection:
            assert await find_discrepancies(connection) == []
    assert seen <= {booking_pb2.BOOKING_STATE_CANCELLED, booking_pb2.BOOKING_STATE_CHECKED_IN}
