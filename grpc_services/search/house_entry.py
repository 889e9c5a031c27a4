"""What the index keeps of a house besides numbers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from contracts.hotel.v1 import rate_pb2
from grpc_services.search.places import folded


@dataclass(slots=True)
class House:
    """What is not a number. The message is kept as bytes: parsing them costs what copying would."""

    id: str
    city: str  # folded
    city_name: str
    country: str
    name: str
    folded_name: str
    message: bytes
    product_ids: list[tuple[str, str]]  # (room type, rate plan), room types in order
    type_ids: list[str]


def house_of(entry: rate_pb2.CatalogueEntry) -> House:
    hotel = entry.hotel
    types = {kind.id: kind.id for kind in hotel.room_types}  # one text an id, however often it is named
    plans = {plan.id: plan.id for plan in hotel.rate_plans}
    return House(
        id=hotel.id,
        city=folded(hotel.address.city),
        city_name=hotel.address.city,
        country=hotel.address.country,
        name=hotel.name,
        folded_name=folded(hotel.name),
        message=hotel.SerializeToString(),
        product_ids=[(types[product.room_type_id], plans[product.rate_plan_id]) for product in entry.products],
        type_ids=list(types),
    )


def halves(identifier: str) -> tuple[int, int]:
    """A UUID as two numbers that order as its text does."""
    number = uuid.UUID(identifier).int
    return number >> 64, number & (2**64 - 1)
