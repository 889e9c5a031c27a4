"""Which appointments that stand lie outside the hours, after the hours changed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from grpc_services.salon import schedule_queries
from grpc_services.salon.working_time import covers, working_time
from runtime.database import Connection, Record

MOST_ANSWERED = 100
_DAY = dt.timedelta(days=1)


async def appointments_outside(
    connection: Connection, salon: Record, masters: Sequence[Record], now: dt.datetime, *, day: dt.date | None = None
) -> list[str]:
    """Ids of appointments to come with a service outside the hours of its master, the earliest first, at most
    `MOST_ANSWERED`; of one local `day`, or of all days."""
    zone = ZoneInfo(salon["time_zone"])
    services = await _standing(connection, [master["id"] for master in masters], now, day, zone)
    if not services:
        return []
    first = services[0]["starts_at"].astimezone(zone).date() - _DAY
    last = max(service["ends_at"] for service in services).astimezone(zone).date() + _DAY
    opening, at_work = await schedule_queries.timetables(connection, salon, masters, first, last)
    hours = {master_id: working_time(timetable, opening, zone, first, last) for master_id, timetable in at_work.items()}
    outside = [
        str(service["appointment_id"])
        for service in services
        if not covers(hours[service["master_id"]], service["starts_at"], service["ends_at"])
    ]
    return list(dict.fromkeys(outside))[:MOST_ANSWERED]


async def _standing(
    connection: Connection, master_ids: Sequence[uuid.UUID], now: dt.datetime, day: dt.date | None, zone: ZoneInfo
) -> list[Record]:
    if day is None:
        return await schedule_queries.standing_services(connection, master_ids, now)
    begin = dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
    end = dt.datetime.combine(day + _DAY, dt.time(), zone).astimezone(dt.UTC)
    return await schedule_queries.standing_services(connection, master_ids, max(begin, now), end)
