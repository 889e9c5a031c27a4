"""Making, editing and archiving room types, and what booking tells of their number."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2
from contracts.money.v1 import money_pb2
from runtime.channels import call
from runtime.database import Database
from runtime.errors import ServiceError
from tests.grpc_services.hotel.hotelier import (
    Hotelier,
    Stub,
    event_types,
    events_of,
    everything,
    room_type_message,
    sides,
)
from tests.house import SignedIn, refused, service_token


async def whole(hotelier: Hotelier, hotel: hotel_pb2.Hotel) -> hotel_pb2.Hotel:
    request = hotel_pb2.GetHotelsRequest(ids=[hotel.id])
    (found,) = (await call(hotelier.stub.GetHotels, request, token=hotelier.token)).hotels
    return found


async def test_a_new_room_type_is_announced_and_shown(
    hotelier: Hotelier, owner: SignedIn, hotel_database: Database
) -> None:
    hotel = await hotelier.hotel()
    kind = await hotelier.room_type(hotel)
    assert kind == room_type_message(id=kind.id, hotel_id=hotel.id, version=1)
    second = await hotelier.room_type(hotel, name="Suite")
    assert list((await whole(hotelier, hotel)).room_types) == [kind, second]
    (event,) = await events_of(hotel_database, kind.id)
    told = events_pb2.RoomTypeCreated.FromString(event.payload)
    assert (event.type, told.owner_id) == ("RoomTypeCreated", str(owner.account_id))
    assert (told.room_type.id, told.room_type.hotel_id, told.room_type.number_of_rooms) == (kind.id, hotel.id, 4)
    assert await event_types(hotel_database, hotel.id) == ["HotelChanged"] * 3


async def test_without_prices_by_occupancy_everybody_who_fits_is_included(hotelier: Hotelier) -> None:
    kind = await hotelier.room_type(await hotelier.hotel(), occupancy_pricing=None, max_adults=3)
    assert kind.occupancy_pricing == hotel_pb2.OccupancyPricing(included_adults=3)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": ""}, "name"),
        ({"description": "x" * 5001}, "description"),
        ({"view": "x" * 121}, "view"),
        ({"max_adults": 0}, "maxAdults"),
        ({"max_adults": 21}, "maxAdults"),
        ({"max_children": -1}, "maxChildren"),
        ({"oldest_child_age": 18}, "oldestChildAge"),
        ({"number_of_rooms": -1}, "numberOfRooms"),
        ({"number_of_rooms": 10_001}, "numberOfRooms"),
        ({"beds": [hotel_pb2.Bed(kind=hotel_pb2.BED_KIND_KING, count=0)]}, "beds.0.count"),
        ({"beds": [hotel_pb2.Bed(count=1)]}, "beds.0.kind"),
        ({"beds": [hotel_pb2.Bed(kind=hotel_pb2.BED_KIND_KING, count=1)] * 2}, "beds.1.kind"),
        ({"amenities": ["wifi"]}, "amenities.0"),
        ({"size_square_meters": -1}, "sizeSquareMeters"),
        ({"photos": [hotel_pb2.Photo(url="ftp://port.example/x", alt_text="x")]}, "photos.0.url"),
        ({"base_price": money_pb2.Money(minor_units=-1)}, "basePriceMinorUnits"),
        ({"base_price": money_pb2.Money(minor_units=100_000_001)}, "basePriceMinorUnits"),
        ({"base_price": money_pb2.Money(minor_units=1, currency="USD")}, "basePriceMinorUnits"),
        (
            {"occupancy_pricing": hotel_pb2.OccupancyPricing(included_adults=0)},
            "occupancyPricing.includedAdults",
        ),
        (
            {"occupancy_pricing": hotel_pb2.OccupancyPricing(included_adults=3)},
            "occupancyPricing.includedAdults",
        ),
        (
            {"occupancy_pricing": hotel_pb2.OccupancyPricing(included_adults=1, extra_adult_minor_units=-1)},
            "occupancyPricing.extraAdultMinorUnits",
        ),
        (
            {
                "occupancy_pricing": hotel_pb2.OccupancyPricing(
                    included_adults=1,
                    child_prices=[hotel_pb2.ChildPrice(to_age=5), hotel_pb2.ChildPrice(to_age=5)],
                )
            },
            "occupancyPricing.childPrices.1.toAge",
        ),
        (
            {
                "occupancy_pricing": hotel_pb2.OccupancyPricing(
                    included_adults=1, child_prices=[hotel_pb2.ChildPrice(to_age=18)]
                )
            },
            "occupancyPricing.childPrices.0.toAge",
        ),
    ],
)
async def test_a_field_that_will_not_do_is_named_and_nothing_is_made(
    hotelier: Hotelier, hotel_database: Database, changes: dict[str, Any], path: str
) -> None:
    hotel = await hotelier.hotel()
    before = await everything(hotel_database, hotel.id)
    refusal = await refused(hotelier.room_type(hotel, **changes))
    assert (refusal.code, ".".join(refusal.path)) == ("INVALID_INPUT", path)
    assert await everything(hotel_database, hotel.id) == before


async def test_an_edit_writes_the_named_fields_only(hotelier: Hotelier, hotel_database: Database) -> None:
    hotel = await hotelier.hotel()
    kind = await hotelier.room_type(hotel)
    edited = await hotelier.edit_room_type(kind, 1, view="Garden", amenities=[])
    assert edited == room_type_message(id=kind.id, hotel_id=hotel.id, version=2, view="Garden", amenities=[])
    newest = (await hotelier.changes(hotel))[0]
    assert (newest.subject_kind, newest.subject_id, newest.action) == ("RoomType", kind.id, "updated")
    assert sides(newest) == ({"view": "Sea", "amenities": ["DESK"]}, {"view": "Garden", "amenities": []})
    assert await event_types(hotel_database, hotel.id) == ["HotelChanged"] * 3
    assert (await whole(hotelier, hotel)).rates_version == 1


async def test_an_edit_of_prices_moves_the_rates_of_the_house(hotelier: Hotelier, hotel_database: Database) -> None:
    hotel = await hotelier.hotel()
    kind = await hotelier.room_type(hotel)
    edited = await hotelier.edit_room_type(kind, 1, base_price=money_pb2.Money(minor_units=9000))
    assert edited.base_price == money_pb2.Money(minor_units=9000, currency="EUR")
    seen = await whole(hotelier, hotel)
    assert (seen.version, seen.rates_version) == (1, 2)
    event = (await events_of(hotel_database, hotel.id))[-1]
    assert events_pb2.RatesChanged.FromString(event.payload) == events_pb2.RatesChanged(
        hotel_id=hotel.id, rates_version=2
    )


async def test_the_number_of_rooms_is_not_edited_here(hotelier: Hotelier, hotel_database: Database) -> None:
    hotel = await hotelier.hotel()
    kind = await hotelier.room_type(hotel)
    before = await everything(hotel_database, hotel.id)
    assert (await refused(hotelier.edit_room_type(kind, 1, number_of_rooms=9, name="x"))).path == ("numberOfRooms",)
    assert (await refused(hotelier.edit_room_type(kind, 1, hotel_id="x"))).path == ("fields",)
    assert (await refused(hotelier.edit_room_type(kind, 1, max_adults=1))).path == (
        "occupancyPricing",
        "includedAdults",
    )
    assert await everything(hotel_database, hotel.id) == before


async def test_of_two_edits_of_one_version_one_wins(hotelier: Hotelier, hotel_database: Database) -> None:
    hotel = await hotelier.hotel()
    kind = await hotelier.room_type(hotel)
    answers = await asyncio.gather(
        *(hotelier.edit_room_type(kind, 1, name=f"Name {number}") for number in range(5)), return_exceptions=True
    )
    lost = [answer for answer in answers if isinstance(answer, ServiceError)]
    assert [(refusal.code, refusal.details["current_version"]) for refusal in lost] == [("VERSION_CONFLICT", "2")] * 4
    assert len(await hotelier.changes(hotel, subject_id=kind.id)) == 2


async def test_an_archived_room_type_is_gone_for_good(hotelier: Hotelier, hotel_database: Database) -> None:
    shown, kind, _ = await hotelier.published()
    request = hotel_pb2.ArchiveRoomTypeRequest(id=kind.id, expected_version=1)
    before = await everything(hotel_database, shown.id)
    refusal = await refused(call(hotelier.stub.ArchiveRoomType, request, token=hotelier.token))
    assert (refusal.code, refusal.details["allowed"]) == ("ILLEGAL_STATE", "DRAFT")
    assert await everything(hotel_database, shown.id) == before
    await hotelier.room_type(shown, name="Another")
    stale = hotel_pb2.ArchiveRoomTypeRequest(id=kind.id, expected_version=2)
    assert (await refused(call(hotelier.stub.ArchiveRoomType, stale, token=hotelier.token))).code == "VERSION_CONFLICT"
    gone = await call(hotelier.stub.ArchiveRoomType, request, token=hotelier.token)
    assert (gone.archived, gone.version) == (True, 2)
    assert [left.name for left in (await whole(hotelier, shown)).room_types] == ["Another"]
    (_, archived) = await events_of(hotel_database, kind.id)
    assert events_pb2.RoomTypeArchived.FromString(archived.payload).room_type_id == kind.id
    assert sides((await hotelier.changes(shown))[0]) == ({"archived": False}, {"archived": True})
    before = await everything(hotel_database, shown.id)
    again = hotel_pb2.ArchiveRoomTypeRequest(id=kind.id, expected_version=2)
    for attempt in (
        call(hotelier.stub.ArchiveRoomType, again, token=hotelier.token),
        hotelier.edit_room_type(kind, 2, name="x"),
        hotelier.rooms(kind, "1"),
    ):
        assert (await refused(attempt)).code == "ILLEGAL_STATE"
    assert await everything(hotel_database, shown.id) == before


async def test_booking_tells_the_number_of_rooms_and_old_news_changes_nothing(
    hotels: Stub, hotelier: Hotelier, auth_address: str, hotel_database: Database
) -> None:
    hotel = await hotelier.hotel()
    kind = await hotelier.room_type(hotel)
    system = await service_token(auth_address)

    async def put(number: int, version: int, room_type_id: str = kind.id) -> None:
        request = hotel_pb2.PutNumberOfRoomsRequest(
            room_type_id=room_type_id, number_of_rooms=number, inventory_version=version
        )
        await call(hotels.PutNumberOfRooms, request, token=system)

    await put(9, 3)
    await put(7, 2)
    await put(8, 3)
    (seen,) = (await whole(hotelier, hotel)).room_types
    assert (seen.number_of_rooms, seen.version) == (9, 1)
    assert await event_types(hotel_database, hotel.id) == ["HotelChanged"] * 3
    await put(9, 4)
    assert await event_types(hotel_database, hotel.id) == ["HotelChanged"] * 3
    await put(1, 5, hotel.id)  # nobody's room type: nothing to write, and nothing to try again
