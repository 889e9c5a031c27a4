"""Salons: made, read, edited, published and archived; what reviews make of them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import salon_pb2
from grpc_services.salon.place_names import city_key
from runtime.channels import call
from runtime.clock import utc_now
from runtime.database import open_database
from tests.grpc_services.hotel.catalogue import HouseInput, add_house
from tests.grpc_services.salon.parlour import (
    ARCHIVED,
    DRAFT,
    PUBLISHED,
    Parlour,
    hours,
    salon_fields,
    terms,
    tiers,
)
from tests.house import SignedIn, refused, service_token
from tests.parts import Parts

SOON = utc_now() + dt.timedelta(days=3)


def create(key: str = "", **changes: Any) -> salon_pb2.CreateSalonRequest:
    return salon_pb2.CreateSalonRequest(idempotency_key=key or uuid.uuid4().hex, fields=salon_fields(**changes))


def update(salon: salon_pb2.Salon, version: int, **changes: Any) -> salon_pb2.UpdateSalonRequest:
    return salon_pb2.UpdateSalonRequest(id=salon.id, expected_version=version, fields=salon_fields(**changes))


async def names(parlour: Parlour, **asked: Any) -> list[str]:
    found = await call(parlour.salons.ListSalons, salon_pb2.ListSalonsRequest(**asked), token="")
    return [salon.name for salon in found.salons]


async def test_a_draft_is_seen_by_its_hotelier_only(
    parlour: Parlour, owner: SignedIn, rival: SignedIn, guest: SignedIn
) -> None:
    draft = await parlour.salon(owner)
    assert draft.state == DRAFT
    assert await parlour.read(draft.id, owner) == draft
    for stranger in (rival, guest, None):
        assert await parlour.read(draft.id, stranger) is None


async def test_a_published_salon_is_seen_whole_by_everybody(parlour: Parlour, owner: SignedIn) -> None:
    shop = await parlour.shop(owner)
    seen = await parlour.read(shop.salon.id)
    assert seen is not None
    fields = salon_fields()
    assert (seen.name, seen.address, seen.terms) == (fields.name, fields.address, fields.terms)
    assert list(seen.opening_hours) == list(fields.opening_hours)
    assert [master.name for master in seen.masters] == ["Master 1", "Master 2"]
    ((service),) = seen.services
    assert {offering.master_id for offering in service.offerings} == {master.id for master in seen.masters}


async def test_salons_are_made_by_hoteliers(parlour: Parlour, guest: SignedIn) -> None:
    assert (await refused(call(parlour.salons.CreateSalon, create(), token=guest.token))).code == "PERMISSION_DENIED"
    assert (await refused(call(parlour.salons.CreateSalon, create(), token=""))).code == "UNAUTHENTICATED"


async def test_the_same_key_makes_one_salon(parlour: Parlour, owner: SignedIn) -> None:
    request = create("the-one-key")
    first = await call(parlour.salons.CreateSalon, request, token=owner.token)
    assert await call(parlour.salons.CreateSalon, request, token=owner.token) == first
    other = create("the-one-key", name="Another")
    assert (await refused(call(parlour.salons.CreateSalon, other, token=owner.token))).code == "IDEMPOTENCY_CONFLICT"


async def test_a_salon_stands_in_a_hotel_of_its_own_hotelier(
    parlour: Parlour, parts: Parts, owner: SignedIn, rival: SignedIn
) -> None:
    async with open_database(parts.database_url("hotel"), pool_size=1, application_name="tests") as hotels:
        house = await add_house(hotels, HouseInput(owner.account_id))
    shop = await parlour.shop(owner, hotel_id=str(house.id))
    assert shop.salon.hotel_id == str(house.id)
    assert await names(parlour, hotel_id=str(house.id)) == [shop.salon.name]
    for hotel_id in (str(house.id), str(uuid.uuid4())):
        refusal = await refused(parlour.salon(rival, hotel_id=hotel_id))
        assert (refusal.code, refusal.path) == ("NOT_FOUND", ("hotelId",))


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"description": "a\x00b"}, "description"),
        ({"address": hotel_pb2.Address(city="Paris", country="XX")}, "address.country"),
        ({"address": hotel_pb2.Address(country="FR")}, "address.city"),
        ({"latitude": 91.0}, "position.latitude"),
        ({"longitude": float("nan")}, "position.longitude"),
        ({"time_zone": "Mars/Olympus"}, "timeZone"),
        ({"currency": "XXY"}, "currency"),
        ({"contact": hotel_pb2.Contact(phone="call me")}, "contact.phone"),
        ({"contact": hotel_pb2.Contact(email="nobody@")}, "contact.email"),
        ({"photos": [hotel_pb2.Photo(url="http://port.example/1.jpg", alt_text="x")]}, "photos.0.url"),
        ({"photos": [hotel_pb2.Photo(url="https://port.example/1.jpg")]}, "photos.0.altText"),
        ({"opening_hours": hours("09:00", "25:00", 1)}, "openingHours.0.to"),
        ({"opening_hours": hours("9:00", "10:00", 1)}, "openingHours.0.from"),
        ({"opening_hours": hours("24:00", "24:00", 1)}, "openingHours.0.from"),
        ({"opening_hours": hours("10:00", "10:00", 1)}, "openingHours.0.to"),
        ({"opening_hours": hours("09:00", "10:00", 8)}, "openingHours.0.weekday"),
        ({"opening_hours": hours("09:00", "12:00", 1) + hours("11:00", "13:00", 1)}, "openingHours.1.from"),
        ({"opening_hours": hours("09:00", "10:00") * 5}, "openingHours"),
        ({"terms": terms(slot_minutes=7)}, "terms.slotMinutes"),
        ({"terms": terms(min_notice_minutes=-1)}, "terms.minNoticeMinutes"),
        ({"terms": terms(max_days_ahead=366)}, "terms.maxDaysAhead"),
        ({"terms": terms(cancellation_policy=tiers())}, "terms.cancellationTiers"),
        ({"terms": terms(cancellation_policy=tiers((24, 50), (0, 10)))}, "terms.cancellationTiers.1.penaltyPercent"),
        ({"terms": terms(cancellation_policy=tiers((2, 0), (2, 50)))}, "terms.cancellationTiers.1.hoursBeforeStart"),
        ({"terms": terms(cancellation_policy=tiers((24, 0)))}, "terms.cancellationTiers.0.hoursBeforeStart"),
    ],
)
async def test_bad_fields_are_named(parlour: Parlour, owner: SignedIn, changes: dict[str, Any], path: str) -> None:
    refusal = await refused(call(parlour.salons.CreateSalon, create(**changes), token=owner.token))
    assert (refusal.code, ".".join(refusal.path)) == ("INVALID_INPUT", path)


async def test_hours_are_kept_in_order_and_may_touch(parlour: Parlour, owner: SignedIn) -> None:
    written = hours("14:00", "24:00", 2) + hours("12:00", "14:00", 2) + hours("09:00", "10:00", 1)
    salon = await parlour.salon(owner, opening_hours=written)
    kept = [(entry.weekday, getattr(entry, "from"), entry.to) for entry in salon.opening_hours]
    assert kept == [(1, "09:00", "10:00"), (2, "12:00", "14:00"), (2, "14:00", "24:00")]


async def test_an_edit_writes_every_field_once(parlour: Parlour, owner: SignedIn) -> None:
    salon = await parlour.salon(owner)
    request = update(salon, 1, name="Salon du Large", description="", photos=[])
    changed = await call(parlour.salons.UpdateSalon, request, token=owner.token)
    assert (changed.name, changed.description, list(changed.photos), changed.version) == ("Salon du Large", "", [], 2)
    before = await parlour.everything(salon.id)
    request.expected_version = 2
    assert (await call(parlour.salons.UpdateSalon, request, token=owner.token)).version == 2  # nothing changed
    assert await parlour.everything(salon.id) == before


async def test_stale_and_foreign_edits_change_nothing(
    parlour: Parlour, owner: SignedIn, rival: SignedIn, guest: SignedIn
) -> None:
    salon = await parlour.salon(owner)
    before = await parlour.everything(salon.id)
    stale = await refused(call(parlour.salons.UpdateSalon, update(salon, 7, name="New"), token=owner.token))
    assert (stale.code, stale.details["current_version"]) == ("VERSION_CONFLICT", "1")
    for person, code in ((rival, "NOT_FOUND"), (guest, "PERMISSION_DENIED")):
        foreign = call(parlour.salons.UpdateSalon, update(salon, 1, name="New"), token=person.token)
        assert (await refused(foreign)).code == code
    assert (await refused(parlour.move(rival, salon, ARCHIVED))).code == "NOT_FOUND"
    assert await parlour.everything(salon.id) == before


async def test_the_currency_stays_once_the_salon_was_published(parlour: Parlour, owner: SignedIn) -> None:
    draft = await parlour.salon(owner)
    dollars = await call(parlour.salons.UpdateSalon, update(draft, 1, currency="USD"), token=owner.token)
    assert dollars.currency == "USD"
    salon = await parlour.move(owner, (await parlour.shop(owner)).salon, DRAFT)
    refusal = await refused(
        call(parlour.salons.UpdateSalon, update(salon, salon.version, currency="USD"), token=owner.token)
    )
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("currency",))


async def test_a_salon_is_published_when_there_is_something_to_book(parlour: Parlour, owner: SignedIn) -> None:
    address = hotel_pb2.Address(city="Saint-Malo", country="FR")
    salon = await parlour.salon(owner, address=address, opening_hours=[])
    refusal = await refused(parlour.move(owner, salon, PUBLISHED))
    assert (refusal.code, refusal.details["missing"]) == ("ILLEGAL_STATE", "address,openingHours,offerings")
    salon = await call(parlour.salons.UpdateSalon, update(salon, 1), token=owner.token)
    master = await parlour.master(owner, salon)
    await parlour.service(owner, salon)  # which nobody does
    assert (await refused(parlour.move(owner, salon, PUBLISHED))).details["missing"] == "offerings"
    await parlour.service(owner, salon, master)
    published = await parlour.move(owner, salon, PUBLISHED)
    assert published.state == PUBLISHED
    closed = update(published, published.version, opening_hours=[])
    assert (await refused(call(parlour.salons.UpdateSalon, closed, token=owner.token))).path == ("openingHours",)


async def test_a_salon_is_archived_for_good(parlour: Parlour, owner: SignedIn) -> None:
    shop = await parlour.shop(owner)
    again = await refused(parlour.move(owner, shop.salon, PUBLISHED))
    assert (again.code, again.details["allowed"]) == ("ILLEGAL_STATE", "DRAFT,ARCHIVED")
    archived = await parlour.move(owner, shop.salon, ARCHIVED)
    assert await parlour.read(archived.id) is None
    assert await parlour.read(archived.id, owner) == archived
    for state in (DRAFT, PUBLISHED):
        assert (await refused(parlour.move(owner, archived, state))).code == "ILLEGAL_STATE"
    assert (await refused(parlour.master(owner, archived))).code == "ILLEGAL_STATE"


async def test_a_salon_with_appointments_to_come_is_not_archived(parlour: Parlour, owner: SignedIn) -> None:
    shop = await parlour.shop(owner)
    await parlour.appointment(shop, utc_now() - dt.timedelta(days=1))
    await parlour.appointment(shop, SOON, state="CANCELLED")
    overdue = utc_now() - dt.timedelta(minutes=1)
    await parlour.appointment(shop, SOON + dt.timedelta(hours=2), state="HELD", hold_expires_at=overdue)
    await parlour.appointment(shop, SOON, master=1, state="REQUESTED")
    before = await parlour.everything(shop.salon.id)
    refusal = await refused(parlour.move(owner, shop.salon, ARCHIVED))
    assert (refusal.code, refusal.details["appointments"]) == ("ILLEGAL_STATE", "1")
    assert await parlour.everything(shop.salon.id) == before


async def test_salons_are_found_by_city_without_regard_to_case_and_accents(parlour: Parlour, owner: SignedIn) -> None:
    city = f"Saint-Étienne-{uuid.uuid4().hex[:8]}"
    address = hotel_pb2.Address(street="1 rue", city=city, country="FR")
    massage = {"name": "Massage", "category": salon_pb2.SERVICE_CATEGORY_MASSAGE}
    await parlour.shop(owner, masters=1, name="Beta", address=address, services=[massage])
    await parlour.shop(owner, masters=1, name="Alpha", address=address)
    await parlour.salon(owner, name="Draft", address=address)
    asked = city.upper().replace("É", "E").replace("SAINT-", "st ")
    assert await names(parlour, city=asked) == ["Alpha", "Beta"]
    assert await names(parlour, city=asked, category=salon_pb2.SERVICE_CATEGORY_MASSAGE) == ["Beta"]
    page = await call(parlour.salons.ListSalons, salon_pb2.ListSalonsRequest(city=asked, first=1), token="")
    assert page.has_next_page
    assert await names(parlour, city=asked, first=1, after=page.cursors[0]) == ["Beta"]
    bad = call(parlour.salons.ListSalons, salon_pb2.ListSalonsRequest(city=asked, after="zzz"), token="")
    assert (await refused(bad)).path == ("after",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Saint-Étienne", "ST ETIENNE"),
        ("Sainte-Adresse", "ste adresse"),
        ("L'Haÿ-les-Roses", "l hay les roses"),
        ("Kraków", "KRAKOW"),
        ("Łódź", "lodz"),
        ("Straße", "STRASSE"),
        ("東京", "東京"),
    ],
)
def test_spellings_of_a_city_have_one_key(one: str, other: str) -> None:
    assert city_key(one) == city_key(other) != ""


async def test_own_salons_are_those_one_has_and_those_one_works_at(
    parlour: Parlour, owner: SignedIn, rival: SignedIn
) -> None:
    workplace = await parlour.salon(owner, name="At work")
    master = await parlour.master(owner, workplace)
    await parlour.join(owner, master, rival)
    await parlour.salon(rival, name="My own")
    found = await call(parlour.salons.ListOwnSalons, salon_pb2.ListOwnSalonsRequest(), token=rival.token)
    assert [salon.name for salon in found.salons] == ["At work", "My own"]
    anonymous = call(parlour.salons.ListOwnSalons, salon_pb2.ListOwnSalonsRequest(), token="")
    assert (await refused(anonymous)).code == "UNAUTHENTICATED"


async def test_ratings_come_from_our_own_processes_and_never_go_back(
    parlour: Parlour, owner: SignedIn, auth_address: str
) -> None:
    shop = await parlour.shop(owner, masters=1)
    system = await service_token(auth_address, "rating-consumer")

    async def put(version: int, mean: int, token: str = system, **subject: str) -> None:
        rating = hotel_pb2.RatingSummary(count=3, mean_hundredths=mean)
        request = salon_pb2.PutRatingsRequest(rating=rating, rating_version=version, **subject)
        await call(parlour.salons.PutRatings, request, token=token)

    assert (await refused(put(9, 500, owner.token, salon_id=shop.salon.id))).code == "PERMISSION_DENIED"
    await put(2, 450, salon_id=shop.salon.id)
    await put(2, 480, master_id=shop.masters[0].id)
    told = await parlour.everything(shop.salon.id)
    await put(1, 300, salon_id=shop.salon.id)
    await put(2, 300, master_id=shop.masters[0].id)
    assert await parlour.everything(shop.salon.id) == told
    seen = await parlour.read(shop.salon.id)
    assert seen is not None
    assert (seen.rating.mean_hundredths, seen.masters[0].rating.mean_hundredths) == (450, 480)
    assert (await refused(put(3, 501, salon_id=shop.salon.id))).code == "INVALID_INPUT"
    assert (await refused(put(3, 450, salon_id=str(uuid.uuid4())))).code == "NOT_FOUND"
