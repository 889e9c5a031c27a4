"""Lines of a price in the public schema, each with the steps that explain it."""

from __future__ import annotations

import datetime as dt
import enum

import strawberry

from api.money import Money, money
from api.node_ids import encode_id
from contracts.hotel.v1 import rate_pb2


@strawberry.enum(description="What a line of a price is for.")
class PriceLineKind(enum.Enum):
    NIGHT = strawberry.enum_value("NIGHT", description="A night, with its guests and meals.")
    STAY_DISCOUNT = strawberry.enum_value("STAY_DISCOUNT", description="Taken off the nights of a long stay; negative.")
    EXTRA = strawberry.enum_value("EXTRA", description="An extra that was chosen for the room.")
    VISIT = strawberry.enum_value("VISIT", description="A service of a visit to a salon in the same basket.")
    VAT = strawberry.enum_value("VAT", description="Value added tax, where prices do not contain it.")
    CITY_TAX = strawberry.enum_value("CITY_TAX", description="City tax.")


@strawberry.enum(description="What kind of rule is at work on a line.")
class PriceStepKind(enum.Enum):
    BASE_PRICE = strawberry.enum_value("BASE_PRICE", description="The room type's price of a night.")
    PRICE_RULE = strawberry.enum_value("PRICE_RULE", description="A season or weekday.")
    NIGHT_PRICE = strawberry.enum_value("NIGHT_PRICE", description="A price that was set for this very night.")
    RATE_PLAN = strawberry.enum_value("RATE_PLAN", description="The rate plan's adjustment.")
    OCCUPANCY = strawberry.enum_value("OCCUPANCY", description="Guests beyond or below the included ones.")
    MEALS = strawberry.enum_value("MEALS", description="Meals of the guests.")
    STAY_DISCOUNT = strawberry.enum_value("STAY_DISCOUNT", description="Discount of a long stay.")
    EXTRA = strawberry.enum_value("EXTRA", description="An extra's price by nights and persons.")
    VAT = strawberry.enum_value("VAT", description="Value added tax.")
    CITY_TAX = strawberry.enum_value("CITY_TAX", description="City tax.")


_SOURCES = {
    PriceStepKind.BASE_PRICE: "RoomType",
    PriceStepKind.OCCUPANCY: "RoomType",
    PriceStepKind.PRICE_RULE: "PriceRule",
    PriceStepKind.NIGHT_PRICE: "RatePlan",
    PriceStepKind.RATE_PLAN: "RatePlan",
    PriceStepKind.MEALS: "RatePlan",
    PriceStepKind.STAY_DISCOUNT: "RatePlan",
    PriceStepKind.EXTRA: "Extra",
}


@strawberry.type(description="One rule at work on a line, as it was when the price was made.")
class PriceStep:
    kind: PriceStepKind = strawberry.field(description="What kind of rule.")
    name: str = strawberry.field(description="What it was called then.")
    source_id: strawberry.ID | None = strawberry.field(
        description="The room type, price rule, rate plan or extra, which may be gone since; null for taxes."
    )
    basis_points: int | None = strawberry.field(
        description="What it changed by, if by a share: 2500 is 25 % more. Of taxes and discounts, their rate."
    )
    after: Money = strawberry.field(description="The amount after this step.")


@strawberry.type(description="One line of a price. The lines of a room sum exactly to its total.")
class PriceLine:
    kind: PriceLineKind = strawberry.field(description="What it is for.")
    night: dt.date | None = strawberry.field(description="The night, for lines of a night.")
    description: str = strawberry.field(description="In words.")
    amount: Money = strawberry.field(description="How much.")
    steps: list[PriceStep] = strawberry.field(
        description="How the amount came about, in order; the last step is the amount. None for a visit."
    )


def price_line(message: rate_pb2.PriceLine) -> PriceLine:
    return PriceLine(
        kind=PriceLineKind(rate_pb2.PriceLineKind.Name(message.kind).removeprefix("PRICE_LINE_KIND_")),
        night=dt.date.fromisoformat(message.night) if message.night else None,
        description=message.description,
        amount=money(message.amount),
        steps=[_step(step) for step in message.steps],
    )


def _step(message: rate_pb2.PriceStep) -> PriceStep:
    kind = PriceStepKind(rate_pb2.PriceStepKind.Name(message.kind).removeprefix("PRICE_STEP_KIND_"))
    return PriceStep(
        kind=kind,
        name=message.name,
        source_id=strawberry.ID(encode_id(_SOURCES[kind], message.source_id)) if message.source_id else None,
        basis_points=message.basis_points or None,
        after=money(message.after),
    )
