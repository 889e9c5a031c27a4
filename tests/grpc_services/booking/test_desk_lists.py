"""Who comes, who leaves, who is in the house; and finding a booking again."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.booking.v1 import booking_pb2
from runtime.identity import Role
from tests.grpc_services.booking.desk import ARRIVAL, CONFIRMED, HELD, Desk
from tests.grpc_services.booking.front_desk import FrontDesk, front_desk
from tests.grpc_services.booking.inventory_desk import DAY
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused, register_account

CHECKED_IN = booking_pb2.BOOKING_STATE_CHECKED_IN


@pytest.fixture(scope="module")
async def front(desk: Desk, owner: SignedIn) -> FrontDesk:
    return await front_desk(desk, owner, Kind(rooms=9))


async def booked(front: FrontDesk, guest: SignedIn, name: str, first: int = 0, nights: int = 2) -> booking_pb2.Booking:
    quote = await front.desk.quote(front.house, front.house.room(plan=1), arrival=ARRIVAL + first * DAY, nights=nights)
    return await front.desk.book(quote, guest.token, guest={"name": name, "email": "a@example.org"})


def names(page: booking_pb2.ListBookingsResponse) -> list[str]:
    return [one.guest.name for one in page.bookings]


async def test_arrivals_departures_and_guests_in_house_of_a_day(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    front = await front_desk(desk, owner, Kind(rooms=9))
    zoe = await booked(front, guest, "Zoe", nights=3)
    await booked(front, guest, "élodie", nights=3)
    await booked(front, guest, "Fred", first=1)
    await desk.booked(front.house, guest, front.house.room(), nights=3)  # only held
    assert names(await front.listed("ARRIVALS")) == ["élodie", "Zoe"]
    assert names(await front.listed("ARRIVALS", ARRIVAL + DAY)) == ["Fred"]
    assert names(await front.listed("IN_HOUSE")) == []
    await front.put_in_house(zoe)
    assert names(await front.listed("ARRIVALS")) == ["élodie"]
    for day, in_house, leaving in ((-1, [], []), (0, ["Zoe"], []), (2, ["Zoe"], []), (3, [], ["Zoe"])):
        assert names(await front.listed("IN_HOUSE", ARRIVAL + day * DAY)) == in_house
        assert names(await front.listed("DEPARTURES", ARRIVAL + day * DAY)) == leaving
    (found,) = (await front.listed("IN_HOUSE")).bookings
    assert (found.id, found.state, len(found.booked_rooms)) == (zoe.id, CHECKED_IN, 1)


async def test_lists_go_on_where_a_page_ended_also_among_guests_of_one_name(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    front = await front_desk(desk, owner, Kind(rooms=9))
    for name in ("Bob", "Ann", "Bob", "Bob"):
        await booked(front, guest, name)
    seen: list[str] = []
    after, more = "", True
    while more:
        page = await front.listed("ARRIVALS", first=2, after=after)
        seen += [f"{one.guest.name} {one.id}" for one in page.bookings]
        after, more = page.cursors[-1], page.has_next_page
    assert [one.split()[0] for one in seen] == ["Ann", "Bob", "Bob", "Bob"]
    assert len(set(seen)) == 4


async def test_bookings_are_found_by_reference_name_dates_and_state_newest_first(
    front: FrontDesk, guest: SignedIn
) -> None:
    eve = await booked(front, guest, "Ève Müller-Noël")
    bob = await booked(front, guest, "Bob 100%_sure", first=3)
    held = await front.desk.booked(front.house, guest, front.house.room())

    async def found(**fields: Any) -> list[str]:
        return [one.id for one in (await front.search(**fields)).bookings]

    assert await found() == [held.id, bob.id, eve.id]
    assert await found(text=eve.reference[:5].lower()) == [eve.id]
    assert await found(text=" eve muller ") == [eve.id]
    assert await found(text="NOËL") == [eve.id]
    assert await found(text="0%_s") == [bob.id]
    assert await found(text="%") == [bob.id]
    assert await found(text="nobody") == []
    assert await found(states=[HELD]) == [held.id]
    assert await found(states=[CONFIRMED], text="e") == [bob.id, eve.id]
    day = [(ARRIVAL + number * DAY).isoformat() for number in range(7)]
    assert await found(from_day=day[2]) == [bob.id]
    assert await found(to_day=day[3]) == [held.id, eve.id]
    assert await found(from_day=day[1], to_day=day[4]) == [held.id, bob.id, eve.id]
    page = await front.search(first=2)
    assert page.has_next_page
    assert await found(after=page.cursors[-1]) == [eve.id]


async def test_bad_questions_are_named(front: FrontDesk) -> None:
    for attempt, path in (
        (front.search(text="x" * 121), "text"),
        (front.search(text="a\x00b"), "text"),
        (front.search(from_day="soon"), "from"),
        (front.search(from_day=ARRIVAL.isoformat(), to_day=ARRIVAL.isoformat()), "to"),
        (front.search(first=101), "first"),
        (front.search(after="x"), "after"),
        (front.search(states=[99]), "states"),
        (front.listed("UNSPECIFIED"), "list"),
        (front.listed("ARRIVALS", after="x"), "after"),
    ):
        refusal = await refused(attempt)
        assert (refusal.code, ".".join(refusal.path)) == ("INVALID_INPUT", path)


async def test_only_its_hotelier_reads_the_desks_lists(front: FrontDesk, guest: SignedIn, auth_address: str) -> None:
    another = await register_account(auth_address, Role.HOTELIER)
    for token, code in ((another.token, "NOT_FOUND"), (guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        for attempt in (front.listed("ARRIVALS", token=token), front.search(token=token), front.plan(token=token)):
            assert (await refused(attempt)).code == code
