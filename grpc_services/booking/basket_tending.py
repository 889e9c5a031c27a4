"""Bringing a booking and its visits at salon in line: tells salon what was decided here, and takes in what became of
the visits there. Safe to repeat, to race and to be killed in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

import structlog

from contracts.salon.v1 import basket_pb2
from grpc_services.booking import (
    basket_queries,
    baskets,
    events,
    folio,
    move_queries,
    payees,
    queries,
    refunds,
)
from grpc_services.booking.basket_rules import STANDING, Heard, cost, heard, is_news
from grpc_services.booking.rules import HOLDING, State
from grpc_services.booking.salon_gateway import Salons, Visits
from runtime.database import Connection, Database, Record
from runtime.identity import NOBODY, Role
from runtime.payment_system import PaymentSystem

log = structlog.get_logger()

_KINDS = {
    "CONFIRMED": ("VisitConfirmed", "confirmed"),
    "COMPLETED": ("VisitCompleted", "the guest was there"),
    "CANCELLED": ("VisitCancelled", "cancelled"),
    "EXPIRED": ("VisitReleased", "the time is free again"),
    "NO_SHOW": ("VisitMarkedNoShow", "the guest did not come"),
    "HELD": ("VisitHeld", "held"),
}


async def tend(database: Database, salons: Salons, payments: PaymentSystem, booking_id: uuid.UUID) -> Visits:
    """The visits as salon has them afterwards; none where there are none. Raises Unavailable when salon does not
    answer."""
    async with database.snapshot() as connection:
        basket = await basket_queries.load_basket(connection, booking_id)
        rows = await queries.visible_bookings(connection, [booking_id], account_id=NOBODY, sees_all=True)
        visits = await basket_queries.load_visits(connection, booking_id)
    if basket is None:
        return ()
    state = State(rows[0]["state"]) if rows else None
    if state in (None, State.EXPIRED):
        if basket["state"] == "OPEN":
            if basket["dead"]:
                await baskets.let_go(database, salons, booking_id, basket["attempt"])
            return ()
        told = await salons.release(booking_id, basket["attempt"])
    else:
        told = await _tell(salons, rows[0], visits)
    if rows:
        async with database.transaction() as connection:
            await _follow(connection, booking_id, told)
        await refunds.try_to_send(database, payments, booking_id)
    return told


async def _tell(salons: Salons, row: Record, visits: Sequence[Record]) -> Visits:
    """What salon has not heard yet, or nothing."""
    booking_id, state = row["id"], State(row["state"])
    untold = {one["appointment_id"]: one["cost_minor_units"] for one in visits if not one["told"]}
    if untold:
        return await salons.cancel(booking_id, untold)
    if state not in HOLDING and any(one["state"] == "HELD" for one in visits):
        return await salons.confirm(booking_id)
    return await salons.visits(booking_id)


async def _follow(connection: Connection, booking_id: uuid.UUID, told: Sequence[basket_pb2.BasketVisit]) -> None:
    row = await queries.lock_booking(connection, booking_id)
    if row is None:
        return
    known = {str(one["appointment_id"]): one for one in await basket_queries.load_visits(connection, booking_id)}
    for message in told:
        visit = known.get(message.appointment.id)
        news = heard(message)
        if visit is not None and is_news(visit, news):
            row = await _take_in(connection, row, visit, news)


async def _take_in(connection: Connection, row: Record, visit: Record, news: Heard) -> Record:
    """What became of one visit of a locked booking, its costs and what goes back of them."""
    state = State(row["state"])
    costs = cost(visit["price_minor_units"], news, state)
    await basket_queries.save_visit(
        connection, visit, state=news.state, version=news.version, told=True, starts_at=news.starts_at, cost=costs
    )
    moved = news.starts_at != visit["starts_at"]
    if news.state == visit["state"] and not moved and costs == visit["cost_minor_units"]:
        return row
    saved = await move_queries.save_booking(
        connection,
        row,
        state,
        visits_minor_units=row["visits_minor_units"] + costs - visit["cost_minor_units"],
    )
    back: Mapping[str, int] = {}
    if state not in HOLDING and state is not State.EXPIRED:
        back = payees.going_back(
            row,
            await refunds.records.kept_by_payee(connection, row["id"]),
            owed=folio.owed(saved),
            salons=payees.of_salons(await basket_queries.load_visits(connection, row["id"])),
        )
    if back:
        await refunds.owe(connection, row["id"], back, refunds.VISIT)
    kind, words = ("VisitMoved", "moved") if moved and news.state in STANDING else _KINDS[news.state]
    name = basket_pb2.QuotedVisit.FromString(visit["quoted"]).salon_name
    await queries.write_timeline(
        connection, saved, kind=kind, actor=Role.SYSTEM, summary=f"{name}: {words}.", changed_state=False
    )
    await events.publish_visit_changed(connection, saved, visit["appointment_id"], sum(back.values()))
    return saved
