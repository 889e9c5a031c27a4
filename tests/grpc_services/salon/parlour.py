"""Salons for tests, made through the service: a published salon with masters and services in one call."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import appointment_pb2, salon_pb2, salon_pb2_grpc, schedule_pb2, schedule_pb2_grpc
from grpc_services.salon.master_time_queries import Taking, take_time
from runtime.channels import call, open_channel
from runtime.database import Database, open_database
from runtime.identifiers import new_id
from tests.house import SignedIn
from tests.parts import Parts

DRAFT, PUBLISHED, ARCHIVED = (
    hotel_pb2.HOTEL_STATE_DRAFT,
    hotel_pb2.HOTEL_STATE_PUBLISHED,
    hotel_pb2.HOTEL_STATE_ARCHIVED,
)
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)

_EVERYTHING = """
    SELECT (SELECT to_jsonb(s) FROM salon.salon AS s WHERE id = $1) AS salon,
           (SELECT jsonb_agg(to_jsonb(m) ORDER BY m.id) FROM salon.master AS m WHERE salon_id = $1) AS masters,
           (SELECT jsonb_agg(to_jsonb(v) ORDER BY v.id) FROM salon.service AS v WHERE salon_id = $1) AS services,
           (SELECT jsonb_agg(to_jsonb(o) ORDER BY o) FROM salon.offering AS o
            JOIN salon.service AS v ON v.id = o.service_id WHERE v.salon_id = $1) AS offerings,
           (SELECT jsonb_agg(to_jsonb(d) ORDER BY d.id) FROM salon.special_day AS d WHERE salon_id = $1) AS days,
           (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.id) FROM salon.master_time AS t
            JOIN salon.master AS m ON m.id = t.master_id WHERE m.salon_id = $1) AS taken,
           (SELECT count(*) FROM salon.change_entry WHERE salon_id = $1) AS changes,
           (SELECT count(*) FROM salon.outbox_event WHERE aggregate_id = $1::text) AS events
"""

_APPOINTMENT = """
    INSERT INTO salon.appointment (
        id, reference, state, version, salon_id, salon_name, salon_owner_id, client_account_id, client_name,
        client_email, client_phone, note, starts_at, ends_at, time_zone, currency, cancellation_tiers, payment_timing,
        total_minor_units, paid_minor_units, refunded_minor_units, penalty_minor_units, hold_expires_at,
        payment_attempts, payment_id, payment_state, payment_minor_units, checkout_url, exchange_rates_day)
    SELECT $1::uuid, $1::uuid::text, $2, 1, s.id, s.name, s.owner_id, s.owner_id, 'Client', '', '', '', $4, $5,
           s.time_zone, s.currency, s.cancellation_tiers, 'AT_HOTEL', 0, 0, 0, 0, $6, 0, '', '', 0, '', ''
    FROM salon.salon AS s WHERE s.id = $3
"""
_VISITED = """
    INSERT INTO salon.visited_service VALUES ($1, 0, $2, 'Cut', $3, 'Master', $4, $5, 0, 0, 0)
