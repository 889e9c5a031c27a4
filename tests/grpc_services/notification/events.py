"""Booking events as the outbox relay hands them on."""

from __future__ import annotations

import datetime as dt
import uuid

from google.protobuf.message import Message

from contracts.booking.v1 import booking_pb2
from contracts.events.v1 import events_pb2
from contracts.money.v1 import money_pb2
from runtime.clock import to_timestamp
from runtime.envelopes import make_envelope
from runtime.identifiers import new_id

DEADLINE = dt.datetime(2027, 5, 1, 14, 5, tzinfo=dt.UTC)
NOBODY = uuid.UUID(int=0)


def snapshot(
    guest: uuid.UUID,
    owner: uuid.UUID = NOBODY,
    *,
    hotel_name: str = "Hôtel Étoile",
    total: money_pb2.Money | None = None,
) -> events_pb2.BookingSnapshot:
    return events_pb2.BookingSnapshot(
        booking_id=str(new_id()),
        reference="INK-7Q2F9K",
        state=booking_pb2.BOOKING_STATE_CONFIRMED,
        version=3,
        hotel_id=str(new_id()),
        hotel_name=hotel_name,
        hotel_owner_id=str(owner),
        guest_account_id=str(guest),
        guest_name="Mina Harker",
        check_in="2027-05-14",
        check_out="2027-05-17",
        room_names=["Double", "Double", "Suite"],
        total=total or money_pb2.Money(minor_units=123456, currency="EUR"),
        hold_expires_at=to_timestamp(DEADLINE),
        time_zone="Europe/Paris",
    )


def envelope(event: Message, *, request_id: str = "req-notification-1") -> events_pb2.Envelope:
    sealed = make_envelope(event, identifier=str(new_id()), aggregate_id="booking", aggregate_version=3)
    sealed.request_id = request_id
    return sealed


def confirmed(guest: uuid.UUID, owner: uuid.UUID = NOBODY) -> events_pb2.Envelope:
    return envelope(events_pb2.BookingConfirmed(booking=snapshot(guest, owner)))
