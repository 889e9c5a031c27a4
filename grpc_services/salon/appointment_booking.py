"""Making an appointment of a visit: its rows, its masters' time, and what is said when there is no time."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from grpc_services.salon import appointment_holds as holds
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import master_time_queries
from grpc_services.salon.errors import SlotUnavailable
from grpc_services.salon.master_time_queries import Taking
from grpc_services.salon.visits import Booked, Visit, next_starts
from runtime.database import Connection, Database, Record

Answer = TypeVar("Answer")


class NotFree(Exception):
    """The visit cannot begin then; the transaction that found out is rolled back."""

    def __init__(self, visit: Visit, starts_at: dt.datetime, *, path: Sequence[str] = ("startsAt",)) -> None:
        super().__init__()
        self.visit = visit
        self.starts_at = starts_at
        self.path = path


async def claim_time(
    database: Database,
    attempt: Callable[[], Awaitable[Answer]],
    now: Callable[[], dt.datetime],
) -> Answer:
    """What `attempt` answers, a transaction that takes masters' time. When it ends with NotFree, the overdue holds in
    its way are released and it is made once more; also when somebody else just released them. Raises SlotUnavailable
    with the next free starts."""
    try:
        return await attempt()
    except NotFree as refusal:
        begin, end = refusal.starts_at - dt.timedelta(days=1), refusal.starts_at + dt.timedelta(days=4)
        released = await holds.expire_in_the_way(database, refusal.visit.master_ids, begin, end)
        free = [] if released else await _next_starts(database, refusal, now())
        if not released and refusal.starts_at not in free:
            raise slot_unavailable(free, path=refusal.path) from None
    try:
        return await attempt()
    except NotFree as refusal:
        raise slot_unavailable(await _next_starts(database, refusal, now()), path=refusal.path) from None


async def _next_starts(database: Database, refusal: NotFree, now: dt.datetime) -> Sequence[dt.datetime]:
    async with database.reading() as connection:
        return await next_starts(connection, refusal.visit, refusal.starts_at, now)


def slot_unavailable(free: Sequence[dt.datetime], *, path: Sequence[str] = ("startsAt",)) -> SlotUnavailable:
    """Naming the next free starts."""
    told = [moment.isoformat(timespec="seconds").replace("+00:00", "Z") for moment in free]
    return SlotUnavailable("This time is not free.", path=path, details={"next_starts": ";".join(told)} if told else {})


async def take(connection: Connection, appointment_id: uuid.UUID, booked: Booked, visit: Visit) -> None:
    """The masters' time of a visit; the masters are locked."""
    takings = [
        Taking(offer.master_id, line.taken_from, line.taken_until, appointment_id, position)
        for position, (offer, line) in enumerate(booked)
    ]
    try:
        await master_time_queries.take_time(connection, takings)
    except SlotUnavailable:
        raise NotFree(visit, booked[0][1].starts_at) from None


async def retake(connection: Connection, row: Record, services: Sequence[Record]) -> None:
    """The same time again, of an appointment that gave it back. Raises SlotUnavailable."""
    takings = [
        Taking(
            one["master_id"],
            one["starts_at"] - dt.timedelta(minutes=one["buffer_before_minutes"]),
            one["ends_at"] + dt.timedelta(minutes=one["buffer_after_minutes"]),
            row["id"],
            one["position"],
        )
        for one in services
    ]
    await master_time_queries.lock_masters(connection, {taking.master_id for taking in takings})
    await master_time_queries.take_time(connection, takings)


async def insert(
    connection: Connection,
    appointment_id: uuid.UUID,
    booked: Booked,
    visit: Visit,
    **values: Any,
) -> Record:
    """The row of a new appointment with its services."""
    salon = visit.salon
    return await queries.insert_appointment(
        connection,
        service_rows(appointment_id, booked),
        id=appointment_id,
        salon_id=salon["id"],
        salon_name=salon["name"],
        salon_owner_id=salon["owner_id"],
        starts_at=booked[0][1].starts_at,
        ends_at=booked[-1][1].ends_at,
        time_zone=salon["time_zone"],
        currency=salon["currency"],
        payment_timing="PREPAID" if visit.prepaid else "AT_HOTEL",
        **{"cancellation_tiers": salon["cancellation_tiers"], **values},
    )


def service_rows(appointment_id: uuid.UUID, booked: Booked) -> list[dict[str, Any]]:
    return [
        {
            "appointment_id": appointment_id,
            "position": position,
            "service_id": offer.service_id,
            "service_name": offer.service_name,
            "master_id": offer.master_id,
            "master_name": offer.master_name,
            "starts_at": line.starts_at,
            "ends_at": line.ends_at,
            "buffer_before_minutes": offer.doing.before,
            "buffer_after_minutes": offer.doing.after,
            "price_minor_units": offer.price_minor_units,
        }
        for position, (offer, line) in enumerate(booked)
    ]
