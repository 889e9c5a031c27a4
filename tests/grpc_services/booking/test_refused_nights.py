"""Why a night cannot be had: sold out, held until a moment, or not heard of by another channel."""

from __future__ import annotations

from contracts.booking.v1 import booking_pb2, inventory_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from tests.grpc_services.booking.desk import ARRIVAL, Desk, nights_of
from tests.grpc_services.booking.inventory_desk import DAY, Backoffice, backoffice
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused


def moment(booking: booking_pb2.Booking) -> str:
    return from_timestamp(booking.hold_expires_at).strftime("%Y-%m-%dT%H:%M:%SZ")


async def availability(office: Backoffice, nights: int, *, with_holds: bool) -> inventory_pb2.RoomTypeAvailability:
    request = inventory_pb2.GetAvailabilityRequest(
        room_type_ids=[office.room_type_id],
        first_night=ARRIVAL.isoformat(),
        end_night=(ARRIVAL + nights * DAY).isoformat(),
        with_holds=with_holds,
    )
    (found,) = (await call(office.desk.inventory.GetAvailability, request, token="")).room_types
    return found


async def test_each_night_says_whether_it_is_sold_or_held_and_until_when(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    office = await backoffice(desk, owner, Kind(rooms=2))
    house = office.house
    first = await desk.booked(house, guest, nights=2)
    await desk.booked(house, guest, nights=2)
    await desk.booked(house, guest, house.room(plan=1), house.room(plan=1), arrival=ARRIVAL + 2 * DAY, nights=1)
    refusal = await refused(desk.quote(house, nights=4))
    days = nights_of(ARRIVAL, 4)
    assert refusal.details["reasons"] == (
        f"{days[0]}|HELD|{moment(first)};{days[1]}|HELD|{moment(first)};{days[2]}|SOLD_OUT|"
    )
    found = await availability(office, 4, with_holds=True)
    told = {night.night: (night.free, night.HasField("held_until")) for night in found.nights}
    assert told == {days[0]: (0, True), days[1]: (0, True), days[2]: (0, False)}
    assert {night.held_until.ToDatetime() for night in found.nights if night.HasField("held_until")} == {
        first.hold_expires_at.ToDatetime()
    }
    assert not any(night.HasField("held_until") for night in (await availability(office, 4, with_holds=False)).nights)


async def test_holds_that_would_not_be_enough_are_not_what_stands_in_the_way(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=2))
    await desk.booked(house, guest, house.room(plan=1), nights=1)
    await desk.booked(house, guest, nights=1)
    refusal = await refused(desk.quote(house, house.room(), house.room(), nights=1))
    assert refusal.details["reasons"] == f"{ARRIVAL}|SOLD_OUT|"


async def test_a_booking_that_comes_too_late_is_told_the_same(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    house = await desk.house(owner, Kind(rooms=1))
    quotes = [await desk.quote(house, nights=1) for _ in range(2)]
    won = await desk.book(quotes[0], guest.token)
    refusal = await refused(desk.book(quotes[1], guest.token))
    assert refusal.details["reasons"] == f"{ARRIVAL}|HELD|{moment(won)}"


async def test_nothing_is_sold_while_a_channel_has_not_been_heard_of(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    office = await backoffice(desk, owner)
    quote = await desk.quote(office.house)
    feed = await office.feed()
    stale = {"reasons": ";".join(f"{night}|CALENDAR_STALE|" for night in nights_of(ARRIVAL, 2))}
    for seconds in (None, 10_801):
        if seconds is not None:
            await office.heard(feed, (ARRIVAL, 1))
            assert await desk.free(office.house) == [2, 3]
            await office.not_heard_for(feed, seconds)
        before = await desk.everything()
        for attempt in (desk.quote(office.house), desk.book(quote, guest.token)):
            refusal = await refused(attempt)
            assert refusal.code == "ROOM_UNAVAILABLE"
            assert refusal.details.items() >= stale.items()
        assert await desk.everything() == before
        assert await desk.free(office.house) == [0, 0]
        assert (await availability(office, 2, with_holds=True)).stale
        assert await office.nights("free") == [0, 0]
    await office.not_heard_for(feed, 10_000)
    assert (await desk.book(quote, guest.token)).id
    assert await desk.free(office.house) == [1, 2]


async def test_a_hold_from_before_is_confirmed_though_a_channel_went_silent(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    office = await backoffice(desk, owner)
    held = await desk.booked(office.house, guest)
    await office.feed()
    started = await desk.start_payment(held, guest.token)
    await payments.pay(started)
    await desk.hear_of(started.payment.id)
    assert (await desk.get(held)).state == booking_pb2.BOOKING_STATE_CONFIRMED


async def test_late_money_goes_back_while_a_channel_is_silent(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    office = await backoffice(desk, owner)
    held = await desk.booked(office.house, guest)
    started = await desk.start_payment(held, guest.token)
    await payments.pay(started)
    await desk.run_out(held)
    await desk.expire()
    await office.feed()
    await desk.hear_of(started.payment.id)
    found = await desk.get(held)
    assert found.state == booking_pb2.BOOKING_STATE_EXPIRED
    assert found.refunded.minor_units == found.paid.minor_units == found.total.minor_units
