"""What a hotelier asks of a period: occupancy, rates, pick-up, cancellations and lead time."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from contracts.booking.v1 import figures_pb2
from grpc_services.booking import figures
from runtime.clock import utc_now
from runtime.identity import Role
from runtime.shares import split
from tests.grpc_services.booking.desk import ARRIVAL, Desk
from tests.grpc_services.booking.front_desk import front_desk
from tests.grpc_services.booking.inventory_desk import DAY, change
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused, register_account

BY_DAY = figures_pb2.FIGURE_PERIOD_DAY
NIGHTLY = 11_400  # of 100 euros by a plan that costs 14 % more


def shown(found: figures_pb2.PeriodFigures) -> dict[str, float]:
    return {
        "available": found.available_room_nights,
        "sold": found.sold_room_nights,
        "revenue": found.revenue.minor_units,
        "adr": found.average_daily_rate.minor_units,
        "revpar": found.revenue_per_available_room.minor_units,
        "occupancy": found.occupancy_basis_points,
    }


async def test_figures_of_a_house_are_those_of_its_nights_without_city_tax(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    front = await front_desk(desk, owner)
    await front.out_of_order(await front.door(), ARRIVAL, ARRIVAL)
    await front.update(change(ARRIVAL + DAY, capacity=5))
    booking = await desk.booked(front.house, guest, front.house.room(plan=1), front.house.room(plan=1), nights=2)
    await desk.booked(front.house, guest, front.house.room(), arrival=ARRIVAL + 2 * DAY)  # held: nothing is sold yet
    assert booking.total.minor_units == 2 * 2 * (NIGHTLY + 250)
    (whole,) = (await front.figures(nights=4)).periods
    assert (whole.first_night, whole.end_night) == (ARRIVAL.isoformat(), (ARRIVAL + 4 * DAY).isoformat())
    assert shown(whole) == {
        "available": 2 + 5 + 3 + 3,
        "sold": 4,
        "revenue": 4 * NIGHTLY,
        "adr": NIGHTLY,
        "revpar": round(4 * NIGHTLY / 13),
        "occupancy": round(10_000 * 4 / 13),
    }
    assert (whole.bookings, whole.cancelled_bookings, whole.no_show_bookings) == (2, 0, 0)
    assert whole.pick_up_room_nights == 4
    assert abs(whole.mean_lead_days - 40) <= 1  # the day at the hotel may be another one than here
    days = (await front.figures(nights=4, period=BY_DAY)).periods
    assert [one.sold_room_nights for one in days] == [2, 2, 0, 0]
    assert [one.available_room_nights for one in days] == [2, 5, 3, 3]
    assert [one.bookings for one in days] == [1, 0, 1, 0]
    assert shown(days[3])["adr"] == 0


async def test_figures_by_room_type_sum_to_those_of_the_house(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    front = await front_desk(desk, owner, Kind(rooms=3), Kind(name="Suite", rooms=2, price=30_000))
    house = front.house
    await desk.booked(house, guest, house.room(plan=1), house.room(kind=1, plan=1), nights=3)
    by_type = {one.room_type_id: one for one in (await front.figures(by_room_type=True)).periods}
    (whole,) = (await front.figures()).periods
    assert set(by_type) == set(house.room_types)
    for field in ("available_room_nights", "sold_room_nights", "pick_up_room_nights"):
        assert sum(getattr(one, field) for one in by_type.values()) == getattr(whole, field)
    assert sum(one.revenue.minor_units for one in by_type.values()) == whole.revenue.minor_units
    assert [by_type[kind].revenue.minor_units for kind in house.room_types] == [3 * NIGHTLY, 3 * 34_200]
    assert ([by_type[kind].bookings for kind in house.room_types], whole.bookings) == ([1, 1], 1)


async def test_cancellations_no_shows_and_pick_up_are_counted_apart(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    front = await front_desk(desk, owner, Kind(rooms=9))
    states = ("CONFIRMED", "CANCELLED", "NO_SHOW", "COMPLETED", "EXPIRED")
    made = {state: await desk.booked(front.house, guest, front.house.room(plan=1)) for state in states}
    async with desk.database.transaction() as connection:  # as moves would leave them
        for state, booking in made.items():
            await connection.execute("UPDATE booking.booking SET state = $2 WHERE id = $1::uuid", booking.id, state)
        await connection.execute(
            "UPDATE booking.booking_room SET cancelled = true WHERE booking_id = $1::uuid", made["CANCELLED"].id
        )
        await connection.execute(
            "INSERT INTO booking.desk_payment (id, booking_id, method, amount_minor_units, actor_id)"
            " SELECT id, id, 'CASH', total_minor_units, id FROM booking.booking WHERE id = $1::uuid",
            made["COMPLETED"].id,
        )
        await connection.execute(
            "UPDATE booking.booking SET desk_paid_minor_units = total_minor_units WHERE id = $1::uuid",
            made["COMPLETED"].id,
        )
        await connection.execute(
            "UPDATE booking.room_type_night SET sold = sold - 2 WHERE room_type_id = $1::uuid", front.room_type_id
        )
        await connection.execute(
            "UPDATE booking.booking SET created_at = now() - interval '10 days' WHERE id = $1::uuid",
            made["COMPLETED"].id,
        )
    (whole,) = (await front.figures()).periods
    assert (whole.bookings, whole.cancelled_bookings, whole.no_show_bookings) == (4, 1, 1)
    assert (whole.sold_room_nights, whole.pick_up_room_nights) == (6, 4)
    since = (utc_now() - dt.timedelta(days=11)).isoformat()
    (longer,) = (await front.figures(pick_up_since=since)).periods
    assert longer.pick_up_room_nights == 6


def test_periods_are_cut_at_mondays_and_first_days_of_months() -> None:
    first, end = dt.date(2026, 1, 29), dt.date(2026, 3, 3)  # from a Thursday to a Tuesday

    def starts(kind: figures_pb2.FigurePeriod.ValueType) -> list[dt.date]:
        found = figures.periods(first, end, kind)
        assert [one.end_night for one in found] == [one.first_night for one in found[1:]] + [end]
        return [one.first_night for one in found]

    assert starts(figures_pb2.FIGURE_PERIOD_WHOLE) == [first]
    assert starts(figures_pb2.FIGURE_PERIOD_MONTH) == [first, dt.date(2026, 2, 1), dt.date(2026, 3, 1)]
    weeks = starts(figures_pb2.FIGURE_PERIOD_WEEK)
    assert weeks[0] == first
    assert {day.isoweekday() for day in weeks[1:]} == {1}
    assert len(starts(BY_DAY)) == (end - first).days


@given(st.integers(-10_000, 10_000_000), st.lists(st.integers(0, 50_000), min_size=1, max_size=40))
def test_shares_sum_to_the_minor_unit_and_follow_the_weights(amount: int, weights: list[int]) -> None:
    shares = split(amount, weights)
    assert sum(shares) == amount
    total = sum(weights)
    if total:
        assert all(abs(share - amount * weight / total) < 1 for share, weight in zip(shares, weights, strict=True))


async def test_bad_questions_are_named_and_strangers_learn_nothing(
    desk: Desk, owner: SignedIn, guest: SignedIn, auth_address: str
) -> None:
    front = await front_desk(desk, owner)
    another = await register_account(auth_address, Role.HOTELIER)
    for attempt, code, path in (
        (front.figures(nights=0), "INVALID_INPUT", "to"),
        (front.figures(nights=367), "INVALID_INPUT", "to"),
        (front.figures(period=0), "INVALID_INPUT", "period"),
        (front.figures(pick_up_since="2026-01-01T00:00:00"), "INVALID_INPUT", "pickUpSince"),
        (front.figures(token=another.token), "NOT_FOUND", "hotelId"),
        (front.figures(token=guest.token), "PERMISSION_DENIED", ""),
        (front.figures(token=""), "UNAUTHENTICATED", ""),
    ):
        refusal = await refused(attempt)
        assert (refusal.code, ".".join(refusal.path)) == (code, path)
    assert len((await front.figures(nights=366, period=BY_DAY)).periods) == 366
