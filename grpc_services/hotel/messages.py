"""Rows of the hotel service as contract messages."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.hotel.v1 import hotel_pb2
from contracts.money.v1 import money_pb2
from grpc_services.hotel.queries import House
from grpc_services.hotel.rules import Adjustment
from runtime.database import Record


def hotel_message(house: House) -> hotel_pb2.Hotel:
    row = house.hotel
    return hotel_pb2.Hotel(
        id=str(row["id"]),
        name=row["name"],
        stars=row["stars"],
        address=hotel_pb2.Address(
            street=row["street"], postal_code=row["postal_code"], city=row["city"], country=row["country"]
        ),
        latitude=row["latitude"],
        longitude=row["longitude"],
        time_zone=row["time_zone"],
        currency=row["currency"],
        amenities=row["amenities"],
        website=row["website"],
        check_in_time=row["check_in_time"].strftime("%H:%M"),
        check_out_time=row["check_out_time"].strftime("%H:%M"),
        city_tax_per_person_night=money_pb2.Money(minor_units=row["city_tax_minor_units"], currency=row["currency"]),
        city_tax_exempt_below_age=row["city_tax_exempt_below_age"],
        room_types=[room_type_message(room_type) for room_type in house.room_types],
        rate_plans=[rate_plan_message(plan) for plan in house.rate_plans],
        owner_id=str(row["owner_id"]),
    )


def room_type_message(row: Record) -> hotel_pb2.RoomType:
    return hotel_pb2.RoomType(
        id=str(row["id"]),
        hotel_id=str(row["hotel_id"]),
        name=row["name"],
        max_adults=row["max_adults"],
        max_children=row["max_children"],
        number_of_rooms=row["number_of_rooms"],
        beds=[
            hotel_pb2.Bed(kind=hotel_pb2.BedKind.Value(f"BED_KIND_{bed['kind']}"), count=bed["count"])
            for bed in row["beds"]
        ],
        amenities=row["amenities"],
        size_square_meters=row["size_square_meters"],
    )


def rate_plan_message(row: Record) -> hotel_pb2.RatePlan:
    return hotel_pb2.RatePlan(
        id=str(row["id"]),
        hotel_id=str(row["hotel_id"]),
        name=row["name"],
        meal_plan=hotel_pb2.MealPlan.Value(f"MEAL_PLAN_{row['meal_plan']}"),
        payment_timing=hotel_pb2.PaymentTiming.Value(f"PAYMENT_TIMING_{row['payment_timing']}"),
        cancellation_policy=policy_message(row),
    )


def policy_message(rate_plan: Record) -> hotel_pb2.CancellationPolicy:
    return hotel_pb2.CancellationPolicy(
        tiers=[
            hotel_pb2.CancellationTier(
                hours_before_check_in=tier["hours_before_check_in"], penalty_percent=tier["penalty_percent"]
            )
            for tier in rate_plan["cancellation_tiers"]
        ]
    )


def adjustments_for(room_type: Record, price_rules: Sequence[Record]) -> list[Adjustment]:
    """The price rules that apply to a room type, in their order."""
    return [
        Adjustment(rule["first_night"], rule["last_night"], rule["weekdays"], rule["adjustment_basis_points"])
        for rule in price_rules
        if rule["room_type_id"] in (None, room_type["id"])
    ]
