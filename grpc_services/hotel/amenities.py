"""What a house or a room may say that it offers. The public schema's Amenity has the same names."""

from __future__ import annotations

AMENITIES = frozenset(
    {
        "WIFI",
        "BREAKFAST",
        "LIFT",
        "AIR_CONDITIONING",
        "BAR",
        "RESTAURANT",
        "FITNESS",
        "SPA",
        "POOL",
        "PARKING",
        "PETS_WELCOME",
        "ACCESSIBLE",
        "SAFE",
        "MINIBAR",
        "BATHTUB",
        "DESK",
    }
)
