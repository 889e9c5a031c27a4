"""Rooms and visits in one basket under load and over kills: all or nothing, and nothing stays held for ever."""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from runtime.channels import call, open_channel
from runtime.errors import ServiceError
from runtime.settings import plain_environment
from stack.embedded.child_process import ChildProcess
from tests.api.client import until
from tests.api.tcp_proxy import Wire, wire_to
from tests.grpc_services.booking.basket_desk import BasketDesk, open_basket_desk
from tests.grpc_services.booking.desk import Desk, booking_request, quote_request
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.salon import appointment_desk as visits
from tests.grpc_services.salon.appointment_desk import check_standing_proof
from tests.grpc_services.salon.parlour import Shop
from tests.house import PAYMENT_API_KEY, SignedIn, call_patiently, client_fields
from tests.parts import Parts, free_port
from tests.proofs.figures import Tell
from tests.proofs.test_kill_between_commit_and_reply import BookingProcess

BOOKERS, ALL_BOOKERS = 10, 30
KILLS, ALL_KILLS = 1, 5


@pytest.fixture
async def basket(
    parts: Parts, auth_address: str, salon_address: str, desk: Desk, payments: Payments
) -> AsyncIterator[BasketDesk]:
    async with open_basket_desk(parts, auth_address, salon_address, desk, payments) as opened:
        yield opened
    await check_standing_proof(parts)


@asynccontextmanager
async def booking_process(
    parts: Parts, places: dict[str, str], wire: Wire, log_directory: pytest.TempPathFactory
) -> AsyncIterator[BookingProcess]:
    """A booking process of its own that reaches salon over a wire."""
    port = free_port()
    child = ChildProcess(
        "booking",
        [sys.executable, "-m", "grpc_services.booking"],
        log_file=log_directory.mktemp("process") / "booking.log",
        environment={
            **plain_environment(),
            "DATABASE_URL": parts.database_url("booking"),
            "REDIS_URL": parts.redis_url,
            "INNKEEPER_GRPC_LISTEN": f"127.0.0.1:{port}",
            "INNKEEPER_PAYMENT_API_KEY": PAYMENT_API_KEY,
            "INNKEEPER_SALON_ADDRESS": f"127.0.0.1:{wire.port}",
            **{f"INNKEEPER_{name.upper()}": value for name, value in places.items()},
            **{f"INNKEEPER_{name.upper()}": str(value) for name, value in client_fields("booking").items()},
        },
    )
    running = BookingProcess(child, port)
    await running.start()
    try:
        yield running
    finally:
        await child.stop()


async def test_one_of_many_baskets_gets_the_last_slot_and_the_others_hold_no_nights(
    basket: BasketDesk, desk: Desk, owner: SignedIn, guests: list[SignedIn], full: bool, tell: Tell
) -> None:
    bookers = ALL_BOOKERS if full else BOOKERS
    house, shop = await basket.places(owner, rooms=bookers)
    quotes = [await basket.quote(house, [basket.visit(shop)]) for _ in range(bookers)]
    answers = await asyncio.gather(
        *(desk.book(quote, guests[number % len(guests)].token) for number, quote in enumerate(quotes)),
        return_exceptions=True,
    )
    won = [answer for answer in answers if isinstance(answer, booking_pb2.Booking)]
    lost = Counter(getattr(answer, "code", repr(answer)) for answer in answers if isinstance(answer, BaseException))
    assert (len(won), lost) == (1, {"SLOT_UNAVAILABLE": bookers - 1})
    assert await desk.free(house) == [bookers - 1] * 2
    assert await basket.live_visits(shop) == 1
    tell(bookers=bookers)


