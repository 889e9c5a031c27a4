"""Making, editing and archiving extras."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Info
from api.errors import IllegalState, InvalidInput, NotFound, NotPermitted, RefusalsAsResults, VersionConflict
from api.extras import Extra, ExtraChargeUnit, extra
from api.hotel_editing import edited_hotel
from api.hotels import Hotel
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from api.scalars import BigInt
from api.written_fields import Readers, all_fields, given_fields
from contracts.hotel.v1 import extra_pb2
from contracts.money.v1 import money_pb2
from runtime.channels import call
from runtime.identity import Scope


@strawberry.input(description="A new extra.")
class ExtraCreateInput:
    hotel_id: strawberry.ID = strawberry.field(description="Of which house.")
    name: str = strawberry.field(description="1 to 120 characters.")
    description: str = strawberry.field(default="", description="What it is, up to 1000 characters.")
    charge_unit: ExtraChargeUnit = strawberry.field(description="What its price is multiplied with.")
    price_minor_units: BigInt = strawberry.field(
        description="Of one, in the smallest unit of the house's currency, 0 to 10000000."
    )
    max_quantity: int = strawberry.field(default=1, description="So many at most in one room, 1 to 20.")


@strawberry.input(description="What to change of an extra. What is left out stays; null clears what may be empty.")
class ExtraUpdateInput:
    extra_id: strawberry.ID = strawberry.field(description="Which extra.")
    expected_version: int = strawberry.field(description="Its `version` as you saw it.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="1 to 120 characters.")
    description: strawberry.Maybe[str | None] = strawberry.field(description="What it is, up to 1000 characters.")
    charge_unit: strawberry.Maybe[ExtraChargeUnit | None] = strawberry.field(
        description="What its price is multiplied with. Bookings keep what they were made with."
    )
    price_minor_units: strawberry.Maybe[BigInt | None] = strawberry.field(
        description="Of one, in the smallest unit of the house's currency, 0 to 10000000."
    )
    max_quantity: strawberry.Maybe[int | None] = strawberry.field(description="So many at most in one room, 1 to 20.")


@strawberry.input(description="Which extra, as you saw it.")
class ExtraArchiveInput:
    extra_id: strawberry.ID = strawberry.field(description="Which extra.")
    expected_version: int = strawberry.field(description="Its `version` as you saw it.")


@strawberry.type(description="The extra exists.")
class ExtraCreated:
    extra: Extra = strawberry.field(description="The extra.")
    hotel: Hotel = strawberry.field(description="The house with it.")


@strawberry.type(description="The extra was changed.")
class ExtraUpdated:
    extra: Extra = strawberry.field(description="The extra as it is now.")
    hotel: Hotel = strawberry.field(description="The house with it.")


@strawberry.type(description="The extra is off sale for good.")
class ExtraArchived:
    extra: Extra = strawberry.field(description="The extra.")
    hotel: Hotel = strawberry.field(description="The house without it.")


ExtraCreateResult = Annotated[
    ExtraCreated | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("ExtraCreateResult", description="The extra, or why there is none."),
]
ExtraUpdateResult = Annotated[
    ExtraUpdated | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("ExtraUpdateResult", description="The extra, or why it stayed as it was."),
]
ExtraArchiveResult = Annotated[
    ExtraArchived | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("ExtraArchiveResult", description="The archived extra, or why it is not."),
]


@strawberry.type
class ExtraEditing:
    @strawberry.mutation(
        description="Adds an extra to a house of yours.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_RATES), RefusalsAsResults()],
    )
    async def extra_create(
        self,
        info: Info,
        input: Annotated[ExtraCreateInput, strawberry.argument(description="The extra.")],  # noqa: A002
    ) -> ExtraCreateResult:
        wanted = extra_pb2.Extra(
            hotel_id=decode_id("Hotel", input.hotel_id, path=("hotelId",)), **all_fields(input, _READERS)
        )
        request = extra_pb2.CreateExtraRequest(extra=wanted)
        made = await call(info.context.services.extras.CreateExtra, request)
        return ExtraCreated(extra=extra(made), hotel=await edited_hotel(info, made.hotel_id))

    @strawberry.mutation(
        description="Changes an extra; nothing if somebody else changed it meanwhile.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_RATES), RefusalsAsResults()],
    )
    async def extra_update(
        self,
        info: Info,
        input: Annotated[ExtraUpdateInput, strawberry.argument(description="The changes.")],  # noqa: A002
    ) -> ExtraUpdateResult:
        identifier = decode_id("Extra", input.extra_id, path=("extraId",))
        fields = given_fields(input, _READERS, required=_REQUIRED)
        request = extra_pb2.UpdateExtraRequest(
            extra=extra_pb2.Extra(id=identifier, **fields),
            fields=list(fields),
            expected_version=input.expected_version,
        )
        updated = await call(info.context.services.extras.UpdateExtra, request)
        return ExtraUpdated(extra=extra(updated), hotel=await edited_hotel(info, updated.hotel_id))

    @strawberry.mutation(
        description="Takes an extra off sale for good. Bookings keep it.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_RATES), RefusalsAsResults()],
    )
    async def extra_archive(
        self,
        info: Info,
        input: Annotated[ExtraArchiveInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> ExtraArchiveResult:
        request = extra_pb2.ArchiveExtraRequest(
            id=decode_id("Extra", input.extra_id, path=("extraId",)), expected_version=input.expected_version
        )
        archived = await call(info.context.services.extras.ArchiveExtra, request)
        return ExtraArchived(extra=extra(archived), hotel=await edited_hotel(info, archived.hotel_id))


_READERS: Readers = {
    "name": lambda value: {"name": value},
    "description": lambda value: {"description": value or ""},
    "charge_unit": lambda value: {"charge_unit": extra_pb2.ExtraChargeUnit.Value(f"EXTRA_CHARGE_UNIT_{value.value}")},
    "price_minor_units": lambda value: {"price": money_pb2.Money(minor_units=value)},
    "max_quantity": lambda value: {"max_quantity": value},
}
_REQUIRED = frozenset({"name", "charge_unit", "price_minor_units", "max_quantity"})
