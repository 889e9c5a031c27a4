"""Houses for tests: written as the hotel service writes them, announced to booking by event or at once."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from contracts.booking.v1 import inventory_pb2
from contracts.hotel.v1 import rate_pb2
from grpc_services.hotel import events, extra_queries, queries
from grpc_services.hotel.rules import EVERY_DAY
from runtime.clock import utc_now
from runtime.database import Database
from runtime.identifiers import new_id

FAR = dt.timedelta(days=3000)


@dataclass(frozen=True)
class Kind:
    """A room type. Prices are minor units a night."""

    name: str = "Double"
    price: int = 10_000
    rooms: int = 3
    max_adults: int = 2
    max_children: int = 1


@dataclass(frozen=True)
class Plan:
    name: str = "Saver"
    timing: str = "PREPAID"
    basis_points: int = 0


@dataclass(frozen=True)
class Rule:
    """Both nights are included; `kind` is the position of the only room type it is for."""

    basis_points: int
    first_night: dt.date = utc_now().date() - FAR
    last_night: dt.date = utc_now().date() + FAR
    weekdays: int = EVERY_DAY
    kind: int | None = None


@dataclass(frozen=True)
class Extra:
    """What a room may have besides; `unit` is STAY, NIGHT, PERSON or PERSON_NIGHT."""

    name: str
    unit: str
    price: int
    most: int = 2


PREPAID, AT_HOTEL = Plan(), Plan("Flexible", "AT_HOTEL", 1400)


@dataclass(frozen=True)
class HouseInput:
    owner_id: uuid.UUID
    name: str = "Maison du Port"
    city: str = "Testville"
    kinds: Sequence[Kind] = (Kind(),)
    plans: Sequence[Plan] = (PREPAID, AT_HOTEL)
    rules: Sequence[Rule] = ()
    extras: Sequence[Extra] = ()
    stars: int = 3
    latitude: float = 48.85
    longitude: float = 2.35
    time_zone: str = "Europe/Paris"
    city_tax: int = 250
    tax_exempt_below: int = 18
    amenities: Sequence[str] = ("WIFI",)
    published: bool = True


@dataclass(frozen=True)
class House:
    id: uuid.UUID
    asked: HouseInput
    room_types: list[str] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)

    def room(
        self,
        kind: int = 0,
        plan: int = 0,
        adults: int = 1,
        children_ages: Sequence[int] = (),
        *,
        extras: Mapping[int, int] = MappingProxyType({}),
    ) -> rate_pb2.RoomRequest:
        """`extras` say how many of which, by position."""
        return rate_pb2.RoomRequest(
            room_type_id=self.room_types[kind],
            rate_plan_id=self.plans[plan],
            adults=adults,
            children_ages=children_ages,
            extras=[
                rate_pb2.ChosenExtra(extra_id=self.extras[position], quantity=quantity)
                for position, quantity in extras.items()
            ],
        )

    def announced(self) -> inventory_pb2.TakeInRoomTypesRequest:
        return inventory_pb2.TakeInRoomTypesRequest(
            room_types=[
                inventory_pb2.AnnouncedRoomType(
                    room_type_id=identifier,
                    hotel_id=str(self.id),
                    owner_id=str(self.asked.owner_id),
                    number_of_rooms=kind.rooms,
                )
                for identifier, kind in zip(self.room_types, self.asked.kinds, strict=True)
            ]
        )


async def add_house(database: Database, asked: HouseInput, *, announce: bool = False) -> House:
    """Writes a house; with `announce` its room types go into the outbox in the same transaction."""
    hotel_id = new_id()
    room_types = [_room_type_row(hotel_id, position, kind) for position, kind in enumerate(asked.kinds)]
    plans = [_plan_row(hotel_id, position, plan) for position, plan in enumerate(asked.plans)]
    rules = [
        {
            "id": new_id(),
            "hotel_id": hotel_id,
            "room_type_id": None if rule.kind is None else room_types[rule.kind]["id"],
            "position": position,
            "name": f"Rule {position}",
            "first_night": rule.first_night,
            "last_night": rule.last_night,
            "weekdays": rule.weekdays,
            "adjustment_basis_points": rule.basis_points,
        }
        for position, rule in enumerate(asked.rules)
    ]
    async with database.transaction() as connection:
        made = await queries.insert_houses(
            connection, hotels=[_hotel_row(hotel_id, asked)], room_types=room_types, rate_plans=plans, price_rules=rules
        )
        extras = [
            await extra_queries.append(
                connection,
                hotel_id,
                {
                    "id": new_id(),
                    "name": extra.name,
                    "description": "",
                    "charge_unit": extra.unit,
                    "price_minor_units": extra.price,
                    "max_quantity": extra.most,
                },
            )
            for extra in asked.extras
        ]
        if announce:
            for row in made:
                await events.publish_room_type_created(connection, row, asked.owner_id)
    room_type_ids, plan_ids, extra_ids = ([str(row["id"]) for row in rows] for rows in (room_types, plans, extras))
    return House(hotel_id, asked, room_type_ids, plan_ids, extra_ids)


def _hotel_row(hotel_id: uuid.UUID, asked: HouseInput) -> dict[str, object]:
    return {
        "id": hotel_id,
        "owner_id": asked.owner_id,
        "name": asked.name,
        "stars": asked.stars,
        "street": "1 quai des Essais",
        "postal_code": "35400",
        "city": asked.city,
        "country": "FR",
        "latitude": asked.latitude,
        "longitude": asked.longitude,
        "time_zone": asked.time_zone,
        "currency": "EUR",
        "amenities": list(asked.amenities),
        "website": "",
        "check_in_time": dt.time(15),
        "check_out_time": dt.time(11),
        "city_tax_minor_units": asked.city_tax,
        "city_tax_exempt_below_age": asked.tax_exempt_below,
        "state": "PUBLISHED" if asked.published else "DRAFT",
    }


def _room_type_row(hotel_id: uuid.UUID, position: int, kind: Kind) -> dict[str, object]:
    return {
        "id": new_id(),
        "hotel_id": hotel_id,
        "position": position,
        "name": kind.name,
        "max_adults": kind.max_adults,
        "max_children": kind.max_children,
        "number_of_rooms": kind.rooms,
        "beds": [{"kind": "DOUBLE", "count": 1}],
        "amenities": [],
        "size_square_meters": 20,
        "base_price_minor_units": kind.price,
    }


def _plan_row(hotel_id: uuid.UUID, position: int, plan: Plan) -> dict[str, object]:
    return {
        "id": new_id(),
        "hotel_id": hotel_id,
        "position": position,
        "name": plan.name,
        "meal_plan": "ROOM_ONLY",
        "payment_timing": plan.timing,
        "cancellation_tiers": [{"hours_before_check_in": 0, "penalty_percent": 100}],
        "adjustment_basis_points": plan.basis_points,
    }
