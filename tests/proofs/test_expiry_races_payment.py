"""A hold runs out in the very moment its money comes: never paid and released without a refund."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from contracts.booking.v1 import booking_pb2
from grpc_services.booking.audit import find_discrepancies
from grpc_services.booking.service import booking_service
from tests.grpc_services.booking.desk import CONFIRMED, EXPIRED, Desk, open_desk, webhook
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.hotel.catalogue import House, Kind
from tests.house import SignedIn, booking_settings
from tests.parts import Parts

RACES, ALL_RACES = 100, 500
AT_ONCE = 50


@pytest.fixture(scope="module")
async def hasty_desk(parts: Parts, auth_address: str, hotel_address: str, payment_address: str) -> AsyncIterator[Desk]:
    settings = booking_settings(
        parts, auth_address, hotel_address=hotel_address, payment_address=payment_address, hold_seconds=3
    )
    async with booking_service(settings) as server, open_desk(parts, auth_address, server.address) as opened:
        yield opened


async def _paid(desk: Desk, payments: Payments, house: House, guest: SignedIn) -> booking_pb2.Booking:
    booking = await desk.start_payment(await desk.booked(house, guest), guest.token)
    await payments.pay(booking)
    return booking


async def test_expiry_races_settlement(
    desk: Desk,
    hasty_desk: Desk,
    payments: Payments,
    owner: SignedIn,
    guests: list[SignedIn],
    full: bool,
) -> None:
    draw = random.Random(7)
    seen: set[int] = set()
    for round_number in range((ALL_RACES if full else RACES) // AT_ONCE):
        house = await hasty_desk.house(owner, Kind(rooms=AT_ONCE))
        rivals = [await desk.quote(house) for _ in range(AT_ONCE // 2 * (round_number % 2))]
        paid = [await _paid(hasty_desk, payments, house, guests[0]) for _ in range(AT_ONCE)]
        stored = [await hasty_desk.receive(webhook(booking.payment.id)) for booking in paid]
        await hasty_desk.passed(paid[-1].hold_expires_at)
        work = [
            *(hasty_desk.settle(event_id) for event_id in stored),
            *(hasty_desk.settle(event_id) for event_id in stored),
            *(hasty_desk.expire(5) for _ in range(AT_ONCE)),
            *(desk.book(quote, guests[1].token) for quote in rivals),
        ]
        draw.shuffle(work)
        answers = await asyncio.gather(*work, return_exceptions=True)
        failures = [answer for answer in answers if isinstance(answer, BaseException)]
        assert {getattr(failure, "code", failure) for failure in failures} <= {"ROOM_UNAVAILABLE"}
        for booking in paid:
            now = await hasty_desk.get(booking)
            seen.add(now.state)
            assert now.paid == booking.total
            refunds = await payments.refunds(booking.payment.id)
            if now.state == CONFIRMED:
                assert (now.refunded.minor_units, refunds) == (0, [])
                assert (await hasty_desk.timeline(booking)).count("BookingConfirmed") == 1
            else:
                assert now.state == EXPIRED
                assert (now.refunded, refunds) == (booking.total, [booking.total.minor_units])
        async with hasty_desk.database.reading() as connection:
            assert await find_discrepancies(connection) == []
    assert seen == {CONFIRMED, EXPIRED}
