"""Extras in the public schema: what a house sells beside its rooms, and what was chosen for a room."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import strawberry

from api.money import Money, money
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.scalars import BigInt
from contracts.hotel.v1 import extra_pb2, rate_pb2


@strawberry.enum(description="What the price of an extra is multiplied with.")
class ExtraChargeUnit(enum.Enum):
    STAY = strawberry.enum_value("STAY", description="Nothing: once a stay.")
    NIGHT = strawberry.enum_value("NIGHT", description="The nights.")
    PERSON = strawberry.enum_value("PERSON", description="Everybody who sleeps in the room, children included.")
    PERSON_NIGHT = strawberry.enum_value("PERSON_NIGHT", description="Everybody in the room, and the nights.")


@strawberry.type(description="What guests may choose for a room besides: breakfast, parking, a cot.")
class Extra(Node):
    name: str = strawberry.field(description="What the house calls it.")
    description: str | None = strawberry.field(description="What it is; lines end with a line feed.")
    charge_unit: ExtraChargeUnit = strawberry.field(description="What its price is multiplied with.")
    price: Money = strawberry.field(description="Of one, before it is multiplied.")
    max_quantity: int = strawberry.field(description="So many at most in one room.")
    archived: bool = strawberry.field(description="Whether it is off sale for good.")
    version: int = strawberry.field(description="Moves with every edit; name it as `expectedVersion` when you edit.")


@strawberry.type(description="An extra of a quoted or booked room, as it was when it was quoted.")
class RoomExtra:
    extra_id: strawberry.ID = strawberry.field(description="The extra, which may be archived since.")
    name: str = strawberry.field(description="Its name then.")
    charge_unit: ExtraChargeUnit = strawberry.field(description="What its price is multiplied with.")
    quantity: int = strawberry.field(description="How many.")
    unit_price: Money = strawberry.field(description="Of one, before it is multiplied.")
    total: Money = strawberry.field(description="What it costs, as its lines say; VAT that is added is not in it.")


@strawberry.input(description="An extra for a room.")
class ChosenExtraInput:
    extra_id: strawberry.ID = strawberry.field(description="Which extra of the house; each once a room.")
    quantity: int = strawberry.field(default=1, description="1 to its `maxQuantity`.")


def extra(message: extra_pb2.Extra) -> Extra:
    return Extra(
        id=strawberry.ID(encode_id("Extra", message.id)),
        name=message.name,
        description=message.description or None,
        charge_unit=_charge_unit(message.charge_unit),
        price=money(message.price),
        max_quantity=message.max_quantity,
        archived=message.archived,
        version=message.version,
    )


def room_extras(room: rate_pb2.PricedRoom) -> list[RoomExtra]:
    """Out of the lines. A guest who stayed longer has several of one extra: its newest facts and their sum."""
    found: dict[str, RoomExtra] = {}
    for line in room.lines:
        if line.kind != rate_pb2.PRICE_LINE_KIND_EXTRA:
            continue
        priced = line.extra
        known = found.get(priced.extra_id)
        total = money(line.amount)
        if known is not None:
            total.minor_units = BigInt(total.minor_units + known.total.minor_units)
        found[priced.extra_id] = RoomExtra(
            extra_id=strawberry.ID(encode_id("Extra", priced.extra_id)),
            name=priced.name,
            charge_unit=_charge_unit(priced.charge_unit),
            quantity=priced.quantity,
            unit_price=money(priced.unit_price),
            total=total,
        )
    return list(found.values())


def chosen_extras(given: Sequence[ChosenExtraInput], path: Sequence[str]) -> list[rate_pb2.ChosenExtra]:
    return [
        rate_pb2.ChosenExtra(
            extra_id=decode_id("Extra", one.extra_id, path=(*path, "extras", str(number), "extraId")),
            quantity=one.quantity,
        )
        for number, one in enumerate(given)
    ]


def _charge_unit(value: extra_pb2.ExtraChargeUnit.ValueType) -> ExtraChargeUnit:
    return ExtraChargeUnit(extra_pb2.ExtraChargeUnit.Name(value).removeprefix("EXTRA_CHARGE_UNIT_"))
