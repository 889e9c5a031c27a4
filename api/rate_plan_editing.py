"""Making, editing and archiving rate plans."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api.context import Info
from api.errors import IllegalState, InvalidInput, NotFound, NotPermitted, RefusalsAsResults, VersionConflict
from api.hotel_editing import edited_hotel
from api.hotels import Hotel
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from api.rate_plans import MealPlan, PaymentTiming, RatePlan, rate_plan
from api.scalars import BigInt
from api.written_fields import Readers, all_fields, given_fields
from contracts.hotel.v1 import hotel_pb2
from runtime.channels import call
from runtime.identity import Scope


@strawberry.input(description="What cancelling costs from a moment on: a share of the stay's price, or nights.")
class CancellationTierInput:
    hours_before_check_in: int = strawberry.field(
        description="Holds until this many hours before check-in time in the hotel's zone; 0 for the last tier."
    )
    penalty_percent: int = strawberry.field(default=0, description="Of the stay's price, 0 to 100.")
    penalty_nights: int = strawberry.field(default=0, description="The price of so many nights instead.")


@strawberry.input(description="What a long stay takes off the price of its nights.")
class StayDiscountInput:
    min_nights: int = strawberry.field(description="For stays of so many nights and more, 2 to 60.")
    basis_points: int = strawberry.field(description="Hundredths of a percent, 1 to 9000: 500 is 5 %.")


@strawberry.input(description="A new rate plan.")
class RatePlanCreateInput:
    hotel_id: strawberry.ID = strawberry.field(description="Of which house.")
    name: str = strawberry.field(description="1 to 120 characters.")
    meal_plan: MealPlan = strawberry.field(description="Meals included.")
    payment_timing: PaymentTiming = strawberry.field(description="When the guest pays.")
    cancellation_tiers: list[CancellationTierInput] = strawberry.field(
        description="1 to 10, from the most generous to the strictest, by falling hours."
    )
    derived_from_id: strawberry.ID | None = strawberry.field(
        default=None, description="Another plan of the house whose night prices this one follows."
    )
    adjustment_basis_points: int = strawberry.field(
        default=0, description="Of the room type's price, or of the other plan's: -1000 is 10 % less."
    )
    adult_supplement_minor_units: BigInt = strawberry.field(
        default=BigInt(0), description="For the meals of an adult a night, in the smallest unit of the currency."
    )
    child_supplement_minor_units: BigInt = strawberry.field(
        default=BigInt(0), description="For the meals of a child a night, in the smallest unit of the currency."
    )
    stay_discounts: list[StayDiscountInput] = strawberry.field(
        default_factory=list, description="Up to 10, by rising nights; the longest that a stay reaches holds."
    )
    min_advance_days: int | None = strawberry.field(
        default=None, description="Booked so many days before arrival at least, 0 to 500."
    )
    max_advance_days: int | None = strawberry.field(
        default=None, description="Booked so many days before arrival at most, 0 to 500."
    )


@strawberry.input(description="What to change of a rate plan. What is left out stays; null clears what may be empty.")
class RatePlanUpdateInput:
    rate_plan_id: strawberry.ID = strawberry.field(description="Which rate plan.")
    expected_version: int = strawberry.field(description="Its `version` as you saw it.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="1 to 120 characters.")
    meal_plan: strawberry.Maybe[MealPlan | None] = strawberry.field(description="Meals included.")
    payment_timing: strawberry.Maybe[PaymentTiming | None] = strawberry.field(description="When the guest pays.")
    cancellation_tiers: strawberry.Maybe[list[CancellationTierInput] | None] = strawberry.field(
        description="All of them, from the most generous to the strictest. Bookings keep what they were made with."
    )
    derived_from_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="Another plan of the house whose night prices this one follows; null: none."
    )
    adjustment_basis_points: strawberry.Maybe[int | None] = strawberry.field(
        description="Of the room type's price, or of the other plan's: -1000 is 10 % less."
    )
    adult_supplement_minor_units: strawberry.Maybe[BigInt | None] = strawberry.field(
        description="For the meals of an adult a night, in the smallest unit of the currency; null: nothing."
    )
    child_supplement_minor_units: strawberry.Maybe[BigInt | None] = strawberry.field(
        description="For the meals of a child a night, in the smallest unit of the currency; null: nothing."
    )
    stay_discounts: strawberry.Maybe[list[StayDiscountInput] | None] = strawberry.field(
        description="All of them, by rising nights."
    )
    min_advance_days: strawberry.Maybe[int | None] = strawberry.field(
        description="Booked so many days before arrival at least; null: no such limit."
    )
    max_advance_days: strawberry.Maybe[int | None] = strawberry.field(
        description="Booked so many days before arrival at most; null: no such limit."
    )


@strawberry.input(description="Which rate plan, as you saw it.")
class RatePlanArchiveInput:
    rate_plan_id: strawberry.ID = strawberry.field(description="Which rate plan.")
    expected_version: int = strawberry.field(description="Its `version` as you saw it.")


@strawberry.type(description="The rate plan exists.")
class RatePlanCreated:
    rate_plan: RatePlan = strawberry.field(description="The rate plan.")
    hotel: Hotel = strawberry.field(description="Its house as it is now.")


@strawberry.type(description="The rate plan was changed. Quotes and bookings keep what they were made with.")
class RatePlanUpdated:
    rate_plan: RatePlan = strawberry.field(description="As it is now.")
    hotel: Hotel = strawberry.field(description="Its house as it is now.")


@strawberry.type(description="The rate plan is no longer sold. Bookings stay.")
class RatePlanArchived:
    rate_plan: RatePlan = strawberry.field(description="As it was last.")
    hotel: Hotel = strawberry.field(description="Its house as it is now.")


RatePlanCreateResult = Annotated[
    RatePlanCreated | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("RatePlanCreateResult", description="The rate plan, or why there is none."),
]
RatePlanUpdateResult = Annotated[
    RatePlanUpdated | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("RatePlanUpdateResult", description="The rate plan, or why nothing was changed."),
]
RatePlanArchiveResult = Annotated[
    RatePlanArchived | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("RatePlanArchiveResult", description="The rate plan, or why it stays on sale."),
]


@strawberry.type
class RatePlanEditing:
    @strawberry.mutation(
        description="Adds a rate plan to a house of yours.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_RATES), RefusalsAsResults()],
    )
    async def rate_plan_create(
        self,
        info: Info,
        input: Annotated[RatePlanCreateInput, strawberry.argument(description="The rate plan.")],  # noqa: A002
    ) -> RatePlanCreateResult:
        plan = hotel_pb2.RatePlan(
            hotel_id=decode_id("Hotel", input.hotel_id, path=("hotelId",)), **all_fields(input, _READERS)
        )
        request = hotel_pb2.CreateRatePlanRequest(rate_plan=plan)
        made = await call(info.context.services.hotels.CreateRatePlan, request)
        house = await edited_hotel(info, made.hotel_id)
        return RatePlanCreated(rate_plan=rate_plan(made, house.currency), hotel=house)

    @strawberry.mutation(
        description="Changes a rate plan; nothing if somebody else changed it meanwhile.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_RATES), RefusalsAsResults()],
    )
    async def rate_plan_update(
        self,
        info: Info,
        input: Annotated[RatePlanUpdateInput, strawberry.argument(description="The changes.")],  # noqa: A002
    ) -> RatePlanUpdateResult:
        identifier = decode_id("RatePlan", input.rate_plan_id, path=("ratePlanId",))
        fields = given_fields(input, _READERS, required=_REQUIRED)
        request = hotel_pb2.UpdateRatePlanRequest(
            rate_plan=hotel_pb2.RatePlan(id=identifier, **fields),
            fields=list(fields),
            expected_version=input.expected_version,
        )
        updated = await call(info.context.services.hotels.UpdateRatePlan, request)
        house = await edited_hotel(info, updated.hotel_id)
        return RatePlanUpdated(rate_plan=rate_plan(updated, house.currency), hotel=house)

    @strawberry.mutation(
        description="Takes a rate plan off sale for good, unless other plans follow it.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_RATES), RefusalsAsResults()],
    )
    async def rate_plan_archive(
        self,
        info: Info,
        input: Annotated[RatePlanArchiveInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> RatePlanArchiveResult:
        request = hotel_pb2.ArchiveRatePlanRequest(
            id=decode_id("RatePlan", input.rate_plan_id, path=("ratePlanId",)), expected_version=input.expected_version
        )
        archived = await call(info.context.services.hotels.ArchiveRatePlan, request)
        house = await edited_hotel(info, archived.hotel_id)
        return RatePlanArchived(rate_plan=rate_plan(archived, house.currency), hotel=house)


def _cancellation_policy(given: list[CancellationTierInput]) -> dict[str, Any]:
    return {
        "cancellation_policy": hotel_pb2.CancellationPolicy(
            tiers=[
                hotel_pb2.CancellationTier(
                    hours_before_check_in=tier.hours_before_check_in,
                    penalty_percent=tier.penalty_percent,
                    penalty_nights=tier.penalty_nights,
                )
                for tier in given
            ]
        )
    }


def _stay_discounts(given: list[StayDiscountInput] | None) -> dict[str, Any]:
    return {
        "stay_discounts": [
            hotel_pb2.StayDiscount(min_nights=discount.min_nights, basis_points=discount.basis_points)
            for discount in given or ()
        ]
    }


_READERS: Readers = {
    "name": lambda value: {"name": value},
    "meal_plan": lambda value: {"meal_plan": hotel_pb2.MealPlan.Value(f"MEAL_PLAN_{value.value}")},
    "payment_timing": lambda value: {"payment_timing": hotel_pb2.PaymentTiming.Value(f"PAYMENT_TIMING_{value.value}")},
    "cancellation_tiers": _cancellation_policy,
    "derived_from_id": lambda value: {
        "derived_from_id": decode_id("RatePlan", value, path=("derivedFromId",)) if value else ""
    },
    "adjustment_basis_points": lambda value: {"adjustment_basis_points": value or 0},
    "adult_supplement_minor_units": lambda value: {"adult_supplement_minor_units": value or 0},
    "child_supplement_minor_units": lambda value: {"child_supplement_minor_units": value or 0},
    "stay_discounts": _stay_discounts,
    "min_advance_days": lambda value: {"min_advance_days": value},
    "max_advance_days": lambda value: {"max_advance_days": value},
}
_REQUIRED = frozenset({"name", "meal_plan", "payment_timing", "cancellation_tiers"})
