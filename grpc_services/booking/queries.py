"""The SQL of quotes and bookings. Nights: inventory_queries.py; money: refunds.py; see timeline_queries.py."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Date,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from grpc_services.booking import rules
from grpc_services.booking.errors import QuoteAlreadyBooked
from grpc_services.booking.models import Booking, BookingRoom, Quote, TimelineEntry
from runtime.database import Connection, Record, Statement
from runtime.identifiers import new_id
from runtime.request_context import request_id, trace_id
from runtime.tables import table_of

quote = table_of(Quote)
booking = table_of(Booking)
booking_room = table_of(BookingRoom)
timeline = table_of(TimelineEntry)

_seconds = bindparam("seconds", type_=Integer)
_from_now = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, _seconds)

_INSERT_QUOTE = Statement(
    insert(quote)
    .values(
        id=bindparam("id"),
        hotel_id=bindparam("hotel_id"),
        booking_id=bindparam("booking_id"),
        check_in=bindparam("check_in"),
        check_out=bindparam("check_out"),
        priced_stay=bindparam("priced_stay"),
        visits=bindparam("visits"),
        expires_at=_from_now,
    )
    .returning(quote)
)
_QUOTES = Statement(
    select(
        quote,
        (quote.c.expires_at <= func.now()).label("expired"),
        exists().where(booking.c.quote_id == quote.c.id).label("booked"),
    ).where(quote.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
)

_GIVEN = (
    "id",
    "reference",
    "state",
    "hotel_id",
    "hotel_owner_id",
    "guest_account_id",
    "quote_id",
    "check_in",
    "check_out",
    "guest_name",
    "guest_email",
    "guest_phone",
    "guest_locale",
    "special_requests",
    "arrival_time",
    "priced_stay",
    "time_zone",
    "currency",
    "total_minor_units",
    "visits_minor_units",
    "source",
    "block_id",
    "document_secret",
)
_NOTHING_YET = (
    "paid_minor_units",
    "refunded_minor_units",
    "penalty_minor_units",
    "charges_minor_units",
    "desk_paid_minor_units",
    "payment_attempts",
    "payment_minor_units",
)
_INSERT_BOOKING = Statement(
    insert(booking)
    .values(
        {name: bindparam(name) for name in _GIVEN}
        | {"version": 1}
        | dict.fromkeys(_NOTHING_YET, 0)
        | dict.fromkeys(("payment_id", "payment_state", "checkout_url"), "")
        | {
            "hold_expires_at": func.now()
            + func.make_interval(0, 0, 0, 0, 0, 0, bindparam("hold_seconds", type_=Integer))
        }
    )
    .returning(booking)
)
_INSERT_ROOM = Statement(
    insert(booking_room).values({column.name: bindparam(column.name) for column in booking_room.c})
)
_IS_OVERDUE = func.coalesce(booking.c.hold_expires_at <= func.now(), literal(False)).label("overdue")
_BOOKING_FOR_UPDATE = Statement(select(booking, _IS_OVERDUE).where(booking.c.id == bindparam("id")).with_for_update())
_VISIBLE = or_(
    bindparam("sees_all", type_=Boolean),
    booking.c.guest_account_id == bindparam("account_id"),
    booking.c.hotel_owner_id == bindparam("account_id"),
)
_VISIBLE_BOOKINGS = Statement(
    select(booking, _IS_OVERDUE).where(booking.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), _VISIBLE)
)
_BOOKING_OF_SECRET = Statement(select(booking).where(booking.c.document_secret == bindparam("secret")))
_AFTER = tuple_(booking.c.created_at, booking.c.id) < tuple_(bindparam("after_at"), bindparam("after_id", type_=Uuid))
_IN_STATES = or_(bindparam("any_state", type_=Boolean), booking.c.state == any_(bindparam("states", type_=ARRAY(Text))))
_PAGE = (
    select(booking).order_by(booking.c.created_at.desc(), booking.c.id.desc()).limit(bindparam("limit", type_=Integer))
)
_FROM = or_(bindparam("from_start", type_=Boolean), _AFTER)
_DEPARTED = or_(
    booking.c.state == "COMPLETED", booking.c.check_out < func.timezone(booking.c.time_zone, func.now()).cast(Date)
)
_AT_TIME = or_(bindparam("any_time", type_=Boolean), bindparam("departed", type_=Boolean) == _DEPARTED)
_OWN_PAGE = Statement(_PAGE.where(booking.c.guest_account_id == bindparam("account_id"), _IN_STATES, _AT_TIME, _FROM))
_HOTEL_PAGE = Statement(
    _PAGE.where(
        booking.c.hotel_id == bindparam("hotel_id"),
        or_(bindparam("sees_all", type_=Boolean), booking.c.hotel_owner_id == bindparam("account_id")),
        _IN_STATES,
        _AT_TIME,
        _FROM,
    )
)
_MOVE = Statement(
    update(booking)
    .where(
        booking.c.id == bindparam("booking_id"),
        booking.c.state == bindparam("from_state"),
        booking.c.version == bindparam("from_version"),
    )
    .values(
        state=bindparam("to_state"),
        version=booking.c.version + 1,
        updated_at=func.now(),
        hold_expires_at=bindparam("hold_until"),
        paid_minor_units=booking.c.paid_minor_units + bindparam("paid", type_=BigInteger),
        payment_attempts=booking.c.payment_attempts + bindparam("attempts", type_=Integer),
        payment_id=bindparam("payment_id"),
        payment_state=bindparam("payment_state"),
        payment_minor_units=bindparam("payment_amount", type_=BigInteger),
        checkout_url=bindparam("checkout_url"),
    )
    .returning(booking)
)
_ADD_PAID = Statement(
    update(booking)
    .where(booking.c.id == bindparam("booking_id"))
    .values(
        paid_minor_units=booking.c.paid_minor_units + bindparam("amount", type_=BigInteger),
        payment_state=bindparam("payment_state"),
        updated_at=func.now(),
    )
    .returning(booking)
)
_ADD_REFUNDED = Statement(
    update(booking)
    .where(booking.c.id == bindparam("booking_id"))
    .values(
        refunded_minor_units=booking.c.refunded_minor_units + bindparam("amount", type_=BigInteger),
        updated_at=func.now(),
    )
    .returning(booking)
)
_OVERDUE = Statement(
    select(booking)
    .where(booking.c.hold_expires_at <= func.now())
    .order_by(booking.c.hold_expires_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_OVERDUE_OF_TYPES = Statement(
    select(booking.c.id)
    .where(
        booking.c.hold_expires_at <= func.now(),
        booking.c.check_in < bindparam("check_out"),
        booking.c.check_out > bindparam("check_in"),
        select(booking_room.c.booking_id)
        .where(
            booking_room.c.booking_id == booking.c.id,
            booking_room.c.room_type_id == any_(bindparam("room_type_ids", type_=ARRAY(Uuid))),
        )
        .exists(),
    )
    .order_by(booking.c.hold_expires_at)
)
_INSERT_TIMELINE = Statement(
    insert(timeline).values({column.name: bindparam(column.name) for column in timeline.c if not column.server_default})
)
_BEFORE_ALL = (dt.datetime(1970, 1, 1, tzinfo=dt.UTC), uuid.UUID(int=0))


async def insert_quote(
    connection: Connection, *, seconds: int, booking_id: uuid.UUID | None = None, visits: bytes = b"", **values: Any
) -> Record:
    """`booking_id` names the booking that the quote is to change; `visits` are its QuotedVisits."""
    return await _INSERT_QUOTE.fetch_one(connection, seconds=seconds, booking_id=booking_id, visits=visits, **values)


async def load_quotes(connection: Connection, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Record]:
    return {row["id"]: row for row in await _QUOTES.fetch(connection, ids=ids)}


async def insert_booking(connection: Connection, rooms: Sequence[dict[str, Any]], **values: Any) -> Record:
    """Raises QuoteAlreadyBooked, also when another transaction books the quote at this moment."""
    try:
        row = await _INSERT_BOOKING.fetch_one(connection, **values)
    except asyncpg.UniqueViolationError as taken:
        if taken.constraint_name == "uq_booking_quote_id":
            raise QuoteAlreadyBooked from None
        raise
    await _INSERT_ROOM.execute_many(connection, rooms)
    return row


async def lock_booking(connection: Connection, booking_id: uuid.UUID) -> Record | None:
    return await _BOOKING_FOR_UPDATE.fetch_row(connection, id=booking_id)


async def booking_of_secret(connection: Connection, secret: str) -> Record | None:
    """By the secret of the addresses of its bill and calendar file."""
    return await _BOOKING_OF_SECRET.fetch_row(connection, secret=secret)


async def visible_bookings(
    connection: Connection, ids: Sequence[uuid.UUID], *, account_id: uuid.UUID, sees_all: bool
) -> list[Record]:
    return await _VISIBLE_BOOKINGS.fetch(connection, ids=ids, account_id=account_id, sees_all=sees_all)


async def booking_page(
    connection: Connection,
    *,
    account_id: uuid.UUID,
    hotel_id: uuid.UUID | None,
    sees_all: bool,
    states: Sequence[str],
    departed: bool | None,
    after: tuple[dt.datetime, uuid.UUID] | None,
    limit: int,
) -> list[Record]:
    """Newest first: the account's own bookings, or a hotel's if the account owns it. Departed are those whose
    last day is over at the hotel, and those that checked out."""
    after_at, after_id = after or _BEFORE_ALL
    paging = {
        "any_state": not states,
        "states": states,
        "any_time": departed is None,
        "departed": departed is True,
        "from_start": after is None,
        "after_at": after_at,
        "after_id": after_id,
        "limit": limit,
        "account_id": account_id,
    }
    if hotel_id is None:
        return await _OWN_PAGE.fetch(connection, **paging)
    return await _HOTEL_PAGE.fetch(connection, hotel_id=hotel_id, sees_all=sees_all, **paging)


async def move_booking(
    connection: Connection,
    row: Record,
    to_state: rules.State,
    *,
    paid: int = 0,
    payment: tuple[str, str, int, str] | None = None,
    new_attempt: bool = False,
) -> Record | None:
    """Compare-and-set on (state, version); None when somebody else moved it first. `payment` is the newest
    payment's id, state, amount and checkout address. A hold's deadline stays while the booking is held."""
    if to_state != row["state"]:
        rules.check_move(rules.State(row["state"]), to_state)
    payment_id, payment_state, payment_amount, checkout_url = payment or (
        row["payment_id"],
        row["payment_state"],
        row["payment_minor_units"],
        row["checkout_url"],
    )
    return await _MOVE.fetch_row(
        connection,
        booking_id=row["id"],
        from_state=row["state"],
        from_version=row["version"],
        to_state=to_state,
        hold_until=row["hold_expires_at"] if to_state in rules.HOLDING else None,
        paid=paid,
        attempts=int(new_attempt),
        payment_id=payment_id,
        payment_state=payment_state,
        payment_amount=payment_amount,
        checkout_url=checkout_url,
    )


async def add_paid(connection: Connection, booking_id: uuid.UUID, amount: int, payment_state: str) -> Record:
    return await _ADD_PAID.fetch_one(connection, booking_id=booking_id, amount=amount, payment_state=payment_state)


async def add_refunded(connection: Connection, booking_id: uuid.UUID, amount: int) -> Record:
    return await _ADD_REFUNDED.fetch_one(connection, booking_id=booking_id, amount=amount)


async def lock_an_overdue_hold(connection: Connection) -> Record | None:
    return await _OVERDUE.fetch_row(connection)


async def overdue_holds_of(
    connection: Connection, room_type_ids: Sequence[uuid.UUID], check_in: dt.date, check_out: dt.date
) -> list[uuid.UUID]:
    """The overdue holds that stand in the way of these nights."""
    rows = await _OVERDUE_OF_TYPES.fetch(
        connection, room_type_ids=room_type_ids, check_in=check_in, check_out=check_out
    )
    return [row["id"] for row in rows]


async def write_timeline(
    connection: Connection, row: Record, *, kind: str, actor: str, summary: str, changed_state: bool = True
) -> None:
    """Tells what happened to a booking that now stands as `row`."""
    await _INSERT_TIMELINE.execute(
        connection,
        id=new_id(),
        booking_id=row["id"],
        hotel_id=row["hotel_id"],
        kind=kind,
        state=row["state"],
        version=row["version"],
        changed_state=changed_state,
        actor=actor,
        summary=summary,
        request_id=request_id(),
        trace_id=trace_id(),
    )
