"""`make up`: everything on this machine, started in order, watched, and ended in order."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, TypeVar

import asyncpg
import httpx

from contracts.search.v1 import search_pb2, search_pb2_grpc
from grpc_services.hotel.queries import count_published
from migrations.commands import provision, upgrade
from migrations.histories import role_of
from runtime.channels import call, open_channel
from runtime.database import open_database
from runtime.errors import ServiceError
from runtime.settings import BrokenSettings, StackSettings, load
from stack.embedded.broker import EmbeddedBroker
from stack.embedded.child_process import ChildProcess, PartFailed, port_is_free
from stack.embedded.postgres import EmbeddedPostgres
from stack.embedded.valkey import EmbeddedValkey
from stack.load_demo import DEMO_PASSWORD, load_demo
from stack.ports import Ports
from stack.processes import PROCESSES, Kind
from stack.secret_store import SecretStore
from stack.supervisor import Supervisor, until
from stack.web_build import build_web
from stack.wiring import Wiring

ROOT = Path(__file__).resolve().parent.parent
DEMO_GUESTS = tuple(f"{role}@innkeeper.example" for role in ("guest", "hotelier", "master", "admin"))
_READY_SECONDS = 120.0

Result = TypeVar("Result")


def say(line: str) -> None:
    print(line, flush=True)


def up() -> int:
    """Runs the stack until a signal; the exit code."""
    try:
        settings = load(StackSettings)
        asyncio.run(_run(settings))
    except (BrokenSettings, PartFailed, OSError) as failure:
        sys.stderr.write(f"make up: {failure}\n")
        return 1
    return 0


async def _run(settings: StackSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    directory = (ROOT / settings.stack_dir).resolve()
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _only_one(directory):
        supervisor = Supervisor(say)
        began = time.monotonic()
        try:
            starting = asyncio.create_task(_start(settings, directory, supervisor))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not starting.done():
                starting.cancel()
                await asyncio.gather(starting, return_exceptions=True)
                return
            wiring = starting.result()
            _greet(wiring, time.monotonic() - began)
            await supervisor.watch(stop)
        finally:
            say("Stopping …")
            ended = time.monotonic()
            (directory / "addresses.json").unlink(missing_ok=True)
            await supervisor.stop()
            say(f"Stopped in {time.monotonic() - ended:.1f} s.")


async def _start(settings: StackSettings, directory: Path, supervisor: Supervisor) -> Wiring:
    ports = Ports(settings.first_port)
    _check_ports(ports, settings)
    building = asyncio.create_task(build_web(ROOT, directory / "logs" / "web-build.log"))
    try:
        wiring = await _start_parts(settings, directory, ports, supervisor)
        await _timed("schemas and migrations", _migrate(wiring))
        await _timed("demo accounts and houses", _load_demo(wiring))
        if not building.done():
            await _timed("web pages", building)
        building.result()
        children = {
            process: ChildProcess(
                process.name,
                wiring.command(process),
                log_file=directory / "logs" / f"{process.name}.log",
                environment=wiring.environment(process),
                directory=ROOT,
            )
            for process in PROCESSES
        }
        for kind in (Kind.MAIL, Kind.SERVICE, Kind.WORKER, Kind.GATEWAY):
            await supervisor.start([child for process, child in children.items() if process.kind is kind])
        await _timed("services, workers, gateway", _until_ready(wiring, supervisor))
        await _timed("search index filled", _until_searchable(wiring, supervisor))
    except BaseException:
        building.cancel()
        await asyncio.gather(building, return_exceptions=True)
        raise
    return wiring


async def _start_parts(settings: StackSettings, directory: Path, ports: Ports, supervisor: Supervisor) -> Wiring:
    secrets = SecretStore(directory)
    logs = directory / "logs"
    database_url, redis_url, kafka = settings.database_url, settings.redis_url, settings.kafka_bootstrap_servers
    postgres = valkey = broker = None
    starts: list[Awaitable[None]] = []
    if database_url is None:
        postgres = EmbeddedPostgres(directory, ports.postgres, secrets.of("postgres"), log_file=logs / "postgres.log")
        starts.append(_timed("PostgreSQL 17", postgres.start()))
    if redis_url is None:
        valkey = EmbeddedValkey(directory, ports.valkey, secrets.of("valkey"), log_file=logs / "valkey.log")
        starts.append(_timed("Valkey 9", valkey.start()))
    if kafka is None:
        broker = EmbeddedBroker(ports.kafka, log_file=logs / "broker.log", home=directory)
        starts.append(_timed("Kafka broker", broker.start()))
    supervisor.look_after([part.child for part in (postgres, valkey, broker) if part])
    await asyncio.gather(*starts)
    return Wiring(
        root=ROOT,
        directory=directory,
        ports=ports,
        secrets=secrets,
        settings=settings,
        database_url=postgres.url if postgres else database_url.get_secret_value() if database_url else "",
        redis_url=valkey.url if valkey else redis_url.get_secret_value() if redis_url else "",
        kafka_bootstrap_servers=broker.bootstrap_servers if broker else kafka or "",
        embedded_broker=broker is not None,
    )


async def _migrate(wiring: Wiring) -> None:
    try:
        await provision(wiring.database_url, wiring.secrets.role_passwords())
        await upgrade(wiring.database_url)
    except (OSError, asyncpg.PostgresError) as failure:
        raise PartFailed(f"PostgreSQL cannot be used: {failure}") from None


async def _load_demo(wiring: Wiring) -> None:
    if wiring.settings.demo_hotels:
        await load_demo(wiring.database_url_of, limit=wiring.settings.demo_hotels)


async def _until_ready(wiring: Wiring, supervisor: Supervisor) -> None:
    async with httpx.AsyncClient() as client:

        async def answers(url: str) -> bool:
            try:
                return (await client.get(url, timeout=3)).status_code == 200
            except httpx.HTTPError:
                return False

        ports = wiring.ports
        urls = [
            f"{ports.url(ports.gateway)}/health/ready",
            f"{ports.url(ports.checkout)}/health/live",
            *(f"{ports.url(ports.metrics(position))}/metrics" for position in range(len(PROCESSES))),
        ]
        for url in urls:

            async def probe(url: str = url) -> bool:
                return await answers(url)

            await until(probe, supervisor, url, seconds=_READY_SECONDS)


async def _until_searchable(wiring: Wiring, supervisor: Supervisor) -> None:
    """Waits until booking has taken in every published room type and search knows it."""
    url = wiring.database_url_of(role_of("hotel"))
    async with (
        open_database(url, pool_size=1, application_name="innkeeper-stack") as database,
        database.reading() as connection,
    ):
        hotels = await count_published(connection)
    async with open_channel(wiring.ports.grpc_address("search"), search_pb2.DESCRIPTOR) as channel:
        stub: search_pb2_grpc.SearchServiceAsyncStub = search_pb2_grpc.SearchServiceStub(channel)

        async def filled() -> bool:
            try:
                status = await call(stub.GetIndexStatus, search_pb2.GetIndexStatusRequest(), token="")
            except ServiceError:
                return False
            return (status.hotels >= hotels and status.sellable_room_types >= status.room_types > 0) or not hotels

        await until(filled, supervisor, "the search index", seconds=_READY_SECONDS)


def _check_ports(ports: Ports, settings: StackSettings) -> None:
    """One clear line for the first port that somebody else has."""
    wanted = {
        "gateway": ports.gateway,
        "checkout page": ports.checkout,
        "mail page": ports.mail_page,
        "mail catcher": ports.smtp,
        **({} if settings.database_url else {"PostgreSQL": ports.postgres}),
        **({} if settings.redis_url else {"Valkey": ports.valkey}),
        **({} if settings.kafka_bootstrap_servers else {"Kafka broker": ports.kafka}),
        **{f"{process.name} (gRPC)": ports.grpc(process.name) for process in PROCESSES if process.kind is Kind.SERVICE},
        **{f"{process.name} (metrics)": ports.metrics(position) for position, process in enumerate(PROCESSES)},
    }
    for name, port in wanted.items():
        if not port_is_free(port):
            raise PartFailed(
                f"port {port} ({name}) is taken; stop what listens there, or choose another block of ports: "
                f"make up FIRST_PORT={ports.first + 100}"
            )


@contextmanager
def _only_one(directory: Path) -> Iterator[None]:
    """Two stacks over the same data would hurt each other."""
    with (directory / "lock").open("w") as lock:
        _lock(lock, directory)
        yield


def _lock(lock: TextIO, directory: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise PartFailed(f"a stack already runs on the data in {directory}") from None
    lock.write(str(os.getpid()))
    lock.flush()


async def _timed(what: str, work: Awaitable[Result]) -> Result:
    began = time.monotonic()
    result = await work
    say(f"  {what:<32} {time.monotonic() - began:6.1f} s")
    return result


def _greet(wiring: Wiring, seconds: float) -> None:
    ports = wiring.ports
    addresses = {
        "gateway": ports.url(ports.gateway),
        "mail": ports.url(ports.mail_page),
        "checkout": ports.url(ports.checkout),
    }
    (wiring.directory / "addresses.json").write_text(json.dumps(addresses))
    say(f"\nInnkeeper is up after {seconds:.1f} s.\n")
    say(f"  GraphQL       {addresses['gateway']}/graphql")
    say(f"  Playground    {addresses['gateway']}/playground/")
    say(f"  Mails         {addresses['mail']}/")
    say(f"  Metrics       {addresses['gateway']}/metrics")
    say(f"  Logs          {wiring.directory / 'logs'}")
    if wiring.settings.demo_hotels:
        say(f"\n  Demo logins, all with the password {DEMO_PASSWORD}:")
        for account in DEMO_GUESTS:
            say(f"    {account}")
    say("\n  `make tour` in another terminal plays both journeys. Ctrl-C ends everything.\n")
