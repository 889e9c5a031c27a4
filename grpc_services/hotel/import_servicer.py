"""The use case of importing lists of houses."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import grpc

from contracts.hotel.v1 import hotel_import_pb2
from grpc_services.hotel import change_log, events, import_queries, importing, policies, queries
from grpc_services.hotel.importing import HouseRows, ListedHouse
from runtime.database import Connection, Database
from runtime.errors import InvalidInput

Context = grpc.aio.ServicerContext[Any, Any]


class ImportMethods:
    """A part of HotelImportServicer, which gives it the database and the clock."""

    _database: Database
    _now: Callable[[], dt.datetime]

    async def ImportHotels(
        self, request: hotel_import_pb2.ImportHotelsRequest, context: Context
    ) -> hotel_import_pb2.ImportHotelsResponse:
        owner_id, namespace = policies.owner_of_import(request.owner_id)
        if not 1 <= len(request.rows) <= importing.MOST_ROWS:
            raise InvalidInput(f"Send 1 to {importing.MOST_ROWS} rows at a time.", path=("rows",))
        read, refused = importing.read_rows(request.rows)
        async with self._database.transaction() as connection:
            imported = await import_houses(
                connection,
                read,
                owner_id=owner_id,
                namespace=namespace,
                publish=request.publish,
                today=self._now().date(),
            )
        return hotel_import_pb2.ImportHotelsResponse(rows=sorted([*imported, *refused], key=lambda row: row.line))


async def import_houses(
    connection: Connection,
    read: Sequence[tuple[int, ListedHouse]],
    *,
    owner_id: uuid.UUID,
    namespace: uuid.UUID,
    publish: bool,
    today: dt.date,
) -> list[hotel_import_pb2.ImportedRow]:
    """Makes the houses that are not there yet; answers what became of every row (line, house)."""
    await import_queries.lock_imports(connection, namespace)
    known = await import_queries.known_ids(connection, [listed.id(namespace) for _, listed in read])
    rows = HouseRows()
    answers = []
    for line, listed in read:
        hotel_id = listed.id(namespace)
        new = hotel_id not in known
        if new:
            known.add(hotel_id)
            rows.add(
                listed, hotel_id=hotel_id, owner_id=owner_id, state="PUBLISHED" if publish else "DRAFT", today=today
            )
        answers.append(
            hotel_import_pb2.ImportedRow(
                line=line,
                outcome=hotel_import_pb2.IMPORT_OUTCOME_IMPORTED
                if new
                else hotel_import_pb2.IMPORT_OUTCOME_ALREADY_THERE,
                hotel_id=str(hotel_id),
                remarks=listed.remarks if new else (),
            )
        )
    if rows.hotels:
        await _write(connection, rows, owner_id)
    return answers


async def _write(connection: Connection, rows: HouseRows, owner_id: uuid.UUID) -> None:
    made = await queries.insert_houses(
        connection,
        hotels=rows.hotels,
        room_types=rows.room_types,
        rate_plans=rows.rate_plans,
        price_rules=rows.price_rules,
    )
    await change_log.record_imports(connection, rows.hotels)
    for row in made:
        await events.publish_room_type_created(connection, row, owner_id)
