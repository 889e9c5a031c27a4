"""What the price of a room is made of: nights, extras and city tax. Amounts are minor units and sum to the total.

Where VAT is added it is one line of nights and extras together; each bears its share of it.
"""

from __future__ import annotations

from fractions import Fraction

from contracts.hotel.v1 import rate_pb2


def city_tax(room: rate_pb2.PricedRoom) -> int:
    return _sum(room, rate_pb2.PRICE_LINE_KIND_CITY_TAX)


def price_of_extras(room: rate_pb2.PricedRoom) -> int:
    """With their share of the VAT."""
    extras = _sum(room, rate_pb2.PRICE_LINE_KIND_EXTRA)
    if not extras:
        return 0
    taxed = extras + _sum(room, rate_pb2.PRICE_LINE_KIND_NIGHT, rate_pb2.PRICE_LINE_KIND_STAY_DISCOUNT)
    return extras + round(Fraction(_sum(room, rate_pb2.PRICE_LINE_KIND_VAT) * extras, taxed))


def price_of_nights(room: rate_pb2.PricedRoom) -> int:
    """With their discount and their share of the VAT."""
    return room.total.minor_units - city_tax(room) - price_of_extras(room)


def _sum(room: rate_pb2.PricedRoom, *kinds: rate_pb2.PriceLineKind.ValueType) -> int:
    return sum(line.amount.minor_units for line in room.lines if line.kind in kinds)
