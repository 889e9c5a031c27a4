"""Extras of a booked room: part of its price in every move, and never charged twice."""

from __future__ import annotations

import datetime as dt
import uuid

from contracts.booking.v1 import booking_pb2, waitlist_pb2
from contracts.hotel.v1 import hotel_pb2, rate_pb2
from contracts.money.v1 import money_pb2
from grpc_services.booking import cancellation, price_parts
from grpc_services.booking.audit import find_discrepancies
from runtime.channels import call
from tests.grpc_services.booking.desk import ARRIVAL, CONFIRMED, HELD
from tests.grpc_services.booking.front_desk import FrontDesk
from tests.grpc_services.booking.moves import MoveDesk
from tests.grpc_services.hotel.catalogue import Extra, House, Kind
from tests.house import SignedIn, refused

DAY = dt.timedelta(days=1)
EARLY, LATE = ARRIVAL - 5 * DAY, ARRIVAL - DAY
BREAKFAST, PARKING, LATE_CHECK_OUT = 0, 1, 2
EXTRAS = (
    Extra("Breakfast", "PERSON_NIGHT", 1500),
    Extra("Parking", "NIGHT", 1200),
    Extra("Late check-out", "STAY", 3000),
)
NIGHT, TAX = 10_000, 250


def line(kind: rate_pb2.PriceLineKind.ValueType, amount: int) -> rate_pb2.PriceLine:
    return rate_pb2.PriceLine(kind=kind, amount=money_pb2.Money(minor_units=amount))


def amounts(room: rate_pb2.PricedRoom) -> list[int]:
    """Of the extras' lines."""
    return [one.amount.minor_units for one in room.lines if one.kind == rate_pb2.PRICE_LINE_KIND_EXTRA]


def chosen(house: House, room: rate_pb2.PricedRoom) -> dict[int, int]:
    """Extras by position, and how many."""
    return {house.extras.index(one.extra_id): one.quantity for one in room.request.extras}


async def archive(moves: MoveDesk, house: House, extra: int) -> None:
    async with moves.desk.hotels.transaction() as connection:
        await connection.execute("UPDATE hotel.extra SET archived = true WHERE id = $1", uuid.UUID(house.extras[extra]))


async def check_proof(moves: MoveDesk) -> None:
    async with moves.desk.database.reading() as connection:
        assert await find_discrepancies(connection) == []


async def test_a_cancelled_room_takes_its_extras_with_it(moves: MoveDesk, owner: SignedIn, guest: SignedIn) -> None:
    moves.clock.day = EARLY
    house = await moves.house(owner, extras=EXTRAS)
    rooms = house.room(extras={BREAKFAST: 1, LATE_CHECK_OUT: 1}), house.room(extras={PARKING: 2})
    booked = await moves.desk.booked(house, guest, *rooms)
    assert [amounts(room) for room in booked.rooms] == [[3000, 3000], [4800]]
    assert booked.total.minor_units == 4 * (NIGHT + TAX) + 6000 + 4800
    paid = await moves.paid(booked, guest.token)
    assert (paid.paid, paid.due.minor_units) == (booked.total, 0)
    left = await moves.cancel(paid, guest.token, 2 * (NIGHT + TAX) + 6000, [0])
    assert left.total.minor_units == 2 * (NIGHT + TAX) + 4800 == booked.rooms[1].total.minor_units
    assert (await moves.desk.get(paid)).refunded.minor_units == 2 * (NIGHT + TAX) + 6000
    await check_proof(moves)


