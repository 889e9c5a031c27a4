"""Rows of appointments as contract messages and events."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2
from contracts.money.v1 import money_pb2
from contracts.salon.v1 import appointment_pb2
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon.appointment_timeline_topics import topic_value
from grpc_services.salon.visits import Booked, Offer
from runtime.clock import to_timestamp
from runtime.database import Connection, Record
from runtime.errors import InvalidInput


async def appointments_as_messages(connection: Connection, rows: Sequence[Record]) -> list[appointment_pb2.Appointment]:
    """In the order of the rows; in as many queries for a page as for one."""
    services = await queries.load_services(connection, [row["id"] for row in rows])
    return [appointment_message(row, services[row["id"]]) for row in rows]


async def appointment_as_message(connection: Connection, row: Record) -> appointment_pb2.Appointment:
    (message,) = await appointments_as_messages(connection, [row])
    return message


def appointment_message(row: Record, services: Sequence[Record]) -> appointment_pb2.Appointment:
    message = appointment_pb2.Appointment(
        id=str(row["id"]),
        reference=row["reference"],
        state=state_value(row["state"]),
        version=row["version"],
        salon_id=str(row["salon_id"]),
        salon_name=row["salon_name"],
        salon_owner_id=str(row["salon_owner_id"]),
        client_account_id=str(row["client_account_id"]),
        client=appointment_pb2.ClientDetails(
            name=row["client_name"], email=row["client_email"], phone=row["client_phone"]
        ),
        note=row["note"],
        starts_at=to_timestamp(row["starts_at"]),
        ends_at=to_timestamp(row["ends_at"]),
        time_zone=row["time_zone"],
        services=[
            appointment_pb2.VisitedService(
                service_id=str(one["service_id"]),
                service_name=one["service_name"],
                master_id=str(one["master_id"]),
                master_name=one["master_name"],
                starts_at=to_timestamp(one["starts_at"]),
                ends_at=to_timestamp(one["ends_at"]),
                price=money_of(row, one["price_minor_units"]),
            )
            for one in services
        ],
        total=money_of(row, row["total_minor_units"]),
        paid=money_of(row, row["paid_minor_units"]),
        refunded=money_of(row, row["refunded_minor_units"]),
        penalty=money_of(row, row["penalty_minor_units"]),
        cancellation_policy=hotel_pb2.CancellationPolicy(
            tiers=[
                hotel_pb2.CancellationTier(
                    hours_before_check_in=tier["hours_before_check_in"], penalty_percent=tier["penalty_percent"]
                )
                for tier in row["cancellation_tiers"]
            ]
        ),
        payment_id=row["payment_id"],
        payment_state=row["payment_state"],
        checkout_url=row["checkout_url"],
        created_at=to_timestamp(row["created_at"]),
        payment_timing=hotel_pb2.PaymentTiming.Value(f"PAYMENT_TIMING_{row['payment_timing']}"),
        booking_id=str(row["booking_id"] or ""),
        exchange_rates_day=row["exchange_rates_day"],
    )
    if row["hold_expires_at"] is not None:
        message.hold_expires_at.CopyFrom(to_timestamp(row["hold_expires_at"]))
    return message


def appointment_snapshot(row: Record, services: Sequence[Record]) -> events_pb2.AppointmentSnapshot:
    accounts = [str(one["master_account_id"]) for one in services if one["master_account_id"] is not None]
    masters = {str(one["master_id"]): one["master_name"] for one in services}
    snapshot = events_pb2.AppointmentSnapshot(
        appointment_id=str(row["id"]),
        reference=row["reference"],
        state=state_value(row["state"]),
        version=row["version"],
        salon_id=str(row["salon_id"]),
        salon_name=row["salon_name"],
        salon_owner_id=str(row["salon_owner_id"]),
        client_account_id=str(row["client_account_id"]),
        client_name=row["client_name"],
        starts_at=to_timestamp(row["starts_at"]),
        ends_at=to_timestamp(row["ends_at"]),
        time_zone=row["time_zone"],
        service_names=[one["service_name"] for one in services],
        master_ids=list(masters),
        master_names=list(masters.values()),
        master_account_ids=list(dict.fromkeys(accounts)),
        total=money_of(row, row["total_minor_units"]),
        paid=money_of(row, row["paid_minor_units"]),
        refunded=money_of(row, row["refunded_minor_units"]),
        booking_id=str(row["booking_id"] or ""),
    )
    if row["hold_expires_at"] is not None:
        snapshot.hold_expires_at.CopyFrom(to_timestamp(row["hold_expires_at"]))
    return snapshot


class SlotMessages:
    """Writes the many slots of an answer, in which the same services by the same masters come again and again."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._known: dict[tuple[uuid.UUID, uuid.UUID], appointment_pb2.VisitedService] = {}

    def slot(self, booked: Booked) -> appointment_pb2.Slot:
        total = sum(offer.price_minor_units for offer, _ in booked)
        slot = appointment_pb2.Slot(total=money_pb2.Money(minor_units=total, currency=self._currency))
        slot.starts_at.seconds = _seconds(booked[0][1].starts_at)
        slot.ends_at.seconds = _seconds(booked[-1][1].ends_at)
        for offer, line in booked:
            service = slot.services.add()
            service.CopyFrom(self._service(offer))
            service.starts_at.seconds = _seconds(line.starts_at)
            service.ends_at.seconds = _seconds(line.ends_at)
        return slot

    def _service(self, offer: Offer) -> appointment_pb2.VisitedService:
        key = offer.service_id, offer.master_id
        if key not in self._known:
            self._known[key] = appointment_pb2.VisitedService(
                service_id=str(offer.service_id),
                service_name=offer.service_name,
                master_id=str(offer.master_id),
                master_name=offer.master_name,
                price=money_pb2.Money(minor_units=offer.price_minor_units, currency=self._currency),
            )
        return self._known[key]


def timeline_message(row: Record) -> appointment_pb2.AppointmentTimelineEntry:
    return appointment_pb2.AppointmentTimelineEntry(
        id=str(row["id"]),
        kind=row["kind"],
        state=state_value(row["state"]),
        version=row["version"],
        at=to_timestamp(row["at"]),
        actor=row["actor"],
        summary=row["summary"],
        trace_id=row["trace_id"],
        topic=topic_value(row["kind"]),
    )


def state_value(name: str) -> appointment_pb2.AppointmentState.ValueType:
    return appointment_pb2.AppointmentState.Value(f"APPOINTMENT_STATE_{name}")


def state_names(values: Sequence[appointment_pb2.AppointmentState.ValueType]) -> list[str]:
    """Raises InvalidInput for a number that stands for no state."""
    known = {value.number: value.name for value in appointment_pb2.AppointmentState.DESCRIPTOR.values}
    if any(value not in known for value in values):
        raise InvalidInput("There is no such state.", path=("states",))
    return [known[value].removeprefix("APPOINTMENT_STATE_") for value in values]


def parse_day(text: str, field: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("This is not a date (YYYY-MM-DD).", path=(field,)) from None


def _seconds(moment: dt.datetime) -> int:
    """Of a whole second, as all of a plan are."""
    return int(moment.timestamp())


def money_of(row: Record, minor_units: int) -> money_pb2.Money:
    """In the currency of the appointment."""
    return money_pb2.Money(minor_units=minor_units, currency=row["currency"])
