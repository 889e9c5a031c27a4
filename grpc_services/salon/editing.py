"""What every edit of a salon begins with: its row is locked, so that edits of one salon follow each other."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from grpc_services.salon import master_queries, policies, salon_queries
from runtime.database import Connection, Record
from runtime.errors import IllegalState, NotFound, VersionConflict
from runtime.identifiers import parse_id
from runtime.identity import Caller

SALON_MOVES = {"DRAFT": ("PUBLISHED", "ARCHIVED"), "PUBLISHED": ("DRAFT", "ARCHIVED"), "ARCHIVED": ()}


async def lock_open_salon(
    connection: Connection,
    caller: Caller,
    salon_id: uuid.UUID | None,
    *,
    path: Sequence[str] = ("salonId",),
    kind: str = "salon",
) -> Record:
    """The row of a salon that the caller edits, until the transaction ends. Raises NotFound for others' salons, in
    words that speak of the `kind` of thing that the caller named, and IllegalState for an archived one."""
    salon = await salon_queries.lock_salon(connection, salon_id) if salon_id else None
    if salon is None or not policies.edits_salon(caller, salon):
        raise missing(kind, path)
    if salon["state"] == "ARCHIVED":
        raise archived("salon")
    return salon


async def lock_master(
    connection: Connection, caller: Caller, identifier: str, *, path: Sequence[str] = ("masterId",), by_themselves: bool
) -> tuple[Record, Record]:
    """The locked salon and a master who works there, whom the caller edits: as its hotelier, and as the master
    where that is allowed `by_themselves`."""
    master_id = parse_id(identifier, path=path)
    found = await master_queries.get_master(connection, master_id)
    salon = await salon_queries.lock_salon(connection, found["salon_id"]) if found else None
    master = await master_queries.get_master(connection, master_id)
    if salon is None or master is None:
        raise missing("master", path)
    if not policies.edits_salon(caller, salon) and not (by_themselves and policies.is_master(caller, master)):
        raise missing("master", path)
    if salon["state"] == "ARCHIVED":
        raise archived("salon")
    if master["archived"]:
        raise archived("master")
    return salon, master


def check_version(version: int, expected_version: int) -> None:
    if version != expected_version:
        raise VersionConflict(version)


def missing(kind: str, path: Sequence[str]) -> NotFound:
    return NotFound(f"There is no such {kind}.", path=path)


def archived(kind: str) -> IllegalState:
    return IllegalState(f"This {kind} is archived for good.", details={"state": "ARCHIVED", "allowed": "none"})
