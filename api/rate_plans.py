"""Rate plans in the public schema: meals, payment, cancellation."""

from __future__ import annotations

import enum

import strawberry

from api.node_ids import encode_id
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


@strawberry.type(description="What cancelling costs, from the most generous tier to the strictest.")
class CancellationPolicy:
    tiers: list[CancellationTier] = strawberry.field(description="In the order in which they run out.")
    summary: str = strawberry.field(description="The policy in words, in English.")


@strawberry.type(description="What a guest buys with the room: meals, when they pay, how they may cancel.")
class RatePlan:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    name: str = strawberry.field(description="What the house calls it.")
    meal_plan: MealPlan = strawberry.field(description="Meals included.")
    payment_timing: PaymentTiming = strawberry.field(description="When the guest pays.")
    cancellation_policy: CancellationPolicy = strawberry.field(description="What cancelling costs.")


def rate_plan(message: hotel_pb2.RatePlan) -> RatePlan:
    return RatePlan(
        id=strawberry.ID(encode_id("RatePlan", message.id)),
        name=message.name,
        meal_plan=MealPlan(hotel_pb2.MealPlan.Name(message.meal_plan).removeprefix("MEAL_PLAN_")),
        payment_timing=payment_timing(message.payment_timing),
        cancellation_policy=cancellation_policy(message.cancellation_policy),
    )


def payment_timing(value: hotel_pb2.PaymentTiming.ValueType) -> PaymentTiming:
    return PaymentTiming(hotel_pb2.PaymentTiming.Name(value).removeprefix("PAYMENT_TIMING_"))


def cancellation_policy(message: hotel_pb2.CancellationPolicy) -> CancellationPolicy:
    return CancellationPolicy(
        tiers=[
            CancellationTier(hours_before_check_in=tier.hours_before_check_in, penalty_percent=tier.penalty_percent)
            for tier in message.tiers
        ],
        summary=_in_words(message),
    )


def _in_words(policy: hotel_pb2.CancellationPolicy) -> str:
    sentences = []
    for tier in policy.tiers:
        cost = "Free cancellation" if tier.penalty_percent == 0 else f"Cancelling costs {tier.penalty_percent} %"
        if tier.hours_before_check_in:
            days, hours = divmod(tier.hours_before_check_in, 24)
            until = f"{days} day{'s' * (days > 1)}" if days and not hours else f"{tier.hours_before_check_in} hours"
            sentences.append(f"{cost} until {until} before check-in.")
        else:
            sentences.append(f"{cost} after that." if sentences else f"{cost} of the price at any time.")
    return " ".join(sentences)
