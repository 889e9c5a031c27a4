"""A hold runs out in the very moment its money comes: never paid and released without a refund."""

from __future__ import annotations

import asyncio
import random

from contracts.booking.v1 import booking_pb2
from grpc_services.booking.audit import find_discrepancies
from tests.grpc_services.booking.desk import CONFIRMED, EXPIRED, Desk, webhook
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.hotel.catalogue import House, Kind
from tests.house import SignedIn
from tests.proofs.figures import Tell

RACES, ALL_RACES = 50, 500
AT_ONCE, ALL_AT_ONCE = 25, 50


async def _paid(desk: Desk, payments: Payments, house: House, guest: SignedIn) -> booking_pb2.Booking:
    booking = await desk.start_payment(await desk.booked(house, guest), guest.token)
    await payments.pay(booking)
    return booking


async def test_expiry_races_settlement(
    desk: Desk,
    payments: Payments,
    owner: SignedIn,
    guests: list[SignedIn],
    full: bool,
    tell: Tell,
) -> None:
    draw = random.Random(7)
    seen: set[int] = set()
    races, at_once = (ALL_RACES, ALL_AT_ONCE) if full else (RACES, AT_ONCE)
    for round_number in range(races // at_once):
        house = await desk.house(owner, Kind(rooms=at_once))
        rivals = [await desk.quote(house) for _ in range(at_once // 2 * (round_number % 2))]
        paid = [await _paid(desk, payments, house, guests[0]) for _ in range(at_once)]
        stored = [await desk.receive(webhook(booking.payment.id)) for booking in paid]
        await desk.run_out(*paid)
        work = [
            *(desk.settle(event_id) for event_id in stored),
            *(desk.settle(event_id) for event_id in stored),
            *(desk.expire(5) for _ in range(at_once)),
            *(desk.book(quote, guests[1].token) for quote in rivals),
        ]
        draw.shuffle(work)
        answers = await asyncio.gather(*work, return_exceptions=True)
        failures = [answer for answer in answers if isinstance(answer, BaseException)]
        assert {getattr(failure, "code", failure) for failure in failures} <= {"ROOM_UNAVAILABLE"}
        for booking in paid:
            now = await desk.get(booking)
            seen.add(now.state)
            assert now.paid == booking.total
            refunds = await payments.refunds(booking.payment.id)
            if now.state == CONFIRMED:
                assert (now.refunded.minor_units, refunds) == (0, [])
                assert (await desk.timeline(booking)).count("BookingConfirmed") == 1
            else:
                assert now.state == EXPIRED
                assert (now.refunded, refunds) == (booking.total, [booking.total.minor_units])
        async with desk.database.reading() as connection:
            assert await find_discrepancies(connection) == []
        tell(races=at_once)
    assert seen == {CONFIRMED, EXPIRED}
