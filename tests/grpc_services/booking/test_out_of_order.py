"""Doors come in from the hotel service, and go off sale for some nights."""

from __future__ import annotations

import asyncio
import uuid

from contracts.booking.v1 import inventory_pb2
from runtime.channels import call
from runtime.clock import utc_now
from runtime.identity import Role
from tests.grpc_services.booking.desk import ARRIVAL, Desk
from tests.grpc_services.booking.inventory_desk import DAY, Backoffice, backoffice
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused, register_account


async def number_of(desk: Desk, room_id: str) -> str:
    async with desk.database.reading() as connection:
        return str(await connection.fetchval("SELECT number FROM booking.room WHERE room_id = $1::uuid", room_id))


async def test_doors_take_over_what_changed_and_older_news_change_nothing(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    door = await office.door("101", version=2)
    for number, version, known in (("102", 1, "101"), ("103", 2, "101"), ("104", 3, "104")):
        await office.door(number, version=version, room_id=door)
        assert await number_of(desk, door) == known


async def test_a_door_out_of_order_is_one_room_less_on_its_nights(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    door = await office.door("7")
    period = await office.out_of_order(door, ARRIVAL, ARRIVAL + DAY, reason="  Painters ")
    assert (period.first_night, period.last_night) == (ARRIVAL.isoformat(), (ARRIVAL + DAY).isoformat())
    assert (period.room_type_id, period.reason) == (office.room_type_id, "Painters")
    assert await desk.free(office.house, nights=3) == [2, 2, 3]
    assert await office.nights("out_of_order", nights=3) == [1, 1, 0]
    (entry,) = (await office.log()).changes
    assert (entry.action, entry.actor_id) == ("out_of_order", str(owner.account_id))
    assert '"room":"7"' in entry.after_json
    assert [event.inventory_version for event in await office.announced()] == [2]


async def test_a_door_is_not_taken_off_nights_that_are_sold_out(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    office = await backoffice(desk, owner, Kind(rooms=1))
    door = await office.door()
    await desk.booked(office.house, guest, office.house.room(plan=1), arrival=ARRIVAL + DAY, nights=1)
    before = await desk.everything()
    refusal = await refused(office.out_of_order(door, ARRIVAL, ARRIVAL + 2 * DAY))
    assert refusal.code == "CAPACITY_BELOW_SOLD"
    assert refusal.details == {
        "nights": (ARRIVAL + DAY).isoformat(),
        "counts": f"{ARRIVAL + DAY}|0|1|0|1",
    }
    assert await desk.everything() == before


async def test_periods_of_one_door_never_overlap(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    door, other = await office.door(), await office.door("102")
    await office.out_of_order(door, ARRIVAL, ARRIVAL + DAY)
    before = await desk.everything()
    refusal = await refused(office.out_of_order(door, ARRIVAL + DAY, ARRIVAL + 2 * DAY))
    assert (refusal.code, refusal.details["state"]) == ("ILLEGAL_STATE", "OUT_OF_ORDER")
    assert await desk.everything() == before
    await office.out_of_order(door, ARRIVAL + 2 * DAY, ARRIVAL + 2 * DAY)
    await office.out_of_order(other, ARRIVAL, ARRIVAL)
    assert await office.nights("out_of_order", nights=4) == [2, 1, 1, 0]


async def test_the_same_key_takes_a_door_off_sale_once(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    door, key = await office.door(), uuid.uuid4().hex
    answers = await asyncio.gather(*(office.out_of_order(door, key=key) for _ in range(4)))
    assert len({one.SerializeToString(deterministic=True) for one in answers}) == 1
    assert await office.nights("out_of_order") == [1, 0]
    assert (await refused(office.out_of_order(door, key=key, reason="Other"))).code == "IDEMPOTENCY_CONFLICT"


async def test_ending_a_period_frees_its_nights_once(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    door = await office.door()
    today = utc_now().date()
    period = await office.out_of_order(door, today - DAY, today + 3 * DAY)
    ended = await asyncio.gather(*(office.end(period.id) for _ in range(3)))
    assert len({one.SerializeToString(deterministic=True) for one in ended}) == 1
    assert ended[0].HasField("ended_at")
    assert await office.nights("out_of_order", today - DAY, 5) == [0, 0, 0, 0, 0]
    assert [entry.action for entry in (await office.log()).changes] == ["back_in_order", "out_of_order"]
    await office.out_of_order(door, today, today)
    assert await office.nights("out_of_order", today, 2) == [1, 0]


async def test_nights_that_are_over_stay_as_they_were_when_a_period_ends(desk: Desk, owner: SignedIn) -> None:
    """The standing proof, which runs at the end, counts them the same way."""
    office = await backoffice(desk, owner)
    today = utc_now().date()
    period = await office.out_of_order(await office.door(), today - DAY, today + DAY)
    async with desk.database.transaction() as connection:  # as if it had begun five days earlier
        await connection.execute(
            "UPDATE booking.out_of_order_period SET first_night = $2 WHERE id = $1::uuid", period.id, today - 6 * DAY
        )
        await connection.execute(
            "INSERT INTO booking.room_type_night (room_type_id, night, capacity, capacity_overridden, oversell,"
            " out_of_order, blocked, held, sold)"
            " SELECT $1::uuid, $2::date + number, 3, false, 0, 1, 0, 0, 0 FROM generate_series(0, 4) AS number",
            office.room_type_id,
            today - 6 * DAY,
        )
    await office.end(period.id)
    assert await office.nights("out_of_order", today - 6 * DAY, 8) == [1] * 5 + [0] * 3


async def test_periods_are_listed_newest_first_by_room_and_night(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    one, two = await office.door("1"), await office.door("2")
    periods = [
        await office.out_of_order(one, ARRIVAL, ARRIVAL),
        await office.out_of_order(two, ARRIVAL, ARRIVAL + 4 * DAY),
        await office.out_of_order(one, ARRIVAL + 2 * DAY, ARRIVAL + 3 * DAY),
    ]

    async def listed(**fields: object) -> list[str]:
        request = inventory_pb2.ListOutOfOrderRequest(hotel_id=str(office.house.id), **fields)  # type: ignore[arg-type]
        return [one.id for one in (await call(desk.inventory.ListOutOfOrder, request, token=owner.token)).periods]

    assert await listed() == [period.id for period in reversed(periods)]
    assert await listed(room_ids=[one]) == [periods[2].id, periods[0].id]
    assert await listed(from_night=(ARRIVAL + 4 * DAY).isoformat()) == [periods[1].id]
    request = inventory_pb2.ListOutOfOrderRequest(hotel_id=str(office.house.id), first=2)
    page = await call(desk.inventory.ListOutOfOrder, request, token=owner.token)
    assert page.has_next_page
    assert await listed(after=page.cursors[-1]) == [periods[0].id]


async def test_bad_periods_are_named_and_change_nothing(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    door, gone = await office.door(), await office.door("x", archived=True)
    today = utc_now().date()
    before = await desk.everything()
    for attempt, code, path in (
        (office.out_of_order(door, ARRIVAL, ARRIVAL - DAY), "INVALID_INPUT", "lastNight"),
        (office.out_of_order(door, today - 2 * DAY), "INVALID_INPUT", "firstNight"),
        (office.out_of_order(door, today, today + 501 * DAY), "INVALID_INPUT", "lastNight"),
        (office.out_of_order(door, reason="x" * 201), "INVALID_INPUT", "reason"),
        (office.out_of_order(door, reason="a\x00b"), "INVALID_INPUT", "reason"),
        (office.out_of_order("nonsense"), "INVALID_INPUT", "roomId"),
        (office.out_of_order(gone), "NOT_FOUND", "roomId"),
        (office.out_of_order(str(uuid.uuid4())), "NOT_FOUND", "roomId"),
        (office.end(str(uuid.uuid4())), "NOT_FOUND", "id"),
    ):
        refusal = await refused(attempt)
        assert (refusal.code, ".".join(refusal.path)) == (code, path)
    assert await desk.everything() == before


async def test_only_its_hotelier_and_admins_take_doors_off_sale(
    desk: Desk, owner: SignedIn, guest: SignedIn, auth_address: str
) -> None:
    office = await backoffice(desk, owner)
    door = await office.door()
    period = await office.out_of_order(door)
    other = await register_account(auth_address, Role.HOTELIER)
    before = await desk.everything()
    listing = inventory_pb2.ListOutOfOrderRequest(hotel_id=str(office.house.id))
    for token, code in ((other.token, "NOT_FOUND"), (guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        stranger = Backoffice(desk, SignedIn(uuid.uuid4(), "", token), office.house)
        for attempt in (
            stranger.out_of_order(door, ARRIVAL + 5 * DAY, ARRIVAL + 5 * DAY),
            stranger.end(period.id),
            call(desk.inventory.ListOutOfOrder, listing, token=token),
        ):
            assert (await refused(attempt)).code == code
    assert await desk.everything() == before


async def test_the_last_room_goes_to_the_booker_or_to_the_painters(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    for number in range(5):
        office = await backoffice(desk, owner, Kind(rooms=1))
        door = await office.door()
        quote = await desk.quote(office.house)
        attempts = [desk.book(quote, guest.token), office.out_of_order(door, ARRIVAL, ARRIVAL + DAY)]
        answers = await asyncio.gather(*(attempts if number % 2 else attempts[::-1]), return_exceptions=True)
        (lost,) = [one for one in answers if isinstance(one, Exception)]
        assert getattr(lost, "code", lost) in ("ROOM_UNAVAILABLE", "CAPACITY_BELOW_SOLD")
