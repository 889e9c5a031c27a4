"""Rate plans in the public schema: meals, payment, cancellation."""

from __future__ import annotations

import enum

import strawberry

from api.money import Money
from api.node_ids import encode_id
from api.scalars import BigInt, CurrencyCode
from contracts.hotel.v1 import hotel_pb2


@strawberry.enum(description="Which meals a rate plan includes.")
class MealPlan(enum.Enum):
    ROOM_ONLY = strawberry.enum_value("ROOM_ONLY", description="RO: no meals.")
    BED_AND_BREAKFAST = strawberry.enum_value("BED_AND_BREAKFAST", description="BB.")
    HALF_BOARD = strawberry.enum_value("HALF_BOARD", description="HB: breakfast and dinner.")
    FULL_BOARD = strawberry.enum_value("FULL_BOARD", description="FB: all meals.")


@strawberry.enum(description="When the guest pays.")
class PaymentTiming(enum.Enum):
    PREPAID = strawberry.enum_value("PREPAID", description="Before arrival; the rooms are held for the payment.")
    AT_HOTEL = strawberry.enum_value("AT_HOTEL", description="At the hotel; confirmed at once.")


@strawberry.type(description="What cancelling costs from a moment on.")
class CancellationTier:
    hours_before_check_in: int = strawberry.field(
        description="Holds until this many hours before check-in time in the hotel's zone."
    )
    penalty_percent: int = strawberry.field(description="Of the stay's price, 0 to 100.")
    penalty_nights: int = strawberry.field(description="The price of so many nights instead; 0: the percentage holds.")


@strawberry.type(description="What cancelling costs, from the most generous tier to the strictest.")
class CancellationPolicy:
    tiers: list[CancellationTier] = strawberry.field(description="In the order in which they run out.")
    summary: str = strawberry.field(description="The policy in words, in English.")


@strawberry.type(description="What a long stay takes off the price of its nights.")
class StayDiscount:
    min_nights: int = strawberry.field(description="For stays of so many nights and more.")
    basis_points: int = strawberry.field(description="Hundredths of a percent: 500 is 5 %.")


@strawberry.type(description="What a guest buys with the room: meals, when they pay, how they may cancel.")
class RatePlan:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    name: str = strawberry.field(description="What the house calls it.")
    meal_plan: MealPlan = strawberry.field(description="Meals included.")
    payment_timing: PaymentTiming = strawberry.field(description="When the guest pays.")
    cancellation_policy: CancellationPolicy = strawberry.field(description="What cancelling costs.")
    derived_from_id: strawberry.ID | None = strawberry.field(
        description="The rate plan of the house whose night prices this one follows."
    )
    adjustment_basis_points: int = strawberry.field(
        description="What it changes of the room type's price, or of the plan's that it follows: -1000 is 10 % less."
    )
    adult_supplement: Money = strawberry.field(description="For the meals of an adult a night.")
    child_supplement: Money = strawberry.field(description="For the meals of a child a night.")
    stay_discounts: list[StayDiscount] = strawberry.field(
        description="By rising nights; the longest that a stay reaches holds."
    )
    min_advance_days: int | None = strawberry.field(description="Booked so many days before arrival at least.")
    max_advance_days: int | None = strawberry.field(description="Booked so many days before arrival at most.")
    archived: bool = strawberry.field(description="Whether it is no longer sold.")
    version: int = strawberry.field(description="Moves with every edit; name it as `expectedVersion` when you edit.")


def rate_plan(message: hotel_pb2.RatePlan, currency: str) -> RatePlan:
    """`currency` is the house's."""
    return RatePlan(
        id=strawberry.ID(encode_id("RatePlan", message.id)),
        name=message.name,
        meal_plan=MealPlan(hotel_pb2.MealPlan.Name(message.meal_plan).removeprefix("MEAL_PLAN_")),
        payment_timing=payment_timing(message.payment_timing),
        cancellation_policy=cancellation_policy(message.cancellation_policy),
        derived_from_id=(
            strawberry.ID(encode_id("RatePlan", message.derived_from_id)) if message.derived_from_id else None
        ),
        adjustment_basis_points=message.adjustment_basis_points,
        adult_supplement=Money(
            minor_units=BigInt(message.adult_supplement_minor_units), currency=CurrencyCode(currency)
        ),
        child_supplement=Money(
            minor_units=BigInt(message.child_supplement_minor_units), currency=CurrencyCode(currency)
        ),
        stay_discounts=[
            StayDiscount(min_nights=discount.min_nights, basis_points=discount.basis_points)
            for discount in message.stay_discounts
        ],
        min_advance_days=message.min_advance_days if message.HasField("min_advance_days") else None,
        max_advance_days=message.max_advance_days if message.HasField("max_advance_days") else None,
        archived=message.archived,
        version=message.version,
    )


def payment_timing(value: hotel_pb2.PaymentTiming.ValueType) -> PaymentTiming:
    return PaymentTiming(hotel_pb2.PaymentTiming.Name(value).removeprefix("PAYMENT_TIMING_"))


def cancellation_policy(message: hotel_pb2.CancellationPolicy) -> CancellationPolicy:
    return CancellationPolicy(
        tiers=[
            CancellationTier(
                hours_before_check_in=tier.hours_before_check_in,
                penalty_percent=tier.penalty_percent,
                penalty_nights=tier.penalty_nights,
            )
            for tier in message.tiers
        ],
        summary=_in_words(message),
    )


def _in_words(policy: hotel_pb2.CancellationPolicy) -> str:
    sentences: list[str] = []
    for tier in policy.tiers:
        cost = _cost_in_words(tier)
        if tier.hours_before_check_in:
            days, hours = divmod(tier.hours_before_check_in, 24)
            until = f"{days} day{'s' * (days > 1)}" if days and not hours else f"{tier.hours_before_check_in} hours"
            sentences.append(f"{cost} until {until} before check-in.")
        elif sentences:
            sentences.append(f"{cost} after that.")
        else:
            sentences.append(f"{cost}{' of the price' * (tier.penalty_percent > 0)} at any time.")
    return " ".join(sentences)


def _cost_in_words(tier: hotel_pb2.CancellationTier) -> str:
    if tier.penalty_nights:
        return f"Cancelling costs the price of {tier.penalty_nights} night{'s' * (tier.penalty_nights > 1)}"
    return f"Cancelling costs {tier.penalty_percent} %" if tier.penalty_percent else "Free cancellation"
