"""The fields of a price rule that its hotelier writes, as columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from contracts.hotel.v1 import rate_pb2
from grpc_services.hotel.field_checks import LONGEST_NAME, chosen_values
from grpc_services.hotel.rules import parse_date, parse_weekdays, weekday_numbers
from runtime.database import Record
from runtime.errors import InvalidInput
from runtime.field_checks import Values, checked_line, checked_number
from runtime.identifiers import parse_id

LAST_POSITION = 9999
_LEAST_SHARE, _LARGEST_SHARE = -9000, 20_000  # basis points


def new_price_rule(message: rate_pb2.PriceRule) -> Values:
    """Every column that a hotelier writes; position 0 stands for behind the others."""
    return written_price_rule(message, list(_READERS))


def written_price_rule(message: rate_pb2.PriceRule, fields: Sequence[str]) -> Values:
    """The columns that the named fields write."""
    return chosen_values(_READERS, message, fields)


def check_price_rule(values: Mapping[str, Any]) -> None:
    """What fields must be to each other."""
    if values["last_night"] < values["first_night"]:
        raise InvalidInput("The last night is before the first.", path=("lastNight",))


def price_rule_message(row: Record) -> rate_pb2.PriceRule:
    return rate_pb2.PriceRule(
        id=str(row["id"]),
        hotel_id=str(row["hotel_id"]),
        room_type_id=str(row["room_type_id"] or ""),
        name=row["name"],
        first_night=row["first_night"].isoformat(),
        last_night=row["last_night"].isoformat(),
        weekdays=weekday_numbers(row["weekdays"]),
        adjustment_basis_points=row["adjustment_basis_points"],
        position=row["position"],
    )


def _room_type(message: rate_pb2.PriceRule) -> Values:
    named = message.room_type_id
    return {"room_type_id": parse_id(named, path=("roomTypeId",)) if named else None}


_READERS: dict[str, Callable[[rate_pb2.PriceRule], Values]] = {
    "room_type_id": _room_type,
    "name": lambda rule: {"name": checked_line(rule.name, ("name",), longest=LONGEST_NAME, required=True)},
    "first_night": lambda rule: {"first_night": parse_date(rule.first_night, "firstNight")},
    "last_night": lambda rule: {"last_night": parse_date(rule.last_night, "lastNight")},
    "weekdays": lambda rule: {"weekdays": parse_weekdays(rule.weekdays, ("weekdays",))},
    "adjustment_basis_points": lambda rule: {
        "adjustment_basis_points": checked_number(
            rule.adjustment_basis_points, ("adjustmentBasisPoints",), least=_LEAST_SHARE, most=_LARGEST_SHARE
        )
    },
    "position": lambda rule: {"position": checked_number(rule.position, ("position",), least=0, most=LAST_POSITION)},
}
