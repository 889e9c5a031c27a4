"""What every edit of a house begins with: its row is locked, so that edits of one house follow each other."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence

from grpc_services.hotel import events, hotel_queries, policies
from runtime.database import Connection, Record
from runtime.errors import IllegalState, NotFound, VersionConflict
from runtime.identifiers import parse_id
from runtime.identity import Caller

Get = Callable[[Connection, uuid.UUID], Awaitable[Record | None]]
HOTEL_MOVES = {"DRAFT": ("PUBLISHED", "ARCHIVED"), "PUBLISHED": ("DRAFT", "ARCHIVED"), "ARCHIVED": ()}


async def lock_house(
    connection: Connection, caller: Caller, hotel_id: uuid.UUID | None, *, path: Sequence[str], kind: str = "hotel"
) -> Record:
    """The row of a house that the caller edits, until the transaction ends. Raises NotFound for others' houses,
    in words that speak of the `kind` of thing that the caller named."""
    row = await hotel_queries.lock_hotel(connection, hotel_id) if hotel_id else None
    if row is None or not policies.edits_house_of(caller, row["owner_id"]):
        raise NotFound(f"There is no such {kind}.", path=path)
    return row


async def lock_open_house(
    connection: Connection, caller: Caller, hotel_id: uuid.UUID | None, *, path: Sequence[str], kind: str = "hotel"
) -> Record:
    """As `lock_house`; raises IllegalState for an archived house."""
    row = await lock_house(connection, caller, hotel_id, path=path, kind=kind)
    if row["state"] == "ARCHIVED":
        raise archived("hotel")
    return row


async def check_own_house(connection: Connection, caller: Caller, hotel_id: uuid.UUID, *, path: Sequence[str]) -> None:
    """For readers of what only a house's hotelier sees; raises NotFound for others."""
    owner_id = await hotel_queries.owner_of(connection, hotel_id)
    if owner_id is None or not policies.edits_house_of(caller, owner_id):
        raise NotFound("There is no such hotel.", path=path)


async def lock_part(
    connection: Connection, caller: Caller, identifier: str, expected_version: int, get: Get, *, field: str, kind: str
) -> tuple[Record, Record]:
    """The locked house and something of it (a room type, rate plan or door) that may be edited."""
    part_id = parse_id(identifier, path=(field,))
    found = await get(connection, part_id)
    hotel_id = found["hotel_id"] if found else None
    house = await lock_open_house(connection, caller, hotel_id, path=(field,), kind=kind)
    row = await get(connection, part_id)
    if row is None:
        raise NotFound(f"There is no such {kind}.", path=(field,))
    check_editable(row, kind, expected_version)
    return house, row


def check_editable(row: Record, kind: str, expected_version: int) -> None:
    """For what belongs to a house: it is in use, and as the caller saw it."""
    if row["archived"]:
        raise archived(kind)
    check_version(row, expected_version)


def check_version(row: Record, expected_version: int) -> None:
    if row["version"] != expected_version:
        raise VersionConflict(row["version"])


def archived(kind: str) -> IllegalState:
    return IllegalState(f"This {kind} is archived for good.", details={"state": "ARCHIVED", "allowed": "none"})


async def move_rates(connection: Connection, house: Record) -> None:
    """One rates version more, told to whoever follows the prices."""
    rates_version = await hotel_queries.move_rates_version(connection, house["id"])
    await events.publish_rates_changed(connection, house["id"], rates_version)


def check_rates_version(house: Record, expected: int) -> None:
    """Prices and restrictions have a version of their own."""
    if house["rates_version"] != expected:
        raise VersionConflict(house["rates_version"], path=("expectedRatesVersion",))
