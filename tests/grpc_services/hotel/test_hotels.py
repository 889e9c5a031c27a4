"""Making, editing, publishing and archiving houses."""

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
from tests.grpc_services.hotel.hotelier import Hotelier, Stub, event_types, events_of, everything, hotel_message, sides
from tests.house import SignedIn, refused, service_token

DRAFT, PUBLISHED, ARCHIVED = (
    hotel_pb2.HOTEL_STATE_DRAFT,
    hotel_pb2.HOTEL_STATE_PUBLISHED,
    hotel_pb2.HOTEL_STATE_ARCHIVED,
)


async def seen_by(stub: Stub, token: str, hotel: hotel_pb2.Hotel) -> list[hotel_pb2.Hotel]:
    return list((await call(stub.GetHotels, hotel_pb2.GetHotelsRequest(ids=[hotel.id]), token=token)).hotels)


async def test_a_new_house_is_a_draft_with_every_fact_of_its_hotelier(
    hotels: Stub, hotelier: Hotelier, owner: SignedIn, hotel_database: Database
) -> None:
    made = await hotelier.hotel()
    asked = hotel_message(
        id=made.id,
        owner_id=str(owner.account_id),
        state=DRAFT,
        version=1,
        rates_version=1,
        rating=hotel_pb2.RatingSummary(),
        city_tax_per_person_night=money_pb2.Money(minor_units=250, currency="EUR"),
    )
    assert made == asked
    assert await seen_by(hotels, hotelier.token, made) == [made]
    assert await seen_by(hotels, "", made) == []
    (event,) = await events_of(hotel_database, made.id)
    told = events_pb2.HotelChanged.FromString(event.payload)
    assert (event.type, told.hotel_id, told.version, told.state) == ("HotelChanged", made.id, 1, DRAFT)


async def test_what_the_hotelier_does_not_make_is_ignored(hotelier: Hotelier, owner: SignedIn) -> None:
    made = await hotelier.hotel(
        id="x", owner_id="x", state=PUBLISHED, version=9, rating=hotel_pb2.RatingSummary(count=5, mean_hundredths=500)
    )
    assert (made.owner_id, made.state, made.version, made.rating.count) == (str(owner.account_id), DRAFT, 1, 0)


async def test_texts_are_stored_in_a_normal_form(hotelier: Hotelier) -> None:
    made = await hotelier.hotel(
        name="  Maison  ",
        description=" One.\r\nTwo. \n",
        languages=["FR", "pt-br", "zh-hant", "fr"],
        amenities=["BAR", "BAR"],
        contact=hotel_pb2.Contact(email="me@EXAMPLE.org"),
    )
    assert (made.name, made.description, made.contact.email) == ("Maison", "One.\nTwo.", "me@example.org")
    assert (list(made.languages), list(made.amenities)) == (["fr", "pt-BR", "zh-Hant"], ["BAR"])


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"description": "x" * 5001}, "description"),
        ({"description": "bell\x07"}, "description"),
        ({"stars": 6}, "stars"),
        ({"stars": -1}, "stars"),
        ({"address": hotel_pb2.Address(city="Metz", country="fr")}, "address.country"),
        ({"address": hotel_pb2.Address(city="Metz", country="ZZ")}, "address.country"),
        ({"address": hotel_pb2.Address(city="Metz", country="EU")}, "address.country"),
        ({"address": hotel_pb2.Address(city="", country="FR")}, "address.city"),
        ({"address": hotel_pb2.Address(street="x" * 201, city="Metz", country="FR")}, "address.street"),
        ({"address": hotel_pb2.Address(postal_code="x" * 21, city="Metz", country="FR")}, "address.postalCode"),
        ({"latitude": 90.1}, "position.latitude"),
        ({"latitude": float("nan")}, "position.latitude"),
        ({"longitude": -180.1}, "position.longitude"),
        ({"time_zone": "Europe/Saint-Malo"}, "timeZone"),
        ({"time_zone": "../etc/passwd"}, "timeZone"),
        ({"time_zone": ""}, "timeZone"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "FFF"}, "currency"),
        ({"amenities": ["WIFI", "HELIPAD"]}, "amenities.1"),
        ({"languages": ["fr", "french"]}, "languages.1"),
        ({"languages": ["qq"]}, "languages.0"),
        ({"languages": ["fr"] * 31}, "languages"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "https://user:word@port.example"}, "website"),
        ({"website": "https://localhost"}, "website"),
        ({"contact": hotel_pb2.Contact(phone="call me")}, "contact.phone"),
        ({"contact": hotel_pb2.Contact(email="nobody")}, "contact.email"),
        ({"photos": [hotel_pb2.Photo(url="http://port.example/1.jpg", alt_text="x")]}, "photos.0.url"),
        ({"photos": [hotel_pb2.Photo(url="", alt_text="x")]}, "photos.0.url"),
        ({"photos": [hotel_pb2.Photo(url="https://port.example/1.jpg", alt_text=" ")]}, "photos.0.altText"),
        ({"photos": [hotel_pb2.Photo(url="https://port.example/1.jpg", alt_text="x")] * 31}, "photos"),
        ({"house_rules": ["Quiet."] * 31}, "houseRules"),
        ({"house_rules": ["Quiet.", ""]}, "houseRules.1"),
        ({"check_in_time": "24:00"}, "checkInTime"),
        ({"check_in_time": "9:00"}, "checkInTime"),
        ({"check_out_time": "11:00:00"}, "checkOutTime"),
        ({"vat_basis_points": 5001}, "taxes.vatBasisPoints"),
        ({"vat_basis_points": -1}, "taxes.vatBasisPoints"),
        ({"city_tax_per_person_night": money_pb2.Money(minor_units=-1)}, "taxes.cityTaxMinorUnits"),
        ({"city_tax_exempt_below_age": 101}, "taxes.cityTaxExemptBelowAge"),
        ({"city_tax_max_nights": -1}, "taxes.cityTaxMaxNights"),
    ],
)
async def test_a_field_that_will_not_do_is_named_and_nothing_is_made(
    hotelier: Hotelier, hotel_database: Database, changes: dict[str, Any], path: str
) -> None:
    nowhere = "00000000-0000-0000-0000-000000000000"
    before = await everything(hotel_database, nowhere)
    refusal = await refused(hotelier.hotel(**changes))
    assert (refusal.code, ".".join(refusal.path)) == ("INVALID_INPUT", path)
    assert await everything(hotel_database, nowhere) == before


