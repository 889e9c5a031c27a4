"""The booking process is killed at random moments while clients repeat their keys: one booking a key."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from runtime.channels import call, open_channel
from runtime.settings import plain_environment
from stack.embedded.child_process import ChildProcess, listening
from tests.grpc_services.booking.desk import Desk, booking_request
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import PAYMENT_API_KEY, SignedIn, unless_refused
from tests.parts import Parts, free_port

CLIENTS = 12
KILLS, ALL_KILLS = 2, 10


@asynccontextmanager
async def dying_service(
    parts: Parts, addresses: dict[str, str], log_file: Path, kills: int
) -> AsyncIterator[tuple[str, asyncio.Task[None]]]:
    """A booking process that is killed and started anew `kills` times; the task ends after the last start."""
    port = free_port()
    process = ChildProcess(
        "booking",
        [sys.executable, "-m", "grpc_services.booking"],
        log_file=log_file,
        environment={
            **plain_environment(),
            "DATABASE_URL": parts.database_url("booking"),
            "INNKEEPER_GRPC_LISTEN": f"127.0.0.1:{port}",
            "INNKEEPER_PAYMENT_API_KEY": PAYMENT_API_KEY,
            **{f"INNKEEPER_{name.upper()}_ADDRESS": address for name, address in addresses.items()},
        },
    )

    async def start() -> None:
        await process.start()
        await process.ready_when(lambda: listening("127.0.0.1", port), seconds=30)

    async def keep_killing() -> None:
        draw = random.Random(3)
        for _ in range(kills):
            await asyncio.sleep(draw.uniform(0.05, 0.25))
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            await start()

    await start()
    killing = asyncio.create_task(keep_killing())
    try:
        yield f"127.0.0.1:{port}", killing
    finally:
        killing.cancel()
        await asyncio.gather(killing, return_exceptions=True)
        await process.stop()


async def test_each_key_makes_one_booking_whenever_the_process_dies(
    parts: Parts,
    auth_address: str,
    hotel_address: str,
    payment_address: str,
    desk: Desk,
    owner: SignedIn,
    guests: list[SignedIn],
    full: bool,
    tmp_path: Path,
) -> None:
    house = await desk.house(owner, Kind(rooms=10_000))
    addresses = {"auth": auth_address, "hotel": hotel_address, "payment": payment_address}
    answers: dict[str, set[bytes]] = {}
    failures = 0

    async def keep_booking(
        stub: booking_pb2_grpc.BookingServiceAsyncStub, guest: SignedIn, killing: asyncio.Task[None]
    ) -> None:
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
                        await asyncio.sleep(0.02)
                heard.add(answer.SerializeToString(deterministic=True))

    kills = ALL_KILLS if full else KILLS
    async with (
        dying_service(parts, addresses, tmp_path / "booking.log", kills) as (address, killing),
        open_channel(address, booking_pb2.DESCRIPTOR) as channel,
    ):
        stub: booking_pb2_grpc.BookingServiceAsyncStub = booking_pb2_grpc.BookingServiceStub(channel)
        async with asyncio.timeout(30 * kills), asyncio.TaskGroup() as clients:
            for number in range(CLIENTS):
                clients.create_task(keep_booking(stub, guests[number % len(guests)], killing))
        await killing
    assert failures, "no client ever met a dead process"
    assert all(len(heard) == 1 for heard in answers.values()), "a repeated key got another answer"
    async with desk.database.reading() as connection:
        query = "SELECT count(*) FROM booking.booking_room WHERE room_type_id = $1::uuid"
        assert await connection.fetchval(query, house.room_types[0]) == len(answers)
    assert await desk.free(house, nights=1) == [10_000 - len(answers)]
