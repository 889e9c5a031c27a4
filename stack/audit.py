"""`make audit`: the standing proofs, printed. Counts every booking anew against nights, every appointment against its
masters' time, both against payments and refunds, those against the payment system's ledger, payee by payee, hoteliers'
statements against that, and visits that were booked with rooms against their appointments."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from grpc_services.booking import audit as booking_audit
from grpc_services.payment import audit as payment_audit
from grpc_services.salon import audit as salon_audit
from migrations.histories import role_of
from runtime.database import Connection, open_database
from runtime.settings import BrokenSettings, StackSettings, load
from stack import payee_audit, payout_audit
from stack.secret_store import SecretStore
from stack.wiring import stack_directory, url_of_running_database

Found = TypeVar("Found")
_LOOKS, _SECONDS_BETWEEN_LOOKS = 5, 3.0
_NOTHING = ("", "NOTHING", 0)
Discrepancy = booking_audit.Discrepancy | payment_audit.Discrepancy | salon_audit.Discrepancy


def audit() -> int:
    """The exit code: 0 when everything adds up."""
    try:
        found = asyncio.run(_look(load(StackSettings)))
    except (BrokenSettings, OSError) as failure:
        sys.stderr.write(f"make audit: {failure}\n")
        return 2
    for one in found:
        print(f"{one.kind:<12} {one.subject} {one.detail}: expected {one.expected}, found {one.found}")
    print(f"{len(found)} discrepancies" if found else "Everything adds up: no discrepancies.")
    return 1 if found else 0


async def _look(settings: StackSettings) -> list[Discrepancy]:
    return [
        *await _find(settings, "booking", booking_audit.find_discrepancies),
        *await _find(settings, "payment", payment_audit.find_discrepancies),
        *await _find(settings, "salon", salon_audit.find_discrepancies),
        *await _find_in_statements(settings),
        *await _find_in_shares(settings),
        *await _find_in_baskets(settings),
    ]


async def _find_in_statements(settings: StackSettings) -> Sequence[Discrepancy]:
    time_zones: dict[str, str] = {}
    for service, statement in (("booking", payout_audit.HOTEL_ZONES), ("salon", payout_audit.SALON_ZONES)):
        async with _reading(settings, service) as connection:
            time_zones |= await payout_audit.zones(connection, statement)
    async with _reading(settings, "payment") as connection:
        return await payout_audit.find_discrepancies(connection, time_zones)


async def _find_in_shares(settings: StackSettings) -> Sequence[Discrepancy]:
    known: dict[tuple[str, str], int] = {}
    for service, statement in (("booking", payee_audit.OF_BOOKINGS), ("salon", payee_audit.OF_APPOINTMENTS)):
        async with _reading(settings, service) as connection:
            known |= await payee_audit.known_shares(connection, statement)
    async with _reading(settings, "payment") as connection:
        return await payee_audit.find_discrepancies(connection, known)


async def _find_in_baskets(settings: StackSettings) -> list[booking_audit.Discrepancy]:
    """Visits of which booking and salon know different things. They hear of each other within moments, so what differs
    is looked at again for a while."""
    differing: set[booking_audit.Discrepancy] | None = None
    for look in range(_LOOKS):
        if look:
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        found = set(
            differing_visits(
                await _find(settings, "booking", booking_audit.visits_of_bookings),
                await _find(settings, "salon", salon_audit.visits_of_bookings),
            )
        )
        differing = found if differing is None else differing & found
        if not differing:
            break
    return sorted(differing or (), key=lambda one: (one.kind, one.subject))


Visits = Mapping[str, tuple[str, str, int]]


def differing_visits(booked: Visits, at_salon: Visits) -> list[booking_audit.Discrepancy]:
    """`subject` is an appointment, `detail` its booking and both states, the numbers what it costs by both."""
    found = []
    for appointment_id in sorted({*booked, *at_salon}):
        booking, salon = booked.get(appointment_id), at_salon.get(appointment_id)
        if booking is None and salon is not None and salon[1] == "EXPIRED":
            continue  # held for a booking that never was
        if booking != salon:
            (booking_id, here, cost), (other_id, there, other) = booking or _NOTHING, salon or _NOTHING
            detail = f"{booking_id or other_id} {here}/{there}"
            found.append(booking_audit.Discrepancy("BASKET", appointment_id, detail, cost, other))
    return found


async def _find(settings: StackSettings, service: str, find: Callable[[Connection], Awaitable[Found]]) -> Found:
    async with _reading(settings, service) as connection:
        return await find(connection)


@asynccontextmanager
async def _reading(settings: StackSettings, service: str) -> AsyncIterator[Connection]:
    url = url_of_running_database(settings, role_of(service), SecretStore(stack_directory(settings)))
    async with (
        open_database(url, pool_size=1, application_name="innkeeper-audit") as database,
        database.reading() as connection,
    ):
        yield connection
