"""Editing the rates of a house: prices and restrictions of many nights in one go."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import strawberry

from api.context import Info
from api.errors import (
    IdempotencyConflict,
    IllegalState,
    InvalidInput,
    NotFound,
    NotPermitted,
    RefusalsAsResults,
    VersionConflict,
)
from api.money import Money
from api.node_ids import decode_id, encode_id
from api.permissions import Demands, Permission
from api.scalars import BigInt, CurrencyCode, IdempotencyKey
from api.weekdays import Weekday, weekday_numbers
from contracts.hotel.v1 import rate_pb2
from runtime.channels import call
from runtime.errors import InvalidInput as Unusable
from runtime.identity import Scope

MOST_SHOWN = 100

_RESTRICTIONS = (
    "closed",
    "closed_to_arrival",
    "closed_to_departure",
    "min_stay",
    "max_stay",
    "min_advance_days",
    "max_advance_days",
)


@strawberry.input(
    description="What to write on every night of a period, for every named room type and rate plan. Absent fields "
    "stay as they are; null takes back what was written, so that rules and the plan that this one follows hold again."
)
class RateChangeInput:
    room_type_ids: list[strawberry.ID] = strawberry.field(description="1 to 100 room types.")
    rate_plan_ids: list[strawberry.ID] = strawberry.field(description="1 to 100 rate plans.")
    first_night: dt.date = strawberry.field(description="The first night, today at the hotel or later.")
    last_night: dt.date = strawberry.field(description="The last night, included.")
    weekdays: list[Weekday] | None = strawberry.field(
        default=None, description="Only on these days; every day if there are none."
    )
    price_minor_units: strawberry.Maybe[BigInt | None] = strawberry.field(
        description="The price of the night in the smallest unit of the house's currency; no rule moves it."
    )
    closed: strawberry.Maybe[bool | None] = strawberry.field(description="Whether the night is not sold.")
    closed_to_arrival: strawberry.Maybe[bool | None] = strawberry.field(description="Whether no stay begins on it.")
    closed_to_departure: strawberry.Maybe[bool | None] = strawberry.field(
        description="Whether no stay ends on this day."
    )
    min_stay: strawberry.Maybe[int | None] = strawberry.field(
        description="1 to 60: nights of a stay that begins on it, at least."
    )
    max_stay: strawberry.Maybe[int | None] = strawberry.field(
        description="1 to 60: nights of a stay that begins on it, at most."
    )
    min_advance_days: strawberry.Maybe[int | None] = strawberry.field(
        description="0 to 500: a stay that begins on it is booked so many days ahead, at least."
    )
    max_advance_days: strawberry.Maybe[int | None] = strawberry.field(
        description="0 to 500: a stay that begins on it is booked so many days ahead, at most."
    )


@strawberry.input(description="Changes of rates; all of them are written, in order, or none.")
class RatesUpdateInput:
    hotel_id: strawberry.ID = strawberry.field(description="The house.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every update.")
    expected_rates_version: int = strawberry.field(description="The house's `ratesVersion` that you have seen.")
    changes: list[RateChangeInput] = strawberry.field(description="1 to 100 changes, 50,000 nights in all.")


@strawberry.type(description="What is written for a night itself; null where nothing is and rules hold.")
class WrittenRate:
    price: Money | None = strawberry.field(description="The price.")
    price_minor_units: BigInt | None = strawberry.field(
        description="The price in minor units of the house's currency.", deprecation_reason="Ask for `price`."
    )
    closed: bool | None = strawberry.field(description="Whether the night is not sold.")
    closed_to_arrival: bool | None = strawberry.field(description="Whether no stay begins on it.")
    closed_to_departure: bool | None = strawberry.field(description="Whether no stay ends on this day.")
    min_stay: int | None = strawberry.field(description="Nights of a stay that begins on it, at least.")
    max_stay: int | None = strawberry.field(description="Nights of a stay that begins on it, at most.")
    min_advance_days: int | None = strawberry.field(description="Booked so many days ahead, at least.")
    max_advance_days: int | None = strawberry.field(description="Booked so many days ahead, at most.")


@strawberry.type(description="Nights in a row of a room type and rate plan that changed alike.")
class RatesChanged:
    room_type_id: strawberry.ID = strawberry.field(description="The room type.")
    rate_plan_id: strawberry.ID = strawberry.field(description="The rate plan.")
    first_night: dt.date = strawberry.field(description="The first of them.")
    last_night: dt.date = strawberry.field(description="The last of them, included.")
    before: WrittenRate = strawberry.field(description="What was written for them.")
    after: WrittenRate = strawberry.field(description="What is written now.")


@strawberry.type(description="The rates as they were written; nothing changed if they already were so.")
class RatesUpdated:
    hotel_id: strawberry.ID = strawberry.field(description="The house.")
    rates_version: int = strawberry.field(description="The version that its rates have now.")
    nights_changed: int = strawberry.field(description="Nights that changed, of all room types and rate plans.")
    runs: strawberry.Private[list[rate_pb2.ChangedRates]]
    currency: strawberry.Private[str]

    @strawberry.field(description="What changed, by room type, rate plan and night.")
    def changed(self, first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20) -> list[RatesChanged]:
        if not 1 <= first <= MOST_SHOWN:
            raise Unusable(f"Ask for 1 to {MOST_SHOWN} at a time.", path=("first",))
        return [_rates_changed(run, self.currency) for run in self.runs[:first]]


RatesUpdateResult = Annotated[
    RatesUpdated | VersionConflict | IdempotencyConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("RatesUpdateResult", description="What changed, or why nothing did."),
]


@strawberry.type
class RateMutations:
    @strawberry.mutation(
        description="Writes prices and restrictions of many nights of your house, all of them or none.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_RATES), RefusalsAsResults()],
    )
    async def rates_update(
        self,
        info: Info,
        input: Annotated[RatesUpdateInput, strawberry.argument(description="What to write.")],  # noqa: A002
    ) -> RatesUpdateResult:
        request = rate_pb2.UpdateRatesRequest(
            hotel_id=decode_id("Hotel", input.hotel_id, path=("hotelId",)),
            idempotency_key=input.idempotency_key,
            expected_rates_version=input.expected_rates_version,
            changes=[_change_message(change, ("changes", str(number))) for number, change in enumerate(input.changes)],
        )
        answer = await call(info.context.services.rates.UpdateRates, request)
        return RatesUpdated(
            hotel_id=input.hotel_id,
            rates_version=answer.rates_version,
            nights_changed=answer.nights_changed,
            runs=list(answer.changed),
            currency=answer.currency,
        )


def _change_message(change: RateChangeInput, path: tuple[str, ...]) -> rate_pb2.RateChange:
    message = rate_pb2.RateChange(
        room_type_ids=[
            decode_id("RoomType", identifier, path=(*path, "roomTypeIds", str(number)))
            for number, identifier in enumerate(change.room_type_ids)
        ],
        rate_plan_ids=[
            decode_id("RatePlan", identifier, path=(*path, "ratePlanIds", str(number)))
            for number, identifier in enumerate(change.rate_plan_ids)
        ],
        first_night=change.first_night.isoformat(),
        last_night=change.last_night.isoformat(),
        weekdays=weekday_numbers(change.weekdays or ()),
    )
    if change.price_minor_units is not None:
        if change.price_minor_units.value is None:
            message.clear.append(rate_pb2.RATE_FIELD_PRICE)
        else:
            message.price_minor_units = change.price_minor_units.value
    for name in _RESTRICTIONS:
        given: strawberry.Some[bool | int | None] | None = getattr(change, name)
        if given is None:
            continue
        if given.value is None:
            message.clear.append(rate_pb2.RateField.Value(f"RATE_FIELD_{name.upper()}"))
        else:
            setattr(message.restrictions, name, given.value)
    return message


def _rates_changed(message: rate_pb2.ChangedRates, currency: str) -> RatesChanged:
    return RatesChanged(
        room_type_id=strawberry.ID(encode_id("RoomType", message.room_type_id)),
        rate_plan_id=strawberry.ID(encode_id("RatePlan", message.rate_plan_id)),
        first_night=dt.date.fromisoformat(message.first_night),
        last_night=dt.date.fromisoformat(message.last_night),
        before=_written_rate(message.before, currency),
        after=_written_rate(message.after, currency),
    )


def _written_rate(message: rate_pb2.NightRate, currency: str) -> WrittenRate:
    held = message.restrictions
    return WrittenRate(
        price_minor_units=BigInt(message.price_minor_units) if message.HasField("price_minor_units") else None,
        price=(
            Money(minor_units=BigInt(message.price_minor_units), currency=CurrencyCode(currency))
            if message.HasField("price_minor_units")
            else None
        ),
        closed=held.closed if held.HasField("closed") else None,
        closed_to_arrival=held.closed_to_arrival if held.HasField("closed_to_arrival") else None,
        closed_to_departure=held.closed_to_departure if held.HasField("closed_to_departure") else None,
        min_stay=held.min_stay if held.HasField("min_stay") else None,
        max_stay=held.max_stay if held.HasField("max_stay") else None,
        min_advance_days=held.min_advance_days if held.HasField("min_advance_days") else None,
        max_advance_days=held.max_advance_days if held.HasField("max_advance_days") else None,
    )
