"""The demo houses: the real hotels of Paris, imported as any list is, with numbered doors and extras for those of
the demo hotelier.

What the list does not tell is made up from the house alone, so every machine shows the same.
"""

from __future__ import annotations

import datetime as dt
import gzip
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts.hotel.v1 import hotel_import_pb2
from grpc_services.hotel import (
    events,
    extra_queries,
    import_servicer,
    importing,
    queries,
    room_queries,
    starter_catalogue,
)
from grpc_services.hotel.importing import ListedHouse
from runtime.csv_rows import csv_rows
from runtime.database import Connection, Database
from runtime.identity import NOBODY
from runtime.request_context import begin_request

FRANCE = Path(__file__).parent / "data" / "france-hotels.csv.gz"
COLUMNS = tuple(name for name in hotel_import_pb2.ImportRow.DESCRIPTOR.fields_by_name if name != "line")
HOUSES_OF_THE_DEMO_HOTELIER = 12
_CITY = "Paris"
_BATCH = 100
_DOORS_ON_A_FLOOR = 20


async def load_demo_houses(database: Database, *, hotelier_id: uuid.UUID, limit: int, today: dt.date) -> int:
    """Loads the houses if there are none yet; answers how many it loaded."""
    async with database.reading() as connection:
        if await queries.count_published(connection):
            return 0
    begin_request()
    paris = paris_houses()[:limit]
    own, others = paris[:HOUSES_OF_THE_DEMO_HOTELIER], paris[HOUSES_OF_THE_DEMO_HOTELIER:]
    async with database.transaction() as connection:
        await _load(connection, own, hotelier_id, today)
        hotel_ids = [listed.id(importing.REGISTER) for _, listed in own]
        await _add_doors(connection, hotel_ids)
        await _add_extras(connection, hotel_ids)
    for start in range(0, len(others), _BATCH):
        async with database.transaction() as connection:
            await _load(connection, others[start : start + _BATCH], importing.UNCLAIMED, today)
    return len(paris)


def paris_houses() -> list[tuple[int, ListedHouse]]:
    """Ordered by name, so that the demo hotelier's houses are the same everywhere."""
    read, _ = importing.read_rows(_rows())
    return sorted(
        (entry for entry in read if entry[1].city == _CITY), key=lambda entry: (entry[1].name, entry[1].address)
    )


def _rows() -> Iterator[hotel_import_pb2.ImportRow]:
    with gzip.open(FRANCE, "rt", encoding="utf-8", newline="") as file:
        for line, row in csv_rows(file, COLUMNS):
            yield hotel_import_pb2.ImportRow(line=line, **row)


async def _load(
    connection: Connection, houses: list[tuple[int, ListedHouse]], owner_id: uuid.UUID, today: dt.date
) -> None:
    await import_servicer.import_houses(
        connection, houses, owner_id=owner_id, namespace=importing.REGISTER, publish=True, today=today
    )


async def _add_doors(connection: Connection, hotel_ids: list[uuid.UUID]) -> None:
    """Every room of these houses gets a number: 101 is the first door of the first floor."""
    houses = await queries.load_houses(connection, hotel_ids, reader_id=NOBODY)
    for hotel_id, house in houses.items():
        position = 0
        for kind in house.room_types:
            end = position + kind["number_of_rooms"]
            doors = [_door(hotel_id, kind["id"], number) for number in range(position, end)]
            await room_queries.insert_rooms(connection, doors)
            await events.publish_rooms_changed(connection, doors)
            position = end


async def _add_extras(connection: Connection, hotel_ids: list[uuid.UUID]) -> None:
    houses = await queries.load_houses(connection, hotel_ids, reader_id=NOBODY)
    for hotel_id, house in houses.items():
        for extra in starter_catalogue.extras(hotel_id, house.hotel["stars"]):
            await extra_queries.append(connection, hotel_id, extra)


def _door(hotel_id: uuid.UUID, room_type_id: uuid.UUID, position: int) -> dict[str, Any]:
    floor, place = divmod(position, _DOORS_ON_A_FLOOR)
    number = f"{floor + 1}{place + 1:02d}"
    return {
        "id": uuid.uuid5(hotel_id, number),
        "hotel_id": hotel_id,
        "room_type_id": room_type_id,
        "number": number,
        "floor": str(floor + 1),
        "state": "CLEAN",
        "archived": False,
        "version": 1,
    }
