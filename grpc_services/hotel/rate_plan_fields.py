"""The fields of a rate plan that its hotelier writes, as columns."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel.field_checks import LONGEST_NAME, check_rising, chosen_values
from runtime.database import Record
from runtime.errors import InvalidInput
from runtime.field_checks import Path, Values, check_count, checked_line, checked_number
from runtime.identifiers import parse_id

MOST_TIERS = 10
MOST_DISCOUNTS = 10
LONGEST_STAY_NIGHTS = 60
LARGEST_SUPPLEMENT = 10_000_000  # minor units a person and night
MOST_ADVANCE_DAYS = 500
_HOURS_OF_A_YEAR = 8760

_MEAL_PLANS = {value: name.removeprefix("MEAL_PLAN_") for name, value in hotel_pb2.MealPlan.items() if value}
_TIMINGS = {value: name.removeprefix("PAYMENT_TIMING_") for name, value in hotel_pb2.PaymentTiming.items() if value}


def new_rate_plan(message: hotel_pb2.RatePlan) -> Values:
    """Every column that a hotelier writes."""
    return written_rate_plan(message, list(_READERS))


def written_rate_plan(message: hotel_pb2.RatePlan, fields: Sequence[str]) -> Values:
    """The columns that the named fields write."""
    return chosen_values(_READERS, message, fields)


def check_rate_plan(values: Mapping[str, Any]) -> None:
    """What fields must be to each other."""
    least, most = values["min_advance_days"], values["max_advance_days"]
    if least is not None and most is not None and least > most:
        raise InvalidInput("This is not less than the least days in advance.", path=("maxAdvanceDays",))


def check_derivation(plan_id: uuid.UUID, derived_from_id: uuid.UUID | None, plans: Sequence[Record]) -> None:
    """One level only, among the plans in use of one house, which are `plans`."""
    path = ("derivedFromId",)
    if derived_from_id is None:
        return
    if derived_from_id == plan_id:
        raise InvalidInput("A rate plan does not follow itself.", path=path)
    original = next((plan for plan in plans if plan["id"] == derived_from_id), None)
    if original is None:
        raise InvalidInput("This house has no such rate plan.", path=path)
    if original["derived_from_id"] is not None:
        raise InvalidInput("That plan follows another one itself.", path=path)
    if any(plan["derived_from_id"] == plan_id for plan in plans):
        raise InvalidInput("Other plans follow this one, so it cannot follow another.", path=path)


def _meal_plan(message: hotel_pb2.RatePlan) -> Values:
    if message.meal_plan not in _MEAL_PLANS:
        raise InvalidInput("This meal plan is not known.", path=("mealPlan",))
    return {"meal_plan": _MEAL_PLANS[message.meal_plan]}


def _payment_timing(message: hotel_pb2.RatePlan) -> Values:
    if message.payment_timing not in _TIMINGS:
        raise InvalidInput("This time of payment is not known.", path=("paymentTiming",))
    return {"payment_timing": _TIMINGS[message.payment_timing]}


def _cancellation_tiers(message: hotel_pb2.RatePlan) -> Values:
    tiers, path = message.cancellation_policy.tiers, ("cancellationTiers",)
    check_count(tiers, path, least=1, most=MOST_TIERS)
    rows = [_tier(tier, (*path, str(number))) for number, tier in enumerate(tiers)]
    check_rising([tier.hours_before_check_in for tier in tiers], path, "hoursBeforeCheckIn", falling=True)
    for number in range(1, len(tiers)):
        before, after = tiers[number - 1], tiers[number]
        for penalty, field in (("penalty_percent", "penaltyPercent"), ("penalty_nights", "penaltyNights")):
            if 0 < getattr(after, penalty) < getattr(before, penalty):
                raise InvalidInput("A later tier is not cheaper.", path=(*path, str(number), field))
        if after.penalty_percent == after.penalty_nights == 0 and (before.penalty_percent or before.penalty_nights):
            raise InvalidInput("A later tier is not cheaper.", path=(*path, str(number), "penaltyPercent"))
    if tiers[-1].hours_before_check_in:
        raise InvalidInput(
            "The last tier holds until check-in: 0 hours.", path=(*path, str(len(tiers) - 1), "hoursBeforeCheckIn")
        )
    return {"cancellation_tiers": rows}


def _tier(tier: hotel_pb2.CancellationTier, path: Path) -> dict[str, int]:
    if tier.penalty_nights and tier.penalty_percent:
        raise InvalidInput("A tier costs a share or nights, not both.", path=(*path, "penaltyNights"))
    return {
        "hours_before_check_in": checked_number(
            tier.hours_before_check_in, (*path, "hoursBeforeCheckIn"), least=0, most=_HOURS_OF_A_YEAR
        ),
        "penalty_percent": checked_number(tier.penalty_percent, (*path, "penaltyPercent"), least=0, most=100),
        "penalty_nights": checked_number(
            tier.penalty_nights, (*path, "penaltyNights"), least=0, most=LONGEST_STAY_NIGHTS
        ),
    }


def _derived_from(message: hotel_pb2.RatePlan) -> Values:
    named = message.derived_from_id
    return {"derived_from_id": parse_id(named, path=("derivedFromId",)) if named else None}


def _stay_discounts(message: hotel_pb2.RatePlan) -> Values:
    discounts, path = message.stay_discounts, ("stayDiscounts",)
    check_count(discounts, path, most=MOST_DISCOUNTS)
    check_rising([discount.min_nights for discount in discounts], path, "minNights")
    return {
        "stay_discounts": [
            {
                "min_nights": checked_number(
                    discount.min_nights, (*path, str(number), "minNights"), least=2, most=LONGEST_STAY_NIGHTS
                ),
                "basis_points": checked_number(
                    discount.basis_points, (*path, str(number), "basisPoints"), least=1, most=9000
                ),
            }
            for number, discount in enumerate(discounts)
        ]
    }


def _supplement(value: int, field: str) -> int:
    return checked_number(value, (field,), least=0, most=LARGEST_SUPPLEMENT)


def _days(value: int, field: str) -> int:
    return checked_number(value, (field,), least=0, most=MOST_ADVANCE_DAYS)


_READERS: dict[str, Callable[[hotel_pb2.RatePlan], Values]] = {
    "name": lambda plan: {"name": checked_line(plan.name, ("name",), longest=LONGEST_NAME, required=True)},
    "meal_plan": _meal_plan,
    "payment_timing": _payment_timing,
    "cancellation_policy": _cancellation_tiers,
    "derived_from_id": _derived_from,
    "adjustment_basis_points": lambda plan: {
        "adjustment_basis_points": checked_number(
            plan.adjustment_basis_points, ("adjustmentBasisPoints",), least=-9000, most=20_000
        )
    },
    "adult_supplement_minor_units": lambda plan: {
        "adult_supplement_minor_units": _supplement(plan.adult_supplement_minor_units, "adultSupplementMinorUnits")
    },
    "child_supplement_minor_units": lambda plan: {
        "child_supplement_minor_units": _supplement(plan.child_supplement_minor_units, "childSupplementMinorUnits")
    },
    "stay_discounts": _stay_discounts,
    "min_advance_days": lambda plan: {
        "min_advance_days": _days(plan.min_advance_days, "minAdvanceDays")
        if plan.HasField("min_advance_days")
        else None
    },
    "max_advance_days": lambda plan: {
        "max_advance_days": _days(plan.max_advance_days, "maxAdvanceDays")
        if plan.HasField("max_advance_days")
        else None
    },
}
