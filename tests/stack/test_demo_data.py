"""The demo houses: real, whole, and the same on every machine."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import uuid
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from runtime.database import Database, open_database
from stack.demo_data import FRANCE, HOUSES_OF_THE_DEMO_HOTELIER, load_demo_houses, paris_houses
from tests.parts import Parts

HOTELIER = uuid.uuid4()
TODAY = dt.date(2027, 1, 1)
_ANNOUNCED = (
    "SELECT count(DISTINCT t.id) FROM hotel.outbox_event AS o JOIN hotel.room_type AS t ON t.id::text = o.aggregate_id"
)


@pytest.fixture(scope="module")
async def database(parts: Parts) -> AsyncIterator[Database]:
    async with open_database(parts.database_url("hotel"), pool_size=2, application_name="tests") as opened:
        yield opened


def test_the_list_has_every_classified_hotel_of_france_and_no_personal_data() -> None:
    with gzip.open(FRANCE, "rt", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 10_702
    assert not any("@" in value for line in lines for value in line.values())
    assert len(paris_houses()) == 1212


async def test_houses_are_loaded_once_whole_and_announced(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("TRUNCATE hotel.hotel CASCADE")
        await connection.execute("DELETE FROM hotel.outbox_event")
    wanted = HOUSES_OF_THE_DEMO_HOTELIER + 3
    assert await load_demo_houses(database, hotelier_id=HOTELIER, limit=wanted, today=TODAY) == wanted
    assert await load_demo_houses(database, hotelier_id=HOTELIER, limit=wanted, today=TODAY) == 0
    async with database.reading() as connection:
        houses = await connection.fetch("SELECT id, owner_id, name FROM hotel.hotel ORDER BY id")
        assert len(houses) == wanted
        assert sum(house["owner_id"] == HOTELIER for house in houses) == HOUSES_OF_THE_DEMO_HOTELIER
        kinds = await connection.fetch(
            "SELECT hotel_id, sum(number_of_rooms) AS rooms, count(*) AS kinds FROM hotel.room_type GROUP BY 1"
        )
        assert {row["kinds"] for row in kinds} == {3}
        assert all(row["rooms"] >= row["kinds"] for row in kinds)
        announced = await connection.fetchval(_ANNOUNCED)
        assert announced == 3 * wanted
        doors = await connection.fetchval("SELECT count(*) FROM hotel.room")
        assert doors == await connection.fetchval(
            "SELECT sum(number_of_rooms) FROM hotel.room_type AS t JOIN hotel.hotel AS h ON h.id = t.hotel_id"
            " WHERE h.owner_id = $1",
            HOTELIER,
        )
        extras = await connection.fetch(
            "SELECT h.owner_id, e.charge_unit FROM hotel.extra AS e JOIN hotel.hotel AS h ON h.id = e.hotel_id"
        )
        assert Counter(row["charge_unit"] for row in extras) == dict.fromkeys(
            ("PERSON_NIGHT", "NIGHT", "STAY"), HOUSES_OF_THE_DEMO_HOTELIER
        )
        assert {row["owner_id"] for row in extras} == {HOTELIER}
        await connection.execute("TRUNCATE hotel.hotel CASCADE")
        await connection.execute("DELETE FROM hotel.outbox_event")
        first = [house["id"] for house in houses]
    assert await load_demo_houses(database, hotelier_id=HOTELIER, limit=wanted, today=TODAY) == wanted
    async with database.transaction() as connection:
        again = [row["id"] for row in await connection.fetch("SELECT id FROM hotel.hotel ORDER BY id")]
        await connection.execute("TRUNCATE hotel.hotel CASCADE")
        await connection.execute("DELETE FROM hotel.outbox_event")
    assert again == first
