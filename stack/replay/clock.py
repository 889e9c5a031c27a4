"""A clock that stands still until it is moved, for the services and for PostgreSQL alike.

Holds, quotes and rows take their time from the database's `now()`. Statements name every table with its schema, so
the search path is free: a function `now()` in a schema of its own comes before the real one, for two roles of a
database that belongs to a replay alone. Defaults of columns were bound to the real function when the tables were
made and are bound anew. Tokens, and the moments in events, keep the real time.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from migrations.histories import role_of
from runtime.database import Connection

CLOCKED = ("hotel", "booking")
_MAKE = """
    CREATE SCHEMA replay_clock;
    CREATE TABLE replay_clock.clock (moment timestamptz NOT NULL);
    INSERT INTO replay_clock.clock VALUES (pg_catalog.now());
    CREATE FUNCTION replay_clock.now() RETURNS timestamptz LANGUAGE sql STABLE
        AS 'SELECT moment FROM replay_clock.clock';
    GRANT USAGE ON SCHEMA replay_clock TO PUBLIC;
    GRANT SELECT ON replay_clock.clock TO PUBLIC;
"""
_DEFAULTS = """
    SELECT format(
        'ALTER TABLE %I.%I ALTER COLUMN %I SET DEFAULT replay_clock.now()', table_schema, table_name, column_name
    ) AS statement
    FROM information_schema.columns WHERE table_schema = ANY ($1) AND column_default = 'now()'
"""


class MovingClock:
    """Moves when it is told to, never back."""

    def __init__(self, database: Connection, time_zone: str, begins: dt.datetime) -> None:
        """`begins` is a moment at the hotel, without its zone."""
        self._database = database
        self._zone = ZoneInfo(time_zone)
        self._moment = self._aware(begins)

    def now(self) -> dt.datetime:
        return self._moment

    async def take_over(self) -> None:
        """From now on the database reads this clock too; sessions that are open already do not."""
        await self._database.execute(_MAKE)
        for row in await self._database.fetch(_DEFAULTS, list(CLOCKED)):
            await self._database.execute(row["statement"])
        for service in CLOCKED:
            path = f"replay_clock, {service}, public, pg_catalog"
            await self._database.execute(f"ALTER ROLE {role_of(service)} SET search_path = {path}")
        await self._write()

    async def move_to(self, day: dt.date, time: dt.time) -> None:
        """To a time of day at the hotel. Nothing may be under way meanwhile."""
        moment = self._aware(dt.datetime.combine(day, time))
        if moment < self._moment:
            raise ValueError("time does not run backwards")
        self._moment = moment
        await self._write()

    def _aware(self, moment: dt.datetime) -> dt.datetime:
        return moment.replace(tzinfo=self._zone).astimezone(dt.UTC)

    async def _write(self) -> None:
        await self._database.execute("UPDATE replay_clock.clock SET moment = $1", self._moment)