"""


def hours(begin: str, end: str, *weekdays: int) -> list[salon_pb2.DayHours]:
    """The same hours on every day, or on these weekdays."""
    return [_hours(day, begin, end) for day in weekdays or EVERY_DAY]


def day_hours(*spans: tuple[str, str]) -> list[salon_pb2.DayHours]:
    """Of one day."""
    return [_hours(0, begin, end) for begin, end in spans]


def _hours(weekday: int, begin: str, end: str) -> salon_pb2.DayHours:
    facts: dict[str, Any] = {"weekday": weekday, "from": begin, "to": end}
    return salon_pb2.DayHours(**facts)


def tiers(*steps: tuple[int, int]) -> hotel_pb2.CancellationPolicy:
    """Each: hours before the start, percent."""
    return hotel_pb2.CancellationPolicy(
        tiers=[hotel_pb2.CancellationTier(hours_before_check_in=hours, penalty_percent=share) for hours, share in steps]
    )


def terms(**changes: Any) -> salon_pb2.BookingTerms:
    facts: dict[str, Any] = {
        "slot_minutes": 30,
        "min_notice_minutes": 60,
        "max_days_ahead": 90,
        "cancellation_policy": tiers((24, 0), (0, 50)),
    }
    return salon_pb2.BookingTerms(**facts | changes)


def salon_fields(**changes: Any) -> salon_pb2.SalonFields:
    """Everything that a hotelier may say of a salon."""
    facts: dict[str, Any] = {
        "name": "Salon du Port",
        "description": "Hair and more.",
        "address": hotel_pb2.Address(street="2 quai Duguay", postal_code="35400", city="Saint-Malo", country="FR"),
        "latitude": 48.65,
        "longitude": -2.02,
        "time_zone": "Europe/Paris",
        "currency": "EUR",
        "contact": hotel_pb2.Contact(phone="+33 2 99 00 00 01", email="salon@port.example.org"),
        "photos": [hotel_pb2.Photo(url="https://port.example/salon.jpg", alt_text="The mirrors")],
        "opening_hours": hours("08:00", "20:00"),
        "terms": terms(),
    }
    return salon_pb2.SalonFields(**facts | changes)


def master_fields(**changes: Any) -> salon_pb2.MasterFields:
    facts: dict[str, Any] = {
        "name": "Ana Lima",
        "title": "Stylist",
        "about": "Fifteen years of scissors.",
        "specialities": ["Curls", "Colour"],
        "languages": ["fr", "pt-BR"],
        "photo": hotel_pb2.Photo(url="https://port.example/ana.jpg", alt_text="Ana"),
        "portfolio_links": ["https://port.example/ana"],
    }
    return salon_pb2.MasterFields(**facts | changes)


def service_fields(*masters: salon_pb2.Master, **changes: Any) -> salon_pb2.ServiceFields:
    """A service that these masters do at its own price and pace."""
    facts: dict[str, Any] = {
        "name": "Cut",
        "category": salon_pb2.SERVICE_CATEGORY_HAIR,
        "description": "Wash, cut and dry.",
        "duration_minutes": 60,
        "price_minor_units": 6000,
        "payment_timing": hotel_pb2.PAYMENT_TIMING_AT_HOTEL,
        "offerings": [salon_pb2.Offering(master_id=master.id) for master in masters],
    }
    return salon_pb2.ServiceFields(**facts | changes)


@dataclass(frozen=True)
class Shop:
    """A salon with its people and services, in the order in which they were made."""

    salon: salon_pb2.Salon
    masters: list[salon_pb2.Master]
    services: list[salon_pb2.Service]


@dataclass(frozen=True)
class Parlour:
    """Methods speak in the name of the account they are given."""

    salons: salon_pb2_grpc.SalonServiceAsyncStub
    schedules: schedule_pb2_grpc.ScheduleServiceAsyncStub
    database: Database

    async def salon(self, owner: SignedIn, *, hotel_id: str = "", **changes: Any) -> salon_pb2.Salon:
        """A draft."""
        request = salon_pb2.CreateSalonRequest(
            idempotency_key=uuid.uuid4().hex, hotel_id=hotel_id, fields=salon_fields(**changes)
        )
        return await call(self.salons.CreateSalon, request, token=owner.token)

    async def master(
        self,
        owner: SignedIn,
        salon: salon_pb2.Salon,
        *,
        week: Sequence[salon_pb2.DayHours] | None = None,
        **changes: Any,
    ) -> salon_pb2.Master:
        """Somebody who works 09:00 to 18:00 every day unless `week` says otherwise."""
        request = salon_pb2.CreateMasterRequest(salon_id=salon.id, fields=master_fields(**changes))
        master = await call(self.salons.CreateMaster, request, token=owner.token)
        await self.week(owner, master, hours("09:00", "18:00") if week is None else week)
        return master

    async def week(
        self, who: SignedIn, master: salon_pb2.Master, week: Sequence[salon_pb2.DayHours], version: int = 1
    ) -> schedule_pb2.PutWeekResponse:
        request = schedule_pb2.PutWeekRequest(master_id=master.id, expected_version=version, week=week)
        return await call(self.schedules.PutWeek, request, token=who.token)

    async def service(
        self, owner: SignedIn, salon: salon_pb2.Salon, *masters: salon_pb2.Master, **changes: Any
    ) -> salon_pb2.Service:
        request = salon_pb2.CreateServiceRequest(salon_id=salon.id, fields=service_fields(*masters, **changes))
        return await call(self.salons.CreateService, request, token=owner.token)

    async def move(
        self, owner: SignedIn, salon: salon_pb2.Salon, state: hotel_pb2.HotelState.ValueType
    ) -> salon_pb2.Salon:
        request = salon_pb2.MoveSalonRequest(id=salon.id, expected_version=salon.version, state=state)
        return await call(self.salons.MoveSalon, request, token=owner.token)

    async def shop(
        self,
        owner: SignedIn,
        *,
        masters: int = 2,
        services: Sequence[dict[str, Any]] = ({},),
        hotel_id: str = "",
        **changes: Any,
    ) -> Shop:
        """A published salon with so many masters, who all do each service; `services` say how each differs from a cut
        of an hour for 60.00 EUR, `changes` how the salon differs from others."""
        salon = await self.salon(owner, hotel_id=hotel_id, **changes)
        people = [await self.master(owner, salon, name=f"Master {number + 1}") for number in range(masters)]
        offered = [await self.service(owner, salon, *people, **service) for service in services]
        return Shop(await self.move(owner, salon, PUBLISHED), people, offered)

    async def join(self, owner: SignedIn, master: salon_pb2.Master, person: SignedIn) -> salon_pb2.Master:
        """The person becomes the master."""
        invited = await call(
            self.salons.InviteMaster, salon_pb2.InviteMasterRequest(master_id=master.id), token=owner.token
        )
        request = salon_pb2.AcceptInvitationRequest(code=invited.code)
        return await call(self.salons.AcceptInvitation, request, token=person.token)

    async def read(self, salon_id: str, who: SignedIn | None = None) -> salon_pb2.Salon | None:
        """As somebody sees it, or a stranger."""
        request = salon_pb2.GetSalonsRequest(ids=[salon_id])
        found = await call(self.salons.GetSalons, request, token=who.token if who else "")
        return found.salons[0] if found.salons else None

    async def changes(self, who: SignedIn, salon: salon_pb2.Salon, **asked: Any) -> list[salon_pb2.SalonChange]:
        request = salon_pb2.ListSalonChangesRequest(salon_id=salon.id, **asked)
        return list((await call(self.salons.ListSalonChanges, request, token=who.token)).changes)

    async def appointment(
        self,
        shop: Shop,
        starts_at: dt.datetime,
        *,
        master: int = 0,
        minutes: int = 60,
        state: str = "CONFIRMED",
        hold_expires_at: dt.datetime | None = None,
    ) -> str:
        """The id of an appointment that is simply there, with its master's time, whatever the hours are."""
        identifier, master_id = new_id(), uuid.UUID(shop.masters[master].id)
        ends_at = starts_at + dt.timedelta(minutes=minutes)
        async with self.database.transaction() as connection:
            await connection.execute(
                _APPOINTMENT, identifier, state, uuid.UUID(shop.salon.id), starts_at, ends_at, hold_expires_at
            )
            service_id = uuid.UUID(shop.services[0].id)
            await connection.execute(_VISITED, identifier, service_id, master_id, starts_at, ends_at)
            if state not in ("CANCELLED", "EXPIRED"):
                await take_time(connection, [Taking(master_id, starts_at, ends_at, identifier, 0)])
        return str(identifier)

    async def everything(self, salon_id: str) -> dict[str, Any]:
        """All that the service knows of a salon's catalogue and schedules, and how much it told of it."""
        async with self.database.reading() as connection:
            row = await connection.fetchrow(_EVERYTHING, uuid.UUID(salon_id))
        assert row is not None
        names = ("salon", "masters", "services", "offerings", "days", "taken", "changes", "events")
        return {name: row[name] for name in names}


@asynccontextmanager
async def open_parlour(parts: Parts, salon_address: str) -> AsyncIterator[Parlour]:
    contracts = (salon_pb2.DESCRIPTOR, schedule_pb2.DESCRIPTOR, appointment_pb2.DESCRIPTOR)
    async with (
        open_channel(salon_address, *contracts) as channel,
        open_database(parts.database_url("salon"), pool_size=2, application_name="tests") as database,
    ):
        salons: salon_pb2_grpc.SalonServiceAsyncStub = salon_pb2_grpc.SalonServiceStub(channel)
        schedules: schedule_pb2_grpc.ScheduleServiceAsyncStub = schedule_pb2_grpc.ScheduleServiceStub(channel)
        yield Parlour(salons, schedules, database)
