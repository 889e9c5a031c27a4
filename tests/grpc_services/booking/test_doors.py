"""Guests get doors, move to other ones, and nobody ever shares one."""

from __future__ import annotations

import asyncio
import uuid

from runtime.clock import utc_now
from runtime.identity import Role
from tests.grpc_services.booking.desk import ARRIVAL, Desk
from tests.grpc_services.booking.front_desk import FrontDesk, front_desk
from tests.grpc_services.booking.inventory_desk import DAY
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused, register_account


def doors_of(booking: object, position: int = 0) -> list[tuple[str, str, str]]:
    """(number, first night, end night) of one room."""
    rooms = booking.booked_rooms  # type: ignore[attr-defined]
    return [(door.number, door.first_night, door.end_night) for door in rooms[position].doors]


def nights(first: int, end: int) -> tuple[str, str]:
    return (ARRIVAL + first * DAY).isoformat(), (ARRIVAL + end * DAY).isoformat()


async def test_a_guest_gets_a_door_for_the_whole_stay_and_moves_to_another_from_a_night_on(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    front = await front_desk(desk, owner)
    one, two = await front.door("101"), await front.door("102")
    booking = await desk.booked(front.house, guest, front.house.room(plan=1), nights=3)
    given = await front.assign(booking, one)
    assert doors_of(given) == [("101", *nights(0, 3))]
    moved = await front.assign(booking, two, from_night=ARRIVAL + DAY)
    assert doors_of(moved) == [("101", *nights(0, 1)), ("102", *nights(1, 3))]
    assert (await desk.timeline(booking))[-2:] == ["RoomAssigned", "RoomMoved"]
    assert (moved.state, moved.version) == (booking.state, booking.version)
    assert doors_of(await front.unassign(booking)) == []
    assert (await desk.timeline(booking))[-1] == "RoomUnassigned"
    await front.unassign(booking)
    assert (await desk.timeline(booking)).count("RoomUnassigned") == 1


async def test_a_taken_door_is_refused_naming_the_nights(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    front = await front_desk(desk, owner)
    one, two = await front.door("1"), await front.door("2")
    first = await desk.booked(front.house, guest, front.house.room(plan=1), nights=3)
    second = await desk.booked(front.house, guest, front.house.room(plan=1), arrival=ARRIVAL + DAY, nights=4)
    await front.assign(first, one)
    await front.assign(second, two)
    before = await desk.everything()
    refusal = await refused(front.assign(second, one))
    assert (refusal.code, refusal.path) == ("DOOR_TAKEN", ("roomId",))
    assert refusal.details["nights"] == f"{ARRIVAL + DAY},{ARRIVAL + 2 * DAY}"
    assert set(refusal.details) <= {"nights", "path"}
    assert await desk.everything() == before
    moved = await front.assign(second, one, from_night=ARRIVAL + 3 * DAY)
    assert doors_of(moved) == [("2", *nights(1, 3)), ("1", *nights(3, 5))]


async def test_guests_who_swap_doors_do_not_deadlock(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    front = await front_desk(desk, owner)
    one, two = await front.door("1"), await front.door("2")
    first = await desk.booked(front.house, guest, front.house.room(plan=1))
    second = await desk.booked(front.house, guest, front.house.room(plan=1))
    await front.assign(first, one)
    await front.assign(second, two)
    for _ in range(3):
        answers = await asyncio.gather(front.assign(first, two), front.assign(second, one), return_exceptions=True)
        assert [getattr(answer, "code", answer) for answer in answers] == ["DOOR_TAKEN", "DOOR_TAKEN"]


async def test_a_door_out_of_order_is_refused_to_guests_and_a_guests_door_to_painters(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    front = await front_desk(desk, owner)
    one, two = await front.door("1"), await front.door("2")
    booking = await desk.booked(front.house, guest, front.house.room(plan=1))
    period = await front.out_of_order(one, ARRIVAL + DAY, ARRIVAL + 3 * DAY)
    refusal = await refused(front.assign(booking, one))
    assert (refusal.code, refusal.details["nights"]) == ("DOOR_TAKEN", (ARRIVAL + DAY).isoformat())
    await front.assign(booking, two)
    before = await desk.everything()
    refusal = await refused(front.out_of_order(two, ARRIVAL - DAY, ARRIVAL))
    assert (refusal.code, refusal.details["nights"]) == ("DOOR_TAKEN", ARRIVAL.isoformat())
    assert await desk.everything() == before
    await front.end(period.id)
    await front.assign(booking, one)
    await front.out_of_order(two, ARRIVAL, ARRIVAL)


async def test_nights_that_are_over_keep_the_repair_when_it_ends_early(desk: Desk, owner: SignedIn) -> None:
    front = await front_desk(desk, owner)
    door, today = await front.door(), utc_now().date()
    period = await front.out_of_order(door, today - DAY, today + 2 * DAY)
    async with desk.database.transaction() as connection:  # as if it had begun two days earlier
        await connection.execute(
            "UPDATE booking.room_night SET night = night - 3 WHERE room_id = $1::uuid AND night = $2", door, today
        )
    await front.end(period.id)
    plan = await front.plan(today - 5 * DAY, 10)
    assert [(stay.first_night, stay.reason) for stay in plan.doors[0].stays] == [
        ((today - 3 * DAY).isoformat(), "A broken pipe")
    ]


async def test_the_same_key_gives_a_door_once(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    front = await front_desk(desk, owner)
    door, key = await front.door(), uuid.uuid4().hex
    booking = await desk.booked(front.house, guest, front.house.room(plan=1))
    answers = await asyncio.gather(*(front.assign(booking, door, key=key) for _ in range(4)))
    assert len({one.SerializeToString(deterministic=True) for one in answers}) == 1
    assert (await desk.timeline(booking)).count("RoomAssigned") == 1


async def test_doors_that_cannot_be_given_are_named_and_nothing_changes(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    front = await front_desk(desk, owner, Kind(rooms=2), Kind(name="Suite", rooms=2))
    other = await front_desk(desk, owner)
    door, gone, elsewhere = await front.door(), await front.door("x", archived=True), await other.door()
    suite = await FrontDesk(desk, owner, front.house, kind=1).door("900")
    booking = await desk.booked(front.house, guest, front.house.room(plan=1))
    held = await desk.booked(front.house, guest, front.house.room())
    before = await desk.everything()
    for attempt, code, path in (
        (front.assign(booking, str(uuid.uuid4())), "NOT_FOUND", "roomId"),
        (front.assign(booking, gone), "NOT_FOUND", "roomId"),
        (front.assign(booking, elsewhere), "NOT_FOUND", "roomId"),
        (front.assign(booking, suite), "INVALID_INPUT", "roomId"),
        (front.assign(booking, "nonsense"), "INVALID_INPUT", "roomId"),
        (front.assign(booking, door, position=1), "NOT_FOUND", "position"),
        (front.assign(booking, door, position=-1), "NOT_FOUND", "position"),
        (front.assign(booking, door, position=2**20), "NOT_FOUND", "position"),
        (front.assign(booking, door, from_night=ARRIVAL - DAY), "INVALID_INPUT", "fromNight"),
        (front.assign(booking, door, from_night=ARRIVAL + 2 * DAY), "INVALID_INPUT", "fromNight"),
        (front.assign(held, door), "ILLEGAL_STATE", "bookingId"),
        (front.unassign(held), "ILLEGAL_STATE", "bookingId"),
        (front.unassign(booking, position=7), "NOT_FOUND", "position"),
    ):
        refusal = await refused(attempt)
        assert (refusal.code, ".".join(refusal.path)) == (code, path)
    assert await desk.everything() == before


async def test_only_its_hotelier_and_admins_give_doors(
    desk: Desk, owner: SignedIn, guest: SignedIn, auth_address: str
) -> None:
    front = await front_desk(desk, owner)
    door = await front.door()
    booking = await desk.booked(front.house, guest, front.house.room(plan=1))
    another = await register_account(auth_address, Role.HOTELIER)
    before = await desk.everything()
    for token, code in ((another.token, "NOT_FOUND"), (guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        assert (await refused(front.assign(booking, door, token=token))).code == code
        assert (await refused(front.unassign(booking, token=token))).code == code
    assert await desk.everything() == before