async def test_an_edit_writes_the_named_fields_only_and_moves_the_version(
    hotelier: Hotelier, hotel_database: Database
) -> None:
    made = await hotelier.hotel()
    edited = await hotelier.edit(made, 1, description="New.", stars=0, photos=[])
    wanted = hotel_pb2.Hotel()
    wanted.CopyFrom(made)
    wanted.description, wanted.stars, wanted.version = "New.", 0, 2
    wanted.ClearField("photos")
    assert edited == wanted
    newest = (await hotelier.changes(made))[0]
    assert sides(newest) == (
        {
            "description": "By the sea.\n\nSince 1890.",
            "stars": 3,
            "photos": [{"url": "https://port.example/1.jpg", "alt_text": "The harbour"}],
        },
        {"description": "New.", "stars": 0, "photos": []},
    )
    assert await event_types(hotel_database, made.id) == ["HotelChanged"] * 2


async def test_an_edit_that_changes_nothing_leaves_no_trace(hotelier: Hotelier, hotel_database: Database) -> None:
    made = await hotelier.hotel()
    before = await everything(hotel_database, made.id)
    assert await hotelier.edit(made, 1, stars=3, name="Maison du Port") == made
    assert await hotelier.edit(made, 1) == made
    assert await everything(hotel_database, made.id) == before


@pytest.mark.parametrize("field", ["owner_id", "version", "state", "rating", "room_types", "nonsense"])
async def test_fields_that_are_not_theirs_to_write_are_refused(
    hotelier: Hotelier, hotel_database: Database, field: str
) -> None:
    made = await hotelier.hotel()
    before = await everything(hotel_database, made.id)
    request = hotel_pb2.UpdateHotelRequest(hotel=made, fields=["name", field], expected_version=1)
    refusal = await refused(call(hotelier.stub.UpdateHotel, request, token=hotelier.token))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("fields",))
    assert await everything(hotel_database, made.id) == before


async def test_of_two_edits_of_one_version_one_wins(hotelier: Hotelier, hotel_database: Database) -> None:
    made = await hotelier.hotel()
    answers = await asyncio.gather(
        *(hotelier.edit(made, 1, name=f"Name {number}") for number in range(8)), return_exceptions=True
    )
    (won,) = [answer for answer in answers if isinstance(answer, hotel_pb2.Hotel)]
    lost = [answer for answer in answers if isinstance(answer, ServiceError)]
    assert {(refusal.code, refusal.details["current_version"]) for refusal in lost} == {("VERSION_CONFLICT", "2")}
    assert len(lost) == 7
    assert await seen_by(hotelier.stub, hotelier.token, made) == [won]
    assert len(await hotelier.changes(made)) == 2
    assert await event_types(hotel_database, made.id) == ["HotelChanged"] * 2


async def test_the_currency_changes_only_while_there_are_no_room_types(
    hotelier: Hotelier, hotel_database: Database
) -> None:
    made = await hotelier.hotel()
    assert (await hotelier.edit(made, 1, currency="CHF")).city_tax_per_person_night.currency == "CHF"
    await hotelier.room_type(made, base_price=money_pb2.Money(minor_units=1))
    before = await everything(hotel_database, made.id)
    assert (await refused(hotelier.edit(made, 2, currency="EUR", name="x"))).path == ("currency",)
    assert await everything(hotel_database, made.id) == before
    assert (await hotelier.edit(made, 2, currency="CHF", name="y")).name == "y"


