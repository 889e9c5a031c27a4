"""What several use cases of booking begin with: ids, the booking a caller may see, idempotency keys."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from grpc_services.booking import policies, queries
from grpc_services.booking.models import idempotency as idempotency_rows
from runtime.database import Connection, Record
from runtime.errors import InvalidInput, NotFound
from runtime.idempotency import IdempotencyKeys
from runtime.identifiers import parse_id
from runtime.identity import Role, require_role

MOST_IDS = 200

keys = IdempotencyKeys(idempotency_rows)


async def visible_booking(connection: Connection, booking_id: str) -> Record:
    """The booking if the caller may see it; to everybody else it does not exist."""
    caller = require_role(Role.GUEST, Role.HOTELIER, Role.MASTER, Role.ADMIN, Role.SYSTEM)
    rows = await queries.visible_bookings(
        connection,
        [parse_id(booking_id, path=("bookingId",))],
        account_id=caller.account_id,
        sees_all=policies.sees_every_booking(caller),
    )
    if not rows:
        raise NotFound("There is no such booking.", path=("bookingId",))
    return rows[0]


def parse_ids(values: Sequence[str]) -> list[uuid.UUID]:
    if len(values) > MOST_IDS:
        raise InvalidInput(f"Ask for at most {MOST_IDS} at a time.", path=("ids",))
    return [parse_id(value, path=("id",)) for value in values]
