"""A house by its id, as the gateway reads it: asked of the service, out of Redis, out of memory. python -m bench.cache

The hotel service, PostgreSQL and Valkey are processes of their own; this one is the gateway. Rounds of all three
alternate in one run. Prints medians of rounds, per read: time, and this process's own CPU.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from api.entity_cache import EntityCache
from api.shared_entries import SharedEntries, open_shared_entries
from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from migrations.commands import provision, upgrade
from migrations.histories import RELAY_ROLE, SERVICES, role_of
from runtime.channels import call, open_channel
from runtime.database import open_database
from runtime.identifiers import new_id
from runtime.identity import ANONYMOUS
from runtime.live_channels import EntityKind
from stack.demo_data import load_demo_houses
from stack.embedded.child_process import ChildProcess, listening
from stack.embedded.postgres import EmbeddedPostgres
from stack.embedded.valkey import EmbeddedValkey

HOUSES = 200
PASSWORD = "bench-only"  # noqa: S105  # of servers that only this run knows

Read = Callable[[Sequence[str]], Awaitable[dict[str, hotel_pb2.Hotel]]]


async def main(arguments: argparse.Namespace) -> None:
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        valkey = EmbeddedValkey(directory, _free_port(), PASSWORD, log_file=directory / "valkey.log")
        stack.push_async_callback(valkey.stop)
        await valkey.start()
        hotels, ids = await stack.enter_async_context(_hotel_service(directory))
        shared = await stack.enter_async_context(open_shared_entries(valkey.url))

        async def load(wanted: Sequence[str], token: str | None) -> dict[str, hotel_pb2.Hotel]:
            response = await call(hotels.GetHotels, hotel_pb2.GetHotelsRequest(ids=wanted), token=token)
            return {hotel.id: hotel for hotel in response.hotels}

        async def from_service(wanted: Sequence[str]) -> dict[str, hotel_pb2.Hotel]:
            return await load(wanted, "")

        def through(cache: EntityCache[hotel_pb2.Hotel]) -> Read:
            return lambda wanted: cache.get(wanted, ANONYMOUS, load)

        ways = {
            "service": from_service,
            "Redis": through(_cache(shared, largest=0)),
            "memory": through(_cache(shared, largest=HOUSES)),
        }
        everything = await from_service(ids)
        size = statistics.mean(len(hotel.SerializeToString()) for hotel in everything.values())
        print(f"{len(ids)} houses of {size / 1024:.1f} KiB each.")
        for batch in (1, 20):
            await _compare(ways, ids, batch, arguments)


async def _compare(ways: dict[str, Read], ids: Sequence[str], batch: int, arguments: argparse.Namespace) -> None:
    batches = [ids[start : start + batch] for start in range(0, len(ids), batch)]
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(arguments.rounds + 1):  # the first fills the caches and does not count
        for name, read in ways.items():
            clock, processor = time.perf_counter(), time.process_time()
            for _ in range(arguments.passes):
                for wanted in batches:
                    found = await read(wanted)
                    assert len(found) == len(wanted)
            reads = arguments.passes * len(batches)
            if number:
                spent[name].append(
                    ((time.perf_counter() - clock) / reads * 1e6, (time.process_time() - processor) / reads * 1e6)
                )
    print(f"{batch} at a time:")
    for name, rounds in spent.items():
        wall, cpu = (statistics.median(column) for column in zip(*rounds, strict=True))
        least = min(one for one, _ in rounds)
        print(f"  {name:8} {wall:8.0f} µs, least {least:8.0f}, CPU {cpu:8.0f} µs, {1e6 / wall:9,.0f} reads a second")


def _cache(shared: SharedEntries, *, largest: int) -> EntityCache[hotel_pb2.Hotel]:
    cache = EntityCache(EntityKind.HOTEL, hotel_pb2.Hotel, lambda _hotel, _caller: False, shared, largest=largest)
    cache.hearing(yes=True)
    return cache


@asynccontextmanager
async def _hotel_service(directory: Path) -> AsyncIterator[tuple[hotel_pb2_grpc.HotelServiceAsyncStub, list[str]]]:
    """The service in a process of its own, and the ids of the demo houses that it has."""
    postgres = EmbeddedPostgres(directory, _free_port(), PASSWORD, log_file=directory / "postgres.log", durable=False)
    address = f"127.0.0.1:{_free_port()}"
    service = ChildProcess(
        "hotel",
        [sys.executable, "-m", "grpc_services.hotel"],
        log_file=directory / "hotel.log",
        environment={
            "INNKEEPER_ENVIRONMENT": "test",
            "DATABASE_URL": postgres.url_of(role_of("hotel"), PASSWORD),
            "INNKEEPER_AUTH_ADDRESS": f"127.0.0.1:{_free_port()}",  # nobody signs in here
            "INNKEEPER_GRPC_LISTEN": address,
        },
    )
    await postgres.start()
    try:
        await provision(postgres.url, dict.fromkeys((*map(role_of, SERVICES), RELAY_ROLE), PASSWORD))
        await upgrade(postgres.url)
        url = postgres.url_of(role_of("hotel"), PASSWORD)
        async with open_database(url, pool_size=1, application_name="bench") as database:
            today = dt.datetime.now(dt.UTC).date()
            await load_demo_houses(database, hotelier_id=new_id(), limit=HOUSES, today=today)
            async with database.reading() as connection:
                rows = await connection.fetch("SELECT id FROM hotel ORDER BY id")
        await service.start()
        host, _, port = address.partition(":")
        await service.ready_when(lambda: listening(host, int(port)), seconds=30)
        async with open_channel(address, hotel_pb2.DESCRIPTOR) as channel:
            hotels: hotel_pb2_grpc.HotelServiceAsyncStub = hotel_pb2_grpc.HotelServiceStub(channel)
            yield hotels, [str(row["id"]) for row in rows]
    finally:
        await service.stop()
        await postgres.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="A house by its id: asked of the service, out of Redis, out of memory."
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--passes", type=int, default=3, help="through all houses, in a round")
    asyncio.run(main(parser.parse_args()))
