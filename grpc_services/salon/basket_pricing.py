"""What visits that are to be booked with rooms would cost, and who would do them. Reads only."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from contracts.hotel.v1 import hotel_pb2
from contracts.money.v1 import money_pb2
from contracts.salon.v1 import appointment_pb2, basket_pb2
from grpc_services.salon import visit_queries, visits
from grpc_services.salon.appointment_booking import slot_unavailable
from grpc_services.salon.appointment_reading import no_salon
from grpc_services.salon.appointment_servicer import wanted_start, without_caller
from grpc_services.salon.slots import PlannedLine
from grpc_services.salon.visits import Booked, Visit
from runtime.clock import to_timestamp
from runtime.database import Connection, Record
from runtime.errors import InvalidInput, ServiceError
from runtime.identifiers import parse_id
from runtime.identity import Caller

MOST_VISITS = 5


@dataclass(frozen=True, slots=True)
class Terms:
    """What a quote freezes besides prices."""

    commission_basis_points: int
    exchange_rates_day: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Time of a master that an earlier visit of the same basket takes, buffers included."""

    master_id: uuid.UUID
    begin: dt.datetime
    end: dt.datetime


@contextmanager
def of_visit(number: int) -> Iterator[None]:
    """Refusals name the visit that they are about."""
    try:
        yield
    except ServiceError as refusal:
        refusal.path = ("visits", str(number), *refusal.path)
        raise


async def price(
    connection: Connection,
    request: basket_pb2.PriceVisitsRequest,
    caller: Caller,
    now: dt.datetime,
    terms: Terms,
) -> basket_pb2.QuotedVisits:
    """Raises InvalidInput, NotFound, PermissionDenied or SlotUnavailable, naming the visit."""
    if not 1 <= len(request.visits) <= MOST_VISITS:
        raise InvalidInput(f"A basket has at most {MOST_VISITS} visits.", path=("visits",))
    quoted: list[basket_pb2.QuotedVisit] = []
    taken: list[Taken] = []
    for number, wanted in enumerate(request.visits):
        with of_visit(number):
            starts_at = wanted_start(wanted)
            salon = await _salon(connection, wanted, request)
            visit = await visits.read_visit(connection, salon, wanted.services)
            if caller.signed_in:
                visit = without_caller(visit, caller)
            booked = await _free(connection, visit, starts_at, taken, now)
        taken += [Taken(offer.master_id, line.taken_from, line.taken_until) for offer, line in booked]
        quoted.append(quoted_visit(salon, booked, terms))
    return basket_pb2.QuotedVisits(visits=quoted)


def quoted_visit(salon: Record, booked: Booked, terms: Terms) -> basket_pb2.QuotedVisit:
    def money(minor_units: int) -> money_pb2.Money:
        return money_pb2.Money(minor_units=minor_units, currency=salon["currency"])

    return basket_pb2.QuotedVisit(
        salon_id=str(salon["id"]),
        salon_name=salon["name"],
        time_zone=salon["time_zone"],
        starts_at=to_timestamp(booked[0][1].starts_at),
        ends_at=to_timestamp(booked[-1][1].ends_at),
        services=[
            basket_pb2.QuotedService(
                visited=appointment_pb2.VisitedService(
                    service_id=str(offer.service_id),
                    service_name=offer.service_name,
                    master_id=str(offer.master_id),
                    master_name=offer.master_name,
                    starts_at=to_timestamp(line.starts_at),
                    ends_at=to_timestamp(line.ends_at),
                    price=money(offer.price_minor_units),
                ),
                buffer_before_minutes=offer.doing.before,
                buffer_after_minutes=offer.doing.after,
            )
            for offer, line in booked
        ],
        total=money(sum(offer.price_minor_units for offer, _ in booked)),
        cancellation_policy=hotel_pb2.CancellationPolicy(
            tiers=[
                hotel_pb2.CancellationTier(
                    hours_before_check_in=tier["hours_before_check_in"], penalty_percent=tier["penalty_percent"]
                )
                for tier in salon["cancellation_tiers"]
            ]
        ),
        commission_basis_points=terms.commission_basis_points,
        exchange_rates_day=terms.exchange_rates_day,
    )


async def _salon(
    connection: Connection, wanted: basket_pb2.WantedVisit, request: basket_pb2.PriceVisitsRequest
) -> Record:
    salon = await visit_queries.load_salon(connection, parse_id(wanted.salon_id, path=("salonId",)))
    if salon is None or salon["state"] != "PUBLISHED":
        raise no_salon()
    if str(salon["owner_id"]) != request.owner_id:
        raise InvalidInput("Only salons of the same owner can be booked with these rooms.", path=("salonId",))
    if salon["currency"] != request.currency:
        message = f"This salon charges in {salon['currency']} and the hotel in {request.currency}; book them apart."
        raise InvalidInput(message, path=("salonId",))
    return salon


async def _free(
    connection: Connection, visit: Visit, starts_at: dt.datetime, taken: Sequence[Taken], now: dt.datetime
) -> Booked:
    """Who is free and busy with no earlier visit of the basket. Raises SlotUnavailable, or InvalidInput where only
    masters of earlier visits were wanted."""
    left = visit
    if visits.is_start(visit.salon, starts_at, now):
        day = starts_at.astimezone(visit.zone).date()
        while all(left.offers):
            outlook = await visits.look(connection, left, day, day, overdue_is_free=True)
            booked = outlook.at(starts_at)
            if booked is None:
                break
            busy = {one.master_id for one in taken for offer, line in booked if _overlaps(one, offer.master_id, line)}
            if not busy:
                return booked
            offers = [[offer for offer in line if offer.master_id not in busy] for line in left.offers]
            left = Visit(visit.salon, offers, visit.prepaid)
        else:
            raise InvalidInput("This overlaps with another visit of the basket at the same master.", path=("startsAt",))
    raise slot_unavailable(await visits.next_starts(connection, visit, starts_at, now))


def _overlaps(one: Taken, master_id: uuid.UUID, line: PlannedLine) -> bool:
    return one.master_id == master_id and one.begin < line.taken_until and line.taken_from < one.end
