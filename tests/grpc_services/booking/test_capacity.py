"""Capacity night by night: what a hotelier writes, what is refused, and what is remembered of it."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import orjson
import pytest

from contracts.booking.v1 import calendar_pb2, inventory_pb2
from runtime.channels import call
from runtime.clock import utc_now
from runtime.identity import Role
from tests.grpc_services.booking.desk import ARRIVAL, EXPIRED, Desk, nights_of
from tests.grpc_services.booking.inventory_desk import DAY, Backoffice, backoffice, change
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused, register_account


async def test_every_night_of_a_look_says_what_there_is(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    office = await backoffice(desk, owner, Kind(rooms=5), Kind(rooms=1))
    await desk.booked(office.house, guest, nights=1)
    await desk.booked(office.house, guest, office.house.room(plan=1), nights=2)
    found = await office.look(nights=3)
    assert (found.number_of_rooms, found.version) == (5, 1)
    assert [night.night for night in found.nights] == nights_of(ARRIVAL, 3)
    assert [(night.held, night.sold, night.free) for night in found.nights] == [(1, 1, 3), (0, 1, 4), (0, 0, 5)]
    request = inventory_pb2.GetInventoryRequest(
        hotel_id=str(office.house.id), first_night=ARRIVAL.isoformat(), end_night=(ARRIVAL + DAY).isoformat()
    )
    whole = await call(desk.inventory.GetInventory, request, token=owner.token)
    assert sorted(kind.number_of_rooms for kind in whole.room_types) == [1, 5]


async def test_a_year_of_weekends_is_written_in_one_call(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    last = ARRIVAL + 364 * DAY
    answer = await office.update(
        change(ARRIVAL, last, capacity=7), change(ARRIVAL, last, (6, 7), capacity=9, oversell=1)
    )
    assert (answer.version, answer.number_of_rooms, answer.nights_changed) == (2, 3, 365)
    assert sum((run_days(run)) for run in answer.changed) == 365
    nights = (await office.look(nights=14)).nights
    for night in nights:
        weekend = dt.date.fromisoformat(night.night).isoweekday() >= 6
        assert (night.capacity, night.oversell, night.free) == ((9, 1, 10) if weekend else (7, 0, 7))
        assert night.capacity_overridden
    first = answer.changed[0]
    assert (first.before.capacity, first.before.capacity_overridden, first.before.oversell) == (3, False, 0)
    assert [event.inventory_version for event in await office.announced()] == [2]


def run_days(run: inventory_pb2.ChangedInventory) -> int:
    return (dt.date.fromisoformat(run.last_night) - dt.date.fromisoformat(run.first_night)).days + 1


async def test_later_changes_win_and_a_reset_follows_the_usual_number_again(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    await office.update(change(ARRIVAL, ARRIVAL + 3 * DAY, capacity=1), change(ARRIVAL + DAY, capacity=2))
    assert await office.nights("capacity", nights=5) == [1, 2, 1, 1, 3]
    answer = await office.update(change(ARRIVAL, ARRIVAL + 2 * DAY, reset_capacity=True), number_of_rooms=6)
    assert await office.nights("capacity", nights=5) == [6, 6, 6, 1, 6]
    assert answer.number_of_rooms == 6
    assert answer.nights_changed == 502 - 1, "every night to come but the one that has a capacity of its own"
    assert await office.nights("capacity_overridden", nights=5) == [False, False, False, True, False]


async def test_the_usual_number_reaches_nights_that_were_already_sold(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    office = await backoffice(desk, owner)
    await desk.booked(office.house, guest)
    await office.update(number_of_rooms=9)
    assert await desk.free(office.house, nights=3) == [8, 8, 9]


async def test_one_booking_may_take_more_rooms_than_the_usual_number_where_there_are_more(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    office = await backoffice(desk, owner, Kind(rooms=1))
    await office.update(change(ARRIVAL, ARRIVAL, capacity=3), change(ARRIVAL, ARRIVAL, oversell=1))
    await desk.booked(office.house, guest, *[office.house.room(plan=1)] * 4, nights=1)
    (night,) = (await office.look(nights=1)).nights
    assert (night.capacity, night.oversell, night.sold, night.free) == (3, 1, 4, 0)


async def test_oversell_sells_beyond_capacity(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    office = await backoffice(desk, owner, Kind(rooms=1))
    await office.update(change(ARRIVAL, ARRIVAL + DAY, oversell=1))
    for _ in range(2):
        await desk.booked(office.house, guest)
    assert (await refused(desk.quote(office.house))).code == "ROOM_UNAVAILABLE"
    assert await office.nights("free") == [0, 0]


@pytest.mark.parametrize(("plan", "held", "sold"), [(0, 2, 0), (1, 0, 2)])
async def test_less_than_is_held_or_sold_is_refused_naming_the_nights(
    desk: Desk, owner: SignedIn, guest: SignedIn, plan: int, held: int, sold: int
) -> None:
    office = await backoffice(desk, owner)
    for _ in range(2):
        await desk.booked(office.house, guest, office.house.room(plan=plan))
    version, before = await office.version(), await desk.everything()
    for attempt in (
        office.update(change(ARRIVAL - DAY, ARRIVAL + 5 * DAY, capacity=1), version=version),
        office.update(number_of_rooms=1, version=version),
        office.update(change(ARRIVAL, ARRIVAL + DAY, capacity=0), version=version),
    ):
        refusal = await refused(attempt)
        assert refusal.code == "CAPACITY_BELOW_SOLD"
        assert refusal.details == {
            "nights": ",".join(nights_of(ARRIVAL, 2)),
            "counts": ";".join(f"{night}|{held}|{sold}|0|0" for night in nights_of(ARRIVAL, 2)),
        }
    assert await desk.everything() == before
    assert (await office.update(number_of_rooms=2)).version == version + 1


async def test_a_refusal_that_names_every_night_arrives_whole(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner, Kind(rooms=1))
    door = await office.door()
    last = utc_now().date() + 500 * DAY
    await office.out_of_order(door, utc_now().date(), last)
    refusal = await refused(office.update(number_of_rooms=0))
    assert refusal.code == "CAPACITY_BELOW_SOLD"
    assert len(refusal.details["counts"].split(";")) == 501


async def test_overdue_holds_do_not_keep_capacity_up(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    office = await backoffice(desk, owner, Kind(rooms=2))
    held = [await desk.booked(office.house, guest) for _ in range(2)]
    await desk.run_out(*held)
    assert (await office.update(number_of_rooms=0)).number_of_rooms == 0
    assert [(await desk.get(one)).state for one in held] == [EXPIRED, EXPIRED]


async def test_of_two_hoteliers_who_saw_the_same_only_one_writes(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    answers = await asyncio.gather(
        *(office.update(change(capacity=number), version=1) for number in (4, 5)), return_exceptions=True
    )
    (written,) = [one for one in answers if isinstance(one, inventory_pb2.UpdateInventoryResponse)]
    (lost,) = [one for one in answers if one is not written]
    assert getattr(lost, "code", lost) == "VERSION_CONFLICT"
    assert getattr(lost, "details", None) == {"current_version": "2"}
    assert (await office.nights("capacity"))[0] == written.changed[0].after.capacity


async def test_the_same_key_answers_the_same_and_writes_once(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    key = uuid.uuid4().hex
    answers = await asyncio.gather(*(office.update(change(capacity=4), version=1, key=key) for _ in range(4)))
    assert {one.SerializeToString(deterministic=True) for one in answers} == {
        answers[0].SerializeToString(deterministic=True)
    }
    before = await desk.everything()
    refusal = await refused(office.update(change(capacity=5), version=1, key=key))
    assert refusal.code == "IDEMPOTENCY_CONFLICT"
    assert await desk.everything() == before
    assert len((await office.log()).changes) == 1


async def test_what_changes_nothing_leaves_version_log_and_events_alone(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    await office.update(change(capacity=4))
    for number_of_rooms in (3, None):
        answer = await office.update(change(capacity=4), number_of_rooms=number_of_rooms)
        assert (answer.version, answer.nights_changed, list(answer.changed)) == (2, 0, [])
    assert len((await office.log()).changes) == 1
    assert len(await office.announced()) == 1


async def test_the_log_tells_who_changed_what_newest_first(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner, Kind(rooms=3), Kind(rooms=1))
    await office.update(change(ARRIVAL, ARRIVAL + DAY, capacity=4, oversell=2))
    await office.update(number_of_rooms=8)
    await Backoffice(desk, owner, office.house, kind=1).update(number_of_rooms=2)
    page = await office.log(room_type_id=office.room_type_id)
    newest, oldest = page.changes
    assert {entry.actor_id for entry in page.changes} == {str(owner.account_id)}
    assert (newest.action, newest.actor_role) == ("updated", "HOTELIER")
    assert orjson.loads(newest.before_json)["number_of_rooms"] == 3
    assert orjson.loads(newest.after_json)["number_of_rooms"] == 8
    assert orjson.loads(oldest.before_json)["nights"] == [logged(3, 0, overridden=False)]
    assert orjson.loads(oldest.after_json)["nights"] == [logged(4, 2, overridden=True)]
    assert oldest.at.ToDatetime() <= newest.at.ToDatetime()
    seen, after = [], ""
    while True:
        page = await office.log(first=1, after=after)
        seen += [entry.id for entry in page.changes]
        if not page.has_next_page:
            break
        after = page.cursors[-1]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 3


def logged(capacity: int, oversell: int, *, overridden: bool) -> dict[str, object]:
    return {
        "first_night": ARRIVAL.isoformat(),
        "last_night": (ARRIVAL + DAY).isoformat(),
        "capacity": capacity,
        "capacity_overridden": overridden,
        "oversell": oversell,
    }


async def test_bad_input_is_named_and_changes_nothing(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    today = utc_now().date()
    before = await desk.everything()
    for wrong, path in (
        (change(ARRIVAL, ARRIVAL - DAY, capacity=1), "changes.1.lastNight"),
        (change(today - 2 * DAY, capacity=1), "changes.1.firstNight"),
        (change(today + 501 * DAY, capacity=1), "changes.1.lastNight"),
        (change(capacity=-1), "changes.1.capacity"),
        (change(capacity=10_001), "changes.1.capacity"),
        (change(oversell=10_001), "changes.1.oversell"),
        (change(weekdays=(0,), capacity=1), "changes.1.weekdays"),
        (change(weekdays=(8,), capacity=1), "changes.1.weekdays"),
        (change(capacity=1, reset_capacity=True), "changes.1.resetCapacity"),
        (change(), "changes.1"),
        (
            inventory_pb2.InventoryChange(first_night="soon", last_night="2030-01-01", capacity=1),
            "changes.1.firstNight",
        ),
    ):
        refusal = await refused(office.update(change(capacity=5), wrong))
        assert (refusal.code, ".".join(refusal.path)) == ("INVALID_INPUT", path)
    for number in (-1, 10_001):
        assert (await refused(office.update(number_of_rooms=number))).path == ("numberOfRooms",)
    assert (await refused(office.update(*[change(capacity=1)] * 101))).path == ("changes",)
    assert (await refused(office.update(key="x" * 256))).path == ("idempotencyKey",)
    for first, nights in ((ARRIVAL, 0), (ARRIVAL, 63)):
        assert (await refused(office.look(first, nights))).code == "INVALID_INPUT"
    assert await desk.everything() == before


async def test_only_its_hotelier_and_admins_see_and_change_inventory(
    desk: Desk, owner: SignedIn, guest: SignedIn, auth_address: str
) -> None:
    office = await backoffice(desk, owner)
    other = await register_account(auth_address, Role.HOTELIER)
    before = await desk.everything()
    log = inventory_pb2.ListInventoryChangesRequest(hotel_id=str(office.house.id))
    for token, code in ((other.token, "NOT_FOUND"), (guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        stranger = Backoffice(desk, SignedIn(uuid.uuid4(), "", token), office.house)
        for attempt in (
            stranger.look(),
            stranger.update(number_of_rooms=9, version=1),
            call(desk.inventory.ListInventoryChanges, log, token=token),
        ):
            assert (await refused(attempt)).code == code
    elsewhere = await backoffice(desk, other)
    mixed = inventory_pb2.GetInventoryRequest(
        hotel_id=str(office.house.id),
        room_type_ids=[elsewhere.room_type_id],
        first_night=ARRIVAL.isoformat(),
        end_night=(ARRIVAL + DAY).isoformat(),
    )
    assert (await refused(call(desk.inventory.GetInventory, mixed, token=owner.token))).code == "NOT_FOUND"
    unknown = Backoffice(desk, owner, office.house)
    unknown.house.room_types.append(str(uuid.uuid4()))
    unknown.kind = 1
    assert (await refused(unknown.update(number_of_rooms=9, version=1))).path == ("roomTypeId",)
    after = await desk.everything()
    assert after | {"room_type": "", "outbox": ""} == before | {"room_type": "", "outbox": ""}
    assert await office.nights("capacity") == [3, 3]


async def test_our_own_processes_alone_take_in_and_close(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    before = await desk.everything()
    for attempt in (
        call(desk.inventory.TakeInRooms, inventory_pb2.TakeInRoomsRequest(), token=owner.token),
        call(desk.inventory.CloseRoomType, close(office), token=owner.token),
        call(desk.calendars.ListDueCalendarFeeds, calendar_pb2.ListDueCalendarFeedsRequest(), token=owner.token),
        call(desk.calendars.PutCalendarFeed, calendar_pb2.PutCalendarFeedRequest(), token=owner.token),
    ):
        assert (await refused(attempt)).code == "PERMISSION_DENIED"
    assert await desk.everything() == before


async def test_a_closed_room_type_is_sold_on_no_night(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    office = await backoffice(desk, owner)
    quote = await desk.quote(office.house)
    await desk.booked(office.house, guest, nights=1)
    for _ in range(2):
        await call(desk.inventory.CloseRoomType, close(office), token=desk.system)
    assert await desk.free(office.house, nights=3) == [0, 0, 0]
    assert await office.nights("free") == [0, 0]
    assert (await refused(desk.quote(office.house))).code == "ROOM_UNAVAILABLE"
    assert (await refused(desk.book(quote, guest.token))).code == "ROOM_UNAVAILABLE"
    assert len(await office.announced()) == 1
    assert [entry.action for entry in (await office.log()).changes] == ["closed"]


def close(office: Backoffice) -> inventory_pb2.CloseRoomTypeRequest:
    return inventory_pb2.CloseRoomTypeRequest(room_type_id=office.room_type_id)
