"""The SQL of visits that are booked with rooms: held, confirmed and let go by booking's word."""

from __future__ import annotations

import uuid

from sqlalchemy import Integer, bindparam, func, literal, select, text, update

from grpc_services.salon.appointment_models import Appointment
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

appointment = table_of(Appointment)

_hold_until = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, bindparam("hold_seconds", type_=Integer))
_attempt = bindparam("attempt", type_=Integer)

_LOCK = Statement(text("SELECT pg_advisory_xact_lock(hashtextextended('basket:' || CAST(:booking_id AS text), 0))"))
_VISITS = (
    select(appointment, literal(False).label("overdue"))
    .where(appointment.c.booking_id == bindparam("of_booking"))
    .order_by(appointment.c.booking_position)
)
_LOCK_VISITS = Statement(_VISITS.with_for_update())
_READ_VISITS = Statement(_VISITS)
_HOLD_AGAIN = Statement(
    update(appointment)
    .where(appointment.c.id == bindparam("appointment_id"), appointment.c.state == "EXPIRED")
    .values(
        state="HELD",
        version=appointment.c.version + 1,
        updated_at=func.now(),
        hold_expires_at=_hold_until,
        booking_attempt=_attempt,
    )
    .returning(appointment)
)
_KEEP_HELD = Statement(
    update(appointment)
    .where(appointment.c.booking_id == bindparam("of_booking"), appointment.c.state == "HELD")
    .values(hold_expires_at=_hold_until, booking_attempt=func.greatest(appointment.c.booking_attempt, _attempt))
)
_OVERDUE = Statement(
    select(appointment.c.booking_id)
    .where(appointment.c.booking_id.is_not(None), appointment.c.hold_expires_at <= func.now())
    .group_by(appointment.c.booking_id)
    .order_by(func.min(appointment.c.hold_expires_at))
    .limit(bindparam("limit", type_=Integer))
)


async def lock_basket(connection: Connection, booking_id: uuid.UUID) -> list[Record]:
    """The visits of a booking, by position. Until the transaction ends nobody else holds visits of it or lets them
    go, also where there are none yet."""
    await _LOCK.execute(connection, booking_id=str(booking_id))
    return await _LOCK_VISITS.fetch(connection, of_booking=booking_id)


async def load_basket(connection: Connection, booking_id: uuid.UUID) -> list[Record]:
    """By position."""
    return await _READ_VISITS.fetch(connection, of_booking=booking_id)


async def hold_again(connection: Connection, row: Record, *, attempt: int, hold_seconds: int) -> Record:
    """Of a locked appointment that was released."""
    return await _HOLD_AGAIN.fetch_one(connection, appointment_id=row["id"], attempt=attempt, hold_seconds=hold_seconds)


async def keep_held(connection: Connection, booking_id: uuid.UUID, *, attempt: int, hold_seconds: int) -> None:
    """What is held is held by this attempt too, from now on."""
    await _KEEP_HELD.execute(connection, of_booking=booking_id, attempt=attempt, hold_seconds=hold_seconds)


async def overdue_baskets(connection: Connection, limit: int) -> list[uuid.UUID]:
    """Bookings whose visits are held for longer than holds live; those held longest first."""
    return [row["booking_id"] for row in await _OVERDUE.fetch(connection, limit=limit)]
