"""Old prices explained: which rule gave each line of a quote, in words, also after the rules have changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import strawberry

from api.context import Info
from api.money import Money
from api.node_ids import decode_id
from api.price_lines import PriceLine, PriceLineKind, PriceStep, PriceStepKind
from api.quotes import PricedRoom, Quote, quote
from runtime.money_format import decimal_amount


@strawberry.type(description="A line of a price and how it came about.")
class ExplainedLine:
    line: PriceLine = strawberry.field(description="The line with its steps.")
    text: str = strawberry.field(description="The steps in words, in English.")


@strawberry.type(description="A room of a quote, line by line.")
class ExplainedRoom:
    room: PricedRoom = strawberry.field(description="The room.")
    lines: list[ExplainedLine] = strawberry.field(description="Its lines, in order.")


@strawberry.type(description="Which rules made the price of a quote, as they were when it was made.")
class PriceExplanation:
    quote: Quote = strawberry.field(description="The quote.")
    rooms: list[ExplainedRoom] = strawberry.field(description="Its rooms, in order.")


@strawberry.type
class PriceQueries:
    @strawberry.field(
        description="Which rule gave each line of a quote's price, also after the rules changed; null if there is no "
        "such quote."
    )
    async def price_explain(
        self, info: Info, quote_id: Annotated[strawberry.ID, strawberry.argument(description="The quote.")]
    ) -> PriceExplanation | None:
        found = await info.context.load.quote.load(decode_id("Quote", quote_id, path=("quoteId",)))
        if found is None:
            return None
        explained = quote(found)
        return PriceExplanation(
            quote=explained,
            rooms=[
                ExplainedRoom(
                    room=room, lines=[ExplainedLine(line=line, text=_line_in_words(line)) for line in room.lines]
                )
                for room in explained.rooms
            ],
        )


def _line_in_words(line: PriceLine) -> str:
    subject = f"Night of {line.night.isoformat()}" if line.night else line.description
    if not line.steps:  # quotes of the first days explained nothing
        return f"{subject}: {_amount(line.amount)}."
    if line.kind is PriceLineKind.NIGHT:
        return f"{subject}: {'; '.join(_STEPS[step.kind](step) for step in line.steps)}."
    return f"{'; '.join(_STEPS[step.kind](step) for step in line.steps)}."


def _share(step: PriceStep) -> str:
    """Such as +12.5 %."""
    return f"{(step.basis_points or 0) / 100:+g} %"


def _amount(amount: Money) -> str:
    return f"{decimal_amount(amount.minor_units, amount.currency)} {amount.currency}"


_STEPS: dict[PriceStepKind, Callable[[PriceStep], str]] = {
    PriceStepKind.BASE_PRICE: lambda step: f"{step.name} costs {_amount(step.after)}",
    PriceStepKind.PRICE_RULE: lambda step: f"price rule “{step.name}” {_share(step)} makes {_amount(step.after)}",
    PriceStepKind.NIGHT_PRICE: lambda step: f"set for this night under {step.name}: {_amount(step.after)}",
    PriceStepKind.RATE_PLAN: lambda step: f"rate plan “{step.name}” {_share(step)} makes {_amount(step.after)}",
    PriceStepKind.OCCUPANCY: lambda step: f"for {step.name} it is {_amount(step.after)}",
    PriceStepKind.MEALS: lambda step: f"with meals of {step.name} it is {_amount(step.after)}",
    PriceStepKind.STAY_DISCOUNT: lambda step: (
        f"Discount for {step.name}, {_share(step)} of all nights: {_amount(step.after)}"
    ),
    PriceStepKind.EXTRA: lambda step: f"{step.name}: {_amount(step.after)}",
    PriceStepKind.VAT: lambda step: f"VAT, {_share(step)} of the price: {_amount(step.after)}",
    PriceStepKind.CITY_TAX: lambda step: f"City tax for {step.name}: {_amount(step.after)}",
}
