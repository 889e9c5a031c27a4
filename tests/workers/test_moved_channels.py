"""Whom an event wakes."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message

from contracts.events.v1 import events_pb2
from runtime.envelopes import make_envelope
from workers.moved_channels import moved_channels

_BOOKING_EVENTS = [
    kind
    for name, kind in events_pb2.DESCRIPTOR.message_types_by_name.items()
    if name.startswith("Booking") and name != "BookingSnapshot"
]


def envelope(event: Message) -> events_pb2.Envelope:
    return make_envelope(event, identifier="an-event", aggregate_id="a", aggregate_version=1)


@pytest.mark.parametrize("kind", [kind.name for kind in _BOOKING_EVENTS])
def test_every_event_of_a_booking_wakes_who_follows_it_or_its_house(kind: str) -> None:
    event = getattr(events_pb2, kind)(booking=events_pb2.BookingSnapshot(hotel_id="h"))
    assert moved_channels([envelope(event)]) == ["live:booking:a", "live:hotel:h"]


@pytest.mark.parametrize(
    ("event", "channels"),
    [
        (events_pb2.AppointmentMoved(), ["live:appointment:a"]),
        (events_pb2.InventoryChanged(hotel_id="h"), ["live:hotel:h"]),
        (events_pb2.RoomTypeSellable(hotel_id="h"), ["live:hotel:h"]),
        (events_pb2.NotificationStored(account_id="a"), ["live:notifications:a"]),
        (events_pb2.RatesChanged(hotel_id="h"), []),
    ],
    ids=lambda value: type(value).__name__,
)
def test_events_wake_who_follows_what_they_tell_of(event: Message, channels: list[str]) -> None:
    assert moved_channels([envelope(event)]) == channels


def test_a_channel_is_woken_once_for_many_events() -> None:
    held = envelope(events_pb2.BookingHeld(booking=events_pb2.BookingSnapshot(hotel_id="h")))
    assert moved_channels([held, held]) == ["live:booking:a", "live:hotel:h"]
