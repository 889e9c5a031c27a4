"""The same search in PostgreSQL, as well as we know to write it: one statement over an index that holds everything
it reads, clustered by city and night, with houses' totals reckoned by the same formula.

It answers the first page by price with what a hit tells (house, room type, rate plan, total, rooms left) and the
number of houses, for one room and adults only. Restrictions other than the shortest stay, filters, other orders,
children and several rooms are left out: each would only cost it more.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import asyncpg

from bench.france import DAY, MadeHouse
from grpc_services.search.places import folded

TABLES = """
    CREATE TABLE house (
        id int PRIMARY KEY, uuid uuid NOT NULL, city int NOT NULL, city_tax int NOT NULL, message bytea NOT NULL
    );
    CREATE TABLE room_type (
        id int PRIMARY KEY, uuid uuid NOT NULL, house int NOT NULL, city int NOT NULL, max_adults int NOT NULL,
        included_adults int NOT NULL, fewer_adult int NOT NULL
    );
    CREATE TABLE plan (
        id int PRIMARY KEY, uuid uuid NOT NULL, house int NOT NULL, position int NOT NULL, adult_meals int NOT NULL,
        from_3_nights int NOT NULL, from_7_nights int NOT NULL
    );
    CREATE TABLE night (
        city int NOT NULL, night date NOT NULL, type int NOT NULL, free smallint NOT NULL,
        min_stay smallint NOT NULL, price_0 int NOT NULL, price_1 int NOT NULL, price_2 int NOT NULL
    );
"""
INDEXES = """
    CREATE INDEX night_of_city ON night (city, night, type) INCLUDE (free, min_stay, price_0, price_1, price_2);
    CREATE INDEX night_anywhere ON night (night, type) INCLUDE (free, min_stay, price_0, price_1, price_2);
    CREATE INDEX type_of_city ON room_type (city) INCLUDE (id, house, max_adults, included_adults, fewer_adult);
    CREATE INDEX plan_of_house ON plan (house) INCLUDE (position, adult_meals, from_3_nights, from_7_nights);
    VACUUM (ANALYZE) house; VACUUM (ANALYZE) room_type; VACUUM (ANALYZE) plan; VACUUM (ANALYZE) night;
"""
# A house's products are numbered 0 to 8, so that the least of amount * 16 + number is the cheapest with its number.
SEARCH = """
    WITH stay AS MATERIALIZED (
        SELECT type, min(free) AS rooms_left, sum(price_0) AS price_0, sum(price_1) AS price_1, sum(price_2) AS price_2
        FROM night
        WHERE {where} night >= $1 AND night < $2
        GROUP BY type
        HAVING count(*) = $2 - $1 AND min(free) >= 1
            AND max(min_stay) FILTER (WHERE night = $1) <= $2 - $1
    ), charge AS (
        SELECT t.house, t.id % 3 * 3 + p.position AS number, p.from_3_nights, p.from_7_nights,
            (CASE p.position WHEN 0 THEN s.price_0 WHEN 1 THEN s.price_1 ELSE s.price_2 END)
                + ($2 - $1) * (p.adult_meals * $3 - greatest(t.included_adults - $3, 0) * t.fewer_adult) AS amount
        FROM stay AS s
        JOIN room_type AS t ON t.id = s.type AND t.max_adults >= $3
        JOIN plan AS p ON p.house = t.house
    ), priced AS (
        SELECT house, number, amount, amount * (CASE WHEN $2 - $1 >= 7 THEN from_7_nights
            WHEN $2 - $1 >= 3 THEN from_3_nights ELSE 0 END) AS share
        FROM charge
    ), cheapest AS (
        SELECT house, min(16 * (
            amount - (share / 10000 + CASE
                WHEN 2 * (share % 10000) > 10000 OR (2 * (share % 10000) = 10000 AND share / 10000 % 2 = 1) THEN 1
                ELSE 0
            END)
        ) + number) AS best
        FROM priced
        GROUP BY house
    ), page AS (
        SELECT h.id, h.uuid, h.message, c.best % 16 AS number, c.best / 16 + h.city_tax * $3 * ($2 - $1) AS total,
            count(*) OVER () AS houses
        FROM cheapest AS c JOIN house AS h ON h.id = c.house
        ORDER BY total, h.uuid
        LIMIT 20
    )
    SELECT page.uuid, page.message, page.total, page.houses, t.uuid AS type, p.uuid AS plan, stay.rooms_left
    FROM page
    JOIN room_type AS t ON t.id = page.id * 3 + page.number / 3
    JOIN plan AS p ON p.id = page.id * 3 + page.number % 3
    JOIN stay ON stay.type = t.id
    ORDER BY page.total, page.uuid
