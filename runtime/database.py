"""PostgreSQL: one pool a process, and statements written once and compiled once.

Tables are SQLModel classes (the migrations and the column names come from them); statements are
SQLAlchemy Core or text with named parameters, compiled at import to the text that asyncpg runs. That costs
what plain asyncpg costs, and every statement still names its columns through the models.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import asyncpg
import orjson
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.sql.expression import ClauseElement


class Record(Protocol):
    """A row; columns by name."""

    def __getitem__(self, column: str, /) -> Any: ...


class Transaction(Protocol):
    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *failure: object) -> bool | None: ...


class Connection(Protocol):
    """What we use of an asyncpg connection, which brings no types of its own."""

    async def fetch(self, query: str, *arguments: Any) -> list[Record]: ...

    async def fetchrow(self, query: str, *arguments: Any) -> Record | None: ...

    async def fetchval(self, query: str, *arguments: Any) -> Any: ...

    async def execute(self, query: str, *arguments: Any) -> str: ...

    async def executemany(self, query: str, arguments: Sequence[Sequence[Any]]) -> None: ...

    def transaction(self, *, isolation: str | None = None, readonly: bool = False) -> Transaction: ...


class PooledConnection(Connection, Protocol):
    def mark_interrupted(self) -> None: ...


class Pool(Protocol):
    def acquire(self) -> Acquired: ...

    async def close(self) -> None: ...


class Acquired(Protocol):
    async def __aenter__(self) -> PooledConnection: ...

    async def __aexit__(self, *failure: object) -> bool | None: ...


# What may go through when it is tried again: the server is away or restarting, or others were in the way.
TRANSIENT = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was cut in the middle of a message
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)

_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]


class Statement:
    """A compiled statement; parameters are given by name, constants are part of it."""

    __slots__ = ("_constants", "_names", "text")

    def __init__(self, clause: ClauseElement) -> None:
        compiled = clause.compile(dialect=_DIALECT)
        self.text = str(compiled)
        self._names: Sequence[str] = getattr(compiled, "positiontup", None) or ()
        self._constants: dict[str, Any] = {
            name: compiled.params[name]
            for bound, name in getattr(compiled, "bind_names", {}).items()
            if not bound.required
        }

    def arguments(self, parameters: dict[str, Any]) -> list[Any]:
        known = {**self._constants, **parameters}
        return [known[name] for name in self._names]

    async def fetch(self, connection: Connection, **parameters: Any) -> list[Record]:
        return await connection.fetch(self.text, *self.arguments(parameters))

    async def fetch_row(self, connection: Connection, **parameters: Any) -> Record | None:
        return await connection.fetchrow(self.text, *self.arguments(parameters))

    async def fetch_one(self, connection: Connection, **parameters: Any) -> Record:
        """The row of a statement that cannot do without one, such as an INSERT … RETURNING."""
        row = await self.fetch_row(connection, **parameters)
        if row is None:
            raise LookupError("a statement that always answers a row answered none")
        return row

    async def fetch_value(self, connection: Connection, **parameters: Any) -> Any:
        return await connection.fetchval(self.text, *self.arguments(parameters))

    async def execute(self, connection: Connection, **parameters: Any) -> int:
        """Runs it and returns the number of rows it touched."""
        status = await connection.execute(self.text, *self.arguments(parameters))
        return int(status.rpartition(" ")[2])

    async def execute_many(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        await connection.executemany(self.text, [self.arguments(row) for row in rows])


class _PooledConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg brings no types
    """Knows whether its last use ended by an error or a cancellation. That may have been between preparing a statement
    and executing it, where PostgreSQL keeps a transaction open that asyncpg does not know of."""

    was_interrupted = False

    def mark_interrupted(self) -> None:
        self.was_interrupted = True


class Database:
    """The pool of one service. Transactions are READ COMMITTED; constraints and row locks decide."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        async with self._connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """For several reads that must agree with each other, whatever is written meanwhile."""
        async with self._connection() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        async with self._connection() as connection:
            yield connection

    @asynccontextmanager
    async def single_statement(self) -> AsyncIterator[Connection]:
        """For one write that stands alone: PostgreSQL makes a transaction of it by itself, in one round trip."""
        async with self._connection() as connection:
            yield connection

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with self.pool.acquire() as connection:
            mark_interrupted = connection.mark_interrupted  # a connection that was cut cannot be asked any more
            try:
                yield connection
            except BaseException:
                mark_interrupted()
                raise


@asynccontextmanager
async def open_database(url: str, *, pool_size: int, application_name: str) -> AsyncIterator[Database]:
    """Connects, or raises OSError with one line when PostgreSQL cannot be reached."""
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=pool_size,
            init=_prepare_connection,
            connection_class=_PooledConnection,
            reset=_leave_nothing_behind,
            command_timeout=30,
            server_settings={
                "application_name": application_name,
                "statement_timeout": "10000",
                "lock_timeout": "4000",
                "idle_in_transaction_session_timeout": "15000",
                "timezone": "UTC",
            },
        )
    except (OSError, asyncpg.PostgresError) as failure:
        raise OSError(f"PostgreSQL cannot be reached: {failure}") from None
    try:
        yield Database(pool)
    finally:
        await pool.close()


async def _prepare_connection(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda raw: orjson.loads(raw[1:]),
        format="binary",
    )


async def _leave_nothing_behind(connection: _PooledConnection) -> None:
    """What a connection goes through when it is given back. asyncpg has rolled back what was open; locks, settings and
    cursors of ours live within transactions, so nothing of a session is left to undo, and a round trip is spared."""
    if connection.was_interrupted:
        connection.was_interrupted = False
        await connection.execute(connection.get_reset_query())
