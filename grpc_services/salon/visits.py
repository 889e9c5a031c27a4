"""What a client wants done at a salon, who may do it, and when: the facts of the tables brought to the pure rules."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from contracts.salon.v1 import appointment_pb2
from grpc_services.salon import visit_queries
from grpc_services.salon.slots import (
    Doing,
    Line,
    Load,
    Order,
    Plan,
    PlannedLine,
    Possibilities,
    Span,
    fair_order,
    free_time,
    starts_of_day,
    ticks_of_day,
)
from grpc_services.salon.working_time import Interval, timetable, working_time
from runtime.database import Connection, Record
from runtime.errors import InvalidInput, NotFound
from runtime.identifiers import parse_id

MOST_SERVICES = 6
_DAY = dt.timedelta(days=1)
_WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Offer:
    """One service as one master would do it."""

    service_id: uuid.UUID
    service_name: str
    master_name: str
    account_id: uuid.UUID | None  # of the master
    price_minor_units: int
    doing: Doing

    @property
    def master_id(self) -> uuid.UUID:
        return self.doing.master_id


@dataclass(frozen=True, slots=True)
class Visit:
    """Services in a row; of each, everybody who may do it here."""

    salon: Record
    offers: Sequence[Sequence[Offer]]
    prepaid: bool

    @property
    def master_ids(self) -> list[uuid.UUID]:
        return sorted({offer.master_id for line in self.offers for offer in line})

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.salon["time_zone"])

    def without_master_of(self, account_id: uuid.UUID) -> Visit:
        """Without the services that a person would do themselves."""
        offers = [[offer for offer in line if offer.account_id != account_id] for line in self.offers]
        return Visit(self.salon, offers, self.prepaid)


Booked = Sequence[tuple[Offer, PlannedLine]]
"""A visit with its masters and moments chosen."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """When a visit can be done, as far as one looked."""

    visit: Visit
    possibilities: Possibilities
    order: Order
    offers: Sequence[Mapping[uuid.UUID, Offer]]  # of the visit's lines, by master

    def at(self, starts_at: dt.datetime) -> Booked | None:
        day = starts_at.astimezone(self.visit.zone).date()
        plan = self.possibilities.plan(starts_at, day, self.order)
        return self._booked(plan) if plan else None

    def starts(self, first: dt.date, last: dt.date, *, not_before: dt.datetime) -> Iterator[Booked]:
        """On the salon's starts of these local days, by rising moment."""
        span, zone, slot_minutes = self.possibilities.span, self.visit.zone, self.visit.salon["slot_minutes"]
        for number in range((last - first).days + 1):
            day = first + number * _DAY
            for tick in ticks_of_day(span, zone, day, slot_minutes):
                plan = self.possibilities.plan_at(tick, day, self.order)
                if plan and plan[0].starts_at >= not_before:
                    yield self._booked(plan)

    def _booked(self, plan: Plan) -> Booked:
        by_master = self.offers
        return [(by_master[number][line.doing.master_id], line) for number, line in enumerate(plan)]


def earliest_start(salon: Record, now: dt.datetime) -> dt.datetime:
    return now + dt.timedelta(minutes=salon["min_notice_minutes"])


def last_day(salon: Record, now: dt.datetime) -> dt.date:
    """The last local day that can be booked."""
    today = now.astimezone(ZoneInfo(salon["time_zone"])).date()
    return today + dt.timedelta(days=salon["max_days_ahead"])


def is_start(salon: Record, moment: dt.datetime, now: dt.datetime) -> bool:
    """Whether a client may begin a visit then, as far as the salon's terms go."""
    zone = ZoneInfo(salon["time_zone"])
    day = moment.astimezone(zone).date()
    return (
        moment >= earliest_start(salon, now)
        and day <= last_day(salon, now)
        and moment in starts_of_day(zone, day, salon["slot_minutes"])
    )


async def read_visit(connection: Connection, salon: Record, wanted: Sequence[appointment_pb2.WantedService]) -> Visit:
    """Raises InvalidInput or NotFound naming the service or the master that the salon does not have."""
    if not 1 <= len(wanted) <= MOST_SERVICES:
        raise InvalidInput(f"A visit has 1 to {MOST_SERVICES} services.", path=("services",))
    service_ids = [
        parse_id(one.service_id, path=("services", str(number), "serviceId")) for number, one in enumerate(wanted)
    ]
    services = await visit_queries.services_of(connection, salon["id"], service_ids)
    offerings: dict[uuid.UUID, list[Record]] = defaultdict(list)
    for row in await visit_queries.offerings_of(connection, salon["id"], service_ids):
        offerings[row["service_id"]].append(row)
    lines = []
    for number, (one, service_id) in enumerate(zip(wanted, service_ids, strict=True)):
        path = ("services", str(number))
        if service_id not in services:
            raise NotFound("There is no such service.", path=(*path, "serviceId"))
        offers = [_offer(services[service_id], offering) for offering in offerings[service_id]]
        if one.master_id:
            master_id = parse_id(one.master_id, path=(*path, "masterId"))
            offers = [offer for offer in offers if offer.master_id == master_id]
            if not offers:
                raise NotFound("Nobody of this id does this service.", path=(*path, "masterId"))
        lines.append(offers)
    return Visit(salon, lines, any(services[identifier]["payment_timing"] == "PREPAID" for identifier in service_ids))


