"""Rows of the hotel service as contract messages."""

from __future__ import annotations

import orjson

from contracts.hotel.v1 import extra_pb2, hotel_pb2
from contracts.money.v1 import money_pb2
from grpc_services.hotel.queries import House
from runtime.clock import to_timestamp
from runtime.database import Record
from runtime.errors import InvalidInput


def hotel_message(house: House) -> hotel_pb2.Hotel:
    row = house.hotel
    return hotel_pb2.Hotel(
        id=str(row["id"]),
        name=row["name"],
        stars=row["stars"],
        address=address(row),
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
        room_types=[room_type_message(room_type, row["currency"]) for room_type in house.room_types],
        rate_plans=[rate_plan_message(plan) for plan in house.rate_plans],
        owner_id=str(row["owner_id"]),
        city_tax_max_nights=row["city_tax_max_nights"],
        description=row["description"],
        state=hotel_state(row["state"]),
        languages=row["languages"],
        contact=hotel_pb2.Contact(phone=row["contact_phone"], email=row["contact_email"]),
        photos=_photos(row),
        house_rules=row["house_rules"],
        vat_basis_points=row["vat_basis_points"],
        vat_included=row["vat_included"],
        version=row["version"],
        rates_version=row["rates_version"],
        rating=hotel_pb2.RatingSummary(count=row["rating_count"], mean_hundredths=row["rating_mean_hundredths"]),
        extras=[extra_message(extra, row["currency"]) for extra in house.extras],
    )


def address(row: Record) -> hotel_pb2.Address:
    return hotel_pb2.Address(
        street=row["street"], postal_code=row["postal_code"], city=row["city"], country=row["country"]
    )


def hotel_state(name: str) -> hotel_pb2.HotelState.ValueType:
    return hotel_pb2.HotelState.Value(f"HOTEL_STATE_{name}")


def hotel_state_name(value: hotel_pb2.HotelState.ValueType) -> str:
    """Raises InvalidInput for a number that stands for no state."""
    name = hotel_pb2.HotelState.Name(value) if value in hotel_pb2.HotelState.values() else ""
    if not value or not name:
        raise InvalidInput("There is no such state.", path=("state",))
    return name.removeprefix("HOTEL_STATE_")


def room_type_message(row: Record, currency: str) -> hotel_pb2.RoomType:
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
        description=row["description"],
        view=row["view"],
        photos=_photos(row),
        oldest_child_age=row["oldest_child_age"],
        occupancy_pricing=hotel_pb2.OccupancyPricing(
            included_adults=row["included_adults"],
            extra_adult_minor_units=row["extra_adult_minor_units"],
            fewer_adult_discount_minor_units=row["fewer_adult_discount_minor_units"],
            child_prices=[hotel_pb2.ChildPrice(**band) for band in row["child_prices"]],
        ),
        base_price=money_pb2.Money(minor_units=row["base_price_minor_units"], currency=currency),
        archived=row["archived"],
        version=row["version"],
    )


def room_message(row: Record) -> hotel_pb2.Room:
    return hotel_pb2.Room(
        id=str(row["id"]),
        hotel_id=str(row["hotel_id"]),
        room_type_id=str(row["room_type_id"]),
        number=row["number"],
        floor=row["floor"],
        state=hotel_pb2.RoomState.Value(f"ROOM_STATE_{row['state']}"),
        archived=row["archived"],
        version=row["version"],
    )


def rate_plan_message(row: Record) -> hotel_pb2.RatePlan:
    return hotel_pb2.RatePlan(
        id=str(row["id"]),
        hotel_id=str(row["hotel_id"]),
        name=row["name"],
        meal_plan=hotel_pb2.MealPlan.Value(f"MEAL_PLAN_{row['meal_plan']}"),
        payment_timing=hotel_pb2.PaymentTiming.Value(f"PAYMENT_TIMING_{row['payment_timing']}"),
        cancellation_policy=policy_message(row),
        derived_from_id=str(row["derived_from_id"] or ""),
        adjustment_basis_points=row["adjustment_basis_points"],
        adult_supplement_minor_units=row["adult_supplement_minor_units"],
        child_supplement_minor_units=row["child_supplement_minor_units"],
        stay_discounts=[hotel_pb2.StayDiscount(**discount) for discount in row["stay_discounts"]],
        min_advance_days=row["min_advance_days"],
        max_advance_days=row["max_advance_days"],
        archived=row["archived"],
        version=row["version"],
    )


def extra_message(row: Record, currency: str) -> extra_pb2.Extra:
    return extra_pb2.Extra(
        id=str(row["id"]),
        hotel_id=str(row["hotel_id"]),
        name=row["name"],
        description=row["description"],
        charge_unit=charge_unit(row),
        price=money_pb2.Money(minor_units=row["price_minor_units"], currency=currency),
        max_quantity=row["max_quantity"],
        archived=row["archived"],
        version=row["version"],
    )


def charge_unit(extra: Record) -> extra_pb2.ExtraChargeUnit.ValueType:
    return extra_pb2.ExtraChargeUnit.Value(f"EXTRA_CHARGE_UNIT_{extra['charge_unit']}")


def policy_message(rate_plan: Record) -> hotel_pb2.CancellationPolicy:
    return hotel_pb2.CancellationPolicy(
        tiers=[
            hotel_pb2.CancellationTier(
                hours_before_check_in=tier["hours_before_check_in"],
                penalty_percent=tier["penalty_percent"],
                penalty_nights=tier.get("penalty_nights", 0),  # tiers written before nights existed have none
            )
            for tier in rate_plan["cancellation_tiers"]
        ]
    )


def change_message(row: Record) -> hotel_pb2.Change:
    return hotel_pb2.Change(
        id=str(row["id"]),
        subject_kind=row["subject_kind"],
        subject_id=str(row["subject_id"]),
        action=row["action"],
        actor_id=str(row["actor_id"]),
        actor_role=row["actor_role"],
        at=to_timestamp(row["at"]),
        request_id=row["request_id"],
        before_json=_json(row["before"]),
        after_json=_json(row["after"]),
    )


def _json(document: object) -> str:
    return "" if document is None else orjson.dumps(document).decode()


def _photos(row: Record) -> list[hotel_pb2.Photo]:
    return [hotel_pb2.Photo(**photo) for photo in row["photos"]]
