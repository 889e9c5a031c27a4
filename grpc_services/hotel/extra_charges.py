"""What the chosen extras of a room cost: pure functions, whole minor units."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.hotel.v1 import rate_pb2
from grpc_services.hotel.rules import Guests
from runtime.database import Record
from runtime.errors import InvalidInput
from runtime.identifiers import parse_id

_BY_NIGHT = frozenset({"NIGHT", "PERSON_NIGHT"})
_BY_PERSON = frozenset({"PERSON", "PERSON_NIGHT"})


@dataclass(frozen=True, slots=True)
class ExtraCharge:
    """One extra of a room; `persons` and `nights` are None where it is not charged by them."""

    extra: Record
    quantity: int
    persons: int | None
    nights: int | None

    @property
    def amount(self) -> int:
        price: int = self.extra["price_minor_units"]
        return price * self.quantity * (1 if self.persons is None else self.persons) * (self.nights or 1)


def extra_charges(
    sold: Mapping[uuid.UUID, Record],
    chosen: Sequence[rate_pb2.ChosenExtra],
    guests: Guests,
    nights: int,
    *,
    path: Sequence[str],
) -> list[ExtraCharge]:
    """The extras in the order of the house; `sold` are those that it sells, in this order. Raises InvalidInput with
    the place of the first that cannot be had."""
    quantities: dict[uuid.UUID, int] = {}
    for number, choice in enumerate(chosen):
        place = (*path, "extras", str(number))
        identifier = parse_id(choice.extra_id, path=(*place, "extraId"))
        extra = sold.get(identifier)
        if extra is None:
            raise InvalidInput("This hotel has no such extra.", path=(*place, "extraId"))
        if identifier in quantities:
            raise InvalidInput("Name each extra of a room once.", path=(*place, "extraId"))
        if not 1 <= choice.quantity <= extra["max_quantity"]:
            raise InvalidInput(f"Of this extra a room has 1 to {extra['max_quantity']}.", path=(*place, "quantity"))
        quantities[identifier] = choice.quantity
    persons = guests.adults + len(guests.children_ages)
    return [
        ExtraCharge(
            extra=extra,
            quantity=quantities[identifier],
            persons=persons if extra["charge_unit"] in _BY_PERSON else None,
            nights=nights if extra["charge_unit"] in _BY_NIGHT else None,
        )
        for identifier, extra in sold.items()
        if identifier in quantities
    ]
