"""A hotelier at work on a house through the service, and a look at all that a refused edit must leave alone."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from contracts.money.v1 import money_pb2
from runtime.channels import call
from runtime.database import Database

Stub: TypeAlias = "hotel_pb2_grpc.HotelServiceAsyncStub"

_EVERYTHING = """
    SELECT (SELECT to_jsonb(h) FROM hotel.hotel AS h WHERE id = $1) AS hotel,
           (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.id) FROM hotel.room_type AS t WHERE hotel_id = $1) AS room_types,
           (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.id) FROM hotel.rate_plan AS p WHERE hotel_id = $1) AS rate_plans,
           (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.id) FROM hotel.room AS r WHERE hotel_id = $1) AS rooms,
           (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.id) FROM hotel.extra AS e WHERE hotel_id = $1) AS extras,
           (SELECT count(*) FROM hotel.change_entry WHERE hotel_id = $1) AS changes,
           (SELECT count(*) FROM hotel.hotel) AS hotels,
           (SELECT count(*) FROM hotel.outbox_event) AS events
"""


def hotel_message(**changes: Any) -> hotel_pb2.Hotel:
    """Everything that a hotelier may say of a house."""
    facts: dict[str, Any] = {
        "name": "Maison du Port",
        "description": "By the sea.\n\nSince 1890.",
        "stars": 3,
        "address": hotel_pb2.Address(street="1 quai Duguay", postal_code="35400", city="Saint-Malo", country="FR"),
        "latitude": 48.65,
        "longitude": -2.02,
        "time_zone": "Europe/Paris",
        "currency": "EUR",
        "amenities": ["WIFI", "BAR"],
        "languages": ["fr", "pt-BR"],
        "website": "https://port.example/",
        "contact": hotel_pb2.Contact(phone="+33 2 99 00 00 00", email="bonjour@port.example.org"),
        "photos": [hotel_pb2.Photo(url="https://port.example/1.jpg", alt_text="The harbour")],
        "house_rules": ["Quiet after ten."],
        "check_in_time": "15:00",
        "check_out_time": "11:00",
        "vat_basis_points": 1000,
        "vat_included": True,
        "city_tax_per_person_night": money_pb2.Money(minor_units=250),
        "city_tax_exempt_below_age": 18,
        "city_tax_max_nights": 7,
    }
    return hotel_pb2.Hotel(**facts | changes)


def room_type_message(**changes: Any) -> hotel_pb2.RoomType:
    facts: dict[str, Any] = {
        "name": "Double",
        "description": "Under the roof.",
        "view": "Sea",
        "max_adults": 2,
        "max_children": 1,
        "oldest_child_age": 12,
        "number_of_rooms": 4,
        "beds": [hotel_pb2.Bed(kind=hotel_pb2.BED_KIND_QUEEN, count=1)],
        "amenities": ["DESK"],
        "size_square_meters": 18,
        "photos": [hotel_pb2.Photo(url="https://port.example/2.jpg", alt_text="The bed")],
        "base_price": money_pb2.Money(minor_units=12_000, currency="EUR"),
        "occupancy_pricing": hotel_pb2.OccupancyPricing(
            included_adults=2,
            extra_adult_minor_units=2000,
            fewer_adult_discount_minor_units=500,
            child_prices=[
                hotel_pb2.ChildPrice(to_age=5, minor_units=0),
                hotel_pb2.ChildPrice(to_age=12, minor_units=900),
            ],
        ),
    }
    return hotel_pb2.RoomType(**facts | changes)


def tiers(*steps: tuple[int, int, int]) -> hotel_pb2.CancellationPolicy:
    """Each: hours before check-in, percent, nights."""
    return hotel_pb2.CancellationPolicy(
        tiers=[
            hotel_pb2.CancellationTier(hours_before_check_in=hours, penalty_percent=percent, penalty_nights=nights)
            for hours, percent, nights in steps
        ]
    )


def rate_plan_message(**changes: Any) -> hotel_pb2.RatePlan:
    facts: dict[str, Any] = {
        "name": "Flexible",
        "meal_plan": hotel_pb2.MEAL_PLAN_BED_AND_BREAKFAST,
        "payment_timing": hotel_pb2.PAYMENT_TIMING_AT_HOTEL,
        "cancellation_policy": tiers((48, 0, 0), (24, 0, 1), (0, 100, 0)),
        "adjustment_basis_points": 500,
        "adult_supplement_minor_units": 1500,
        "child_supplement_minor_units": 800,
        "stay_discounts": [
            hotel_pb2.StayDiscount(min_nights=3, basis_points=500),
            hotel_pb2.StayDiscount(min_nights=7, basis_points=1000),
        ],
        "min_advance_days": 0,
        "max_advance_days": 365,
    }
    return hotel_pb2.RatePlan(**facts | changes)


@dataclass(frozen=True)
class Hotelier:
    """Somebody with a token; `house_of` makes what an edit needs."""

    stub: Stub
    token: str

    async def hotel(self, **changes: Any) -> hotel_pb2.Hotel:
        request = hotel_pb2.CreateHotelRequest(hotel=hotel_message(**changes))
        return await call(self.stub.CreateHotel, request, token=self.token)

    async def room_type(self, hotel: hotel_pb2.Hotel, **changes: Any) -> hotel_pb2.RoomType:
        request = hotel_pb2.CreateRoomTypeRequest(room_type=room_type_message(hotel_id=hotel.id, **changes))
        return await call(self.stub.CreateRoomType, request, token=self.token)

    async def rate_plan(self, hotel: hotel_pb2.Hotel, **changes: Any) -> hotel_pb2.RatePlan:
        request = hotel_pb2.CreateRatePlanRequest(rate_plan=rate_plan_message(hotel_id=hotel.id, **changes))
        return await call(self.stub.CreateRatePlan, request, token=self.token)

    async def rooms(self, kind: hotel_pb2.RoomType, *numbers: str) -> list[hotel_pb2.Room]:
        request = hotel_pb2.CreateRoomsRequest(
            room_type_id=kind.id, rooms=[hotel_pb2.Room(number=number, floor="1") for number in numbers]
        )
        return list((await call(self.stub.CreateRooms, request, token=self.token)).rooms)

    async def move(
        self, hotel: hotel_pb2.Hotel, state: hotel_pb2.HotelState.ValueType, version: int | None = None
    ) -> hotel_pb2.Hotel:
        request = hotel_pb2.MoveHotelRequest(
            id=hotel.id, state=state, expected_version=hotel.version if version is None else version
        )
        return await call(self.stub.MoveHotel, request, token=self.token)

    async def edit(self, hotel: hotel_pb2.Hotel, version: int, **changes: Any) -> hotel_pb2.Hotel:
        request = hotel_pb2.UpdateHotelRequest(
            hotel=hotel_pb2.Hotel(id=hotel.id, **changes), fields=list(changes), expected_version=version
        )
        return await call(self.stub.UpdateHotel, request, token=self.token)

    async def edit_room_type(self, kind: hotel_pb2.RoomType, version: int, **changes: Any) -> hotel_pb2.RoomType:
        request = hotel_pb2.UpdateRoomTypeRequest(
            room_type=hotel_pb2.RoomType(id=kind.id, **changes), fields=list(changes), expected_version=version
        )
        return await call(self.stub.UpdateRoomType, request, token=self.token)

    async def edit_rate_plan(self, plan: hotel_pb2.RatePlan, version: int, **changes: Any) -> hotel_pb2.RatePlan:
        request = hotel_pb2.UpdateRatePlanRequest(
            rate_plan=hotel_pb2.RatePlan(id=plan.id, **changes), fields=list(changes), expected_version=version
        )
        return await call(self.stub.UpdateRatePlan, request, token=self.token)

    async def changes(self, hotel: hotel_pb2.Hotel, **asked: Any) -> list[hotel_pb2.Change]:
        request = hotel_pb2.ListChangesRequest(hotel_id=hotel.id, **asked)
        return list((await call(self.stub.ListChanges, request, token=self.token)).changes)

    async def published(self) -> tuple[hotel_pb2.Hotel, hotel_pb2.RoomType, hotel_pb2.RatePlan]:
        """A house with one room type and one rate plan, shown to guests."""
        hotel = await self.hotel()
        kind, plan = await self.room_type(hotel), await self.rate_plan(hotel)
        return await self.move(hotel, hotel_pb2.HOTEL_STATE_PUBLISHED), kind, plan


async def everything(database: Database, hotel_id: str) -> dict[str, Any]:
    """All that the service knows of a house, and how much it knows of others."""
    async with database.reading() as connection:
        row = await connection.fetchrow(_EVERYTHING, uuid.UUID(hotel_id))
    assert row is not None
    names = ("hotel", "room_types", "rate_plans", "rooms", "extras", "changes", "hotels", "events")
    return {name: row[name] for name in names}


async def events_of(database: Database, aggregate_id: str) -> list[events_pb2.Envelope]:
    """What was published under an id, in order."""
    query = "SELECT envelope FROM hotel.outbox_event WHERE aggregate_id = $1 ORDER BY position"
    async with database.reading() as connection:
        rows = await connection.fetch(query, aggregate_id)
    return [events_pb2.Envelope.FromString(row["envelope"]) for row in rows]


async def event_types(database: Database, aggregate_id: str) -> list[str]:
    return [envelope.type for envelope in await events_of(database, aggregate_id)]


def sides(change: hotel_pb2.Change) -> tuple[Any, Any]:
    """Before and after of an entry; None where it says nothing."""
    return tuple(orjson.loads(text) if text else None for text in (change.before_json, change.after_json))  # type: ignore[return-value]
