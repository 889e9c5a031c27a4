"""Taking the masters' time of visits that are booked with rooms, as it was quoted: all of it or none."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contracts.salon.v1 import basket_pb2
from grpc_services.salon import appointment_booking as booking
from grpc_services.salon import appointment_events as events
from grpc_services.salon import appointment_rules as rules
from grpc_services.salon import appointment_timeline_queries as timeline_queries
from grpc_services.salon import basket_queries, master_time_queries, visit_queries, visits
from grpc_services.salon.appointment_rules import State
from grpc_services.salon.basket_pricing import of_visit
from grpc_services.salon.slots import Doing
from grpc_services.salon.visits import Offer, Visit
from runtime.clock import from_timestamp
from runtime.database import Connection, Record
from runtime.errors import NotFound, PermissionDenied
from runtime.identifiers import new_id, parse_id
from runtime.identity import Role


@dataclass(frozen=True, slots=True)
class Wanted:
    """One visit as it was quoted, at the salon as it is now."""

    number: int
    quoted: basket_pb2.QuotedVisit
    visit: Visit

    @property
    def starts_at(self) -> dt.datetime:
        return from_timestamp(self.quoted.starts_at)


async def take(
    connection: Connection,
    request: basket_pb2.HoldVisitsRequest,
    booking_id: uuid.UUID,
    known: Sequence[Record],
    *,
    hold_seconds: int,
    now: dt.datetime,
) -> None:
    """Holds the visits that are not held: new ones, and those that were released. Raises NotFree."""
    released = {row["booking_position"]: row for row in known}
    wanted = [
        one
        for one in await _at_salons(connection, request.visits)
        if one.number not in released or released[one.number]["state"] == State.EXPIRED
    ]
    client_id = parse_id(request.client_account_id, path=("clientAccountId",))
    await master_time_queries.lock_masters(connection, {master for one in wanted for master in one.visit.master_ids})
    for one in wanted:
        with of_visit(one.number):
            _check_client(one.visit, client_id)
        day = one.starts_at.astimezone(one.visit.zone).date()
        outlook = await visits.look(connection, one.visit, day, day, overdue_is_free=False)
        booked = outlook.at(one.starts_at) if one.starts_at > now and await _works_still(connection, one) else None
        if booked is None:
            raise _not_free(one)
        row = released.get(one.number)
        if row is not None:
            row = await basket_queries.hold_again(connection, row, attempt=request.attempt, hold_seconds=hold_seconds)
        else:
            row = await booking.insert(
                connection,
                new_id(),
                booked,
                one.visit,
                reference=rules.new_reference(),
                state=State.HELD,
                hold_seconds=hold_seconds,
                client_account_id=client_id,
                client_name=request.client.name,
                client_email=request.client.email,
                client_phone=request.client.phone,
                note="",
                total_minor_units=one.quoted.total.minor_units,
                booking_id=booking_id,
                booking_position=one.number,
                booking_attempt=request.attempt,
                cancellation_tiers=_tiers(one.quoted),
                exchange_rates_day=one.quoted.exchange_rates_day,
            )
        try:
            await booking.take(connection, row["id"], booked, one.visit)
        except booking.NotFree:
            raise _not_free(one) from None
        await timeline_queries.write_timeline(
            connection, row, kind="AppointmentHeld", actor=Role.SYSTEM, summary="Time held with a booking of rooms."
        )
        await events.publish_held(connection, row)


async def _at_salons(connection: Connection, quoted: Sequence[basket_pb2.QuotedVisit]) -> list[Wanted]:
    """Nobody edits these salons until the transaction ends; taken in one order by everybody."""
    salons: dict[str, Record] = {}
    for salon_id in sorted({one.salon_id for one in quoted}):
        salon = await visit_queries.share_salon(connection, parse_id(salon_id, path=("salonId",)))
        if salon is None or salon["state"] != "PUBLISHED":
            raise _gone(quoted, salon_id)
        salons[salon_id] = salon
    accounts = {
        row["id"]: row["account_id"]
        for salon in salons.values()
        for row in await visit_queries.masters_of(connection, salon["id"])
    }
    return [
        Wanted(
            number,
            one,
            Visit(
                salons[one.salon_id],
                [[_as_quoted(service, accounts)] for service in one.services],
                prepaid=True,
            ),
        )
        for number, one in enumerate(quoted)
    ]


def _as_quoted(service: basket_pb2.QuotedService, accounts: dict[uuid.UUID, uuid.UUID | None]) -> Offer:
    one = service.visited
    master_id = uuid.UUID(one.master_id)
    minutes = (one.ends_at.seconds - one.starts_at.seconds) // 60
    return Offer(
        uuid.UUID(one.service_id),
        one.service_name,
        one.master_name,
        accounts.get(master_id),
        one.price.minor_units,
        Doing(master_id, service.buffer_before_minutes, minutes, service.buffer_after_minutes),
    )


async def _works_still(connection: Connection, one: Wanted) -> bool:
    masters = await visit_queries.masters_of(connection, one.visit.salon["id"])
    return set(one.visit.master_ids) <= {row["id"] for row in masters if not row["archived"]}


def _check_client(visit: Visit, client_id: uuid.UUID) -> None:
    if any(offer.account_id == client_id for line in visit.offers for offer in line):
        raise PermissionDenied("You cannot book with yourself.")


def _not_free(one: Wanted) -> booking.NotFree:
    return booking.NotFree(one.visit, one.starts_at, path=("visits", str(one.number), "startsAt"))


def _gone(quoted: Sequence[basket_pb2.QuotedVisit], salon_id: str) -> NotFound:
    number = next(number for number, one in enumerate(quoted) if one.salon_id == salon_id)
    return NotFound("This salon takes no visits any more.", path=("visits", str(number), "salonId"))


def _tiers(quoted: basket_pb2.QuotedVisit) -> list[dict[str, Any]]:
    return [
        {"hours_before_check_in": tier.hours_before_check_in, "penalty_percent": tier.penalty_percent}
        for tier in quoted.cancellation_policy.tiers
    ]
