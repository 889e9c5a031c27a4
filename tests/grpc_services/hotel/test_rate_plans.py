"""Making, editing and archiving rate plans, and plans that follow others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contracts.hotel.v1 import hotel_pb2
from runtime.channels import call
from runtime.database import Database
from runtime.errors import ServiceError
from tests.grpc_services.hotel.hotelier import (
    Hotelier,
    event_types,
    everything,
    rate_plan_message,
    sides,
    tiers,
)
from tests.grpc_services.hotel.test_room_types import whole
from tests.house import refused


async def archive(hotelier: Hotelier, plan: hotel_pb2.RatePlan, version: int = 1) -> hotel_pb2.RatePlan:
    request = hotel_pb2.ArchiveRatePlanRequest(id=plan.id, expected_version=version)
    return await call(hotelier.stub.ArchiveRatePlan, request, token=hotelier.token)


async def test_a_new_rate_plan_is_shown_with_the_house(hotelier: Hotelier, hotel_database: Database) -> None:
    hotel = await hotelier.hotel()
    plan = await hotelier.rate_plan(hotel)
    assert plan == rate_plan_message(id=plan.id, hotel_id=hotel.id, version=1)
    assert list((await whole(hotelier, hotel)).rate_plans) == [plan]
    assert await event_types(hotel_database, hotel.id) == ["HotelChanged"] * 2
    bare = await hotelier.rate_plan(hotel, min_advance_days=None, max_advance_days=None, stay_discounts=[])
    assert not bare.HasField("min_advance_days")
    assert not bare.HasField("max_advance_days")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": ""}, "name"),
        ({"meal_plan": 0}, "mealPlan"),
        ({"meal_plan": 9}, "mealPlan"),
        ({"payment_timing": 0}, "paymentTiming"),
        ({"cancellation_policy": tiers()}, "cancellationTiers"),
        ({"cancellation_policy": tiers(*((hours, 100, 0) for hours in range(10, -1, -1)))}, "cancellationTiers"),
        ({"cancellation_policy": tiers((24, 100, 0))}, "cancellationTiers.0.hoursBeforeCheckIn"),
        (
            {"cancellation_policy": tiers((24, 0, 0), (24, 50, 0), (0, 100, 0))},
            "cancellationTiers.1.hoursBeforeCheckIn",
        ),
        ({"cancellation_policy": tiers((0, 0, 0), (24, 100, 0))}, "cancellationTiers.1.hoursBeforeCheckIn"),
        ({"cancellation_policy": tiers((9000, 0, 0), (0, 100, 0))}, "cancellationTiers.0.hoursBeforeCheckIn"),
        ({"cancellation_policy": tiers((-1, 0, 0))}, "cancellationTiers.0.hoursBeforeCheckIn"),
        ({"cancellation_policy": tiers((0, 101, 0))}, "cancellationTiers.0.penaltyPercent"),
        ({"cancellation_policy": tiers((0, -1, 0))}, "cancellationTiers.0.penaltyPercent"),
        ({"cancellation_policy": tiers((0, 50, 1))}, "cancellationTiers.0.penaltyNights"),
        ({"cancellation_policy": tiers((0, 0, -1))}, "cancellationTiers.0.penaltyNights"),
        ({"cancellation_policy": tiers((0, 0, 61))}, "cancellationTiers.0.penaltyNights"),
        ({"cancellation_policy": tiers((24, 50, 0), (0, 40, 0))}, "cancellationTiers.1.penaltyPercent"),
        ({"cancellation_policy": tiers((24, 0, 2), (0, 0, 1))}, "cancellationTiers.1.penaltyNights"),
        ({"cancellation_policy": tiers((24, 0, 2), (0, 0, 0))}, "cancellationTiers.1.penaltyPercent"),
        ({"adjustment_basis_points": -9001}, "adjustmentBasisPoints"),
        ({"adjustment_basis_points": 20_001}, "adjustmentBasisPoints"),
        ({"adult_supplement_minor_units": -1}, "adultSupplementMinorUnits"),
        ({"child_supplement_minor_units": 10_000_001}, "childSupplementMinorUnits"),
        ({"stay_discounts": [hotel_pb2.StayDiscount(min_nights=1, basis_points=100)]}, "stayDiscounts.0.minNights"),
        ({"stay_discounts": [hotel_pb2.StayDiscount(min_nights=3, basis_points=0)]}, "stayDiscounts.0.basisPoints"),
        (
            {"stay_discounts": [hotel_pb2.StayDiscount(min_nights=3, basis_points=100)] * 2},
            "stayDiscounts.1.minNights",
        ),
        ({"min_advance_days": -1}, "minAdvanceDays"),
        ({"max_advance_days": 501}, "maxAdvanceDays"),
        ({"min_advance_days": 30, "max_advance_days": 29}, "maxAdvanceDays"),
        ({"derived_from_id": "x"}, "derivedFromId"),
        ({"derived_from_id": "00000000-0000-0000-0000-000000000001"}, "derivedFromId"),
    ],
)
async def test_a_field_that_will_not_do_is_named_and_nothing_is_made(
    hotelier: Hotelier, hotel_database: Database, changes: dict[str, Any], path: str
) -> None:
    hotel = await hotelier.hotel()
    before = await everything(hotel_database, hotel.id)
    refusal = await refused(hotelier.rate_plan(hotel, **changes))
    assert (refusal.code, ".".join(refusal.path)) == ("INVALID_INPUT", path)
    assert await everything(hotel_database, hotel.id) == before


async def test_an_edit_that_moves_no_price_leaves_the_rates_version(
    hotelier: Hotelier, hotel_database: Database
) -> None:
    hotel = await hotelier.hotel()
    plan = await hotelier.rate_plan(hotel)
    edited = await hotelier.edit_rate_plan(plan, 1, name="Free", cancellation_policy=tiers((0, 0, 0)))
    assert edited == rate_plan_message(
        id=plan.id, hotel_id=hotel.id, version=2, name="Free", cancellation_policy=tiers((0, 0, 0))
    )
    assert (await whole(hotelier, hotel)).rates_version == 1
    assert await event_types(hotel_database, hotel.id) == ["HotelChanged"] * 3
    before, after = sides((await hotelier.changes(hotel))[0])
    assert (before["name"], after["name"]) == ("Flexible", "Free")
    assert set(before) == set(after) == {"name", "cancellation_tiers"}


@pytest.mark.parametrize(
    "changes",
    [
        {"adjustment_basis_points": -1000},
        {"adult_supplement_minor_units": 0},
        {"child_supplement_minor_units": 1},
        {"stay_discounts": []},
        {"min_advance_days": 3},
        {"max_advance_days": None},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_an_edit_of_prices_moves_the_rates_version(
    hotelier: Hotelier, hotel_database: Database, changes: dict[str, Any]
) -> None:
    hotel = await hotelier.hotel()
    plan = await hotelier.rate_plan(hotel)
    edited = await hotelier.edit_rate_plan(plan, 1, **changes)
    assert edited == rate_plan_message(id=plan.id, hotel_id=hotel.id, version=2, **changes)
    assert (await whole(hotelier, hotel)).rates_version == 2
    assert (await event_types(hotel_database, hotel.id))[-2:] == ["HotelChanged", "RatesChanged"]


async def test_advance_days_are_judged_with_those_that_stay(hotelier: Hotelier, hotel_database: Database) -> None:
    hotel = await hotelier.hotel()
    plan = await hotelier.rate_plan(hotel, min_advance_days=10, max_advance_days=20)
    before = await everything(hotel_database, hotel.id)
    assert (await refused(hotelier.edit_rate_plan(plan, 1, min_advance_days=21))).path == ("maxAdvanceDays",)
    assert await everything(hotel_database, hotel.id) == before


async def test_a_plan_follows_another_of_its_house_one_level_deep(
    hotelier: Hotelier, rival: Hotelier, hotel_database: Database
) -> None:
    hotel = await hotelier.hotel()
    plan = await hotelier.rate_plan(hotel)
    follower = await hotelier.rate_plan(hotel, name="Saver", derived_from_id=plan.id)
    other = await hotelier.rate_plan(hotel, name="Other")
    foreign = await rival.rate_plan(await rival.hotel())
    before = await everything(hotel_database, hotel.id)
    for attempt in (
        hotelier.rate_plan(hotel, derived_from_id=follower.id),
        hotelier.rate_plan(hotel, derived_from_id=foreign.id),
        hotelier.edit_rate_plan(plan, 1, derived_from_id=other.id),
        hotelier.edit_rate_plan(other, 1, derived_from_id=other.id),
        hotelier.edit_rate_plan(other, 1, derived_from_id=follower.id),
        hotelier.edit_rate_plan(other, 1, derived_from_id=foreign.id),
    ):
        refusal = await refused(attempt)
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("derivedFromId",))
    assert await everything(hotel_database, hotel.id) == before
    moved = await hotelier.edit_rate_plan(follower, 1, derived_from_id=other.id)
    freed = await hotelier.edit_rate_plan(moved, 2, derived_from_id="")
    assert (moved.derived_from_id, freed.derived_from_id) == (other.id, "")
    assert (await whole(hotelier, hotel)).rates_version == 3


async def test_two_plans_never_come_to_follow_each_other(hotelier: Hotelier) -> None:
    hotel = await hotelier.hotel()
    one, other = await hotelier.rate_plan(hotel), await hotelier.rate_plan(hotel)
    answers = await asyncio.gather(
        hotelier.edit_rate_plan(one, 1, derived_from_id=other.id),
        hotelier.edit_rate_plan(other, 1, derived_from_id=one.id),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, hotel_pb2.RatePlan) for answer in answers) == 1
    assert [answer.code for answer in answers if isinstance(answer, ServiceError)] == ["INVALID_INPUT"]


async def test_a_plan_that_others_follow_is_not_archived(hotelier: Hotelier, hotel_database: Database) -> None:
    hotel = await hotelier.hotel()
    plan = await hotelier.rate_plan(hotel)
    follower = await hotelier.rate_plan(hotel, name="Saver", derived_from_id=plan.id)
    before = await everything(hotel_database, hotel.id)
    refusal = await refused(archive(hotelier, plan))
    assert (refusal.code, refusal.message) == ("ILLEGAL_STATE", "Archive first what follows it: Saver.")
    assert await everything(hotel_database, hotel.id) == before
    assert (await archive(hotelier, follower)).archived
    assert (await archive(hotelier, plan)).archived
    assert list((await whole(hotelier, hotel)).rate_plans) == []
    assert [change.action for change in (await hotelier.changes(hotel))[:2]] == ["archived", "archived"]
    before = await everything(hotel_database, hotel.id)
    for attempt in (archive(hotelier, plan, 2), hotelier.edit_rate_plan(plan, 2, name="x")):
        assert (await refused(attempt)).code == "ILLEGAL_STATE"
    assert (await refused(hotelier.rate_plan(hotel, derived_from_id=plan.id))).path == ("derivedFromId",)
    assert await everything(hotel_database, hotel.id) == before


async def test_a_published_house_keeps_a_rate_plan(hotelier: Hotelier, hotel_database: Database) -> None:
    shown, _, plan = await hotelier.published()
    before = await everything(hotel_database, shown.id)
    assert (await refused(archive(hotelier, plan))).code == "ILLEGAL_STATE"
    assert await everything(hotel_database, shown.id) == before


async def test_of_two_edits_of_one_version_one_wins(hotelier: Hotelier) -> None:
    hotel = await hotelier.hotel()
    plan = await hotelier.rate_plan(hotel)
    answers = await asyncio.gather(
        *(hotelier.edit_rate_plan(plan, 1, name=f"Name {number}") for number in range(5)), return_exceptions=True
    )
    lost = [answer for answer in answers if isinstance(answer, ServiceError)]
    assert [(refusal.code, refusal.details["current_version"]) for refusal in lost] == [("VERSION_CONFLICT", "2")] * 4
    assert len(await hotelier.changes(hotel, subject_id=plan.id)) == 2
