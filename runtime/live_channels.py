"""Redis pub/sub channels that tell gateways that something moved, and the keys of what they keep in Redis.

What it became they ask of its owner.
"""

from __future__ import annotations

import enum

REVOKED_CHANNEL = "live:revoked"  # messages are names of sessions and clients, divided by commas
REVOKED_KEY = "revoked"  # a sorted set of these names by the Unix seconds when none of their tokens lives any more
REVOKED_SECONDS = 3_600  # longer than an access token may be set to live
CHANGES_CHANNEL = "live:changes"  # messages are names of changed entities, divided by commas


class EntityKind(enum.StrEnum):
    """What gateways keep copies of."""

    HOTEL = "hotel"
    SALON = "salon"
    MASTER = "master"
    RATING = "rating"


def entity_name(kind: EntityKind, identifier: str) -> str:
    return f"{kind}:{identifier}"


def rating_identifier(subject_kind: int, subject_id: str) -> str:
    """Of the rating of a subject; the kind is the number of review.v1.SubjectKind."""
    return f"{subject_kind}:{subject_id}"


def cache_key(name: str) -> str:
    """Where an entity's copy lies in Redis, by its name."""
    return f"cache:{name}"


def booking_channel(booking_id: str) -> str:
    return f"live:booking:{booking_id}"


def appointment_channel(appointment_id: str) -> str:
    return f"live:appointment:{appointment_id}"


def hotel_channel(hotel_id: str) -> str:
    """Its bookings or its inventory moved."""
    return f"live:hotel:{hotel_id}"


def notifications_channel(account_id: str) -> str:
    return f"live:notifications:{account_id}"


def revoked_session(session_id: str) -> str:
    return f"session:{session_id}"


def revoked_client(client_id: str) -> str:
    return f"client:{client_id}"
