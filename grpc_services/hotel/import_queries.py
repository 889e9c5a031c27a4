"""The SQL of importing houses."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select

from grpc_services.hotel.queries import hotel
from runtime.database import Connection, Statement

_IMPORTS = 7_130_001  # the space of our advisory locks

_LOCK = Statement(select(func.pg_advisory_xact_lock(_IMPORTS, func.hashtext(bindparam("namespace")))))
_KNOWN = Statement(select(hotel.c.id).where(hotel.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))


async def lock_imports(connection: Connection, namespace: uuid.UUID) -> None:
    """Two imports of the same list take turns, so that the second finds what the first made."""
    await _LOCK.execute(connection, namespace=str(namespace))


async def known_ids(connection: Connection, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    return {row["id"] for row in await _KNOWN.fetch(connection, ids=ids)}