async def test_one_of_many_baskets_gets_the_last_room_and_the_others_hold_no_time(
    basket: BasketDesk, desk: Desk, owner: SignedIn, guests: list[SignedIn], full: bool, tell: Tell
) -> None:
    bookers = ALL_BOOKERS if full else BOOKERS
    house, shop = await basket.places(owner, rooms=1, masters=bookers)
    quotes = [await basket.quote(house, [basket.visit(shop, master=master)]) for master in shop.masters]
    answers = await asyncio.gather(
        *(desk.book(quote, guests[number % len(guests)].token) for number, quote in enumerate(quotes)),
        return_exceptions=True,
    )
    won = [answer for answer in answers if isinstance(answer, booking_pb2.Booking)]
    lost = Counter(getattr(answer, "code", repr(answer)) for answer in answers if isinstance(answer, BaseException))
    assert (len(won), lost) == (1, {"ROOM_UNAVAILABLE": bookers - 1})
    assert await desk.free(house) == [0, 0]
    assert await basket.live_visits(shop) == 1
    tell(bookers=bookers)


async def test_a_basket_that_cannot_be_read_keeps_no_other_from_being_tended(
    basket: BasketDesk, desk: Desk, owner: SignedIn, guests: list[SignedIn]
) -> None:
    house, shop = await basket.places(owner, masters=2)
    broken, whole = [await basket.held(house, shop, guest) for guest in guests[:2]]
    await desk.let_expire(broken, whole)
    put = "UPDATE booking.booking_visit SET quoted = $2 WHERE booking_id = $1"
    quoted = broken.visits[0].quoted.SerializeToString()
    async with desk.database.transaction() as connection:
        await connection.execute(put, uuid.UUID(broken.id), b"\xff")
    assert await basket.tend(broken, whole) == 1
    assert (await desk.get(whole)).visits[0].state == visits.EXPIRED
    async with desk.database.transaction() as connection:
        await connection.execute(put, uuid.UUID(broken.id), quoted)
    assert await basket.tend(broken) == 1


async def test_killed_between_salons_hold_and_its_own_commit_booking_leaves_nothing_held(
    parts: Parts,
    auth_address: str,
    hotel_address: str,
    payment_address: str,
    salon_address: str,
    basket: BasketDesk,
    desk: Desk,
    owner: SignedIn,
    guests: list[SignedIn],
    full: bool,
    tell: Tell,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Salon's answer is lost on the wire, then the process dies: the hold is there, and the booking is not."""
    places = {"auth_address": auth_address, "hotel_address": hotel_address, "payment_address": payment_address}
    kills = ALL_KILLS if full else KILLS
    host, _, port = salon_address.rpartition(":")
    async with (
        wire_to(host, int(port)) as wire,
        booking_process(parts, places, wire, tmp_path_factory) as process,
    ):
        for number in range(kills):
            house, shop = await basket.places(owner, rooms=1)
            guest = guests[number % len(guests)]

            async with open_channel(process.address, booking_pb2.DESCRIPTOR) as channel:
                stub: booking_pb2_grpc.BookingServiceAsyncStub = booking_pb2_grpc.BookingServiceStub(channel)
                asked = quote_request(house)
                asked.visits.append(basket.visit(shop))
                request = booking_request(await call_patiently(stub.CreateQuote, asked, token=""))
                wire.deaf = True  # now that they have shaken hands
                asking = asyncio.create_task(call(stub.CreateBooking, request, token=guest.token))
                await until(partial(_is_held, basket, shop))
                await process.kill()
                with pytest.raises(ServiceError):
                    await asking
            wire.deaf = False
            assert await desk.free(house) == [1, 1]
            await basket.attempts_died()
            await basket.tend(limit=100)
            assert await basket.live_visits(shop) == 0
            await process.start()
            async with open_channel(process.address, booking_pb2.DESCRIPTOR) as channel:
                again: booking_pb2_grpc.BookingServiceAsyncStub = booking_pb2_grpc.BookingServiceStub(channel)
                booked = await call_patiently(again.CreateBooking, request, token=guest.token)
            assert await basket.live_visits(shop) == 1, "the same key goes through once the process is back"
            await desk.let_expire(booked)
            await basket.tend(booked)
            assert await basket.live_visits(shop) == 0
    tell(kills=kills)


async def _is_held(basket: BasketDesk, shop: Shop) -> bool:
    return await basket.live_visits(shop) == 1
