"""The numbered doors of a house."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2
from runtime.channels import call
from runtime.database import Database
from runtime.errors import ServiceError
from tests.grpc_services.hotel.hotelier import Hotelier, events_of, everything, sides
from tests.house import refused


async def listed(hotelier: Hotelier, hotel: hotel_pb2.Hotel, **asked: Any) -> hotel_pb2.ListRoomsResponse:
    request = hotel_pb2.ListRoomsRequest(hotel_id=hotel.id, **asked)
    return await call(hotelier.stub.ListRooms, request, token=hotelier.token)


async def edit(hotelier: Hotelier, room: hotel_pb2.Room, version: int, **changes: Any) -> hotel_pb2.Room:
    request = hotel_pb2.UpdateRoomRequest(
        room=hotel_pb2.Room(id=room.id, **changes), fields=list(changes), expected_version=version
    )
    return await call(hotelier.stub.UpdateRoom, request, token=hotelier.token)


async def archive(hotelier: Hotelier, room: hotel_pb2.Room, version: int) -> hotel_pb2.Room:
    request = hotel_pb2.ArchiveRoomRequest(id=room.id, expected_version=version)
    return await call(hotelier.stub.ArchiveRoom, request, token=hotelier.token)


async def test_doors_are_listed_by_number_in_pages(hotelier: Hotelier) -> None:
    hotel = await hotelier.hotel()
    double, suite = await hotelier.room_type(hotel), await hotelier.room_type(hotel, name="Suite")
    await hotelier.rooms(double, "102", "9", "A1", "10")
    await hotelier.rooms(suite, "101")
    found, after, more = [], "", True
    while more:
        page = await listed(hotelier, hotel, first=2, after=after)
        found += [room.number for room in page.rooms]
        more, after = page.has_next_page, page.cursors[-1]
    assert found == ["9", "10", "A1", "101", "102"]
    assert [room.number for room in (await listed(hotelier, hotel, room_type_id=suite.id)).rooms] == ["101"]


async def test_new_doors_are_told_and_written_down(hotelier: Hotelier, hotel_database: Database) -> None:
    hotel = await hotelier.hotel()
    kind = await hotelier.room_type(hotel)
    request = hotel_pb2.CreateRoomsRequest(
        room_type_id=kind.id,
        rooms=[hotel_pb2.Room(number=" 1 ", floor="G", state=hotel_pb2.ROOM_STATE_DIRTY), hotel_pb2.Room(number="2")],
    )
    first, second = (await call(hotelier.stub.CreateRooms, request, token=hotelier.token)).rooms
    assert (first.number, first.floor, first.state, first.version) == ("1", "G", hotel_pb2.ROOM_STATE_DIRTY, 1)
    assert (second.state, second.hotel_id, second.room_type_id) == (hotel_pb2.ROOM_STATE_CLEAN, hotel.id, kind.id)
    event = (await events_of(hotel_database, kind.id))[-1]
    told = events_pb2.RoomsChanged.FromString(event.payload)
    assert (event.type, told.hotel_id, list(told.rooms)) == ("RoomsChanged", hotel.id, [first, second])
    newest = await hotelier.changes(hotel, subject_id=first.id)
    assert [(change.subject_kind, change.action, *sides(change)) for change in newest] == [
        ("Room", "created", None, {"number": "1", "floor": "G", "state": "DIRTY", "room_type_id": kind.id})
    ]


@pytest.mark.parametrize(
    ("numbers", "path"),
    [
        ([], "rooms"),
        (["1"] * 201, "rooms"),
        (["1", ""], "rooms.1.number"),
        (["x" * 21], "rooms.0.number"),
        (["1\x00"], "rooms.0.number"),
        (["1", "2", "1"], "rooms.2.number"),
        (["1", "7"], "rooms.1.number"),
    ],
)
async def test_doors_that_will_not_do_are_refused_all_together(
    hotelier: Hotelier, hotel_database: Database, numbers: list[str], path: str
) -> None:
    hotel = await hotelier.hotel()
    await hotelier.rooms(await hotelier.room_type(hotel), "7")
    kind = await hotelier.room_type(hotel)
    before = await everything(hotel_database, hotel.id)
    refusal = await refused(hotelier.rooms(kind, *numbers))
    assert (refusal.code, ".".join(refusal.path)) == ("INVALID_INPUT", path)
    assert await everything(hotel_database, hotel.id) == before


async def test_a_door_is_edited_from_the_version_that_was_seen(hotelier: Hotelier, hotel_database: Database) -> None:
    hotel = await hotelier.hotel()
    kind = await hotelier.room_type(hotel)
    room, _ = await hotelier.rooms(kind, "1", "2")
    dirty = await edit(hotelier, room, 1, state=hotel_pb2.ROOM_STATE_DIRTY)
    assert (dirty.state, dirty.version, dirty.number) == (hotel_pb2.ROOM_STATE_DIRTY, 2, "1")
    assert sides((await hotelier.changes(hotel))[0]) == ({"state": "CLEAN"}, {"state": "DIRTY"})
    event = (await events_of(hotel_database, kind.id))[-1]
    assert list(events_pb2.RoomsChanged.FromString(event.payload).rooms) == [dirty]
    before = await everything(hotel_database, hotel.id)
    assert (await refused(edit(hotelier, room, 1, floor="3"))).details == {"current_version": "2"}
    assert (await refused(edit(hotelier, room, 2, number="2"))).path == ("number",)
    assert (await refused(edit(hotelier, room, 2, room_type_id=kind.id))).path == ("fields",)
    assert await edit(hotelier, room, 2, number="1") == dirty
    assert await everything(hotel_database, hotel.id) == before


async def test_an_archived_door_gives_its_number_back(hotelier: Hotelier, hotel_database: Database) -> None:
    hotel = await hotelier.hotel()
    kind = await hotelier.room_type(hotel)
    (room,) = await hotelier.rooms(kind, "1")
    gone = await archive(hotelier, room, 1)
    assert (gone.archived, gone.version) == (True, 2)
    event = (await events_of(hotel_database, kind.id))[-1]
    assert list(events_pb2.RoomsChanged.FromString(event.payload).rooms) == [gone]
    for attempt in (archive(hotelier, room, 2), edit(hotelier, room, 2, floor="3")):
        assert (await refused(attempt)).code == "ILLEGAL_STATE"
    (again,) = await hotelier.rooms(kind, "1")
    assert list((await listed(hotelier, hotel)).rooms) == [again]


async def test_of_two_doors_with_one_number_one_is_made(hotelier: Hotelier) -> None:
    hotel = await hotelier.hotel()
    kind = await hotelier.room_type(hotel)
    answers = await asyncio.gather(*(hotelier.rooms(kind, "1") for _ in range(5)), return_exceptions=True)
    lost = [answer for answer in answers if isinstance(answer, ServiceError)]
    assert [".".join(refusal.path) for refusal in lost] == ["rooms.0.number"] * 4
    assert len((await listed(hotelier, hotel)).rooms) == 1
