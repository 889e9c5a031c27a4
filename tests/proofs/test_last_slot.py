"""Many clients, one slot: exactly one gets it, visits of two masters are whole, and the database never deadlocks."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import pytest

from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import appointment_pb2
from tests.grpc_services.salon.appointment_desk import (
    CANCELLED,
    DAY,
    AppointmentDesk,
    at,
    check_standing_proof,
    open_appointment_desk,
    wanted,
)
from tests.grpc_services.salon.parlour import Shop
from tests.house import SignedIn
from tests.parts import Parts

CLIENTS = 50
ROUNDS, ALL_ROUNDS = 2, 20
TIMES = ("09:00", "10:00", "11:00", "12:00")


@pytest.fixture(scope="module")
async def salon_desk(parts: Parts, auth_address: str, salon_address: str) -> AsyncIterator[AppointmentDesk]:
    async with open_appointment_desk(parts, auth_address, salon_address) as opened:
        yield opened
    await check_standing_proof(parts)


async def race(
    desk: AppointmentDesk,
    shop: Shop,
    guests: Sequence[SignedIn],
    visits: Sequence[tuple[dt.datetime, Sequence[appointment_pb2.WantedService]]],
) -> tuple[list[appointment_pb2.Appointment], Counter[str]]:
    """Everybody books at once; answers the appointments and the codes of the refusals."""
    answers = await asyncio.gather(
        *(
            desk.book(shop, guests[number % len(guests)], start, *services)
            for number, (start, services) in enumerate(visits)
        ),
        return_exceptions=True,
    )
    won = [answer for answer in answers if isinstance(answer, appointment_pb2.Appointment)]
    lost = [getattr(answer, "code", repr(answer)) for answer in answers if isinstance(answer, BaseException)]
    return won, Counter(lost)


async def test_one_of_fifty_gets_the_last_slot(
    salon_desk: AppointmentDesk, owner: SignedIn, guests: list[SignedIn], full: bool
) -> None:
    shop = await salon_desk.parlour.shop(owner, masters=1)
    cut = [wanted(shop.services[0])]
    for number in range(ALL_ROUNDS if full else ROUNDS):
        start = at("10:00", DAY + dt.timedelta(days=number))
        won, lost = await race(salon_desk, shop, guests, [(start, cut)] * CLIENTS)
        assert len(won) == 1
        assert lost == {"SLOT_UNAVAILABLE": CLIENTS - 1}


async def test_as_many_get_a_slot_as_there_are_masters_and_the_work_is_shared_out(
    salon_desk: AppointmentDesk, owner: SignedIn, guests: list[SignedIn]
) -> None:
    shop = await salon_desk.parlour.shop(owner, masters=4)
    cut = [wanted(shop.services[0])]
    won, lost = await race(salon_desk, shop, guests, [(at(TIMES[number % 4]), cut) for number in range(CLIENTS)])
    assert (len(won), lost) == (16, {"SLOT_UNAVAILABLE": CLIENTS - 16})
    assert set(Counter(one.services[0].master_id for one in won).values()) == {4}


async def test_an_overdue_hold_is_won_by_one_of_many(
    salon_desk: AppointmentDesk, owner: SignedIn, guests: list[SignedIn]
) -> None:
    prepaid = {"payment_timing": hotel_pb2.PAYMENT_TIMING_PREPAID}
    shop = await salon_desk.parlour.shop(owner, masters=1, services=[prepaid])
    held = await salon_desk.book(shop, guests[0], at("10:00"))
    await salon_desk.run_out(held)
    won, lost = await race(salon_desk, shop, guests, [(at("10:00"), [wanted(shop.services[0])])] * 20)
    assert (len(won), lost) == (1, {"SLOT_UNAVAILABLE": 19})
    assert await salon_desk.events(held) == ["AppointmentHeld", "AppointmentExpired"]


async def test_visits_of_two_masters_in_both_orders_with_moves_and_cancellations_between(
    salon_desk: AppointmentDesk, owner: SignedIn, guests: list[SignedIn], full: bool
) -> None:
    shop = await salon_desk.parlour.shop(owner, masters=2, services=[{}, {"name": "Colour"}])
    cut, colour = shop.services
    first, second = shop.masters
    orders = (
        [wanted(cut, first), wanted(colour, second)],
        [wanted(cut, second), wanted(colour, first)],
    )
    for number in range(6 if full else 2):
        day = DAY + dt.timedelta(days=number)
        visits = [(at(TIMES[one % 4], day), orders[one // 4 % 2]) for one in range(CLIENTS)]
        won, lost = await race(salon_desk, shop, guests, visits)
        assert set(lost) == {"SLOT_UNAVAILABLE"}
        assert 2 <= len(won) <= 5, "each takes both masters for an hour each"
        by_id = {guest.account_id.hex: guest for guest in guests}
        clients = [by_id[one.client_account_id.replace("-", "")] for one in won]
        answers = await asyncio.gather(
            *(
                salon_desk.move(one, client, at(time, day))
                for one, client in zip(won, clients, strict=True)
                for time in ("14:00", "15:00")
            ),
            *(salon_desk.cancel(one, client) for one, client in zip(won[:1], clients[:1], strict=True)),
            *(salon_desk.book(shop, guests[0], at("14:00", day), *orders[0]) for _ in range(5)),
            return_exceptions=True,
        )
        codes = {getattr(answer, "code", repr(answer)) for answer in answers if isinstance(answer, BaseException)}
        assert codes <= {"SLOT_UNAVAILABLE", "VERSION_CONFLICT", "ILLEGAL_STATE"}
        assert (await salon_desk.get(won[0])).state == CANCELLED
