"""Search over all of France: CPU of a search in the service against the best SQL, and memory. python -m bench.search"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import itertools
import os
import random
import resource
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench.france import BOOKABLE_NIGHTS, DAY, first_night, load, make_france
from bench.sql_peer import SqlPeer
from contracts.hotel.v1 import rate_pb2
from contracts.search.v1 import search_pb2
from grpc_services.search.index import Index
from grpc_services.search.searching import SearchEngine
from grpc_services.search.service import search_service
from stack.embedded.postgres import EmbeddedPostgres

PAGE = 20
FRANCE = search_pb2.Place(box=search_pb2.BoundingBox(south=-60, west=-180, north=80, east=180))
PARIS = search_pb2.Place(city="Paris")


@dataclass(frozen=True)
class Question:
    """`nights` and `adults` are drawn from, as are days of arrival: anew for every search of every round."""

    name: str
    city: str | None
    place: search_pb2.Place
    nights: Sequence[int]
    adults: Sequence[int]


@dataclass(frozen=True)
class Asked:
    arrival: dt.date
    nights: int
    adults: int

    @property
    def departure(self) -> dt.date:
        return self.arrival + self.nights * DAY


QUESTIONS = (
    Question("Paris, 3 nights, 2 adults", "Paris", PARIS, (3,), (2,)),
    Question("Paris, 7 nights, 1 adult", "Paris", PARIS, (7,), (1,)),
    Question("Paris, 1 to 7 nights, 1 to 3 adults", "Paris", PARIS, range(1, 8), (1, 2, 3)),
    Question("all France, 3 nights, 2 adults", None, FRANCE, (3,), (2,)),
)


async def main(arguments: argparse.Namespace) -> None:
    before = _resident_megabytes()
    now = dt.datetime.now(dt.UTC)
    index = Index(first_night(now.date()), BOOKABLE_NIGHTS)
    began = time.process_time()
    load(index, itertools.islice(make_france(index.nights), arguments.houses))
    engine = SearchEngine(index)
    print(f"{search_service.__module__} imported: {before:.0f} MB resident.")
    print(
        f"{index.hotels} houses, {index.room_types} room types, {index.products.used} products, {index.nights} nights "
        f"made and indexed in {time.process_time() - began:.0f} s of CPU: {_resident_megabytes():.0f} MB resident, "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most."
    )
    with tempfile.TemporaryDirectory() as directory:
        postgres = EmbeddedPostgres(
            Path(directory), _free_port(), "bench", log_file=Path(directory) / "postgres.log", durable=False
        )
        await postgres.start()
        try:
            connection = await asyncpg.connect(postgres.url)
            await connection.execute("SET max_parallel_workers_per_gather = 0")
            await compare(engine, SqlPeer(connection), connection, arguments)
            await connection.close()
        finally:
            await postgres.stop()


async def compare(
    engine: SearchEngine, peer: SqlPeer, connection: asyncpg.Connection, arguments: argparse.Namespace
) -> None:
    index = engine.index
    nights = range(30, 30 + arguments.sql_nights)
    began = time.perf_counter()
    houses = itertools.islice(make_france(index.nights), arguments.houses)
    rows = await peer.load(houses, index.first_night, nights)
    print(
        f"PostgreSQL: {arguments.sql_nights} of the {index.nights} nights, {rows:,} rows of nights, loaded and indexed "
        f"in {time.perf_counter() - began:.0f} s. Fewer nights only make its index shallower."
    )
    backend = await connection.fetchval("SELECT pg_backend_pid()")
    draw = random.Random(1)
    for question in QUESTIONS:
        most = nights.stop - max(question.nights)
        rounds = [
            [
                Asked(
                    index.first_night + draw.randrange(nights.start, most) * DAY,
                    draw.choice(question.nights),
                    draw.choice(question.adults),
                )
                for _ in range(arguments.questions)
            ]
            for _ in range(arguments.rounds)
        ]
        for asked in itertools.chain(*rounds):
            await _check_same_answer(engine, peer, question, asked)
        ours, theirs, sql_cpu = [], [], []
        for asked_now in rounds:
            requests = [_request(question, asked).SerializeToString() for asked in asked_now]
            began = time.process_time()
            for request in requests:
                engine.search(search_pb2.SearchHotelsRequest.FromString(request), PAGE)
            ours.append((time.process_time() - began) / len(asked_now) * 1000)
            cpu, began, of_client = _cpu_seconds(backend), time.perf_counter(), time.process_time()
            for asked in asked_now:
                await peer.search(question.city, asked.arrival, asked.departure, asked.adults)
            theirs.append((time.perf_counter() - began) / len(asked_now) * 1000)
            spent = _cpu_seconds(backend) - cpu + time.process_time() - of_client
            sql_cpu.append(spent / len(asked_now) * 1000)
        mine, cpu_of_sql = statistics.median(ours), statistics.median(sql_cpu)
        print(
            f"{question.name}: index {mine:.2f} ms of CPU (least {min(ours):.2f}); "
            f"SQL {cpu_of_sql:.1f} ms of CPU in backend and client (least {min(sql_cpu):.1f}), "
            f"{statistics.median(theirs):.1f} ms until answered; {cpu_of_sql / mine:.0f} times "
            f"({arguments.rounds} interleaved rounds of {arguments.questions}, same answers)"
        )


async def _check_same_answer(engine: SearchEngine, peer: SqlPeer, question: Question, asked: Asked) -> None:
    found = search_pb2.SearchHotelsResponse.FromString(engine.search(_request(question, asked), PAGE))
    page, houses = await peer.search(question.city, asked.arrival, asked.departure, asked.adults)
    assert found.total_count == houses > 0, (asked, found.total_count, houses)
    assert page == [
        (hit.hotel.id, hit.room_type_id, hit.rate_plan_id, hit.total.minor_units, hit.rooms_left) for hit in found.hits
    ], asked


def _request(question: Question, asked: Asked) -> search_pb2.SearchHotelsRequest:
    return search_pb2.SearchHotelsRequest(
        place=question.place,
        check_in=asked.arrival.isoformat(),
        check_out=asked.departure.isoformat(),
        rooms=[rate_pb2.Occupancy(adults=asked.adults)],
        sort=search_pb2.HOTEL_SORT_PRICE,
        first=PAGE,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _resident_megabytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--houses", type=int, default=None, help="only so many houses")
    parser.add_argument("--sql-nights", type=int, default=60, help="nights loaded into PostgreSQL")
    parser.add_argument("--questions", type=int, default=20, help="searches a round")
    parser.add_argument("--rounds", type=int, default=5)
    sys.exit(asyncio.run(main(parser.parse_args())))
