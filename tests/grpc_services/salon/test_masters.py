"""Masters: their profiles, and how a person becomes one."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import salon_pb2
from grpc_services.salon.service import salon_service
from runtime.channels import call
from runtime.clock import utc_now
from runtime.identity import Role
from tests.grpc_services.salon.parlour import ARCHIVED, Parlour, master_fields, open_parlour, service_fields
from tests.house import SignedIn, refused, register_account, salon_settings, unless_refused
from tests.parts import Parts


def update(master: salon_pb2.Master, version: int, **changes: Any) -> salon_pb2.UpdateMasterRequest:
    return salon_pb2.UpdateMasterRequest(id=master.id, expected_version=version, fields=master_fields(**changes))


async def invitation(parlour: Parlour, owner: SignedIn, master: salon_pb2.Master) -> str:
    request = salon_pb2.InviteMasterRequest(master_id=master.id)
    return (await call(parlour.salons.InviteMaster, request, token=owner.token)).code


async def accept(parlour: Parlour, who: SignedIn, code: str) -> salon_pb2.Master:
    return await call(parlour.salons.AcceptInvitation, salon_pb2.AcceptInvitationRequest(code=code), token=who.token)


async def archive(parlour: Parlour, who: SignedIn, master: salon_pb2.Master) -> salon_pb2.Master:
    request = salon_pb2.ArchiveMasterRequest(id=master.id, expected_version=master.version)
    return await call(parlour.salons.ArchiveMaster, request, token=who.token)


async def by_id(parlour: Parlour, master: salon_pb2.Master, who: SignedIn | None = None) -> list[salon_pb2.Master]:
    request = salon_pb2.GetMastersRequest(ids=[master.id])
    return list((await call(parlour.salons.GetMasters, request, token=who.token if who else "")).masters)


async def test_masters_of_drafts_are_seen_by_their_hotelier_only(
    parlour: Parlour, owner: SignedIn, rival: SignedIn
) -> None:
    master = await parlour.master(owner, await parlour.salon(owner))
    assert await by_id(parlour, master, owner) == [master]
    assert await by_id(parlour, master, rival) == await by_id(parlour, master) == []
    fields = master_fields()
    assert (master.name, list(master.languages), master.photo) == (fields.name, ["fr", "pt-BR"], fields.photo)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": ""}, "name"),
        ({"about": "x" * 3001}, "about"),
        ({"specialities": ["x"] * 21}, "specialities"),
        ({"specialities": ["fine", " "]}, "specialities.1"),
        ({"languages": ["klingonese"]}, "languages.0"),
        ({"photo": hotel_pb2.Photo(url="https://port.example/a.jpg")}, "photo.altText"),
        ({"portfolio_links": ["http://port.example/"]}, "portfolioLinks.0"),
    ],
)
async def test_bad_fields_are_named(parlour: Parlour, owner: SignedIn, changes: dict[str, Any], path: str) -> None:
    salon = await parlour.salon(owner)
    refusal = await refused(parlour.master(owner, salon, **changes))
    assert (refusal.code, ".".join(refusal.path)) == ("INVALID_INPUT", path)


async def test_masters_edit_their_profile_but_not_what_they_offer(
    parlour: Parlour, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await parlour.shop(owner, masters=2)
    own, colleague = shop.masters
    joined = await parlour.join(owner, own, guest)
    assert (joined.account_id, joined.version) == (str(guest.account_id), 2)
    edited = await call(parlour.salons.UpdateMaster, update(own, 2, about="Me."), token=guest.token)
    assert (edited.about, edited.version) == ("Me.", 3)
    before = await parlour.everything(shop.salon.id)
    foreign = call(parlour.salons.UpdateMaster, update(colleague, 1, about="Not me."), token=guest.token)
    assert (await refused(foreign)).code == "NOT_FOUND"
    offering = salon_pb2.UpdateServiceRequest(
        id=shop.services[0].id, expected_version=1, fields=service_fields(own, price_minor_units=1)
    )
    assert (await refused(call(parlour.salons.UpdateService, offering, token=guest.token))).code == "PERMISSION_DENIED"
    assert (await refused(archive(parlour, guest, colleague))).code == "PERMISSION_DENIED"
    assert await parlour.everything(shop.salon.id) == before


async def test_stale_and_foreign_edits_change_nothing(parlour: Parlour, owner: SignedIn, rival: SignedIn) -> None:
    master = await parlour.master(owner, await parlour.salon(owner))
    before = await parlour.everything(master.salon_id)
    stale = await refused(call(parlour.salons.UpdateMaster, update(master, 5, about="New"), token=owner.token))
    assert stale.code == "VERSION_CONFLICT"
    foreign = call(parlour.salons.UpdateMaster, update(master, 1, about="New"), token=rival.token)
    assert (await refused(foreign)).code == "NOT_FOUND"
    for attempt in (archive(parlour, rival, master), invitation(parlour, rival, master)):
        assert (await refused(attempt)).code == "NOT_FOUND"
    assert await parlour.everything(master.salon_id) == before


async def test_an_archived_master_offers_nothing_and_is_shown_to_the_hotelier_only(
    parlour: Parlour, owner: SignedIn
) -> None:
    shop = await parlour.shop(owner, masters=2)
    gone = await archive(parlour, owner, shop.masters[0])
    assert gone.archived
    seen = await parlour.read(shop.salon.id)
    assert seen is not None
    assert [master.name for master in seen.masters] == ["Master 2"]
    assert [offering.master_id for offering in seen.services[0].offerings] == [shop.masters[1].id]
    own = await parlour.read(shop.salon.id, owner)
    assert own is not None
    assert [master.archived for master in own.masters] == [True, False]
    assert await by_id(parlour, gone) == [gone]  # past visits name them
    assert (await refused(archive(parlour, owner, gone))).code == "ILLEGAL_STATE"


async def test_a_master_with_appointments_to_come_is_not_archived(parlour: Parlour, owner: SignedIn) -> None:
    shop = await parlour.shop(owner, masters=2)
    soon = utc_now() + dt.timedelta(days=2)
    for number in range(2):
        await parlour.appointment(shop, soon + dt.timedelta(hours=number))
    before = await parlour.everything(shop.salon.id)
    refusal = await refused(archive(parlour, owner, shop.masters[0]))
    assert (refusal.code, refusal.details["appointments"]) == ("ILLEGAL_STATE", "2")
    assert await parlour.everything(shop.salon.id) == before
    assert (await archive(parlour, owner, shop.masters[1])).archived


async def test_a_code_works_once_and_a_new_one_ends_the_old(
    parlour: Parlour, owner: SignedIn, guest: SignedIn, rival: SignedIn
) -> None:
    master = await parlour.master(owner, await parlour.salon(owner))
    first, second = await invitation(parlour, owner, master), await invitation(parlour, owner, master)
    kept = await parlour.everything(master.salon_id)
    assert first not in str(kept)
    assert second not in str(kept)
    for code in (first, "", "x" * 5000):
        refusal = await refused(accept(parlour, guest, code))
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("invitationCode",))
    assert await parlour.everything(master.salon_id) == kept
    assert (await accept(parlour, guest, second)).account_id == str(guest.account_id)
    assert (await refused(accept(parlour, rival, second))).code == "INVALID_INPUT"


async def test_of_two_people_with_one_code_one_becomes_the_master(
    parlour: Parlour, owner: SignedIn, guest: SignedIn, rival: SignedIn
) -> None:
    master = await parlour.master(owner, await parlour.salon(owner))
    code = await invitation(parlour, owner, master)
    attempts = (unless_refused(accept(parlour, person, code), "INVALID_INPUT") for person in (guest, rival))
    joined = [one for one in await asyncio.gather(*attempts) if one is not None]
    assert len(joined) == 1
    assert await by_id(parlour, master, owner) == joined


async def test_one_account_is_a_master_in_several_salons_but_once_in_each(parlour: Parlour, owner: SignedIn) -> None:
    """An owner may be a master too."""
    salon, other = await parlour.salon(owner), await parlour.salon(owner)
    await parlour.join(owner, await parlour.master(owner, salon), owner)
    twin = await parlour.master(owner, salon, name="Twin")
    refusal = await refused(parlour.join(owner, twin, owner))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("invitationCode",))
    elsewhere = await parlour.join(owner, await parlour.master(owner, other), owner)
    assert elsewhere.account_id == str(owner.account_id)


async def test_an_invitation_lives_fourteen_days(
    parlour: Parlour, parts: Parts, auth_address: str, hotel_address: str, payment_address: str, owner: SignedIn
) -> None:
    master = await parlour.master(owner, await parlour.salon(owner))
    code = await invitation(parlour, owner, master)
    person = await register_account(auth_address, Role.GUEST)
    settings = salon_settings(parts, auth_address, hotel_address=hotel_address, payment_address=payment_address)
    later = utc_now() + dt.timedelta(days=14)
    async with salon_service(settings, now=lambda: later) as server, open_parlour(parts, server.address) as tardy:
        assert (await refused(accept(tardy, person, code))).code == "INVALID_INPUT"
    assert (await accept(parlour, person, code)).account_id == str(person.account_id)


async def test_nobody_joins_an_archived_salon(parlour: Parlour, owner: SignedIn, guest: SignedIn) -> None:
    salon = await parlour.salon(owner)
    code = await invitation(parlour, owner, await parlour.master(owner, salon))
    await parlour.move(owner, salon, ARCHIVED)
    assert (await refused(accept(parlour, guest, code))).code == "INVALID_INPUT"
