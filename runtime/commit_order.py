"""Reading rows in the order of their commits, so that who goes on from where they stopped misses none.

Ids and times are given before the commit, and commits overtake each other: "everything after the last id I saw" leaves
out what was written earlier and committed later. So a row keeps the number of its transaction, and a reader takes only
rows of transactions older than the oldest that still runs: of those every one has ended, and none can come any more.
Numbers hold within one database cluster; a position from before a restore from a dump means nothing after it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Uuid, bindparam, select, text
from sqlmodel import Field

from runtime.cursors import decode_cursor, encode_cursor
from runtime.database import Connection, Record, Statement
from runtime.identifiers import parse_id

COLUMN = "written_in"
THIS_TRANSACTION = "(pg_current_xact_id()::text)::bigint"
OLDEST_RUNNING = "(pg_snapshot_xmin(pg_current_snapshot())::text)::bigint"
_LAST_ID = uuid.UUID(int=2**128 - 1)
_NOW = Statement(select(text(f"{OLDEST_RUNNING} - 1")))


class Position(NamedTuple):
    """Everything up to and including this has been read."""

    transaction: int
    row_id: uuid.UUID


class Page(NamedTuple):
    """Rows in the order of their commits; `more_soon` when others are written but not yet in order."""

    rows: list[Record]
    more_soon: bool


def commit_order() -> Any:
    """The column `written_in`: which transaction wrote the row."""
    return Field(sa_type=BigInteger, nullable=False, sa_column_kwargs={"server_default": text(THIS_TRANSACTION)})


def encode_position(position: Position) -> str:
    return encode_cursor(position.transaction, str(position.row_id))


def decode_position(cursor: str) -> Position:
    """Raises InvalidInput at `after`."""
    transaction, row_id = decode_cursor(cursor, (int, str))
    return Position(int(transaction), parse_id(str(row_id), path=("after",)))


def position_of(row: Record) -> Position:
    return Position(row[COLUMN], row["id"])


async def position_now(connection: Connection) -> Position:
    """What is read after this was already there, or comes after it; some may be both."""
    return Position(await _NOW.fetch_value(connection), _LAST_ID)


def after_position(alias: str) -> str:
    """SQL: rows of `alias` after the position in POSITION_PARAMETERS."""
    return f"({alias}.{COLUMN}, {alias}.id) > (:transaction, :row_id)"


def in_order(alias: str) -> str:
    """SQL: whether nothing can come before this row any more; the query names it `settled`."""
    return f"{alias}.{COLUMN} < {OLDEST_RUNNING}"


POSITION_PARAMETERS = (bindparam("transaction", type_=BigInteger), bindparam("row_id", type_=Uuid))


def page_in_order(rows: Sequence[Record]) -> Page:
    """Of rows ordered by `written_in` and id, those that are `settled`."""
    settled = [row for row in rows if row["settled"]]
    return Page(settled, more_soon=len(settled) < len(rows))
