"""The audit log: who changed what, when, from what to what."""

from __future__ import annotations

from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel.change_log import differing
from runtime.channels import call
from runtime.clock import from_timestamp, utc_now
from tests.grpc_services.hotel.hotelier import Hotelier, sides
from tests.house import SignedIn, refused

REQUEST_ID = "request-of-this-test"


async def test_a_change_tells_who_when_and_by_which_request(hotelier: Hotelier, owner: SignedIn) -> None:
    hotel = await hotelier.hotel()
    began = utc_now()
    request = hotel_pb2.UpdateHotelRequest(
        hotel=hotel_pb2.Hotel(id=hotel.id, check_in_time="16:30"), fields=["check_in_time"], expected_version=1
    )
    metadata = (("x-request-id", REQUEST_ID), ("authorization", f"Bearer {hotelier.token}"))
    await hotelier.stub.UpdateHotel(request, metadata=metadata)
    change, made = await hotelier.changes(hotel)
    assert (change.subject_kind, change.subject_id, change.action) == ("Hotel", hotel.id, "updated")
    assert (change.actor_id, change.actor_role) == (str(owner.account_id), "HOTELIER")
    assert change.request_id == REQUEST_ID
    assert abs((from_timestamp(change.at) - began).total_seconds()) < 60
    assert sides(change) == ({"check_in_time": "15:00:00"}, {"check_in_time": "16:30:00"})
    before, after = sides(made)
    assert (made.action, before, after["name"], after["state"]) == ("created", None, "Maison du Port", "DRAFT")


async def test_the_log_is_read_newest_first_in_pages_and_by_subject(hotelier: Hotelier) -> None:
    hotel = await hotelier.hotel()
    kind = await hotelier.room_type(hotel)
    for version in range(1, 6):
        await hotelier.edit(hotel, version, name=f"Name {version}")
    found: list[hotel_pb2.Change] = []
    after, more = "", True
    while more:
        request = hotel_pb2.ListChangesRequest(hotel_id=hotel.id, first=3, after=after)
        page = await call(hotelier.stub.ListChanges, request, token=hotelier.token)
        found += page.changes
        more, after = page.has_next_page, page.cursors[-1]
    names = [sides(change)[1]["name"] for change in found]
    assert names == ["Name 5", "Name 4", "Name 3", "Name 2", "Name 1", "Double", "Maison du Port"]
    assert [change.id for change in await hotelier.changes(hotel, subject_id=kind.id)] == [found[-2].id]
    bad = hotel_pb2.ListChangesRequest(hotel_id=hotel.id, after="nonsense")
    assert (await refused(call(hotelier.stub.ListChanges, bad, token=hotelier.token))).path == ("after",)


def test_only_what_differs_is_kept() -> None:
    assert differing({"a": 1, "b": [1], "c": 0}, {"a": 1, "b": [2], "d": 0}) == (
        {"b": [1], "c": 0},
        {"b": [2], "d": 0},
    )
    assert differing({"a": None}, {}) == ({}, {})
