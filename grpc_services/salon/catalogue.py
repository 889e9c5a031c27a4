"""Salons as a reader sees them, with their masters and services."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from contracts.salon.v1 import salon_pb2
from grpc_services.salon import master_queries, messages, policies, salon_queries, schedule_queries, service_queries
from grpc_services.salon.messages import WholeSalon
from runtime.database import Connection, Record
from runtime.errors import IllegalState
from runtime.identity import Caller


async def seen_salons(
    connection: Connection, caller: Caller, ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, salon_pb2.Salon]:
    """By id; those the caller does not see are left out, archived masters and services of others' salons too."""
    rows = await salon_queries.seen_salons(
        connection, list(ids), reader_id=caller.account_id, of_anybody=policies.sees_every_salon(caller)
    )
    return await _whole(connection, caller, rows)


async def seen_in_hotels(
    connection: Connection, caller: Caller, hotel_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, salon_pb2.Salon]:
    """As `seen_salons`, all that stand in these hotels and are not archived, by name."""
    rows = await salon_queries.seen_in_hotels(
        connection, list(hotel_ids), reader_id=caller.account_id, of_anybody=policies.sees_every_salon(caller)
    )
    return await _whole(connection, caller, rows)


async def whole_salon(connection: Connection, caller: Caller, row: Record) -> salon_pb2.Salon:
    """The salon of a row that the caller may see."""
    return (await _whole(connection, caller, [row]))[row["id"]]


async def refuse_while_to_come(
    connection: Connection, master_ids: Sequence[uuid.UUID], now: dt.datetime, *, state: str
) -> None:
    """Raises IllegalState while masters, who are locked, have appointments to come; names how many."""
    number = await schedule_queries.number_standing(connection, master_ids, now)
    if number:
        raise IllegalState(
            f"{number} {'appointment is' if number == 1 else 'appointments are'} to come; cancel or move them first.",
            details={"state": state, "allowed": "none", "appointments": str(number)},
        )


async def _whole(connection: Connection, caller: Caller, rows: Sequence[Record]) -> dict[uuid.UUID, salon_pb2.Salon]:
    salons = {row["id"]: WholeSalon(row) for row in rows}
    if not salons:
        return {}
    with_archived = {row["id"] for row in rows if policies.edits_salon(caller, row)}
    for master in await master_queries.of_salons(connection, salons):
        if not master["archived"] or master["salon_id"] in with_archived:
            salons[master["salon_id"]].masters.append(master)
    services = await service_queries.of_salons(connection, salons)
    offerings = await service_queries.offerings_of(connection, [service["id"] for service in services])
    for service in services:
        if not service["archived"] or service["salon_id"] in with_archived:
            salons[service["salon_id"]].services.append(service)
    for salon in salons.values():
        salon.offerings = offerings
    return {identifier: messages.salon_message(salon) for identifier, salon in salons.items()}
