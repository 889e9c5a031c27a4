"""Two who want the same visits at the same moment: whoever comes second lets nothing go that the first one has."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from contracts.booking.v1 import booking_pb2
from runtime.database import Database
from tests.api.client import until
from tests.grpc_services.booking.basket_desk import BasketDesk, open_basket_desk
from tests.grpc_services.booking.desk import APPLIED, CONFIRMED, NOTHING_TO_DO, Desk
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.salon import appointment_desk as visits
from tests.grpc_services.salon.appointment_desk import check_standing_proof
from tests.house import SignedIn, refused
from tests.parts import Parts


@pytest.fixture
async def basket(
    parts: Parts, auth_address: str, salon_address: str, desk: Desk, payments: Payments
) -> AsyncIterator[BasketDesk]:
    async with open_basket_desk(parts, auth_address, salon_address, desk, payments) as opened:
        yield opened
    await check_standing_proof(parts)


async def until_waiting(database: Database, number: int) -> None:
    """Until so many transactions wait for others."""

    async def wait() -> bool:
        async with database.reading() as connection:
            return bool(await connection.fetchval("SELECT count(*) >= $1 FROM pg_locks WHERE NOT granted", number))

    await until(wait)


async def attempts(desk: Desk, booking_id: str) -> int:
    """How often the visits of a booking were asked for."""
    async with desk.database.reading() as connection:
        query = "SELECT attempt FROM booking.basket WHERE booking_id = $1"
        return int(await connection.fetchval(query, uuid.UUID(booking_id)))


async def test_a_booker_who_waits_for_another_of_the_same_quote_lets_none_of_its_visits_go(
    basket: BasketDesk, desk: Desk, owner: SignedIn, guests: list[SignedIn]
) -> None:
    house, shop = await basket.places(owner)
    quote = await basket.quote(house, [basket.visit(shop)])
    token = guests[0].token
    async with desk.database.transaction() as connection:  # in which nobody can take nights
        await connection.execute("SELECT FROM booking.room_type WHERE hotel_id = $1 FOR UPDATE", house.id)
        first = asyncio.create_task(desk.book(quote, token))
        await until_waiting(desk.database, 1)
        second = asyncio.create_task(desk.book(quote, token))
        await until_waiting(desk.database, 2)
    booked = await first
    assert (await refused(second)).code == "ILLEGAL_STATE"
    assert (await basket.appointment(booked)).state == visits.HELD
    assert await basket.live_visits(shop) == 1


async def test_late_money_that_is_told_twice_at_once_lets_none_of_the_visits_go(
    basket: BasketDesk, desk: Desk, owner: SignedIn, guests: list[SignedIn], payments: Payments
) -> None:
    house, shop = await basket.places(owner)
    guest = guests[0]
    pending = await desk.start_payment(await basket.held(house, shop, guest), guest.token)
    other = await desk.booked(house, guest)
    await payments.pay(pending)
    await desk.let_expire(pending)
    await basket.tend(pending)
    async with desk.database.transaction() as connection:  # in which nobody can write this payment down
        await connection.execute(
            "INSERT INTO booking.captured_payment (payment_id, booking_id, amount_minor_units, shares)"
            " VALUES ($1, $2, 1, '{}')",
            pending.payment.id,
            uuid.UUID(other.id),
        )
        first = asyncio.create_task(desk.hear_of(pending.payment.id))
        await until_waiting(desk.database, 1)
        second = asyncio.create_task(desk.hear_of(pending.payment.id))
        await until_waiting(desk.database, 2)
        await connection.execute(
            "DELETE FROM booking.captured_payment WHERE payment_id = $1 AND amount_minor_units = 1", pending.payment.id
        )
    assert sorted([await first, await second]) == sorted([APPLIED, NOTHING_TO_DO])
    now = await desk.get(pending)
    assert (now.state, now.visits[0].state) == (CONFIRMED, visits.CONFIRMED)
    assert (await basket.appointment(now)).state == visits.CONFIRMED
    assert await attempts(desk, pending.id) == 2, "the visits were asked for again once"


async def test_the_sweeper_leaves_alone_whoever_is_just_holding_visits(
    basket: BasketDesk, desk: Desk, owner: SignedIn, guests: list[SignedIn]
) -> None:
    house, shop = await basket.places(owner)
    quote = await basket.quote(house, [basket.visit(shop)])
    async with basket.salon.database.transaction() as connection:  # in which nobody can hold visits
        await connection.execute("SELECT FROM salon.salon WHERE id = $1 FOR UPDATE", uuid.UUID(shop.salon.id))
        booking = asyncio.create_task(desk.book(quote, guests[0].token))
        await until_waiting(desk.database, 1)
        async with desk.database.reading() as reading:
            booking_id = await reading.fetchval(
                "SELECT booking_id FROM booking.basket WHERE quote_id = $1", uuid.UUID(quote.id)
            )
        await basket.tend(booking_pb2.Booking(id=str(booking_id)))
    booked = await booking
    assert booked.visits[0].state == visits.HELD
    assert await attempts(desk, booked.id) == 1, "it was not let go, and so not asked for again"
