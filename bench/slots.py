"""Free starts of 30 days at a salon of 20 masters: how long the service takes. python -m bench.slots"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import random
import socket
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import Table, Text, bindparam, insert

from contracts.salon.v1 import appointment_pb2
from grpc_services.salon.appointment_models import MasterTime
from grpc_services.salon.appointment_servicer import AppointmentMethods
from grpc_services.salon.master_time_queries import Taking, take_time
from grpc_services.salon.models import Master, Offering, Salon, Service
from migrations.commands import provision, upgrade
from migrations.histories import RELAY_ROLE, SERVICES, role_of
from runtime.clock import utc_now
from runtime.database import Connection, Database, Statement, open_database
from runtime.identifiers import new_id
from runtime.tables import table_of
from stack.embedded.postgres import EmbeddedPostgres

MASTERS, DAYS, KINDS = 20, 30, 3
PASSWORD = "bench-only"  # noqa: S105  # of a server that lives as long as the run
TIMES = (("09:00", "12:30"), ("13:30", "19:00"))
WEEK = [{"weekday": day, "from": begin, "to": end} for day in range(1, 7) for begin, end in TIMES]
OPEN = [{"weekday": day, "from": "08:00", "to": "20:00"} for day in range(1, 7)]
ROUNDS = 20


class Slots(AppointmentMethods):
    """The use case alone, without the wire."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._now = utc_now
        self._hold_seconds = 900


async def put(connection: Connection, table: Table, **values: Any) -> uuid.UUID:
    """A row; text that is not told is empty, what may be NULL is."""
    told = {
        column.name: values.get(column.name, "" if isinstance(column.type, Text) and not column.nullable else None)
        for column in table.c
        if column.server_default is None
    }
    statement = Statement(insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in told}))
    await statement.execute(connection, **told)
    identifier: uuid.UUID = told.get("id") or new_id()
    return identifier


async def load(connection: Connection, slot_minutes: int) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """A salon and its services; of every master's day about a third is taken."""
    rating = {"rating_count": 0, "rating_mean_hundredths": 0, "rating_version": 0, "version": 1}
    salon_id = await put(
        connection,
        table_of(Salon),
        id=new_id(),
        owner_id=new_id(),
        state="PUBLISHED",
        latitude=48.0,
        longitude=2.0,
        time_zone="Europe/Paris",
        currency="EUR",
        was_published=True,
        photos=[],
        opening_hours=OPEN,
        slot_minutes=slot_minutes,
        min_notice_minutes=0,
        max_days_ahead=90,
        confirms_by_hand=False,
        cancellation_tiers=[],
        **rating,
    )
    plain = {"specialities": [], "languages": [], "portfolio_links": [], "week": WEEK, "schedule_version": 1}
    masters = [
        await put(
            connection,
            table_of(Master),
            id=new_id(),
            salon_id=salon_id,
            position=position,
            name=f"Master {position}",
            archived=False,
            **plain,
            **rating,
        )
        for position in range(MASTERS)
    ]
    services = [
        await put(
            connection,
            table_of(Service),
            id=new_id(),
            salon_id=salon_id,
            position=position,
            name=f"Service {position}",
            duration_minutes=30 + 15 * position,
            buffer_before_minutes=0,
            buffer_after_minutes=10,
            price_minor_units=5000,
            payment_timing="AT_HOTEL",
            archived=False,
            version=1,
        )
        for position in range(KINDS)
    ]
    for service_id in services:
        for master_id in masters:
            await put(connection, table_of(Offering), service_id=service_id, master_id=master_id)
    draw = random.Random(4)
    midnight = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
    hours = dt.timedelta(hours=1)
    await take_time(
        connection,
        [
            Taking(master_id, start, start + hours, reason="bench")
            for master_id in masters
            for day in range(DAYS + 2)
            for hour in draw.sample(range(8, 18), 3)
            for start in [midnight + dt.timedelta(days=day, hours=hour)]
        ],
    )
    await connection.execute(f"ANALYZE {table_of(MasterTime).fullname}")
    return salon_id, services


async def measure(database: Database, slot_minutes: int) -> None:
    async with database.transaction() as connection:
        salon_id, services = await load(connection, slot_minutes)
    use_case, today = Slots(database), utc_now().date()
    for wanted in (services[:1], services):
        request = appointment_pb2.FindSlotsRequest(
            salon_id=str(salon_id),
            services=[appointment_pb2.WantedService(service_id=str(identifier)) for identifier in wanted],
            first_day=(today + dt.timedelta(days=1)).isoformat(),
            last_day=(today + dt.timedelta(days=DAYS)).isoformat(),
        )
        spent, worked, found = [], [], 0
        for _ in range(ROUNDS):
            began, cpu = time.perf_counter(), time.process_time()
            answer = await use_case.FindSlots(request, None)  # type: ignore[arg-type]  # the use case asks nothing of it
            spent.append((time.perf_counter() - began) * 1000)
            worked.append((time.process_time() - cpu) * 1000)
            found = len(answer.slots)
        print(
            f"{len(wanted)} service(s), any of {MASTERS} masters, {DAYS} days, starts every {slot_minutes} minutes: "
            f"{found} slots, median {statistics.median(spent):.1f} ms, worst {max(spent):.1f} ms, "
            f"of it CPU of the service {statistics.median(worked):.1f} ms"
        )


async def run() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        port = _free_port()
        postgres = EmbeddedPostgres(directory, port, PASSWORD, log_file=directory / "postgres.log", durable=False)
        await postgres.start()
        try:
            roles = (*map(role_of, SERVICES), RELAY_ROLE)
            await provision(postgres.url, dict.fromkeys(roles, PASSWORD))
            await upgrade(postgres.url)
            url = postgres.url_of(role_of("salon"), PASSWORD)
            async with open_database(url, pool_size=2, application_name="bench") as database:
                for slot_minutes in (30, 15, 5):
                    await measure(database, slot_minutes)
        finally:
            await postgres.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m bench.slots", description=__doc__).parse_args()
    sys.exit(asyncio.run(run()))
