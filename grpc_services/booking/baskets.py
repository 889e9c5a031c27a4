"""Holding visits at salon for a booking, so that a crash at any moment leaves nothing held for ever.

Before salon is asked, an attempt is opened; whoever makes the booking closes it in that very transaction, and whoever
gives up closes it before letting go. Only one can, so what is let go is never booked, and what is booked is never let
go. Attempts that nobody closed are closed by `basket_tending`.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from contracts.booking.v1 import booking_pb2
from contracts.salon.v1 import basket_pb2
from grpc_services.booking import basket_queries, messages, queries
from grpc_services.booking.basket_rules import heard
from grpc_services.booking.errors import QuoteAlreadyBooked
from grpc_services.booking.rules import State
from grpc_services.booking.salon_gateway import Salons, Visits
from runtime.clock import from_timestamp
from runtime.database import Connection, Database, Record
from runtime.errors import ServiceError, Unavailable
from runtime.identifiers import new_id

log = structlog.get_logger()

_AWAY = frozenset({"UNAVAILABLE", "INTERNAL"})


@dataclass(frozen=True, slots=True)
class Held:
    """Visits that one attempt holds for a booking."""

    booking_id: uuid.UUID
    attempt: int
    visits: Visits

    async def close(self, connection: Connection) -> None:
        """In the transaction that makes use of them. Raises Unavailable when somebody let them go."""
        if not await basket_queries.close_attempt(connection, self.booking_id, self.attempt):
            raise Unavailable("The visits were let go meanwhile; please try again.")


@asynccontextmanager
async def held_for_quote(
    database: Database, salons: Salons, quote: Record, guest: booking_pb2.GuestDetails, account_id: uuid.UUID
) -> AsyncIterator[Held]:
    """The visits of a quote; let go if what is done with them fails. Raises the salon's refusals, and
    QuoteAlreadyBooked."""
    async with database.transaction() as connection:
        opened = await basket_queries.open_attempt(
            connection, booking_id=new_id(), quote_id=quote["id"], account_id=account_id
        )
        if opened is None:
            raise QuoteAlreadyBooked
    booking_id, attempt = opened["booking_id"], opened["attempt"]
    try:
        visits = await salons.hold(
            booking_id, attempt, messages.quoted_visits(quote), account_id=account_id, guest=guest
        )
        yield Held(booking_id, attempt, visits)
    except Exception:
        await let_go(database, salons, booking_id, attempt)
        raise


async def let_go(database: Database, salons: Salons, booking_id: uuid.UUID, attempt: int) -> None:
    """Gives an attempt up. When salon does not answer it hears of it later."""
    async with database.transaction() as connection:
        if not await basket_queries.close_attempt(connection, booking_id, attempt):
            return
    try:
        await salons.release(booking_id, attempt)
    except ServiceError as refusal:
        log.warning("visits.not_released_yet", booking_id=str(booking_id), code=refusal.code)


@dataclass(frozen=True, slots=True)
class HeldAgain:
    """What came of holding the visits of an expired booking once more; `held` is None when one's time is gone."""

    booking_id: uuid.UUID
    attempt: int
    held: Held | None


async def hold_again(database: Database, salons: Salons, booking_id: uuid.UUID) -> HeldAgain | None:
    """For money that came after the hold. None when the booking has no visits or no need of them. Raises Unavailable
    when salon does not answer."""
    async with database.transaction() as connection:
        row = await queries.lock_booking(connection, booking_id)  # else somebody may just be taking this money in
        visits = await basket_queries.load_visits(connection, booking_id)
        if row is None or not visits or row["state"] != State.EXPIRED or row["paid_minor_units"]:
            return None
        opened = await basket_queries.open_again(connection, booking_id)
    attempt = opened["attempt"]
    guest = booking_pb2.GuestDetails(name=row["guest_name"], email=row["guest_email"], phone=row["guest_phone"])
    quoted = [basket_pb2.QuotedVisit.FromString(one["quoted"]) for one in visits]
    try:
        held = await salons.hold(booking_id, attempt, quoted, account_id=row["guest_account_id"], guest=guest)
    except ServiceError as refusal:
        if refusal.code in _AWAY:
            raise
        return HeldAgain(booking_id, attempt, None)
    return HeldAgain(booking_id, attempt, Held(booking_id, attempt, held))


async def take_held_again(connection: Connection, held: Held) -> None:
    """Writes down that the visits of a locked booking are held once more."""
    await held.close(connection)
    news = {one.position: heard(one) for one in held.visits}
    for visit in await basket_queries.load_visits(connection, held.booking_id):
        now = news[visit["position"]]
        await basket_queries.save_visit(
            connection,
            visit,
            state=now.state,
            version=now.version,
            told=True,
            starts_at=now.starts_at,
            cost=visit["price_minor_units"],
        )


def visit_rows(booking_id: uuid.UUID, quoted: Sequence[basket_pb2.QuotedVisit], held: Held) -> list[dict[str, Any]]:
    """The rows of a new booking's visits."""
    known = {one.position: one.appointment for one in held.visits}
    return [
        {
            "booking_id": booking_id,
            "position": position,
            "appointment_id": uuid.UUID(known[position].id),
            "salon_id": uuid.UUID(one.salon_id),
            "state": "HELD",
            "version": known[position].version,
            "told": True,
            "quoted": one.SerializeToString(),
            "starts_at": from_timestamp(one.starts_at),
            "price_minor_units": one.total.minor_units,
            "cost_minor_units": one.total.minor_units,
        }
        for position, one in enumerate(quoted)
    ]
