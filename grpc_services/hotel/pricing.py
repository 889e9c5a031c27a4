"""Prices of whole stays, put together from a house's rows and the rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from contracts.hotel.v1 import hotel_pb2
from contracts.money.v1 import money_pb2
from grpc_services.hotel import messages, rules
from grpc_services.hotel.queries import House
from runtime.database import Record
from runtime.errors import InvalidInput


def price_room(
    house: House, request: hotel_pb2.RoomRequest, stay: rules.Stay, *, path: Sequence[str]
) -> hotel_pb2.PricedRoom:
    """One room of a stay with a line for every night and one for the city tax."""
    room_type = _find(house.room_types, request.room_type_id)
    if room_type is None:
        raise InvalidInput("This hotel has no such room type.", path=(*path, "roomTypeId"))
    plan = _find(house.rate_plans, request.rate_plan_id)
    if plan is None:
        raise InvalidInput("This hotel has no such rate plan.", path=(*path, "ratePlanId"))
    guests = rules.Guests(request.adults, tuple(request.children_ages))
    rules.check_guests(guests, path)
    if not _occupancy(room_type).fits(guests):
        raise InvalidInput(
            f"This room takes {room_type['max_adults']} adults and {room_type['max_children']} children at most.",
            path=(*path, "adults"),
        )
    currency = house.hotel["currency"]
    prices = _nightly(house, room_type, plan, stay.check_in, stay.nights).tolist()
    lines = [
        hotel_pb2.PriceLine(
            kind=hotel_pb2.PRICE_LINE_KIND_NIGHT,
            night=night.isoformat(),
            description=f"{room_type['name']}, {plan['name']}",
            amount=money_pb2.Money(minor_units=price, currency=currency),
        )
        for night, price in zip(stay.dates(), prices, strict=True)
    ]
    tax = _city_tax(house, guests, stay.nights)
    if tax:
        lines.append(
            hotel_pb2.PriceLine(
                kind=hotel_pb2.PRICE_LINE_KIND_CITY_TAX,
                description="City tax",
                amount=money_pb2.Money(minor_units=tax, currency=currency),
            )
        )
    return hotel_pb2.PricedRoom(
        request=request,
        room_type_name=room_type["name"],
        rate_plan_name=plan["name"],
        payment_timing=hotel_pb2.PaymentTiming.Value(f"PAYMENT_TIMING_{plan['payment_timing']}"),
        cancellation_policy=messages.policy_message(plan),
        lines=lines,
        total=money_pb2.Money(minor_units=sum(prices) + tax, currency=currency),
    )


def priced_stay(house: House, rooms: Sequence[hotel_pb2.PricedRoom]) -> hotel_pb2.PriceStayResponse:
    row = house.hotel
    return hotel_pb2.PriceStayResponse(
        hotel_id=str(row["id"]),
        hotel_name=row["name"],
        owner_id=str(row["owner_id"]),
        time_zone=row["time_zone"],
        currency=row["currency"],
        check_in_time=row["check_in_time"].strftime("%H:%M"),
        rooms=rooms,
        total=money_pb2.Money(minor_units=sum(room.total.minor_units for room in rooms), currency=row["currency"]),
    )


def price_offers(house: House, parties: Sequence[rules.Guests], stay: rules.Stay) -> list[hotel_pb2.PricedOffer]:
    """All parties in rooms of one type, for every type that fits and every rate plan, cheapest first."""
    currency = house.hotel["currency"]
    tax = sum(_city_tax(house, guests, stay.nights) for guests in parties)
    offers = []
    for room_type in house.room_types:
        occupancy = _occupancy(room_type)
        if not all(occupancy.fits(guests) for guests in parties):
            continue
        for plan in house.rate_plans:
            nights = int(_nightly(house, room_type, plan, stay.check_in, stay.nights).sum())
            total = nights * len(parties) + tax
            offers.append(
                hotel_pb2.PricedOffer(
                    room_type_id=str(room_type["id"]),
                    rate_plan_id=str(plan["id"]),
                    total=money_pb2.Money(minor_units=total, currency=currency),
                    per_night=money_pb2.Money(minor_units=rules.per_night(total, stay.nights), currency=currency),
                )
            )
    return sorted(offers, key=lambda offer: offer.total.minor_units)


def catalogue_entry(house: House, first_night: dt.date, nights: int) -> hotel_pb2.CatalogueEntry:
    """A house with the nightly prices of every room type under every rate plan."""
    return hotel_pb2.CatalogueEntry(
        hotel=messages.hotel_message(house),
        products=[
            hotel_pb2.RateProduct(
                room_type_id=str(room_type["id"]),
                rate_plan_id=str(plan["id"]),
                nightly_prices=_nightly(house, room_type, plan, first_night, nights).astype("<i4").tobytes(),
            )
            for room_type in house.room_types
            for plan in house.rate_plans
        ],
    )


def _nightly(house: House, room_type: Record, plan: Record, first_night: dt.date, nights: int) -> npt.NDArray[np.int64]:
    return rules.nightly_prices(
        room_type["base_price_minor_units"],
        messages.adjustments_for(room_type, house.price_rules),
        plan["adjustment_basis_points"],
        first_night,
        nights,
    )


def _city_tax(house: House, guests: rules.Guests, nights: int) -> int:
    row = house.hotel
    return rules.city_tax(row["city_tax_minor_units"], row["city_tax_exempt_below_age"], guests, nights)


def _occupancy(room_type: Record) -> rules.Occupancy:
    return rules.Occupancy(room_type["max_adults"], room_type["max_children"])


def _find(rows: Sequence[Record], identifier: str) -> Record | None:
    return next((row for row in rows if str(row["id"]) == identifier), None)
