"""Editing the price rules of a house."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import strawberry

from api.context import Info
from api.errors import (
    IllegalState,
    InvalidInput,
    NotFound,
    NotPermitted,
    RefusalsAsResults,
    VersionConflict,
)
from api.hotels import Hotel
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from api.price_rules import PriceRule, price_rule
from api.quotes import hotel_of
from api.weekdays import Weekday, weekday_numbers
from api.written_fields import Readers, all_fields, given_fields
from contracts.hotel.v1 import rate_pb2
from runtime.channels import call
from runtime.identity import Scope


@strawberry.input(description="A new price rule.")
class PriceRuleCreateInput:
    hotel_id: strawberry.ID = strawberry.field(description="The house.")
    expected_rates_version: int = strawberry.field(description="The house's `ratesVersion` that you have seen.")
    name: str = strawberry.field(description="What you call it, up to 120 characters.")
    room_type_id: strawberry.ID | None = strawberry.field(
        default=None, description="The only room type it is for; all if there is none."
    )
    first_night: dt.date = strawberry.field(description="The first night.")
    last_night: dt.date = strawberry.field(description="The last night, included.")
    weekdays: list[Weekday] | None = strawberry.field(
        default=None, description="Only on these days; every day if there are none."
    )
    adjustment_basis_points: int = strawberry.field(
        description="-9000 to 20000: by how much; 2500 is 25 % more, -1000 10 % less."
    )
    position: int | None = strawberry.field(
        default=None, description="1 to 9999: rules work in this order; behind the others if there is none."
    )


@strawberry.input(description="What to change of a price rule; absent fields stay as they are.")
class PriceRuleUpdateInput:
    id: strawberry.ID = strawberry.field(description="The price rule.")
    expected_rates_version: int = strawberry.field(description="The house's `ratesVersion` that you have seen.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="What you call it, up to 120 characters.")
    room_type_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="The only room type it is for; null: all."
    )
    first_night: strawberry.Maybe[dt.date | None] = strawberry.field(description="The first night.")
    last_night: strawberry.Maybe[dt.date | None] = strawberry.field(description="The last night, included.")
    weekdays: strawberry.Maybe[list[Weekday] | None] = strawberry.field(
        description="Only on these days; null: every day."
    )
    adjustment_basis_points: strawberry.Maybe[int | None] = strawberry.field(description="-9000 to 20000: by how much.")
    position: strawberry.Maybe[int | None] = strawberry.field(description="0 to 9999: rules work in this order.")


@strawberry.input(description="The price rule to delete.")
class PriceRuleDeleteInput:
    id: strawberry.ID = strawberry.field(description="The price rule.")
    expected_rates_version: int = strawberry.field(description="The house's `ratesVersion` that you have seen.")


@strawberry.type(description="The price rule was written.")
class PriceRuleWritten:
    price_rule: PriceRule = strawberry.field(description="As it is now.")
    hotel_id: strawberry.Private[str]

    @strawberry.field(description="The house, with the version of its rates now.")
    async def hotel(self, info: Info) -> Hotel:
        info.context.load.hotel.clear_all()
        return await hotel_of(info, self.hotel_id)


@strawberry.type(description="The new price rule.")
class PriceRuleCreated(PriceRuleWritten):
    pass


@strawberry.type(description="The price rule as it is now.")
class PriceRuleUpdated(PriceRuleWritten):
    pass


@strawberry.type(description="The price rule is gone; quotes that were made with it stay as they are.")
class PriceRuleDeleted:
    hotel_id: strawberry.Private[str]

    @strawberry.field(description="The house, with the version of its rates now.")
    async def hotel(self, info: Info) -> Hotel:
        info.context.load.hotel.clear_all()
        return await hotel_of(info, self.hotel_id)


PriceRuleCreateResult = Annotated[
    PriceRuleCreated | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("PriceRuleCreateResult", description="The price rule, or why there is none."),
]
PriceRuleUpdateResult = Annotated[
    PriceRuleUpdated | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("PriceRuleUpdateResult", description="The price rule, or why it stays as it was."),
]
PriceRuleDeleteResult = Annotated[
    PriceRuleDeleted | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("PriceRuleDeleteResult", description="What was deleted, or why it stays."),
]


def _room_type_id(value: str | None) -> dict[str, Any]:
    return {"room_type_id": decode_id("RoomType", value, path=("roomTypeId",)) if value else ""}


_READERS: Readers = {
    "name": lambda value: {"name": value},
    "room_type_id": _room_type_id,
    "first_night": lambda value: {"first_night": value.isoformat()},
    "last_night": lambda value: {"last_night": value.isoformat()},
    "weekdays": lambda value: {"weekdays": weekday_numbers(value or ())},
    "adjustment_basis_points": lambda value: {"adjustment_basis_points": value},
    "position": lambda value: {"position": value or 0},
}
_REQUIRED = frozenset({"name", "first_night", "last_night", "adjustment_basis_points", "position"})


@strawberry.type
class PriceRuleMutations:
    @strawberry.mutation(
        description="Adds a season or weekday to the prices of your house.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_RATES), RefusalsAsResults()],
    )
    async def price_rule_create(
        self,
        info: Info,
        input: Annotated[PriceRuleCreateInput, strawberry.argument(description="The rule.")],  # noqa: A002
    ) -> PriceRuleCreateResult:
        request = rate_pb2.CreatePriceRuleRequest(
            price_rule=rate_pb2.PriceRule(
                hotel_id=decode_id("Hotel", input.hotel_id, path=("hotelId",)), **all_fields(input, _READERS)
            ),
            expected_rates_version=input.expected_rates_version,
        )
        created = await call(info.context.services.rates.CreatePriceRule, request)
        return PriceRuleCreated(price_rule=price_rule(created), hotel_id=created.hotel_id)

    @strawberry.mutation(
        description="Changes a price rule of your house.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_RATES), RefusalsAsResults()],
    )
    async def price_rule_update(
        self,
        info: Info,
        input: Annotated[PriceRuleUpdateInput, strawberry.argument(description="What to change.")],  # noqa: A002
    ) -> PriceRuleUpdateResult:
        fields = given_fields(input, _READERS, required=_REQUIRED)
        request = rate_pb2.UpdatePriceRuleRequest(
            price_rule=rate_pb2.PriceRule(id=decode_id("PriceRule", input.id, path=("id",)), **fields),
            fields=list(fields),
            expected_rates_version=input.expected_rates_version,
        )
        updated = await call(info.context.services.rates.UpdatePriceRule, request)
        return PriceRuleUpdated(price_rule=price_rule(updated), hotel_id=updated.hotel_id)

    @strawberry.mutation(
        description="Deletes a price rule of your house.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_RATES), RefusalsAsResults()],
    )
    async def price_rule_delete(
        self,
        info: Info,
        input: Annotated[PriceRuleDeleteInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> PriceRuleDeleteResult:
        request = rate_pb2.DeletePriceRuleRequest(
            id=decode_id("PriceRule", input.id, path=("id",)), expected_rates_version=input.expected_rates_version
        )
        deleted = await call(info.context.services.rates.DeletePriceRule, request)
        return PriceRuleDeleted(hotel_id=deleted.hotel_id)
