"""Whose the money of a booking is: pure decisions over any bill, any visits and whatever was paid."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.salon.v1 import basket_pb2
from grpc_services.booking.payees import going_back, of_salons, shares_of

HOUSE, SPA, BARBER = (str(uuid.UUID(int=number)) for number in (1, 2, 3))
amounts = st.integers(0, 50_000)


def a_booking(desk_paid: int = 0) -> dict[str, Any]:
    return {"hotel_id": uuid.UUID(HOUSE), "currency": "EUR", "desk_paid_minor_units": desk_paid}


def a_visit(salon: str, cost: int, commission: int | None = None) -> dict[str, Any]:
    quoted = basket_pb2.QuotedVisit(salon_id=salon, commission_basis_points=commission)
    return {
        "salon_id": uuid.UUID(salon),
        "appointment_id": uuid.uuid4(),
        "cost_minor_units": cost,
        "quoted": quoted.SerializeToString(),
    }


def test_each_salon_gets_its_visits_and_the_house_the_rest_at_their_own_commissions() -> None:
    visits = [a_visit(SPA, 3_000, 1_000), a_visit(BARBER, 500), a_visit(SPA, 2_000, 1_000), a_visit(BARBER, 0)]
    shares = shares_of(a_booking(), visits, {}, 25_500, 1_500)
    assert [(one.payee_id, one.amount.minor_units, one.commission_basis_points) for one in shares] == [
        (HOUSE, 20_000, 1_500),
        (SPA, 5_000, 1_000),
        (BARBER, 500, 1_500),
    ]


def test_what_is_paid_later_goes_to_who_has_not_got_theirs() -> None:
    visits = [a_visit(SPA, 3_000)]
    shares = shares_of(a_booking(), visits, {HOUSE: 10_000, SPA: 3_000}, 4_000, 0)
    assert [(one.payee_id, one.amount.minor_units) for one in shares] == [(HOUSE, 4_000)]
    assert shares_of(a_booking(), [a_visit(SPA, 3_000)], {}, 3_000, 0)[0].payee_id == SPA, "rooms that cost nothing"


@pytest.mark.parametrize(
    ("kept", "owed", "salons", "desk_paid", "back"),
    [
        ({HOUSE: 200, SPA: 100}, 200, {SPA: 0}, 0, {SPA: 100}),  # the visit is called off
        ({HOUSE: 200, SPA: 100}, 100, {SPA: 100}, 0, {HOUSE: 200}),  # the rooms are
        ({HOUSE: 200, SPA: 100}, 150, {SPA: 50}, 0, {HOUSE: 100, SPA: 50}),  # each by its own policy
        ({HOUSE: 200, SPA: 100}, 260, {SPA: 20}, 0, {SPA: 80}),  # a salon pays no bill of the house
        ({HOUSE: 200, SPA: 100}, 250, {SPA: 100}, 40, {HOUSE: 90}),  # the desk's money stays
        ({HOUSE: 300}, 250, {SPA: 100}, 0, {HOUSE: 50}),  # of a time when baskets were the house's alone
        ({HOUSE: 200}, 260, {SPA: 60}, 60, {}),  # a salon was paid at the desk
        ({HOUSE: 200, SPA: 100, "": 70}, 300, {SPA: 100}, 0, {"": 70}),  # nobody asked for this payment
    ],
)
def test_who_gives_back_what(
    kept: dict[str, int], owed: int, salons: dict[str, int], desk_paid: int, back: dict[str, int]
) -> None:
    assert going_back(a_booking(desk_paid), kept, owed=owed, salons=salons) == back


@settings(max_examples=200, deadline=None)
@given(amounts, amounts, amounts, amounts, st.data())
def test_nobody_gives_more_than_they_have_and_nobody_keeps_more_than_theirs(
    rooms: int, spa: int, barber: int, desk_paid: int, data: st.DataObject
) -> None:
    visits = [a_visit(SPA, spa), a_visit(BARBER, barber)]
    shares = shares_of(a_booking(), visits, {}, rooms + spa + barber, 1_500)
    kept = {one.payee_id: one.amount.minor_units for one in shares}
    assert sum(kept.values()) == rooms + spa + barber
    costs = {one["appointment_id"]: data.draw(st.integers(0, one["cost_minor_units"])) for one in visits}
    salons = of_salons(visits, costs)
    house_owed = data.draw(amounts)
    back = going_back(a_booking(desk_paid), kept, owed=house_owed + salons.total(), salons=salons)
    after = {payee: amount - back.get(payee, 0) for payee, amount in kept.items()}
    assert all(0 < back[payee] <= kept[payee] for payee in back)
    assert {salon: after.get(salon, 0) for salon in (SPA, BARBER)} == {salon: salons[salon] for salon in (SPA, BARBER)}
    assert after.get(HOUSE, 0) == min(rooms, max(0, house_owed - desk_paid))
    assert going_back(a_booking(desk_paid), after, owed=house_owed + salons.total(), salons=salons) == {}, "once"
