"""Rows of the catalogue as contract messages."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from contracts.hotel.v1 import hotel_pb2
from contracts.money.v1 import money_pb2
from contracts.salon.v1 import salon_pb2
from runtime.clock import to_timestamp
from runtime.database import Record
from runtime.errors import InvalidInput


@dataclass(slots=True)
class WholeSalon:
    """A salon's row with the rows that belong to it."""

    salon: Record
    masters: list[Record] = field(default_factory=list)
    services: list[Record] = field(default_factory=list)
    offerings: Mapping[uuid.UUID, Sequence[Record]] = field(default_factory=dict)
    """By service."""


def salon_message(whole: WholeSalon) -> salon_pb2.Salon:
    row = whole.salon
    return salon_pb2.Salon(
        id=str(row["id"]),
        owner_id=str(row["owner_id"]),
        hotel_id=str(row["hotel_id"] or ""),
        name=row["name"],
        description=row["description"],
        address=hotel_pb2.Address(
            street=row["street"], postal_code=row["postal_code"], city=row["city"], country=row["country"]
        ),
        latitude=row["latitude"],
        longitude=row["longitude"],
        time_zone=row["time_zone"],
        currency=row["currency"],
        contact=hotel_pb2.Contact(phone=row["contact_phone"], email=row["contact_email"]),
        photos=[hotel_pb2.Photo(**photo) for photo in row["photos"]],
        state=salon_state(row["state"]),
        opening_hours=day_hours(row["opening_hours"]),
        terms=_terms(row),
        masters=[master_message(master) for master in whole.masters],
        services=[
            service_message(service, whole.offerings.get(service["id"], ()), row["currency"])
            for service in whole.services
        ],
        rating=_rating(row),
        version=row["version"],
    )


def master_message(row: Record) -> salon_pb2.Master:
    return salon_pb2.Master(
        id=str(row["id"]),
        salon_id=str(row["salon_id"]),
        account_id=str(row["account_id"] or ""),
        name=row["name"],
        title=row["title"],
        about=row["about"],
        specialities=row["specialities"],
        languages=row["languages"],
        photo=hotel_pb2.Photo(**row["photo"]) if row["photo"] else None,
        portfolio_links=row["portfolio_links"],
        rating=_rating(row),
        archived=row["archived"],
        version=row["version"],
    )


def service_message(row: Record, offerings: Iterable[Record], currency: str) -> salon_pb2.Service:
    return salon_pb2.Service(
        id=str(row["id"]),
        salon_id=str(row["salon_id"]),
        name=row["name"],
        category=salon_pb2.ServiceCategory.Value(f"SERVICE_CATEGORY_{row['category']}"),
        description=row["description"],
        duration_minutes=row["duration_minutes"],
        buffer_before_minutes=row["buffer_before_minutes"],
        buffer_after_minutes=row["buffer_after_minutes"],
        price=money_pb2.Money(minor_units=row["price_minor_units"], currency=currency),
        payment_timing=hotel_pb2.PaymentTiming.Value(f"PAYMENT_TIMING_{row['payment_timing']}"),
        offerings=[
            salon_pb2.Offering(
                master_id=str(offering["master_id"]),
                price_minor_units=offering["price_minor_units"],
                duration_minutes=offering["duration_minutes"],
            )
            for offering in offerings
        ],
        archived=row["archived"],
        version=row["version"],
    )


def day_hours(hours: Iterable[Mapping[str, Any]], weekday: int = 0) -> list[salon_pb2.DayHours]:
    """`weekday` is that of hours which name none."""
    return [salon_pb2.DayHours(**{"weekday": weekday, **entry}) for entry in hours]


def salon_state(name: str) -> hotel_pb2.HotelState.ValueType:
    return hotel_pb2.HotelState.Value(f"HOTEL_STATE_{name}")


def salon_state_name(value: hotel_pb2.HotelState.ValueType) -> str:
    """Raises InvalidInput for a number that stands for no state."""
    if not value or value not in hotel_pb2.HotelState.values():
        raise InvalidInput("There is no such state.", path=("state",))
    return hotel_pb2.HotelState.Name(value).removeprefix("HOTEL_STATE_")


def change_message(row: Record) -> salon_pb2.SalonChange:
    return salon_pb2.SalonChange(
        id=str(row["id"]),
        at=to_timestamp(row["at"]),
        actor_id=str(row["actor_id"]),
        actor_role=row["actor_role"],
        subject_kind=row["subject_kind"],
        subject_id=str(row["subject_id"]),
        action=row["action"],
        before=_json(row["before"]),
        after=_json(row["after"]),
        request_id=row["request_id"],
    )


def _terms(row: Record) -> salon_pb2.BookingTerms:
    return salon_pb2.BookingTerms(
        slot_minutes=row["slot_minutes"],
        min_notice_minutes=row["min_notice_minutes"],
        max_days_ahead=row["max_days_ahead"],
        confirms_by_hand=row["confirms_by_hand"],
        cancellation_policy=hotel_pb2.CancellationPolicy(
            tiers=[hotel_pb2.CancellationTier(**tier) for tier in row["cancellation_tiers"]]
        ),
    )


def _rating(row: Record) -> hotel_pb2.RatingSummary:
    return hotel_pb2.RatingSummary(count=row["rating_count"], mean_hundredths=row["rating_mean_hundredths"])


def _json(document: object) -> str:
    return "" if document is None else orjson.dumps(document).decode()