async def look(
    connection: Connection,
    visit: Visit,
    first: dt.date,
    last: dt.date,
    *,
    overdue_is_free: bool,
    but_of: uuid.UUID | None = None,
) -> Outlook:
    """From the first to the last local day. What overdue holds take is free for whoever only looks; what the
    appointment `but_of` takes is free too."""
    span = Span.of_days(visit.zone, first, last)
    master_ids = visit.master_ids
    taken: dict[uuid.UUID, list[Interval]] = defaultdict(list)
    for row in await visit_queries.taken_time(connection, master_ids, span.begin, span.end, but_of=but_of):
        if not (row["overdue"] and overdue_is_free):
            taken[row["master_id"]].append((row["starts_at"], row["ends_at"]))
    working = await working_times(connection, visit.salon, master_ids, first - _DAY, last + _DAY)
    free = {master_id: free_time(span, working.get(master_id, ()), taken[master_id]) for master_id in master_ids}
    lines: list[Line] = [[offer.doing for offer in offers] for offers in visit.offers]
    choosing = any(len(line) > 1 for line in lines)
    load = await _load(connection, visit, master_ids, span) if choosing else Load({}, {})
    offers = [{offer.master_id: offer for offer in line} for line in visit.offers]
    return Outlook(visit, Possibilities(span, lines, free), fair_order(lines, load), offers)


async def next_starts(connection: Connection, visit: Visit, moment: dt.datetime, now: dt.datetime) -> list[dt.datetime]:
    """At most 5 free starts from the moment on, within a month."""
    begin = max(moment, earliest_start(visit.salon, now))
    first = begin.astimezone(visit.zone).date()
    end = min(first + dt.timedelta(days=30), last_day(visit.salon, now))
    found: list[dt.datetime] = []
    while first <= end and len(found) < 5:
        until = min(first + dt.timedelta(days=6), end)
        outlook = await look(connection, visit, first, until, overdue_is_free=True)
        starts = outlook.starts(first, until, not_before=begin)
        found += [booked[0][1].starts_at for booked in itertools.islice(starts, 5 - len(found))]
        first = until + _DAY
    return found


async def working_times(
    connection: Connection, salon: Record, master_ids: Sequence[uuid.UUID], first: dt.date, last: dt.date
) -> Mapping[uuid.UUID, list[Interval]]:
    """When masters work, within the salon's opening hours, on these local days."""
    special: dict[uuid.UUID | None, dict[dt.date, list[dict[str, str]]]] = defaultdict(dict)
    for row in await visit_queries.special_days_of(connection, salon["id"], first, last):
        special[row["master_id"]][row["day"]] = row["hours"]
    house = timetable(salon["opening_hours"], special[None])
    zone = ZoneInfo(salon["time_zone"])
    return {
        row["id"]: working_time(timetable(row["week"], special[row["id"]]), house, zone, first, last)
        for row in await visit_queries.masters_of(connection, salon["id"])
        if row["id"] in master_ids
    }


async def _load(connection: Connection, visit: Visit, master_ids: Sequence[uuid.UUID], span: Span) -> Load:
    of_day: Counter[tuple[uuid.UUID, dt.date]] = Counter()
    of_week: Counter[tuple[uuid.UUID, dt.date]] = Counter()
    rows = await visit_queries.load_of(
        connection, master_ids, span.begin - _WEEK, span.end + _WEEK, visit.salon["time_zone"]
    )
    for row in rows:
        day: dt.date = row["day"]
        of_day[row["master_id"], day] += row["minutes"]
        of_week[row["master_id"], day - dt.timedelta(days=day.weekday())] += row["minutes"]
    return Load(of_day, of_week)


def _offer(service: Record, offering: Record) -> Offer:
    price, duration = offering["price_minor_units"], offering["duration_minutes"]
    return Offer(
        service["id"],
        service["name"],
        offering["name"],
        offering["account_id"],
        service["price_minor_units"] if price is None else price,
        Doing(
            offering["master_id"],
            service["buffer_before_minutes"],
            service["duration_minutes"] if duration is None else duration,
            service["buffer_after_minutes"],
        ),
    )
