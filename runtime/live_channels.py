"""Redis pub/sub channels that tell gateways that something moved; what it became they ask of its owner."""

from __future__ import annotations

HOTELS_CHANNEL = "live:hotels"  # messages are ids of changed houses, divided by commas


def booking_channel(booking_id: str) -> str:
    return f"live:booking:{booking_id}"
