"""What `make audit` says of visits that were booked with rooms, of which booking and salon each know a part."""

from __future__ import annotations

from stack.audit import differing_visits

HELD, DONE = ("booking-1", "HELD", 6000), ("booking-1", "CONFIRMED", 6000)


def test_visits_that_both_know_alike_are_no_discrepancy() -> None:
    assert differing_visits({"visit": DONE}, {"visit": DONE}) == []


def test_what_was_held_for_a_booking_that_never_was_and_let_go_is_no_discrepancy() -> None:
    assert differing_visits({}, {"visit": ("booking-1", "EXPIRED", 6000)}) == []


def test_each_visit_that_one_of_them_knows_otherwise_or_not_at_all_is_told() -> None:
    booked = {"a": HELD, "b": ("booking-1", "CANCELLED", 3000), "c": DONE}
    at_salon = {"a": DONE, "b": ("booking-1", "CANCELLED", 0), "d": HELD}
    assert [(one.subject, one.detail, one.expected, one.found) for one in differing_visits(booked, at_salon)] == [
        ("a", "booking-1 HELD/CONFIRMED", 6000, 6000),
        ("b", "booking-1 CANCELLED/CANCELLED", 3000, 0),
        ("c", "booking-1 CONFIRMED/NOTHING", 6000, 0),
        ("d", "booking-1 NOTHING/HELD", 0, 6000),
    ]
