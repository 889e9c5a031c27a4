"""A change, a cancellation and a check-in of one booking at the same moment: each version has one winner."""

from __future__ import annotations

import asyncio
import datetime as dt

from contracts.booking.v1 import booking_pb2
from grpc_services.booking.audit import find_discrepancies
from tests.grpc_services.booking.desk import ARRIVAL
from tests.grpc_services.booking.moves import MoveDesk
from tests.grpc_services.hotel.catalogue import House, Kind
from tests.house import SignedIn
from tests.proofs.figures import Tell

RACES, ALL_RACES = 8, 200
PREPAID, AT_HOTEL = 0, 1
CANCELLED = booking_pb2.BOOKING_STATE_CANCELLED
CHECKED_IN = booking_pb2.BOOKING_STATE_CHECKED_IN
CONFIRMED = booking_pb2.BOOKING_STATE_CONFIRMED


async def test_a_change_a_cancellation_and_a_check_in_race_and_each_version_has_one_winner(
    moves: MoveDesk, owner: SignedIn, guests: list[SignedIn], full: bool, tell: Tell
) -> None:
    guest = guests[1]
    house = await moves.house(owner, Kind(rooms=3 * ALL_RACES))
    seen: set[int] = set()
    for number in range(ALL_RACES if full else RACES):
        moves.clock.day = ARRIVAL
        booking = await moves.desk.booked(house, guest, house.room(plan=AT_HOTEL))
        now = await _race(moves, booking, house, guest, owner, number)
        seen.add(now.state)
        tell(races=1)
    assert seen <= {CANCELLED, CHECKED_IN}


async def test_the_money_of_a_prepaid_booking_is_right_whoever_wins(
    moves: MoveDesk, owner: SignedIn, guests: list[SignedIn], full: bool, tell: Tell
) -> None:
    """On the day of arrival, when cancelling costs half, and long before, when it is free and nobody checks in."""
    guest = guests[2]
    house = await moves.house(owner, Kind(rooms=3 * ALL_RACES))
    for number in range(ALL_RACES if full else RACES):
        booking = await moves.paid(await moves.desk.booked(house, guest), guest.token)
        moves.clock.day = ARRIVAL - dt.timedelta(days=5) if number % 4 == 3 else ARRIVAL
        now = await _race(moves, booking, house, guest, owner, number)
        await moves.desk.hear_of(booking.payment.id)  # sends what the payment system has not answered to
        now = await moves.desk.get(booking)
        owed = now.penalty if now.state == CANCELLED else now.total
        assert now.paid == booking.paid
        assert now.paid.minor_units - now.refunded.minor_units + now.due.minor_units == owed.minor_units
        assert sum(await moves.payments.refunds(booking.payment.id)) == now.refunded.minor_units
        if now.due.minor_units:
            assert now.refunded.minor_units == 0
        assert now.state in ((CANCELLED, CONFIRMED) if moves.clock.day < ARRIVAL else (CANCELLED, CHECKED_IN))
        tell(races=1)


async def _race(
    moves: MoveDesk, booking: booking_pb2.Booking, house: House, guest: SignedIn, owner: SignedIn, number: int
) -> booking_pb2.Booking:
    """The booking afterwards. Stays of two nights become three or one, by turns; each begins the race by turns."""
    nights = 3 if number // 3 % 2 else 1
    wanted = booking.rooms[0].request
    quote = await moves.requote(house, booking, guest.token, wanted, nights=nights)
    changing = (await moves.preview_change(booking, quote, guest.token)).refund.minor_units
    cancelling = (await moves.preview(booking, guest.token)).refund.minor_units
    work = [
        moves.modify(booking, quote, guest.token, changing),
        moves.cancel(booking, guest.token, cancelling),
        moves.check_in(booking, owner.token),
    ]
    shift = number % len(work)
    answers = await asyncio.gather(*work[shift:], *work[:shift], return_exceptions=True)
    won = [answer for answer in answers if isinstance(answer, booking_pb2.Booking)]
    lost = [answer for answer in answers if not isinstance(answer, booking_pb2.Booking)]
    assert {getattr(failure, "code", failure) for failure in lost} <= {"ILLEGAL_STATE", "REFUND_CHANGED"}
    assert won
    now = await moves.desk.get(booking)
    own = await moves.desk.timeline(booking)
    versions = sorted(answer.version for answer in won)
    assert len(set(versions)) == len(won)
    assert "BookingRefunded" in own or versions == list(range(booking.version + 1, now.version + 1))
    assert len(won) == sum(kind in ("BookingModified", "BookingCancelled", "BookingCheckedIn") for kind in own)
    async with moves.desk.database.reading() as connection:
        assert await find_discrepancies(connection) == []
    return now
