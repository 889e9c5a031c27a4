"""Every change of a salon is written down, and told, in the transaction that makes it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import orjson
import pytest

from contracts.events.v1 import events_pb2
from contracts.salon.v1 import salon_pb2, schedule_pb2
from runtime.channels import call
from runtime.clock import utc_now
from tests.grpc_services.salon.parlour import PUBLISHED, Parlour, master_fields, salon_fields
from tests.house import SignedIn, refused


def sides(change: salon_pb2.SalonChange) -> list[Any]:
    """Before and after; None where it says nothing."""
    return [orjson.loads(text) if text else None for text in (change.before, change.after)]


async def told(parlour: Parlour, salon_id: str) -> list[events_pb2.SalonChanged]:
    query = "SELECT envelope FROM salon.outbox_event WHERE aggregate_id = $1 ORDER BY position"
    async with parlour.database.reading() as connection:
        rows = await connection.fetch(query, salon_id)
    envelopes = [events_pb2.Envelope.FromString(row["envelope"]) for row in rows]
    assert {envelope.type for envelope in envelopes} == {"SalonChanged"}
    return [events_pb2.SalonChanged.FromString(envelope.payload) for envelope in envelopes]


async def test_a_salons_log_tells_who_did_what_newest_first(parlour: Parlour, owner: SignedIn, guest: SignedIn) -> None:
    shop = await parlour.shop(owner, masters=1)
    (master,) = shop.masters
    await parlour.join(owner, master, guest)
    edit = salon_pb2.UpdateMasterRequest(
        id=master.id, expected_version=2, fields=master_fields(name="Master 1", about="")
    )
    await call(parlour.salons.UpdateMaster, edit, token=guest.token)
    changes = await parlour.changes(owner, shop.salon)
    assert [(change.subject_kind, change.action) for change in changes] == [
        ("Master", "updated"),
        ("Master", "joined"),
        ("Master", "invited"),
        ("Salon", "published"),
        ("Service", "created"),
        ("Schedule", "updated"),
        ("Master", "created"),
        ("Salon", "created"),
    ]
    newest, joined = changes[0], changes[1]
    assert sides(newest) == [{"about": "Fifteen years of scissors."}, {"about": ""}]
    assert (newest.actor_id, newest.actor_role, newest.subject_id) == (str(guest.account_id), "GUEST", master.id)
    assert newest.request_id
    assert sides(joined) == [{"account_id": None}, {"account_id": str(guest.account_id)}]
    assert sides(changes[-1])[0] is None


async def test_offerings_and_days_are_told_with_what_they_were(parlour: Parlour, owner: SignedIn) -> None:
    shop = await parlour.shop(owner, masters=1)
    name = (utc_now().date() + dt.timedelta(days=9)).isoformat()
    day = schedule_pb2.SpecialDay(day=name, reason="Closed")
    await call(parlour.schedules.PutDay, schedule_pb2.PutDayRequest(salon_id=shop.salon.id, day=day), token=owner.token)
    (change,) = await parlour.changes(owner, shop.salon, first=1)
    assert (change.subject_kind, change.subject_id) == ("Schedule", shop.salon.id)
    assert sides(change) == [{name: None}, {name: {"hours": [], "reason": "Closed"}}]
    created = next(one for one in await parlour.changes(owner, shop.salon) if one.subject_kind == "Service")
    (offering,) = sides(created)[1]["offerings"]
    assert offering["master_id"] == shop.masters[0].id


async def test_the_log_is_paged_and_for_its_hotelier_only(
    parlour: Parlour, owner: SignedIn, rival: SignedIn, guest: SignedIn
) -> None:
    shop = await parlour.shop(owner, masters=1)
    request = salon_pb2.ListSalonChangesRequest(salon_id=shop.salon.id, first=3)
    page = await call(parlour.salons.ListSalonChanges, request, token=owner.token)
    rest = await parlour.changes(owner, shop.salon, after=page.cursors[-1])
    assert page.has_next_page
    assert [*page.changes, *rest] == await parlour.changes(owner, shop.salon)
    assert (await refused(parlour.changes(rival, shop.salon))).code == "NOT_FOUND"
    assert (await refused(parlour.changes(guest, shop.salon))).code == "PERMISSION_DENIED"


async def test_readers_are_told_of_every_change_and_whose_profile_it_was(parlour: Parlour, owner: SignedIn) -> None:
    shop = await parlour.shop(owner, masters=1)
    events = await told(parlour, shop.salon.id)
    (master,) = shop.masters
    assert [list(event.master_ids) for event in events] == [[], [master.id], [master.id], [], [master.id]]
    assert [event.state for event in events][-1] == PUBLISHED
    assert events[-1].version == shop.salon.version


@pytest.mark.parametrize("name", ["", "x" * 200])
async def test_refused_edits_leave_neither_entry_nor_event(parlour: Parlour, owner: SignedIn, name: str) -> None:
    salon = await parlour.salon(owner)
    before = await parlour.everything(salon.id)
    request = salon_pb2.UpdateSalonRequest(id=salon.id, expected_version=1, fields=salon_fields(name=name))
    assert (await refused(call(parlour.salons.UpdateSalon, request, token=owner.token))).code == "INVALID_INPUT"
    unknown = salon_pb2.UpdateSalonRequest(id=str(uuid.uuid4()), expected_version=1, fields=salon_fields())
    assert (await refused(call(parlour.salons.UpdateSalon, unknown, token=owner.token))).code == "NOT_FOUND"
    assert await parlour.everything(salon.id) == before
