"""Doors by nights: who sleeps where, what is out of order, and who has no door yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from contracts.booking.v1 import front_desk_pb2
from tests.grpc_services.booking.desk import ARRIVAL, Desk
from tests.grpc_services.booking.front_desk import front_desk
from tests.grpc_services.booking.inventory_desk import DAY
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused


def spans(stays: Iterable[front_desk_pb2.PlannedStay]) -> list[tuple[int, int]]:
    """First night and end, in days after ARRIVAL."""
    return [(_days(stay.first_night), _days(stay.end_night)) for stay in stays]


def _days(text: str) -> int:
    return (dt.date.fromisoformat(text) - ARRIVAL).days


async def test_the_plan_shows_stays_repairs_and_guests_without_a_door(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    front = await front_desk(desk, owner, Kind(rooms=4))
    ten, nine = await front.door("10"), await front.door("9")
    empty = await front.door("101")
    await front.door("5", archived=True)
    long = await desk.booked(front.house, guest, front.house.room(plan=1), nights=5)
    short = await desk.booked(front.house, guest, front.house.room(plan=1), arrival=ARRIVAL + DAY, nights=2)
    await desk.booked(front.house, guest, front.house.room())  # held: it has no door to choose yet
    await front.assign(long, ten)
    await front.assign(long, nine, from_night=ARRIVAL + 3 * DAY)
    period = await front.out_of_order(nine, ARRIVAL + DAY, ARRIVAL + 2 * DAY)
    plan = await front.plan(ARRIVAL - DAY, 9)
    assert [door.number for door in plan.doors] == ["9", "10", "101"]
    nine_plan, ten_plan, empty_plan = plan.doors
    assert (empty_plan.room_id, empty_plan.floor, list(empty_plan.stays)) == (empty, "1", [])
    assert spans(ten_plan.stays) == [(0, 3)]
    assert (ten_plan.stays[0].reference, ten_plan.stays[0].guest_name) == (long.reference, "Ada Lovelace")
    assert spans(nine_plan.stays) == [(1, 3), (3, 5)]
    assert [(stay.out_of_order_id, stay.booking_id) for stay in nine_plan.stays] == [(period.id, ""), ("", long.id)]
    assert nine_plan.stays[0].reason == "A broken pipe"
    assert [(stay.booking_id, stay.position) for stay in plan.without_door] == [(short.id, 0)]
    assert spans(plan.without_door) == [(1, 3)]


async def test_a_plan_shows_only_the_nights_asked_for_and_the_nights_without_a_door(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    front = await front_desk(desk, owner)
    door = await front.door("1")
    booking = await desk.booked(front.house, guest, front.house.room(plan=1), front.house.room(plan=1), nights=6)
    await front.assign(booking, door, from_night=ARRIVAL + 3 * DAY)
    plan = await front.plan(ARRIVAL + DAY, 3)
    assert spans(plan.doors[0].stays) == [(3, 4)]
    assert [stay.position for stay in plan.without_door] == [0, 1]
    assert spans(plan.without_door) == [(1, 3), (1, 4)]


async def test_a_plan_has_at_most_62_nights(desk: Desk, owner: SignedIn) -> None:
    front = await front_desk(desk, owner)
    await front.plan(nights=62)
    for nights in (0, 63):
        assert (await refused(front.plan(nights=nights))).path == ("endNight",)
