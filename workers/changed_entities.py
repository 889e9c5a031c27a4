"""Which entities that gateways keep copies of an event is about: the one place that says so."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.events.v1 import events_pb2
from runtime.live_channels import EntityKind, entity_name, rating_identifier


def changed_entities(envelopes: Sequence[events_pb2.Envelope]) -> list[str]:
    """Names of what has changed, each once."""
    return list(dict.fromkeys(name for envelope in envelopes for name in _changed_by(envelope)))


def _changed_by(envelope: events_pb2.Envelope) -> list[str]:
    match envelope.type:
        case "HotelChanged":
            return [_hotel(events_pb2.HotelChanged.FromString(envelope.payload).hotel_id)]
        case "RatesChanged":
            return [_hotel(events_pb2.RatesChanged.FromString(envelope.payload).hotel_id)]
        case "RoomTypeCreated":
            return [_hotel(events_pb2.RoomTypeCreated.FromString(envelope.payload).room_type.hotel_id)]
        case "RoomTypeArchived":
            return [_hotel(events_pb2.RoomTypeArchived.FromString(envelope.payload).hotel_id)]
        case "SalonChanged":
            salon = events_pb2.SalonChanged.FromString(envelope.payload)
            masters = [entity_name(EntityKind.MASTER, identifier) for identifier in salon.master_ids]
            return [entity_name(EntityKind.SALON, salon.salon_id), *masters]
        case "RatingChanged":
            subject = events_pb2.RatingChanged.FromString(envelope.payload).rating.subject
            return [entity_name(EntityKind.RATING, rating_identifier(subject.kind, subject.id))]
    return []


def _hotel(identifier: str) -> str:
    return entity_name(EntityKind.HOTEL, identifier)
