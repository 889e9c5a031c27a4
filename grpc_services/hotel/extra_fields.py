"""The fields of an extra that its hotelier writes, as columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from contracts.hotel.v1 import extra_pb2
from grpc_services.hotel.field_checks import LONGEST_NAME, chosen_values
from runtime.errors import InvalidInput
from runtime.field_checks import Values, checked_line, checked_number, checked_text

LONGEST_EXTRA_DESCRIPTION = 1000
LARGEST_EXTRA_PRICE = 10_000_000  # minor units of one
LARGEST_QUANTITY = 20

_CHARGE_UNITS = {
    value: name.removeprefix("EXTRA_CHARGE_UNIT_") for name, value in extra_pb2.ExtraChargeUnit.items() if value
}


def new_extra(message: extra_pb2.Extra) -> Values:
    """Every column that a hotelier writes."""
    return written_extra(message, list(_READERS))


def written_extra(message: extra_pb2.Extra, fields: Sequence[str]) -> Values:
    """The columns that the named fields write."""
    return chosen_values(_READERS, message, fields)


def check_currency(message: extra_pb2.Extra, currency: str) -> None:
    if message.price.currency not in ("", currency):
        raise InvalidInput(f"This house sells in {currency}.", path=("priceMinorUnits",))


def _charge_unit(message: extra_pb2.Extra) -> Values:
    if message.charge_unit not in _CHARGE_UNITS:
        raise InvalidInput("This way to charge is not known.", path=("chargeUnit",))
    return {"charge_unit": _CHARGE_UNITS[message.charge_unit]}


_READERS: dict[str, Callable[[extra_pb2.Extra], Values]] = {
    "name": lambda extra: {"name": checked_line(extra.name, ("name",), longest=LONGEST_NAME, required=True)},
    "description": lambda extra: {
        "description": checked_text(extra.description, ("description",), longest=LONGEST_EXTRA_DESCRIPTION)
    },
    "charge_unit": _charge_unit,
    "price": lambda extra: {
        "price_minor_units": checked_number(
            extra.price.minor_units, ("priceMinorUnits",), least=0, most=LARGEST_EXTRA_PRICE
        )
    },
    "max_quantity": lambda extra: {
        "max_quantity": checked_number(extra.max_quantity, ("maxQuantity",), least=1, most=LARGEST_QUANTITY)
    },
}