async def test_a_house_is_published_once_it_has_something_to_sell(
    hotels: Stub, hotelier: Hotelier, hotel_database: Database
) -> None:
    made = await hotelier.hotel()
    for add, words in ((hotelier.room_type, "room type and a rate plan"), (hotelier.rate_plan, "rate plan")):
        before = await everything(hotel_database, made.id)
        refusal = await refused(hotelier.move(made, PUBLISHED))
        assert (refusal.code, refusal.message) == ("ILLEGAL_STATE", f"Add a {words} first.")
        assert (refusal.details["state"], refusal.details["allowed"]) == ("DRAFT", "PUBLISHED,ARCHIVED")
        assert await everything(hotel_database, made.id) == before
        await add(made)
    shown = await hotelier.move(made, PUBLISHED)
    assert (shown.state, shown.version) == (PUBLISHED, 2)
    assert await seen_by(hotels, "", made) == [shown]
    hidden = await hotelier.move(shown, DRAFT)
    assert await seen_by(hotels, "", made) == []
    assert [(change.action, *sides(change)) for change in (await hotelier.changes(made))[:2]] == [
        ("unpublished", {"state": "PUBLISHED"}, {"state": "DRAFT"}),
        ("published", {"state": "DRAFT"}, {"state": "PUBLISHED"}),
    ]
    last = (await events_of(hotel_database, made.id))[-1]
    assert events_pb2.HotelChanged.FromString(last.payload).state == DRAFT == hidden.state


async def test_archiving_a_house_is_final_and_takes_its_rooms_off_sale(
    hotels: Stub, hotelier: Hotelier, hotel_database: Database
) -> None:
    shown, kind, plan = await hotelier.published()
    gone = await hotelier.move(shown, ARCHIVED)
    assert gone.state == ARCHIVED
    assert await seen_by(hotels, "", gone) == []
    assert await seen_by(hotels, hotelier.token, gone) == [gone]
    assert await event_types(hotel_database, kind.id) == ["RoomTypeCreated", "RoomTypeArchived"]
    before = await everything(hotel_database, gone.id)
    for attempt in (
        hotelier.edit(gone, gone.version, name="Again"),
        hotelier.move(gone, PUBLISHED),
        hotelier.move(gone, DRAFT),
        hotelier.move(gone, ARCHIVED),
        hotelier.room_type(gone),
        hotelier.rate_plan(gone),
        hotelier.edit_room_type(kind, 1, name="Again"),
        hotelier.edit_rate_plan(plan, 1, name="Again"),
        hotelier.rooms(kind, "1"),
    ):
        refusal = await refused(attempt)
        assert (refusal.code, refusal.details["state"]) == ("ILLEGAL_STATE", "ARCHIVED")
    assert await everything(hotel_database, gone.id) == before


async def test_a_house_moves_only_from_the_state_and_version_that_were_seen(
    hotelier: Hotelier, hotel_database: Database
) -> None:
    shown, _, _ = await hotelier.published()
    before = await everything(hotel_database, shown.id)
    assert (await refused(hotelier.move(shown, PUBLISHED))).details["allowed"] == "DRAFT,ARCHIVED"
    assert (await refused(hotelier.move(shown, DRAFT, version=1))).details == {"current_version": "2"}
    assert (await refused(hotelier.move(shown, hotel_pb2.HOTEL_STATE_UNSPECIFIED))).path == ("state",)
    assert await everything(hotel_database, shown.id) == before


async def test_ratings_are_told_by_our_own_processes(
    hotels: Stub, hotelier: Hotelier, auth_address: str, hotel_database: Database
) -> None:
    made = await hotelier.hotel()
    system = await service_token(auth_address)

    async def put(version: int, count: int, mean: int, hotel_id: str = made.id) -> None:
        rating = hotel_pb2.RatingSummary(count=count, mean_hundredths=mean)
        request = hotel_pb2.PutRatingRequest(hotel_id=hotel_id, rating=rating, rating_version=version)
        await call(hotels.PutRating, request, token=system)

    await put(7, 12, 437)
    await put(7, 12, 437)
    await put(8, 12, 437)
    await put(6, 11, 430)  # arrives late
    (seen,) = await seen_by(hotels, hotelier.token, made)
    assert (seen.rating.count, seen.rating.mean_hundredths, seen.version) == (12, 437, 1)
    assert await event_types(hotel_database, made.id) == ["HotelChanged"] * 2
    for count, mean in ((1, 99), (1, 501), (0, 300), (-1, 300)):
        assert (await refused(put(9, count, mean))).code == "INVALID_INPUT"
    assert (await refused(put(0, 13, 440))).path == ("ratingVersion",)
    assert (await refused(put(9, 1, 300, "00000000-0000-0000-0000-000000000001"))).code == "NOT_FOUND"
