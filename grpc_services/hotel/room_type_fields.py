"""The fields of a room type that its hotelier writes, as columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel.field_checks import (
    LARGEST_PRICE,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    check_rising,
    checked_amenities,
    checked_photos,
    chosen_values,
)
from runtime.errors import InvalidInput
from runtime.field_checks import Values, check_count, checked_line, checked_number, checked_text

MOST_ADULTS = 20
MOST_CHILDREN = 10
MOST_ROOMS = 10_000
LARGEST_SIZE = 10_000  # square metres
OLDEST_CHILD = 17

_BED_KINDS = {value: name.removeprefix("BED_KIND_") for name, value in hotel_pb2.BedKind.items() if value}


def new_room_type(message: hotel_pb2.RoomType) -> Values:
    """Every column that a hotelier writes, and the number of rooms. Without prices by occupancy, everybody who
    fits is included."""
    wanted = hotel_pb2.RoomType()
    wanted.CopyFrom(message)
    if not message.HasField("occupancy_pricing"):
        wanted.occupancy_pricing.included_adults = message.max_adults
    number = checked_number(message.number_of_rooms, ("numberOfRooms",), least=0, most=MOST_ROOMS)
    return written_room_type(wanted, list(_READERS)) | {"number_of_rooms": number}


def written_room_type(message: hotel_pb2.RoomType, fields: Sequence[str]) -> Values:
    """The columns that the named fields write."""
    if "number_of_rooms" in fields:
        raise InvalidInput("The number of rooms is changed with the inventory.", path=("numberOfRooms",))
    return chosen_values(_READERS, message, fields)


def check_room_type(values: Mapping[str, Any]) -> None:
    """What fields must be to each other."""
    if values["included_adults"] > values["max_adults"]:
        raise InvalidInput(
            "There are not more adults included than may sleep here.", path=("occupancyPricing", "includedAdults")
        )


def check_currency(message: hotel_pb2.RoomType, currency: str) -> None:
    if message.base_price.currency not in ("", currency):
        raise InvalidInput(f"This house sells in {currency}.", path=("basePriceMinorUnits",))


def _beds(message: hotel_pb2.RoomType) -> Values:
    check_count(message.beds, ("beds",), most=len(_BED_KINDS))
    beds = []
    for number, bed in enumerate(message.beds):
        if bed.kind not in _BED_KINDS:
            raise InvalidInput("This kind of bed is not known.", path=("beds", str(number), "kind"))
        if any(bed.kind == other.kind for other in message.beds[:number]):
            raise InvalidInput("This kind of bed is there already.", path=("beds", str(number), "kind"))
        count = checked_number(bed.count, ("beds", str(number), "count"), least=1, most=20)
        beds.append({"kind": _BED_KINDS[bed.kind], "count": count})
    return {"beds": beds}


def _base_price(message: hotel_pb2.RoomType) -> Values:
    price, path = message.base_price.minor_units, ("basePriceMinorUnits",)
    return {"base_price_minor_units": checked_number(price, path, least=0, most=LARGEST_PRICE)}


def _occupancy_pricing(message: hotel_pb2.RoomType) -> Values:
    pricing, path = message.occupancy_pricing, ("occupancyPricing",)
    bands = pricing.child_prices
    check_count(bands, (*path, "childPrices"), most=OLDEST_CHILD + 1)
    check_rising([band.to_age for band in bands], (*path, "childPrices"), "toAge")
    return {
        "included_adults": checked_number(
            pricing.included_adults, (*path, "includedAdults"), least=1, most=MOST_ADULTS
        ),
        "extra_adult_minor_units": checked_number(
            pricing.extra_adult_minor_units, (*path, "extraAdultMinorUnits"), least=0, most=LARGEST_PRICE
        ),
        "fewer_adult_discount_minor_units": checked_number(
            pricing.fewer_adult_discount_minor_units,
            (*path, "fewerAdultDiscountMinorUnits"),
            least=0,
            most=LARGEST_PRICE,
        ),
        "child_prices": [
            {
                "to_age": checked_number(
                    band.to_age, (*path, "childPrices", str(number), "toAge"), least=0, most=OLDEST_CHILD
                ),
                "minor_units": checked_number(
                    band.minor_units, (*path, "childPrices", str(number), "minorUnits"), least=0, most=LARGEST_PRICE
                ),
            }
            for number, band in enumerate(bands)
        ],
    }


_READERS: dict[str, Callable[[hotel_pb2.RoomType], Values]] = {
    "name": lambda kind: {"name": checked_line(kind.name, ("name",), longest=LONGEST_NAME, required=True)},
    "description": lambda kind: {
        "description": checked_text(kind.description, ("description",), longest=LONGEST_DESCRIPTION)
    },
    "view": lambda kind: {"view": checked_line(kind.view, ("view",), longest=120)},
    "max_adults": lambda kind: {
        "max_adults": checked_number(kind.max_adults, ("maxAdults",), least=1, most=MOST_ADULTS)
    },
    "max_children": lambda kind: {
        "max_children": checked_number(kind.max_children, ("maxChildren",), least=0, most=MOST_CHILDREN)
    },
    "oldest_child_age": lambda kind: {
        "oldest_child_age": checked_number(kind.oldest_child_age, ("oldestChildAge",), least=0, most=OLDEST_CHILD)
    },
    "beds": _beds,
    "amenities": lambda kind: {"amenities": checked_amenities(kind.amenities)},
    "photos": lambda kind: {"photos": checked_photos(kind.photos)},
    "size_square_meters": lambda kind: {
        "size_square_meters": checked_number(kind.size_square_meters, ("sizeSquareMeters",), least=0, most=LARGEST_SIZE)
    },
    "base_price": _base_price,
    "occupancy_pricing": _occupancy_pricing,
}
