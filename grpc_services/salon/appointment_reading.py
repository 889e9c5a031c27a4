"""What several use cases of appointments begin with: the appointment or salon a caller may see, cursors, keys."""

from __future__ import annotations

import datetime as dt
import uuid

from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import visit_queries
from grpc_services.salon.appointment_queries import Place
from grpc_services.salon.models import idempotency as idempotency_rows
from runtime.cursors import decode_cursor, encode_cursor
from runtime.database import Connection, Record
from runtime.errors import InvalidInput, NotFound
from runtime.idempotency import IdempotencyKeys
from runtime.identifiers import parse_id
from runtime.identity import Caller, Role, current_caller, require_role

MOST_DAYS = 31

keys = IdempotencyKeys(idempotency_rows)


def require_caller() -> Caller:
    return require_role(Role.GUEST, Role.HOTELIER, Role.MASTER, Role.ADMIN, Role.SYSTEM)


def sees_all(caller: Caller) -> bool:
    return caller.role in (Role.ADMIN, Role.SYSTEM)


async def visible_appointment(connection: Connection, appointment_id: str) -> Record:
    """The appointment if the caller may see it; to everybody else it does not exist."""
    caller = require_caller()
    rows = await queries.visible_appointments(
        connection,
        [parse_id(appointment_id, path=("appointmentId",))],
        account_id=caller.account_id,
        sees_all=sees_all(caller),
    )
    if not rows:
        raise no_appointment()
    return rows[0]


def no_appointment() -> NotFound:
    return NotFound("There is no such appointment.", path=("appointmentId",))


async def works_at(connection: Connection, caller: Caller, salon: Record) -> tuple[bool, list[uuid.UUID]]:
    """Whether the caller runs the salon, and which of its masters they are."""
    runs = caller.role is Role.ADMIN or caller.account_id == salon["owner_id"]
    if not caller.signed_in:
        return False, []
    masters = await visit_queries.masters_of(connection, salon["id"])
    return runs, [row["id"] for row in masters if row["account_id"] == caller.account_id and not row["archived"]]


async def shown_salon(connection: Connection, salon_id: str) -> Record:
    """A published salon, or one that the caller runs or works at."""
    salon = await visit_queries.load_salon(connection, parse_id(salon_id, path=("salonId",)))
    if salon is None:
        raise no_salon()
    if salon["state"] != "PUBLISHED":
        runs, own = await works_at(connection, current_caller(), salon)
        if not runs and not own:
            raise no_salon()
    return salon


def no_salon() -> NotFound:
    return NotFound("There is no such salon.", path=("salonId",))


def check_days(first: dt.date, last: dt.date, *, most: int = MOST_DAYS) -> None:
    if not first <= last < first + dt.timedelta(days=most):
        raise InvalidInput(f"Ask for 1 to {most} days.", path=("lastDay",))


def place_after(cursor: str) -> Place | None:
    if not cursor:
        return None
    at, identifier = decode_cursor(cursor, (str, str))
    try:
        moment = dt.datetime.fromisoformat(str(at)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise InvalidInput("This cursor is not one that this list gave out.", path=("after",)) from None
    return moment, parse_id(str(identifier), path=("after",))


def cursor_of(row: Record) -> str:
    return encode_cursor(row["starts_at"].isoformat(), str(row["id"]))
