"""A salon service whose clock a test sets, with appointments, payments and webhooks in a line each."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from contracts.events.v1 import events_pb2
from contracts.salon.v1 import appointment_pb2, appointment_pb2_grpc, salon_pb2
from contracts.settlement.v1 import settlement_pb2, settlement_pb2_grpc
from grpc_services.salon.audit import find_discrepancies
from grpc_services.salon.service import salon_service
from runtime.channels import call, open_channel
from runtime.clock import to_timestamp, utc_now
from runtime.database import Database, open_database
from runtime.settings import SalonSettings
from tests.grpc_services.salon.parlour import Parlour, Shop, open_parlour
from tests.house import SignedIn, service_token
from tests.parts import Parts

PROVIDER = "innkeeper-payments"
PARIS = ZoneInfo("Europe/Paris")
HELD = appointment_pb2.APPOINTMENT_STATE_HELD
PENDING = appointment_pb2.APPOINTMENT_STATE_PAYMENT_PENDING
REQUESTED = appointment_pb2.APPOINTMENT_STATE_REQUESTED
CONFIRMED = appointment_pb2.APPOINTMENT_STATE_CONFIRMED
COMPLETED = appointment_pb2.APPOINTMENT_STATE_COMPLETED
CANCELLED = appointment_pb2.APPOINTMENT_STATE_CANCELLED
EXPIRED = appointment_pb2.APPOINTMENT_STATE_EXPIRED
NO_SHOW = appointment_pb2.APPOINTMENT_STATE_NO_SHOW

DAY = utc_now().date() + dt.timedelta(days=20)
_TABLES = (
    "appointment",
    "visited_service",
    "master_time",
    "appointment_timeline_entry",
    "captured_payment",
    "refund",
    "inbox_event",
    "open_payment",
    "dispute",
    "idempotency_record",
)


def at(time: str, day: dt.date = DAY) -> dt.datetime:
    """A local time at the salon."""
    return dt.datetime.combine(day, dt.time.fromisoformat(time), tzinfo=PARIS).astimezone(dt.UTC)


def local(moment: Any) -> str:
    return f"{moment.ToDatetime(tzinfo=dt.UTC).astimezone(PARIS):%H:%M}"


def wanted(service: salon_pb2.Service, master: salon_pb2.Master | None = None) -> appointment_pb2.WantedService:
    return appointment_pb2.WantedService(service_id=service.id, master_id=master.id if master else "")


def webhook(payment_id: str, kind: str = "payment.captured") -> bytes:
    return orjson.dumps({"type": kind, "data": {"payment_id": payment_id}})


@dataclass
class Clock:
    """The real time, until it is set."""

    moment: dt.datetime | None = None

    def __call__(self) -> dt.datetime:
        return self.moment or utc_now()


@dataclass
class AppointmentDesk:
    appointments: appointment_pb2_grpc.AppointmentServiceAsyncStub
    settlement: settlement_pb2_grpc.SettlementServiceAsyncStub
    parlour: Parlour
    database: Database
    system: str
    clock: Clock = field(default_factory=Clock)

    async def slots(
        self,
        shop: Shop,
        *services: appointment_pb2.WantedService,
        token: str = "",
        day: dt.date = DAY,
        days: int = 1,
        moving: str = "",
    ) -> list[appointment_pb2.Slot]:
        request = appointment_pb2.FindSlotsRequest(
            salon_id=shop.salon.id,
            services=services or [wanted(shop.services[0])],
            first_day=day.isoformat(),
            last_day=(day + dt.timedelta(days=days - 1)).isoformat(),
            moving_appointment_id=moving,
        )
        return list((await call(self.appointments.FindSlots, request, token=token)).slots)

    async def book(
        self,
        shop: Shop,
        who: SignedIn,
        moment: dt.datetime,
        *services: appointment_pb2.WantedService,
        key: str = "",
        **changes: Any,
    ) -> appointment_pb2.Appointment:
        fields: dict[str, Any] = {
            "idempotency_key": key or uuid.uuid4().hex,
            "salon_id": shop.salon.id,
            "services": list(services) or [wanted(shop.services[0])],
            "starts_at": to_timestamp(moment),
            "client": appointment_pb2.ClientDetails(name="Ada Lovelace", email="ada@example.org"),
        }
        request = appointment_pb2.CreateAppointmentRequest(**fields | changes)
        return await call(self.appointments.CreateAppointment, request, token=who.token)

    async def get(self, appointment: appointment_pb2.Appointment, token: str = "") -> appointment_pb2.Appointment:
        request = appointment_pb2.GetAppointmentsRequest(ids=[appointment.id])
        found = await call(self.appointments.GetAppointments, request, token=token or self.system)
        (one,) = found.appointments
        return one

    async def sees(self, appointment: appointment_pb2.Appointment, who: SignedIn) -> bool:
        request = appointment_pb2.GetAppointmentsRequest(ids=[appointment.id])
        return bool((await call(self.appointments.GetAppointments, request, token=who.token)).appointments)

    async def cancel(
        self, appointment: appointment_pb2.Appointment, who: SignedIn, refund: int = 0, key: str = "", **changes: Any
    ) -> appointment_pb2.Appointment:
        request = appointment_pb2.CancelAppointmentRequest(
            idempotency_key=key or uuid.uuid4().hex, appointment_id=appointment.id, **changes
        )
        request.expected_refund.minor_units = refund
        request.expected_refund.currency = "EUR"
        return await call(self.appointments.CancelAppointment, request, token=who.token)

    async def preview(
        self, appointment: appointment_pb2.Appointment, who: SignedIn
    ) -> appointment_pb2.AppointmentCancellationPreview:
        request = appointment_pb2.PreviewAppointmentCancellationRequest(appointment_id=appointment.id)
        return await call(self.appointments.PreviewAppointmentCancellation, request, token=who.token)

    async def move(
        self,
        appointment: appointment_pb2.Appointment,
        who: SignedIn,
        starts_at: dt.datetime,
        *masters: salon_pb2.Master,
        version: int = 0,
        key: str = "",
    ) -> appointment_pb2.Appointment:
        request = appointment_pb2.MoveAppointmentRequest(
            idempotency_key=key or uuid.uuid4().hex,
            appointment_id=appointment.id,
            expected_version=version or appointment.version,
            starts_at=to_timestamp(starts_at),
            master_ids=[master.id for master in masters],
        )
        return await call(self.appointments.MoveAppointment, request, token=who.token)

    async def confirm(
        self, appointment: appointment_pb2.Appointment, who: SignedIn, version: int = 0
    ) -> appointment_pb2.Appointment:
        request = appointment_pb2.ConfirmAppointmentRequest(
            appointment_id=appointment.id, expected_version=version or appointment.version
        )
        return await call(self.appointments.ConfirmAppointment, request, token=who.token)

    async def complete(
        self, appointment: appointment_pb2.Appointment, who: SignedIn, version: int = 0
    ) -> appointment_pb2.Appointment:
        request = appointment_pb2.CompleteAppointmentRequest(
            appointment_id=appointment.id, expected_version=version or appointment.version
        )
        return await call(self.appointments.CompleteAppointment, request, token=who.token)

    async def no_show(
        self, appointment: appointment_pb2.Appointment, who: SignedIn, version: int = 0
    ) -> appointment_pb2.Appointment:
        request = appointment_pb2.MarkAppointmentNoShowRequest(
            appointment_id=appointment.id, expected_version=version or appointment.version
        )
        return await call(self.appointments.MarkAppointmentNoShow, request, token=who.token)

    async def start_payment(
        self, appointment: appointment_pb2.Appointment, who: SignedIn, key: str = ""
    ) -> appointment_pb2.Appointment:
        request = appointment_pb2.StartAppointmentPaymentRequest(
            idempotency_key=key or uuid.uuid4().hex, appointment_id=appointment.id
        )
        return (await call(self.appointments.StartAppointmentPayment, request, token=who.token)).appointment

    async def hear_of(self, payment_id: str, event_id: str = "") -> str:
        """A webhook arrives and is worked off; answers the outcome."""
        event_id = event_id or uuid.uuid4().hex
        await self.receive(webhook(payment_id), event_id)
        return await self.settle(event_id)

    async def receive(self, payload: bytes, event_id: str = "") -> str:
        """Stores a webhook; answers its id."""
        event_id = event_id or uuid.uuid4().hex
        received = settlement_pb2.ReceivePaymentEventRequest(provider=PROVIDER, event_id=event_id, payload=payload)
        await call(self.settlement.ReceivePaymentEvent, received, token=self.system)
        return event_id

    async def settle(self, event_id: str) -> str:
        """The outcome's name."""
        request = settlement_pb2.SettlePaymentEventRequest(provider=PROVIDER, event_id=event_id)
        return _outcome(await call(self.settlement.SettlePaymentEvent, request, token=self.system))

    async def look_after(self, payment_id: str) -> str:
        """As the poller does, without any webhook."""
        request = settlement_pb2.SettlePaymentRequest(payment_id=payment_id)
        return _outcome(await call(self.settlement.SettlePayment, request, token=self.system))

    async def replay(self, event_id: str) -> str:
        request = settlement_pb2.ReplayPaymentEventRequest(provider=PROVIDER, event_id=event_id)
        return _outcome(await call(self.settlement.ReplayPaymentEvent, request, token=self.system))

    async def expire(self) -> int:
        request = settlement_pb2.ExpireHoldsRequest(limit=100)
        return (await call(self.settlement.ExpireHolds, request, token=self.system)).expired

    async def run_out(self, *appointments: appointment_pb2.Appointment) -> None:
        """The holds of these appointments are over by the database's clock; nobody has released them yet."""
        async with self.database.transaction() as connection:
            await connection.execute(
                "UPDATE salon.appointment SET hold_expires_at = now() - interval '1 second' WHERE id = ANY($1)",
                [uuid.UUID(one.id) for one in appointments],
            )

    async def story(
        self,
        appointment: appointment_pb2.Appointment,
        topics: Sequence[appointment_pb2.AppointmentTimelineTopic.ValueType] = (
            appointment_pb2.APPOINTMENT_TIMELINE_TOPIC_APPOINTMENT,
            appointment_pb2.APPOINTMENT_TIMELINE_TOPIC_PAYMENT,
        ),
    ) -> list[str]:
        """The kinds of its timeline."""
        request = appointment_pb2.ListAppointmentTimelineRequest(appointment_id=appointment.id, topics=topics)
        told = await call(self.appointments.ListAppointmentTimeline, request, token=self.system)
        return [entry.kind for entry in told.entries]

    async def events(self, appointment: appointment_pb2.Appointment) -> list[str]:
        """The types of its events."""
        query = "SELECT envelope FROM salon.outbox_event WHERE aggregate_id = $1 ORDER BY position"
        async with self.database.reading() as connection:
            return [_type_of(row["envelope"]) for row in await connection.fetch(query, appointment.id)]

    async def everything(self) -> dict[str, str]:
        """A digest of every table of appointments."""
        async with self.database.reading() as connection:
            digests = {
                table: str(
                    await connection.fetchval(
                        f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM salon.{table} AS t"  # noqa: S608
                    )
                )
                for table in _TABLES
            }
            digests["events"] = str(await connection.fetchval("SELECT count(*) FROM salon.outbox_event"))
        return digests


