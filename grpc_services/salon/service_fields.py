"""The fields of a service and its offerings, as columns."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import salon_pb2
from grpc_services.salon.salon_fields import LONGEST_NAME
from runtime.errors import InvalidInput
from runtime.field_checks import Path, Values, check_count, checked_line, checked_number, checked_text
from runtime.identifiers import parse_id

LONGEST_DESCRIPTION = 3000
LONGEST_DURATION = 720
LONGEST_BUFFER = 120
LARGEST_PRICE = 100_000_000  # minor units
MOST_OFFERINGS = 60
STEP = 5  # minutes

_CATEGORIES = {
    value: name.removeprefix("SERVICE_CATEGORY_") for name, value in salon_pb2.ServiceCategory.items() if value
}
_TIMINGS = {value: name.removeprefix("PAYMENT_TIMING_") for name, value in hotel_pb2.PaymentTiming.items() if value}


def service_values(fields: salon_pb2.ServiceFields) -> Values:
    """Every column of a service that a hotelier writes."""
    if fields.payment_timing not in _TIMINGS:
        raise InvalidInput("This time of payment is not known.", path=("paymentTiming",))
    return {
        "name": checked_line(fields.name, ("name",), longest=LONGEST_NAME, required=True),
        "category": category_name(fields.category),
        "description": checked_text(fields.description, ("description",), longest=LONGEST_DESCRIPTION),
        "duration_minutes": _minutes(fields.duration_minutes, ("durationMinutes",), least=STEP, most=LONGEST_DURATION),
        "buffer_before_minutes": _minutes(fields.buffer_before_minutes, ("bufferBeforeMinutes",), most=LONGEST_BUFFER),
        "buffer_after_minutes": _minutes(fields.buffer_after_minutes, ("bufferAfterMinutes",), most=LONGEST_BUFFER),
        "price_minor_units": _price(fields.price_minor_units, ("priceMinorUnits",)),
        "payment_timing": _TIMINGS[fields.payment_timing],
    }


def offering_values(offerings: Sequence[salon_pb2.Offering]) -> list[Values]:
    check_count(offerings, ("offerings",), most=MOST_OFFERINGS)
    rows = [_offering(offering, ("offerings", str(number))) for number, offering in enumerate(offerings)]
    named: set[uuid.UUID] = set()
    for number, row in enumerate(rows):
        if row["master_id"] in named:
            raise InvalidInput("Name each master once.", path=("offerings", str(number), "masterId"))
        named.add(row["master_id"])
    return rows


def check_masters(offerings: Sequence[Values], master_ids: Collection[uuid.UUID]) -> None:
    """`master_ids` are those who work at the salon."""
    for number, row in enumerate(offerings):
        if row["master_id"] not in master_ids:
            raise InvalidInput("This salon has no such master.", path=("offerings", str(number), "masterId"))


def category_name(value: salon_pb2.ServiceCategory.ValueType) -> str:
    if value not in _CATEGORIES:
        raise InvalidInput("This category is not known.", path=("category",))
    return _CATEGORIES[value]


def _offering(offering: salon_pb2.Offering, path: Path) -> Values:
    return {
        "master_id": parse_id(offering.master_id, path=(*path, "masterId")),
        "price_minor_units": _price(offering.price_minor_units, (*path, "priceMinorUnits"))
        if offering.HasField("price_minor_units")
        else None,
        "duration_minutes": _minutes(
            offering.duration_minutes, (*path, "durationMinutes"), least=STEP, most=LONGEST_DURATION
        )
        if offering.HasField("duration_minutes")
        else None,
    }


def _minutes(value: int, path: Path, *, most: int, least: int = 0) -> int:
    if value % STEP:
        raise InvalidInput(f"Minutes are a multiple of {STEP}.", path=path)
    return checked_number(value, path, least=least, most=most)


def _price(value: int, path: Path) -> int:
    return checked_number(value, path, least=0, most=LARGEST_PRICE)
