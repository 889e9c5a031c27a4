"""What several use cases of booking begin with: ids, the booking a caller may see, idempotency keys."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from grpc_services.booking import inventory_change_queries, policies, queries
from grpc_services.booking.models import idempotency as idempotency_rows
from runtime.database import Connection, Record
from runtime.errors import InvalidInput, NotFound
from runtime.idempotency import IdempotencyKeys
from runtime.identifiers import parse_id
from runtime.identity import Caller, Role, require_role

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


def require_hotelier() -> Caller:
    return require_role(Role.HOTELIER, Role.ADMIN)


async def own_house(connection: Connection, caller: Caller, hotel_id: uuid.UUID) -> list[Record]:
    """The room types of a house that the caller runs; none while booking knows none of it. To everybody else
    the house does not exist."""
    kinds = await inventory_change_queries.room_types_of_hotel(connection, hotel_id)
    if not all(policies.may_run(caller, kind) for kind in kinds):
        raise NotFound("There is no such hotel.", path=("hotelId",))
    return kinds


async def own_room_type(connection: Connection, caller: Caller, room_type_id: uuid.UUID) -> Record:
    kind = await inventory_change_queries.load_room_type(connection, room_type_id)
    return _own(caller, kind)


async def lock_own_room_type(connection: Connection, caller: Caller, room_type_id: uuid.UUID) -> Record:
    """As `own_room_type`, and nobody takes nights of it until the transaction ends."""
    kind = await inventory_change_queries.lock_room_type(connection, room_type_id)
    return _own(caller, kind)


def _own(caller: Caller, kind: Record | None) -> Record:
    if kind is None or not policies.may_run(caller, kind):
        raise NotFound("There is no such room type.", path=("roomTypeId",))
    return kind


def parse_ids(values: Sequence[str]) -> list[uuid.UUID]:
    if len(values) > MOST_IDS:
        raise InvalidInput(f"Ask for at most {MOST_IDS} at a time.", path=("ids",))
    return [parse_id(value, path=("id",)) for value in values]


def cursor_moment(text: str) -> dt.datetime:
    """A moment that a list put into its cursor."""
    try:
        return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise InvalidInput("This cursor is not one that this list gave out.", path=("after",)) from None