async def test_a_late_cancellation_keeps_its_share_of_extras_but_not_of_city_tax(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await moves.house(owner, extras=EXTRAS)
    moves.clock.day = LATE
    paid = await moves.paid(await moves.desk.booked(house, guest, house.room(extras={PARKING: 1})), guest.token)
    preview = await moves.preview(paid, guest.token)
    assert preview.penalty.minor_units == (2 * NIGHT + 2400) // 2
    assert (preview.penalty.minor_units + preview.refund.minor_units) == paid.total.minor_units


def test_a_penalty_in_nights_leaves_extras_and_their_tax_alone() -> None:
    """Two nights of 100 less 10 %, parking for 20, 10 % VAT on both, city tax of 2."""
    room = rate_pb2.PricedRoom(
        lines=[
            line(rate_pb2.PRICE_LINE_KIND_NIGHT, 10_000),
            line(rate_pb2.PRICE_LINE_KIND_NIGHT, 10_000),
            line(rate_pb2.PRICE_LINE_KIND_STAY_DISCOUNT, -2000),
            line(rate_pb2.PRICE_LINE_KIND_EXTRA, 2000),
            line(rate_pb2.PRICE_LINE_KIND_VAT, 2000),
            line(rate_pb2.PRICE_LINE_KIND_CITY_TAX, 200),
        ],
        total=money_pb2.Money(minor_units=22_200),
    )
    assert (price_parts.price_of_nights(room), price_parts.price_of_extras(room)) == (19_800, 2200)
    assert price_parts.city_tax(room) == 200
    one_night = hotel_pb2.CancellationTier(penalty_nights=1)
    assert cancellation.penalty_of(room, one_night) == 9900
    assert cancellation.penalty_of(room, hotel_pb2.CancellationTier(penalty_nights=9)) == 19_800
    assert cancellation.penalty_of(room, hotel_pb2.CancellationTier(penalty_percent=50)) == 11_000


async def test_a_change_prices_extras_anew_and_charges_the_difference(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    moves.clock.day = EARLY
    house = await moves.house(owner, extras=EXTRAS)
    room = house.room(extras={BREAKFAST: 1, LATE_CHECK_OUT: 1})
    paid = await moves.paid(await moves.desk.booked(house, guest, room), guest.token)
    quote = await moves.requote(house, paid, guest.token, paid.rooms[0].request, nights=3)
    assert amounts(quote.rooms[0]) == [4500, 3000]
    preview = await moves.preview_change(paid, quote, guest.token)
    assert preview.due.minor_units == NIGHT + TAX + 1500
    longer = await moves.modify(paid, quote, guest.token, 0)
    assert (longer.due.minor_units, longer.rooms[0]) == (NIGHT + TAX + 1500, quote.rooms[0])
    settled = await moves.paid(longer, guest.token)
    fewer = await moves.requote(house, settled, guest.token, house.room(extras={PARKING: 1}), nights=3)
    cheaper = await moves.modify(settled, fewer, guest.token, 4500 + 3000 - 3600)
    assert chosen(house, cheaper.rooms[0]) == {PARKING: 1}
    assert (await moves.desk.get(settled)).refunded.minor_units == 3900
    await check_proof(moves)


async def test_an_extra_that_is_gone_stays_booked_and_cannot_be_chosen_again(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    moves.clock.day = EARLY
    house = await moves.house(owner, extras=EXTRAS)
    room = house.room(plan=1, extras={PARKING: 1, BREAKFAST: 1})
    quote = await moves.desk.quote(house, room)
    await archive(moves, house, BREAKFAST)
    booking = await moves.desk.book(quote, guest.token)
    assert (booking.state, booking.total) == (CONFIRMED, quote.total)
    refusal = await refused(moves.requote(house, booking, guest.token, room, nights=3))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("rooms", "0", "extras", "1", "extraId"))
    without = house.room(plan=1, extras={PARKING: 1})
    await moves.modify(booking, await moves.requote(house, booking, guest.token, without, nights=3), guest.token, 0)


async def test_a_guest_who_stays_longer_pays_once_for_what_is_charged_once(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await moves.house(owner, extras=EXTRAS)
    room = house.room(plan=1, extras={LATE_CHECK_OUT: 1, BREAKFAST: 1})
    moves.clock.day = ARRIVAL
    booking = await moves.check_in(await moves.desk.booked(house, guest, room), owner.token)
    moves.clock.day = ARRIVAL + DAY
    quote = await moves.requote(house, booking, guest.token, booking.rooms[0].request, nights=3)
    assert amounts(quote.rooms[0]) == [3000, 3000, 1500]  # breakfast, late check-out; breakfast of the added night
    assert chosen(house, quote.rooms[0]) == {LATE_CHECK_OUT: 1, BREAKFAST: 1}
    longer = await moves.modify(booking, quote, guest.token, 0)
    assert longer.total.minor_units == sum(one.amount.minor_units for one in longer.rooms[0].lines)
    more = house.room(plan=1, extras={LATE_CHECK_OUT: 1, PARKING: 1})
    again = await moves.requote(house, longer, guest.token, more, nights=4)
    assert amounts(again.rooms[0]) == [3000, 3000, 1500, 1200]
    assert chosen(house, again.rooms[0]) == {LATE_CHECK_OUT: 1, BREAKFAST: 1, PARKING: 1}
    await moves.modify(longer, again, guest.token, 0)
    await archive(moves, house, PARKING)
    gone = await refused(moves.requote(house, longer, guest.token, more, nights=5))
    assert (gone.code, gone.path) == ("INVALID_INPUT", ("rooms", "0", "extras", "1", "extraId"))
    other = await refused(moves.requote(house, longer, guest.token, house.room(plan=1, adults=2), nights=5))
    assert (other.code, other.path) == ("INVALID_INPUT", ("rooms",))
    await check_proof(moves)


async def test_figures_tell_extras_apart_from_the_price_of_rooms(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn
) -> None:
    moves.clock.day = EARLY
    house = await moves.house(owner, extras=EXTRAS)
    front = FrontDesk(moves.desk, owner, house)
    await moves.desk.booked(house, guest, house.room(plan=1))
    (before,) = (await front.figures(nights=4)).periods
    with_extras = house.room(plan=1, extras={BREAKFAST: 1, LATE_CHECK_OUT: 1})
    booking = await moves.desk.booked(house, guest, with_extras, house.room(plan=1, extras={PARKING: 1}))
    (whole,) = (await front.figures(nights=4)).periods
    assert (before.extras_revenue.minor_units, whole.extras_revenue.minor_units) == (0, 6000 + 2400)
    assert whole.revenue.minor_units == 3 * before.revenue.minor_units
    assert whole.average_daily_rate == before.average_daily_rate
    (first,) = (await front.figures(nights=1)).periods
    assert first.extras_revenue.minor_units == (6000 + 2400) // 2
    await moves.cancel(booking, guest.token, 0, [0])
    (left,) = (await front.figures(nights=4)).periods
    assert left.extras_revenue.minor_units == 2400


async def test_a_walk_in_may_have_extras(moves: MoveDesk, owner: SignedIn) -> None:
    moves.clock.day = EARLY
    house = await moves.house(owner, extras=EXTRAS)
    quote = await moves.desk.quote(house, house.room(extras={PARKING: 2}))
    booking = await FrontDesk(moves.desk, owner, house).walk_in(quote)
    assert (booking.due, amounts(booking.rooms[0])) == (quote.total, [4800])


async def test_who_waits_with_extras_is_offered_those_that_are_still_sold(
    moves: MoveDesk, owner: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    moves.clock.day = None
    desk = moves.desk
    house = await moves.house(owner, Kind(rooms=1), extras=EXTRAS)
    holding = await desk.booked(house, stranger, house.room(plan=1))
    request = waitlist_pb2.JoinWaitlistRequest(
        idempotency_key=uuid.uuid4().hex,
        hotel_id=str(house.id),
        check_in=holding.check_in,
        check_out=holding.check_out,
        room=house.room(extras={BREAKFAST: 1, PARKING: 1}),
        guest=booking_pb2.GuestDetails(name="Wanda Waits", email="wanda@example.org"),
    )
    await call(desk.waitlists.JoinWaitlist, request, token=guest.token)
    await archive(moves, house, BREAKFAST)
    await moves.cancel(holding, owner.token, 0)
    tending = waitlist_pb2.TendWaitlistsRequest(limit=10)
    assert (await call(desk.waitlists.TendWaitlists, tending, token=desk.system)).offered == 1
    own = booking_pb2.ListBookingsRequest(first=1)
    (offered,) = (await call(desk.bookings.ListBookings, own, token=guest.token)).bookings
    assert (offered.state, chosen(house, offered.rooms[0])) == (HELD, {PARKING: 1})


async def test_extras_of_another_house_are_refused_and_nothing_changes(
    moves: MoveDesk, owner: SignedIn, other_owner: SignedIn
) -> None:
    moves.clock.day = EARLY
    house, elsewhere = await moves.house(owner, extras=EXTRAS), await moves.house(other_owner, extras=EXTRAS)
    room = house.room()
    room.extras.add(extra_id=elsewhere.extras[0], quantity=1)
    before = await moves.desk.everything()
    refusal = await refused(moves.desk.quote(house, house.room(), room))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("rooms", "1", "extras", "0", "extraId"))
    assert await moves.desk.everything() == before
