"""Which live channels an event wakes: the one place that says so."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.events.v1 import events_pb2
from runtime.live_channels import appointment_channel, booking_channel, hotel_channel, notifications_channel


def moved_channels(envelopes: Sequence[events_pb2.Envelope]) -> list[str]:
    """Each once, for who is woken looks at everything that is new."""
    return list(dict.fromkeys(channel for envelope in envelopes for channel in _moved_by(envelope)))


def _moved_by(envelope: events_pb2.Envelope) -> list[str]:
    if envelope.type.startswith("Booking"):
        # Every event of a booking has its snapshot as the first field, so that one message reads them all.
        snapshot = events_pb2.BookingHeld.FromString(envelope.payload).booking
        return [booking_channel(envelope.aggregate_id), hotel_channel(snapshot.hotel_id)]
    if envelope.type.startswith("Appointment"):
        return [appointment_channel(envelope.aggregate_id)]
    match envelope.type:
        case "InventoryChanged":
            return [hotel_channel(events_pb2.InventoryChanged.FromString(envelope.payload).hotel_id)]
        case "RoomTypeSellable":
            return [hotel_channel(events_pb2.RoomTypeSellable.FromString(envelope.payload).hotel_id)]
        case "NotificationStored":
            return [notifications_channel(envelope.aggregate_id)]
    return []
