"""In which order a day's moves are played, and what rooms the bookings ask for."""

from __future__ import annotations

import datetime as dt

from stack.replay.command import RESORT, read_file
from stack.replay.days import MOST_RATES, Step, change_days, moments, waves
from stack.replay.rooms import RoomKind, room_kinds
from stack.replay.rows import BookedStay
from tests.stack.replay.booking_rows import stays_of

CANCELLED = {"reservation_status": "Canceled"}
NO_SHOW = {"reservation_status": "No-Show"}


def played(*stays: BookedStay) -> list[tuple[str, Step]]:
    return [(moment.day.isoformat(), moment.step) for moment in moments(stays)]


def kinds_of(*rows: dict[str, str]) -> list[RoomKind]:
    stays = stays_of(*rows)
    return room_kinds(stays, moments(stays))


def test_a_guest_books_arrives_and_leaves_on_the_days_of_the_row() -> None:
    assert played(*stays_of({})) == [
        ("2015-07-21", Step.BOOKINGS),
        ("2015-07-31", Step.ARRIVALS),
        ("2015-08-02", Step.DEPARTURES),
    ]


def test_who_cancels_on_the_day_of_booking_does_so_after_it() -> None:
    (stay,) = stays_of(CANCELLED | {"reservation_status_date": "7/21/2015", "booking_changes": "1"})
    assert played(stay) == [
        ("2015-07-21", Step.BOOKINGS),
        ("2015-07-21", Step.CHANGES),
        ("2015-07-21", Step.CANCELLATIONS_SAME_DAY),
    ]


def test_who_leaves_on_the_day_of_arrival_does_so_after_it() -> None:
    (stay,) = stays_of({"reservation_status_date": "7/31/2015"})
    assert played(stay)[1:] == [("2015-07-31", Step.ARRIVALS), ("2015-07-31", Step.DEPARTURES_SAME_DAY)]


def test_a_no_show_is_marked_on_the_morning_after() -> None:
    assert played(*stays_of(NO_SHOW))[1:] == [("2015-08-01", Step.NO_SHOWS)]


def test_on_one_day_rooms_are_freed_before_they_are_taken() -> None:
    leaving: dict[str, str] = {}
    coming = {"arrival_date_month": "August", "arrival_date_day_of_month": "2", "reservation_status_date": "8/4/2015"}
    steps = [moment.step for moment in moments(stays_of(leaving, coming)) if moment.day == dt.date(2015, 8, 2)]
    assert steps == [Step.DEPARTURES, Step.ARRIVALS]


def test_changes_are_spread_over_the_days_until_arrival_or_cancellation() -> None:
    (stay, cancelled) = stays_of(
        {"booking_changes": "4"}, CANCELLED | {"booking_changes": "1", "reservation_status_date": "7/23/2015"}
    )
    assert [day.day for day in change_days(stay)] == [23, 25, 27, 29]
    assert [day.day for day in change_days(cancelled)] == [22]


def test_prices_stand_together_unless_they_differ_for_a_night_of_one_product() -> None:
    dear, cheap, same, elsewhere, later = stays_of(
        {"adr": "90"},
        {"adr": "70"},
        {"adr": "90"},
        {"adr": "50", "reserved_room_type": "D"},
        {"adr": "60", "arrival_date_day_of_month": "1"},
    )
    assert waves([dear, cheap, same, elsewhere, later]) == [[dear, same, elsewhere, later], [cheap]]


def test_a_wave_is_no_longer_than_one_update_of_rates() -> None:
    assert [len(wave) for wave in waves(stays_of(*[{}] * (MOST_RATES + 5)))] == [MOST_RATES, 5]


def test_a_type_has_as_many_rooms_as_guests_were_there_at_once() -> None:
    next_guest = {
        "arrival_date_month": "August",
        "arrival_date_day_of_month": "2",
        "reservation_status_date": "8/4/2015",
    }
    assert kinds_of({}, {}, next_guest) == [RoomKind("A", rooms=2, oversell=0, adults=2, children=0)]


def test_what_was_booked_beyond_the_rooms_is_the_allowance_for_overbooking() -> None:
    cancelled = CANCELLED | {"reservation_status_date": "7/30/2015"}
    assert kinds_of({}, cancelled, cancelled | {"children": "1", "babies": "1"}) == [
        RoomKind("A", rooms=1, oversell=2, adults=2, children=2)
    ]


def test_a_guest_who_got_another_type_needs_a_room_of_that() -> None:
    assert kinds_of({"assigned_room_type": "D"}) == [
        RoomKind("A", rooms=0, oversell=1, adults=2, children=0),
        RoomKind("D", rooms=1, oversell=0, adults=1, children=0),
    ]


def test_the_real_hotel_had_about_a_hundred_and_fifty_rooms_and_overbooked_them() -> None:
    stays, _ = read_file(RESORT)
    kinds = room_kinds(stays, moments(stays))
    assert sum(kind.rooms for kind in kinds) == 151
    assert sum(kind.oversell for kind in kinds) == 92
