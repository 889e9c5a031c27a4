"""What a salon does, for how long and how much, and which masters do it."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import salon_pb2
from runtime.channels import call
from tests.grpc_services.salon.parlour import Parlour, service_fields
from tests.house import SignedIn, refused


def update(
    service: salon_pb2.Service, version: int, *masters: salon_pb2.Master, **changes: Any
) -> salon_pb2.UpdateServiceRequest:
    return salon_pb2.UpdateServiceRequest(
        id=service.id, expected_version=version, fields=service_fields(*masters, **changes)
    )


async def test_masters_offer_a_service_at_their_own_price_and_pace(parlour: Parlour, owner: SignedIn) -> None:
    salon = await parlour.salon(owner)
    quick, plain = await parlour.master(owner, salon), await parlour.master(owner, salon)
    offerings = [
        salon_pb2.Offering(master_id=quick.id, price_minor_units=0, duration_minutes=45),
        salon_pb2.Offering(master_id=plain.id),
    ]
    made = await parlour.service(
        owner,
        salon,
        offerings=offerings,
        buffer_before_minutes=5,
        buffer_after_minutes=15,
        payment_timing=hotel_pb2.PAYMENT_TIMING_PREPAID,
    )
    read = await parlour.read(salon.id, owner)
    assert read is not None
    assert list(read.services) == [made]
    assert (made.price.minor_units, made.price.currency) == (6000, "EUR")
    own = {offering.master_id: offering for offering in made.offerings}
    assert (own[quick.id].price_minor_units, own[quick.id].duration_minutes) == (0, 45)
    assert not own[plain.id].HasField("price_minor_units")
    assert not own[plain.id].HasField("duration_minutes")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": ""}, "name"),
        ({"category": 99}, "category"),
        ({"category": 0}, "category"),
        ({"duration_minutes": 0}, "durationMinutes"),
        ({"duration_minutes": 62}, "durationMinutes"),
        ({"duration_minutes": 725}, "durationMinutes"),
        ({"buffer_before_minutes": 125}, "bufferBeforeMinutes"),
        ({"buffer_after_minutes": -5}, "bufferAfterMinutes"),
        ({"price_minor_units": -1}, "priceMinorUnits"),
        ({"price_minor_units": 100_000_001}, "priceMinorUnits"),
        ({"payment_timing": 0}, "paymentTiming"),
        ({"offerings": [salon_pb2.Offering(master_id="nobody")]}, "offerings.0.masterId"),
    ],
)
async def test_bad_fields_are_named(parlour: Parlour, owner: SignedIn, changes: dict[str, Any], path: str) -> None:
    salon = await parlour.salon(owner)
    refusal = await refused(parlour.service(owner, salon, **changes))
    assert (refusal.code, ".".join(refusal.path)) == ("INVALID_INPUT", path)


async def test_only_masters_of_the_salon_offer_its_services_each_once(parlour: Parlour, owner: SignedIn) -> None:
    salon, other = await parlour.salon(owner), await parlour.salon(owner)
    own, elsewhere = await parlour.master(owner, salon), await parlour.master(owner, other)
    for masters, path in (((own, elsewhere), "offerings.1.masterId"), ((own, own), "offerings.1.masterId")):
        refusal = await refused(parlour.service(owner, salon, *masters))
        assert (refusal.code, ".".join(refusal.path)) == ("INVALID_INPUT", path)
    pace = salon_pb2.Offering(master_id=own.id, duration_minutes=7)
    refusal = await refused(parlour.service(owner, salon, offerings=[pace]))
    assert ".".join(refusal.path) == "offerings.0.durationMinutes"
    archived = salon_pb2.ArchiveMasterRequest(id=own.id, expected_version=1)
    await call(parlour.salons.ArchiveMaster, archived, token=owner.token)
    assert (await refused(parlour.service(owner, salon, own))).code == "INVALID_INPUT"


async def test_an_edit_replaces_offerings_and_says_so_once(parlour: Parlour, owner: SignedIn) -> None:
    shop = await parlour.shop(owner)
    first, second = shop.masters
    request = update(shop.services[0], 1, second, name="Long cut")
    changed = await call(parlour.salons.UpdateService, request, token=owner.token)
    assert (changed.name, changed.version) == ("Long cut", 2)
    assert [offering.master_id for offering in changed.offerings] == [second.id]
    before = await parlour.everything(shop.salon.id)
    request.expected_version = 2
    assert (await call(parlour.salons.UpdateService, request, token=owner.token)).version == 2
    assert await parlour.everything(shop.salon.id) == before
    stale = call(parlour.salons.UpdateService, update(shop.services[0], 1, first), token=owner.token)
    assert (await refused(stale)).code == "VERSION_CONFLICT"
    assert await parlour.everything(shop.salon.id) == before


async def test_strangers_edit_no_service(parlour: Parlour, owner: SignedIn, rival: SignedIn, guest: SignedIn) -> None:
    shop = await parlour.shop(owner)
    before = await parlour.everything(shop.salon.id)
    archive = salon_pb2.ArchiveServiceRequest(id=shop.services[0].id, expected_version=1)
    for person, code in ((rival, "NOT_FOUND"), (guest, "PERMISSION_DENIED")):
        attempts = (
            call(parlour.salons.UpdateService, update(shop.services[0], 1, name="Theirs"), token=person.token),
            call(parlour.salons.ArchiveService, archive, token=person.token),
            parlour.service(person, shop.salon),
        )
        for attempt in attempts:
            assert (await refused(attempt)).code == code
    assert await parlour.everything(shop.salon.id) == before


async def test_an_archived_service_is_shown_to_the_hotelier_only(parlour: Parlour, owner: SignedIn) -> None:
    shop = await parlour.shop(owner, services=({}, {"name": "Colour"}))
    request = salon_pb2.ArchiveServiceRequest(id=shop.services[0].id, expected_version=1)
    assert (await call(parlour.salons.ArchiveService, request, token=owner.token)).archived
    seen, own = await parlour.read(shop.salon.id), await parlour.read(shop.salon.id, owner)
    assert seen is not None
    assert own is not None
    assert [service.name for service in seen.services] == ["Colour"]
    assert [service.archived for service in own.services] == [True, False]
    again = salon_pb2.ArchiveServiceRequest(id=shop.services[0].id, expected_version=2)
    assert (await refused(call(parlour.salons.ArchiveService, again, token=owner.token))).code == "ILLEGAL_STATE"


async def test_services_stand_by_category_and_then_as_they_were_made(parlour: Parlour, owner: SignedIn) -> None:
    salon = await parlour.salon(owner)
    nails = salon_pb2.SERVICE_CATEGORY_NAILS
    for name, category in (("Polish", nails), ("Cut", salon_pb2.SERVICE_CATEGORY_HAIR), ("Gel", nails)):
        await parlour.service(owner, salon, name=name, category=category)
    read = await parlour.read(salon.id, owner)
    assert read is not None
    assert [service.name for service in read.services] == ["Cut", "Polish", "Gel"]
