"""The use cases of services: what a salon does, for how long and how much, and which masters do it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc

from contracts.salon.v1 import salon_pb2
from grpc_services.salon import (
    change_log,
    editing,
    events,
    master_queries,
    messages,
    policies,
    service_fields,
    service_queries,
)
from grpc_services.salon.salon_servicer import parse_ids
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput
from runtime.field_checks import Values
from runtime.identifiers import new_id, parse_id
from runtime.identity import Caller, current_caller

Context = grpc.aio.ServicerContext[Any, Any]
MOST_SERVICES = 300


class ServiceMethods:
    """A part of SalonServicer, which gives it the database."""

    _database: Database

    async def GetServices(
        self, request: salon_pb2.GetServicesRequest, context: Context
    ) -> salon_pb2.GetServicesResponse:
        caller = current_caller()
        ids = parse_ids(request.ids)
        async with self._database.reading() as connection:
            rows = await service_queries.seen_services(
                connection, ids, reader_id=caller.account_id, of_anybody=policies.sees_every_salon(caller)
            )
            offerings = await service_queries.offerings_of(connection, [row["id"] for row in rows])
        return salon_pb2.GetServicesResponse(
            services=[messages.service_message(row, offerings.get(row["id"], ()), row["currency"]) for row in rows]
        )

    async def CreateService(self, request: salon_pb2.CreateServiceRequest, context: Context) -> salon_pb2.Service:
        caller = policies.require_editor()
        salon_id = parse_id(request.salon_id, path=("salonId",))
        values = service_fields.service_values(request.fields)
        offerings = service_fields.offering_values(request.fields.offerings)
        async with self._database.transaction() as connection:
            salon = await editing.lock_open_salon(connection, caller, salon_id)
            await _check_masters(connection, salon, offerings)
            if await service_queries.number_in_use(connection, salon_id) >= MOST_SERVICES:
                raise InvalidInput(f"A salon has at most {MOST_SERVICES} services.", path=("salonId",))
            row = await service_queries.append(connection, salon_id, values | {"id": new_id()})
            await service_queries.put_offerings(connection, row["id"], offerings)
            kept = await _offerings(connection, row)
            await _record(connection, row, "created", before=None, after=_facts(row, kept))
            await events.publish_salon_changed(connection, salon)
        return messages.service_message(row, kept, salon["currency"])

    async def UpdateService(self, request: salon_pb2.UpdateServiceRequest, context: Context) -> salon_pb2.Service:
        caller = policies.require_editor()
        values = service_fields.service_values(request.fields)
        offerings = service_fields.offering_values(request.fields.offerings)
        async with self._database.transaction() as connection:
            salon, row = await _locked(connection, caller, request.id, request.expected_version)
            await _check_masters(connection, salon, offerings)
            before = _facts(row, await _offerings(connection, row))
            if values | {"offerings": _written(offerings)} != before:
                row = await service_queries.save(connection, row["id"], values)
                await service_queries.put_offerings(connection, row["id"], offerings)
                after = _facts(row, await _offerings(connection, row))
                await _record(connection, row, "updated", before=before, after=after)
                await events.publish_salon_changed(connection, salon)
            kept = await _offerings(connection, row)
        return messages.service_message(row, kept, salon["currency"])

    async def ArchiveService(self, request: salon_pb2.ArchiveServiceRequest, context: Context) -> salon_pb2.Service:
        """Appointments that stand keep what they have booked."""
        caller = policies.require_editor()
        async with self._database.transaction() as connection:
            salon, row = await _locked(connection, caller, request.id, request.expected_version)
            row = await service_queries.archive(connection, row["id"])
            await _record(connection, row, "archived", before={"archived": False}, after={"archived": True})
            await events.publish_salon_changed(connection, salon)
            kept = await _offerings(connection, row)
        return messages.service_message(row, kept, salon["currency"])


async def _locked(
    connection: Connection, caller: Caller, identifier: str, expected_version: int
) -> tuple[Record, Record]:
    """The locked salon and the service, which may be edited."""
    service_id = parse_id(identifier, path=("serviceId",))
    found = await service_queries.get_service(connection, service_id)
    salon = await editing.lock_open_salon(
        connection, caller, found["salon_id"] if found else None, path=("serviceId",), kind="service"
    )
    row = await service_queries.get_service(connection, service_id)
    if row is None:
        raise editing.missing("service", ("serviceId",))
    if row["archived"]:
        raise editing.archived("service")
    editing.check_version(row["version"], expected_version)
    return salon, row


async def _check_masters(connection: Connection, salon: Record, offerings: Sequence[Values]) -> None:
    masters = await master_queries.at_work(connection, salon["id"])
    service_fields.check_masters(offerings, {master["id"] for master in masters})


async def _offerings(connection: Connection, row: Record) -> Sequence[Record]:
    return (await service_queries.offerings_of(connection, [row["id"]])).get(row["id"], [])


async def _record(
    connection: Connection, row: Record, action: str, *, before: dict[str, Any] | None, after: dict[str, Any]
) -> None:
    await change_log.record_change(
        connection, row["salon_id"], "Service", row["id"], action, before=before, after=after
    )


def _facts(row: Record, offerings: Sequence[Record]) -> dict[str, Any]:
    return {name: row[name] for name in service_queries.WRITTEN} | {"offerings": _written(offerings)}


def _written(offerings: Sequence[Values] | Sequence[Record]) -> list[dict[str, Any]]:
    """In order of master, with ids as text."""
    rows = [
        {
            "master_id": str(row["master_id"]),
            "price_minor_units": row["price_minor_units"],
            "duration_minutes": row["duration_minutes"],
        }
        for row in offerings
    ]
    return sorted(rows, key=lambda row: str(row["master_id"]))