"""
IN_CITY = SEARCH.format(where="city = $4 AND")
ANYWHERE = SEARCH.format(where="")


class SqlPeer:
    """`cities` numbers folded names."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.cities: dict[str, int] = {}

    async def load(self, houses: Iterable[MadeHouse], first: dt.date, nights: Sequence[int]) -> int:
        """Loads these nights (numbers from the first one on) of all houses; answers the rows of nights."""
        await self._connection.execute(TABLES)
        rows = 0
        batch: dict[str, list[tuple[Any, ...]]] = {"house": [], "room_type": [], "plan": [], "night": []}
        for number, made in enumerate(houses):
            self._add(batch, number, made, first, nights)
            if number % 200 == 199:
                rows += await self._store(batch)
        rows += await self._store(batch)
        for statement in INDEXES.strip().split(";"):
            if statement.strip():
                await self._connection.execute(statement)
        return rows

    async def search(
        self, city: str | None, check_in: dt.date, check_out: dt.date, adults: int
    ) -> tuple[list[tuple[str, str, str, int, int]], int]:
        """The first page as (house, room type, rate plan, total, rooms left), and the number of houses."""
        if city is None:
            rows = await self._connection.fetch(ANYWHERE, check_in, check_out, adults)
        else:
            rows = await self._connection.fetch(IN_CITY, check_in, check_out, adults, self.cities[folded(city)])
        page = [
            (str(row["uuid"]), str(row["type"]), str(row["plan"]), int(row["total"]), row["rooms_left"]) for row in rows
        ]
        return page, rows[0]["houses"] if rows else 0

    def _add(
        self,
        batch: dict[str, list[tuple[Any, ...]]],
        number: int,
        made: MadeHouse,
        first: dt.date,
        nights: Sequence[int],
    ) -> None:
        hotel = made.hotel
        city = self.cities.setdefault(folded(hotel.address.city), len(self.cities))
        city_tax = hotel.city_tax_per_person_night.minor_units
        batch["house"].append((number, uuid.UUID(hotel.id), city, city_tax, hotel.SerializeToString()))
        for position, plan in enumerate(hotel.rate_plans):
            discounts = {step.min_nights: step.basis_points for step in plan.stay_discounts}
            from_3 = discounts.get(3, 0)
            meals = plan.adult_supplement_minor_units
            batch["plan"].append(
                (number * 3 + position, uuid.UUID(plan.id), number, position, meals, from_3, discounts.get(7, from_3))
            )
        for position, kind in enumerate(hotel.room_types):
            type_id = number * 3 + position
            pricing = kind.occupancy_pricing
            batch["room_type"].append(
                (
                    type_id,
                    uuid.UUID(kind.id),
                    number,
                    city,
                    kind.max_adults,
                    pricing.included_adults,
                    pricing.fewer_adult_discount_minor_units,
                )
            )
            prices = made.prices[position * 3 : position * 3 + 3].tolist()
            free, min_stay = made.free[position].tolist(), made.min_stay.tolist()
            batch["night"] += [
                (city, first + night * DAY, type_id, free[night], min_stay[night], *(price[night] for price in prices))
                for night in nights
            ]

    async def _store(self, batch: dict[str, list[tuple[Any, ...]]]) -> int:
        stored = len(batch["night"])
        for table, rows in batch.items():
            await self._connection.copy_records_to_table(table, records=_emptied(rows))
        return stored


def _emptied(rows: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    yield from rows
    rows.clear()
