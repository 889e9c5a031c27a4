"""The calendar of a house in the public schema: price, restrictions and rooms of every night, in one look."""

from __future__ import annotations

import asyncio
import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import strawberry

from api.context import Info
from api.inventory import InventoryNight, inventory_night
from api.money import Money, money
from api.node_ids import encode_id
from contracts.booking.v1 import inventory_pb2
from contracts.hotel.v1 import rate_pb2
from runtime.channels import call
from runtime.errors import NotFound, ServiceError
from runtime.identity import Role, current_caller


@strawberry.enum(description="Where a night's price comes from.")
class PriceSource(enum.Enum):
    RULES = strawberry.enum_value("RULES", description="Base price, price rules and the plan's adjustment.")
    NIGHT = strawberry.enum_value("NIGHT", description="Set for this night.")
    DERIVED = strawberry.enum_value("DERIVED", description="From the price of the plan that this one follows.")


@strawberry.type(description="What restricts a night. Stay lengths and days ahead are judged by the night of arrival.")
class NightRestrictions:
    closed: bool = strawberry.field(description="Whether it is not sold.")
    closed_to_arrival: bool = strawberry.field(description="Whether no stay begins on it.")
    closed_to_departure: bool = strawberry.field(description="Whether no stay ends on this day.")
    min_stay: int | None = strawberry.field(description="Nights of a stay that begins on it, at least.")
    max_stay: int | None = strawberry.field(description="Nights of a stay that begins on it, at most.")
    min_advance_days: int | None = strawberry.field(description="Booked so many days ahead, at least.")
    max_advance_days: int | None = strawberry.field(description="Booked so many days ahead, at most.")


@strawberry.type(description="A room type under a rate plan on one night.")
class CalendarRate:
    rate_plan_id: strawberry.ID = strawberry.field(description="The rate plan.")
    price: Money = strawberry.field(description="Of the night, for the guests that are included, before taxes added.")
    source: PriceSource = strawberry.field(description="Where the price comes from.")
    restrictions: NightRestrictions = strawberry.field(description="As they hold, inherited ones included.")


@strawberry.type(description="A room type on one night.")
class CalendarNight:
    room_type_id: strawberry.ID = strawberry.field(description="The room type.")
    night: dt.date = strawberry.field(description="The night.")
    available: int = strawberry.field(description="Rooms that can still be booked.")
    inventory: InventoryNight | None = strawberry.field(description="What there is of rooms; for its hotelier only.")
    inventory_version: int | None = strawberry.field(
        description="Of the room type's inventory, for `inventoryUpdate`; for its hotelier only."
    )
    rates: list[CalendarRate] = strawberry.field(description="One for every rate plan.")


async def calendar_nights(
    info: Info, hotel_id: str, room_type_ids: Sequence[str], first_night: dt.date, end_night: dt.date
) -> list[CalendarNight]:
    """Half-open. One RPC to each service, at the same time."""
    first, end = first_night.isoformat(), end_night.isoformat()
    own = await _is_own_house(info, hotel_id)
    rates, rooms = await asyncio.gather(
        call(
            info.context.services.rates.GetRates,
            rate_pb2.GetRatesRequest(hotel_id=hotel_id, room_type_ids=room_type_ids, first_night=first, end_night=end),
        ),
        _inventory(info, inventory_pb2.GetInventoryRequest(hotel_id=hotel_id, first_night=first, end_night=end))
        if own
        else _availability(
            info, inventory_pb2.GetAvailabilityRequest(room_type_ids=room_type_ids, first_night=first, end_night=end)
        ),
    )
    by_night: dict[tuple[str, str], list[CalendarRate]] = defaultdict(list)
    for rate in rates.rates:
        by_night[rate.room_type_id, rate.night].append(_rate(rate))
    nights = [first_night + dt.timedelta(days=offset) for offset in range((end_night - first_night).days)]
    return [
        CalendarNight(
            room_type_id=strawberry.ID(encode_id("RoomType", room_type_id)),
            night=night,
            available=rooms.free(room_type_id, night),
            inventory=rooms.inventory.get((room_type_id, night.isoformat())),
            inventory_version=rooms.versions.get(room_type_id),
            rates=by_night[room_type_id, night.isoformat()],
        )
        for room_type_id in room_type_ids
        for night in nights
    ]


@dataclass(slots=True)
class _Rooms:
    """Free rooms by room type, and of single nights by room type and night; the whole inventory where it may be
    seen. What booking has not taken in yet has none."""

    usually_free: dict[str, int] = field(default_factory=dict)
    free_nights: dict[tuple[str, str], int] = field(default_factory=dict)
    inventory: dict[tuple[str, str], InventoryNight] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def free(self, room_type_id: str, night: dt.date) -> int:
        usually = self.usually_free.get(room_type_id, 0)
        return self.free_nights.get((room_type_id, night.isoformat()), usually)


async def _is_own_house(info: Info, hotel_id: str) -> bool:
    caller = current_caller()
    if caller.role is not Role.HOTELIER:
        return caller.role is Role.ADMIN
    house = await info.context.load.hotel.load(hotel_id)
    return house is not None and house.owner_id == str(caller.account_id)


async def _inventory(info: Info, request: inventory_pb2.GetInventoryRequest) -> _Rooms:
    try:
        response = await call(info.context.services.inventory.GetInventory, request)
    except ServiceError as refusal:
        if refusal.code != NotFound.code:
            raise
        return _Rooms()
    nights = {(kind.room_type_id, night.night): night for kind in response.room_types for night in kind.nights}
    return _Rooms(
        free_nights={key: night.free for key, night in nights.items()},
        inventory={key: inventory_night(night) for key, night in nights.items()},
        versions={kind.room_type_id: kind.version for kind in response.room_types},
    )


async def _availability(info: Info, request: inventory_pb2.GetAvailabilityRequest) -> _Rooms:
    response = await call(info.context.services.inventory.GetAvailability, request)
    return _Rooms(
        usually_free={kind.room_type_id: kind.capacity for kind in response.room_types},
        free_nights={
            (kind.room_type_id, night.night): night.free for kind in response.room_types for night in kind.nights
        },
    )


def _rate(message: rate_pb2.CalendarRate) -> CalendarRate:
    held = message.restrictions
    return CalendarRate(
        rate_plan_id=strawberry.ID(encode_id("RatePlan", message.rate_plan_id)),
        price=money(message.price),
        source=PriceSource(rate_pb2.PriceSource.Name(message.source).removeprefix("PRICE_SOURCE_")),
        restrictions=NightRestrictions(
            closed=held.closed,
            closed_to_arrival=held.closed_to_arrival,
            closed_to_departure=held.closed_to_departure,
            min_stay=held.min_stay if held.HasField("min_stay") else None,
            max_stay=held.max_stay if held.HasField("max_stay") else None,
            min_advance_days=held.min_advance_days if held.HasField("min_advance_days") else None,
            max_advance_days=held.max_advance_days if held.HasField("max_advance_days") else None,
        ),
    )
