"""The booking process is killed while clients wait for its answers and repeat their keys: one booking a key."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

import pytest

from api.node_ids import decode_node_id
from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from runtime.channels import call, open_channel
from runtime.settings import plain_environment
from stack.embedded.child_process import ChildProcess, listening
from tests.api.client import until
from tests.api.tcp_proxy import wire_to
from tests.grpc_services.booking.desk import Desk, booking_request
from tests.grpc_services.hotel.catalogue import House, Kind
from tests.house import PAYMENT_API_KEY, SignedIn, client_fields, unless_refused
from tests.parts import Parts, free_port
from tests.proofs.figures import Tell
from tests.proofs.gateways import book, open_gateways, quoted

CLIENTS = 12
KILLS, ALL_KILLS = 2, 10


@dataclass
class BookingProcess:
    """A booking process that can be killed and started anew, always at the same address."""

    child: ChildProcess
    port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        await self.child.start()
        await self.child.ready_when(lambda: listening("127.0.0.1", self.port), seconds=60)

    async def kill(self) -> None:
        os.kill(self.child.pid, signal.SIGKILL)
        await self.child.wait()


@pytest.fixture(scope="module")
async def process(
    parts: Parts, auth_address: str, hotel_address: str, payment_address: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[BookingProcess]:
    port = free_port()
    child = ChildProcess(
        "booking",
        [sys.executable, "-m", "grpc_services.booking"],
        log_file=tmp_path_factory.mktemp("process") / "booking.log",
        environment={
            **plain_environment(),
            "DATABASE_URL": parts.database_url("booking"),
            "REDIS_URL": parts.redis_url,
            "INNKEEPER_GRPC_LISTEN": f"127.0.0.1:{port}",
            "INNKEEPER_PAYMENT_API_KEY": PAYMENT_API_KEY,
            "INNKEEPER_AUTH_ADDRESS": auth_address,
            "INNKEEPER_HOTEL_ADDRESS": hotel_address,
            "INNKEEPER_PAYMENT_ADDRESS": payment_address,
            "INNKEEPER_SALON_ADDRESS": "127.0.0.1:1",
            **{f"INNKEEPER_{name.upper()}": str(value) for name, value in client_fields("booking").items()},
        },
    )
    running = BookingProcess(child, port)
    await running.start()
    yield running
    await child.stop()


async def test_a_repeat_answers_the_booking_whose_reply_died_with_its_process(
    parts: Parts,
    auth_address: str,
    hotel_address: str,
    booking_address: str,
    process: BookingProcess,
    desk: Desk,
    owner: SignedIn,
    guests: list[SignedIn],
    full: bool,
    tell: Tell,
) -> None:
    """Through GraphQL: the commit is seen in the database, its reply is lost on the wire, then the process dies."""
    places = {"auth_address": auth_address, "hotel_address": hotel_address}
    async with (
        wire_to("127.0.0.1", process.port) as wire,
        open_gateways(parts, places, (f"127.0.0.1:{wire.port}", booking_address)) as gateways,
    ):
        for _ in range(ALL_KILLS if full else 1):
            house = await desk.house(owner, Kind(rooms=1))
            client = gateways.client(0, guests[0])
            quote, key = await quoted(client, house), uuid.uuid4().hex
            wire.deaf = True
            asking = asyncio.create_task(book(client, quote, key))
            await until(partial(_is_sold_out, desk, house), seconds=60)
            await process.kill()
            await process.start()
            wire.deaf = False
            answer = await asking
            assert answer["__typename"] == "BookingCreated"
            assert [await book(client, quote, key) for client in (client, gateways.client(1, guests[0]))] == [
                answer
            ] * 2
            assert await _bookings(desk, house) == [decode_node_id(answer["booking"]["id"])[1]]
            tell(kills=1)


async def _is_sold_out(desk: Desk, house: House) -> bool:
    return await desk.free(house) == [0, 0]


async def _bookings(desk: Desk, house: House) -> list[str]:
    async with desk.database.reading() as connection:
        rows = await connection.fetch("SELECT id FROM booking.booking WHERE hotel_id = $1", house.id)
    return [str(row["id"]) for row in rows]


async def test_each_key_makes_one_booking_whenever_the_process_dies(
    process: BookingProcess, desk: Desk, owner: SignedIn, guests: list[SignedIn], full: bool, tell: Tell
) -> None:
    house = await desk.house(owner, Kind(rooms=10_000))
    kills = ALL_KILLS if full else KILLS
    answers: dict[str, set[bytes]] = {}
    failures = 0

    async def keep_killing() -> None:
        """At a random moment, but never before everybody had a chance to book since the last time."""
        draw = random.Random(3)
        for _ in range(kills):
            enough = len(answers) + 2 * CLIENTS
            while len(answers) < enough:
                await asyncio.sleep(0.01)
            await asyncio.sleep(draw.uniform(0, 0.1))
            await process.kill()
            await process.start()

    async def keep_booking(stub: booking_pb2_grpc.BookingServiceAsyncStub, guest: SignedIn) -> None:
        nonlocal failures
        while not killing.done():
            request = booking_request(await desk.quote(house, nights=1))
            heard = answers.setdefault(request.idempotency_key, set())
            for _ in range(2):
                answer = None
                while answer is None:
                    answer = await unless_refused(call(stub.CreateBooking, request, token=guest.token), "UNAVAILABLE")
                    if answer is None:
                        failures += 1
                        await asyncio.sleep(0.1)
                heard.add(answer.SerializeToString(deterministic=True))

    async with open_channel(process.address, booking_pb2.DESCRIPTOR) as channel:
        stub: booking_pb2_grpc.BookingServiceAsyncStub = booking_pb2_grpc.BookingServiceStub(channel)
        async with asyncio.timeout(120 * kills), asyncio.TaskGroup() as tasks:
            killing = tasks.create_task(keep_killing())
            for number in range(CLIENTS):
                tasks.create_task(keep_booking(stub, guests[number % len(guests)]))
    assert failures, "no client ever met a dead process"
    assert all(len(heard) == 1 for heard in answers.values()), "a repeated key got another answer"
    async with desk.database.reading() as connection:
        query = "SELECT count(*) FROM booking.booking_room WHERE room_type_id = $1::uuid"
        assert await connection.fetchval(query, house.room_types[0]) == len(answers)
    assert await desk.free(house, nights=1) == [10_000 - len(answers)]
    tell(kills=kills, clients=CLIENTS, bookings=len(answers), unanswered=failures)
