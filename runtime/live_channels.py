"""Redis pub/sub channels that tell gateways that something moved; what it became they ask of its owner."""

from __future__ import annotations


def booking_channel(booking_id: str) -> str:
    return f"live:booking:{booking_id}"