def _outcome(response: settlement_pb2.SettlementResponse) -> str:
    return settlement_pb2.SettlementOutcome.Name(response.outcome).removeprefix("SETTLEMENT_OUTCOME_")


def _type_of(envelope: bytes) -> str:

    return events_pb2.Envelope.FromString(envelope).type


@asynccontextmanager
async def open_appointment_desk(
    parts: Parts, auth_address: str, salon_address: str, clock: Clock | None = None
) -> AsyncIterator[AppointmentDesk]:
    async with (
        open_parlour(parts, salon_address) as parlour,
        open_database(parts.database_url("salon"), pool_size=4, application_name="tests") as database,
        open_channel(salon_address, appointment_pb2.DESCRIPTOR, settlement_pb2.DESCRIPTOR) as channel,
    ):
        yield AppointmentDesk(
            appointment_pb2_grpc.AppointmentServiceStub(channel),
            settlement_pb2_grpc.SettlementServiceStub(channel),
            parlour,
            database,
            await service_token(auth_address),
            clock or Clock(),
        )


@asynccontextmanager
async def running_salon(parts: Parts, auth_address: str, settings: SalonSettings) -> AsyncIterator[AppointmentDesk]:
    """A salon service of its own, whose clock the test sets."""
    clock = Clock()
    async with (
        salon_service(settings, now=clock) as server,
        open_appointment_desk(parts, auth_address, server.address, clock) as desk,
    ):
        yield desk


async def check_standing_proof(parts: Parts) -> None:
    async with (
        open_database(parts.database_url("salon"), pool_size=1, application_name="tests") as database,
        database.reading() as connection,
    ):
        assert await find_discrepancies(connection) == []


def clock_times(slots: Sequence[appointment_pb2.Slot]) -> list[str]:
    return [local(slot.starts_at) for slot in slots]
