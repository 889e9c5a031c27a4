"""A salon's figures, for its hotelier; a master sees their own."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

import grpc

from contracts.money.v1 import money_pb2
from contracts.salon.v1 import appointment_pb2
from grpc_services.salon import appointment_messages as messages
from grpc_services.salon import figures_queries, visit_queries, visits
from grpc_services.salon.appointment_reading import check_days, no_salon, works_at
from grpc_services.salon.figures import Figures, figures, minutes_within
from grpc_services.salon.salon_day_servicer import days_at
from grpc_services.salon.working_time import Interval
from runtime.database import Database, Record
from runtime.identifiers import parse_id
from runtime.identity import require_account

Context = grpc.aio.ServicerContext[Any, Any]

MOST_DAYS = 366


class FiguresMethods:
    """A part of AppointmentServicer, which gives it the database."""

    _database: Database

    async def GetSalonFigures(
        self, request: appointment_pb2.GetSalonFiguresRequest, context: Context
    ) -> appointment_pb2.SalonFigures:
        caller = require_account()
        first, last = messages.parse_day(request.first_day, "firstDay"), messages.parse_day(request.last_day, "lastDay")
        check_days(first, last, most=MOST_DAYS)
        async with self._database.snapshot() as connection:
            salon = await visit_queries.load_salon(connection, parse_id(request.salon_id, path=("salonId",)))
            runs, own = await works_at(connection, caller, salon) if salon else (False, [])
            if salon is None or not (runs or own):
                raise no_salon()
            masters = [
                row for row in await visit_queries.masters_of(connection, salon["id"]) if runs or row["id"] in own
            ]
            ids = [row["id"] for row in masters]
            begin, end = days_at(ZoneInfo(salon["time_zone"]), first, last)
            rows = [
                row
                for row in await figures_queries.services_between(connection, salon["id"], begin, end)
                if row["master_id"] in ids
            ]
            working = await visits.working_times(connection, salon, ids, first, last)
            blocks: dict[uuid.UUID, list[Interval]] = defaultdict(list)
            for row in await figures_queries.blocks_between(connection, ids, begin, end):
                blocks[row["master_id"]].append((row["starts_at"], row["ends_at"]))

        def minutes(master: Record) -> int:
            return 0 if master["archived"] else minutes_within(working[master["id"]], blocks[master["id"]])

        def message(found: Figures, master: Record | None = None) -> appointment_pb2.MasterFigures:
            return _message(found, salon["currency"], master)

        def of(master: Record) -> Figures:
            theirs = [row for row in rows if row["master_id"] == master["id"]]
            return figures(theirs, minutes(master), of_master=True)

        of_masters = [(master, of(master)) for master in masters]
        return appointment_pb2.SalonFigures(
            masters=[
                message(found, master)
                for master, found in of_masters
                if not master["archived"] or found.appointments or found.cancelled or found.no_shows
            ],
            all=message(figures(rows, sum(map(minutes, masters)), of_master=False)),
        )


def _message(found: Figures, currency: str, master: Record | None) -> appointment_pb2.MasterFigures:
    return appointment_pb2.MasterFigures(
        master_id=str(master["id"]) if master else "",
        master_name=master["name"] if master else "",
        working_minutes=found.working_minutes,
        booked_minutes=found.booked_minutes,
        utilisation_basis_points=found.utilisation_basis_points,
        revenue=money_pb2.Money(minor_units=found.revenue, currency=currency),
        appointments=found.appointments,
        cancelled=found.cancelled,
        no_shows=found.no_shows,
        clients=found.clients,
        rebooked_clients=found.rebooked_clients,
    )
