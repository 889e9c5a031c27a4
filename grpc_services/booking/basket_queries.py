"""The SQL of visits to salons that are booked with rooms, and of the attempts to hold them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, Integer, Uuid, any_, bindparam, func, insert, not_, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from grpc_services.booking.basket_models import Basket, BookingVisit
from grpc_services.booking.models import Booking
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

basket = table_of(Basket)
visit = table_of(BookingVisit)
booking = table_of(Booking)

DEAD_AFTER_SECONDS = 60  # an attempt lives as long as one call, which ends far sooner

_is_dead = basket.c.opened_at <= func.now() - text(f"interval '{DEAD_AFTER_SECONDS} seconds'")
_next_attempt = basket.c.attempt + func.cast(basket.c.state == "CLOSED", Integer)
_new = upsert(basket).values(
    booking_id=bindparam("booking_id"),
    quote_id=bindparam("quote_id"),
    account_id=bindparam("account_id"),
    state="OPEN",
    attempt=1,
)
_OPEN = Statement(
    _new.on_conflict_do_update(
        index_elements=["quote_id"],
        set_={"state": "OPEN", "attempt": _next_attempt, "opened_at": func.now()},
        where=basket.c.account_id == _new.excluded.account_id,
    ).returning(basket)
)
_IS_BOOKED = Statement(select(booking.c.id).where(booking.c.id == bindparam("of_booking")))
_OPEN_AGAIN = Statement(
    update(basket)
    .where(basket.c.booking_id == bindparam("of_booking"))
    .values(state="OPEN", attempt=_next_attempt, opened_at=func.now())
    .returning(basket)
)
_CLOSE = Statement(
    update(basket)
    .where(
        basket.c.booking_id == bindparam("of_booking"),
        basket.c.attempt == bindparam("of_attempt"),
        basket.c.state == "OPEN",
    )
    .values(state="CLOSED")
)
_BASKET = Statement(select(basket, _is_dead.label("dead")).where(basket.c.booking_id == bindparam("booking_id")))
_OUT_OF_LINE = Statement(
    select(visit.c.booking_id)
    .join_from(visit, booking, booking.c.id == visit.c.booking_id)
    .where(
        or_(visit.c.state == "HELD", not_(visit.c.told)),
        booking.c.state != "HELD",
        booking.c.state != "PAYMENT_PENDING",
    )
    .union(select(basket.c.booking_id).where(basket.c.state == "OPEN", _is_dead))
    .limit(bindparam("limit", type_=Integer))
)
_VISITS = Statement(
    select(visit)
    .where(visit.c.booking_id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(visit.c.booking_id, visit.c.position)
)
_INSERT = Statement(insert(visit).values({column.name: bindparam(column.name) for column in visit.c}))
_SAVE = Statement(
    update(visit)
    .where(visit.c.booking_id == bindparam("of_booking"), visit.c.position == bindparam("at_position"))
    .values(
        {
            name: bindparam(f"new_{name}", type_=visit.c[name].type)
            for name in ("state", "version", "told", "starts_at", "cost_minor_units")
        }
    )
)


async def open_attempt(
    connection: Connection, *, booking_id: uuid.UUID, quote_id: uuid.UUID, account_id: uuid.UUID
) -> Record | None:
    """To book this quote: under `booking_id`, or under the one that was chosen when it was tried before. None when
    somebody else is at it, or it is booked: then the transaction is to be rolled back."""
    opened = await _OPEN.fetch_row(connection, booking_id=booking_id, quote_id=quote_id, account_id=account_id)
    # Asked by a statement of its own: the one above may have waited for whoever was just booking, and saw less.
    if opened is None or await _IS_BOOKED.fetch_row(connection, of_booking=opened["booking_id"]):
        return None
    return opened


async def open_again(connection: Connection, booking_id: uuid.UUID) -> Record:
    """To hold the visits of a locked booking once more."""
    return await _OPEN_AGAIN.fetch_one(connection, of_booking=booking_id)


async def close_attempt(connection: Connection, booking_id: uuid.UUID, attempt: int) -> bool:
    """False when somebody closed it before, or a later one is open."""
    return bool(await _CLOSE.execute(connection, of_booking=booking_id, of_attempt=attempt))


async def load_basket(connection: Connection, booking_id: uuid.UUID) -> Record | None:
    """`dead` tells an attempt that nobody can be at any more."""
    return await _BASKET.fetch_row(connection, booking_id=booking_id)


async def out_of_line(connection: Connection, limit: int) -> list[uuid.UUID]:
    """Bookings whose visits stand otherwise than decided, and attempts that died."""
    return [row["booking_id"] for row in await _OUT_OF_LINE.fetch(connection, limit=limit)]


async def load_visits(connection: Connection, booking_id: uuid.UUID) -> list[Record]:
    """By position."""
    return await _VISITS.fetch(connection, ids=[booking_id])


async def visits_of(connection: Connection, ids: Sequence[uuid.UUID]) -> list[Record]:
    """Of several bookings, by position."""
    return await _VISITS.fetch(connection, ids=ids)


async def insert_visits(connection: Connection, visits: Sequence[dict[str, Any]]) -> None:
    await _INSERT.execute_many(connection, visits)


async def call_off(connection: Connection, row: Record, penalty: int) -> None:
    """A visit of a locked booking; salon is yet to hear of it."""
    await save_visit(
        connection,
        row,
        state="CANCELLED",
        version=row["version"],
        told=False,
        starts_at=row["starts_at"],
        cost=penalty,
    )


async def save_visit(
    connection: Connection, row: Record, *, state: str, version: int, told: bool, starts_at: dt.datetime, cost: int
) -> None:
    """The booking is locked."""
    await _SAVE.execute(
        connection,
        of_booking=row["booking_id"],
        at_position=row["position"],
        new_state=state,
        new_version=version,
        new_told=told,
        new_starts_at=starts_at,
        new_cost_minor_units=cost,
    )
