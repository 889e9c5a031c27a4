"""Inventory in the public schema: changing capacity, taking doors off sale, and who changed what."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import orjson
import strawberry
from strawberry.scalars import JSON

from api.context import Info
from api.errors import (
    CapacityBelowSold,
    DoorTaken,
    IdempotencyConflict,
    IllegalState,
    InvalidInput,
    NotFound,
    NotPermitted,
    RefusalsAsResults,
    VersionConflict,
)
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.paging import Connection, at_least_one, edges, page_info
from api.permissions import Demands, Permission
from api.scalars import IdempotencyKey
from api.weekdays import Weekday, weekday_numbers
from contracts.booking.v1 import inventory_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.identity import Scope


@strawberry.type(description="What a house has of one room type on one night.")
class InventoryNight:
    capacity: int = strawberry.field(description="Rooms there are.")
    capacity_overridden: bool = strawberry.field(description="Whether that was set for this night.")
    oversell: int = strawberry.field(description="Rooms that may be sold beyond capacity.")
    out_of_order: int = strawberry.field(description="Rooms that are out of order.")
    blocked: int = strawberry.field(description="Rooms that other channels sold.")
    held: int = strawberry.field(description="Rooms held for a payment.")
    sold: int = strawberry.field(description="Rooms sold here.")
    free: int = strawberry.field(description="Rooms that can still be sold.")


@strawberry.type(description="Nights in a row that changed alike.")
class InventoryChanged:
    first_night: dt.date = strawberry.field(description="The first of them.")
    last_night: dt.date = strawberry.field(description="The last of them, included.")
    before: InventoryNight = strawberry.field(description="What they were.")
    after: InventoryNight = strawberry.field(description="What they are now.")


@strawberry.type(description="The inventory as it was written; nothing changed if it already was so.")
class InventoryUpdated:
    room_type_id: strawberry.ID = strawberry.field(description="The room type.")
    version: int = strawberry.field(description="The version that its inventory has now.")
    number_of_rooms: int = strawberry.field(description="The usual capacity.")
    nights_changed: int = strawberry.field(description="How many nights changed.")
    changed: list[InventoryChanged] = strawberry.field(description="What changed.")


@strawberry.input(description="What to write on the nights of a range; at least one of the last three.")
class InventoryChangeInput:
    first_night: dt.date = strawberry.field(description="The first night.")
    last_night: dt.date = strawberry.field(description="The last night, included; at most 500 nights ahead.")
    weekdays: list[Weekday] | None = strawberry.field(
        default=None, description="Only on these days; every day if there are none."
    )
    capacity: int | None = strawberry.field(default=None, description="Rooms there are on these nights, 0 to 10,000.")
    oversell: int | None = strawberry.field(
        default=None, description="Rooms that may be sold beyond capacity, 0 to 10,000."
    )
    reset_capacity: bool = strawberry.field(default=False, description="Back to the usual number of rooms.")


@strawberry.input(description="Capacity to write, all of it or nothing.")
class InventoryUpdateInput:
    room_type_id: strawberry.ID = strawberry.field(description="The room type.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every update.")
    expected_version: int = strawberry.field(description="The version of its inventory that you saw.")
    number_of_rooms: int | None = strawberry.field(
        default=None, description="The usual capacity, for every night to come that has none of its own."
    )
    changes: list[InventoryChangeInput] = strawberry.field(
        default_factory=list, description="In order, later ones win; at most 100."
    )


@strawberry.type(description="Nights on which a door is not sold.")
class OutOfOrderPeriod:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    room_id: strawberry.ID = strawberry.field(description="The door.")
    room_type_id: strawberry.ID = strawberry.field(description="The room type that has one room less.")
    first_night: dt.date = strawberry.field(description="The first night.")
    last_night: dt.date = strawberry.field(description="The last night, included.")
    reason: str | None = strawberry.field(description="Why.")
    created_at: dt.datetime = strawberry.field(description="When it was written.")
    ended_at: dt.datetime | None = strawberry.field(description="When it was ended early; null while it stands.")


@strawberry.input(description="A door to take off sale.")
class RoomOutOfOrderCreateInput:
    room_id: strawberry.ID = strawberry.field(description="The door.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every period.")
    first_night: dt.date = strawberry.field(description="The first night.")
    last_night: dt.date = strawberry.field(description="The last night, included; at most 500 nights ahead.")
    reason: str | None = strawberry.field(default=None, description="Why, up to 200 characters.")


@strawberry.input(description="A period to end.")
class RoomOutOfOrderEndInput:
    id: strawberry.ID = strawberry.field(description="The period.")


@strawberry.type(description="The door is off sale on these nights.")
class RoomOutOfOrderCreated:
    period: OutOfOrderPeriod = strawberry.field(description="The period.")


@strawberry.type(description="The door is for sale again from today on.")
class RoomOutOfOrderEnded:
    period: OutOfOrderPeriod = strawberry.field(description="The period.")


@strawberry.enum(description="What was done to inventory.")
class InventoryAction(enum.Enum):
    UPDATED = strawberry.enum_value("UPDATED", description="Capacity or oversell allowance.")
    OUT_OF_ORDER = strawberry.enum_value("OUT_OF_ORDER", description="A door was taken off sale.")
    BACK_IN_ORDER = strawberry.enum_value("BACK_IN_ORDER", description="A door is for sale again.")
    FEED_CREATED = strawberry.enum_value("FEED_CREATED", description="A calendar is imported.")
    FEED_DELETED = strawberry.enum_value("FEED_DELETED", description="A calendar is no longer imported.")
    BLOCK_CREATED = strawberry.enum_value("BLOCK_CREATED", description="Rooms are kept under one name.")
    BLOCK_RELEASED = strawberry.enum_value("BLOCK_RELEASED", description="What nobody took of a block is free again.")
    CLOSED = strawberry.enum_value("CLOSED", description="The room type was archived.")


@strawberry.type(description="An entry of the audit log of inventory.")
class InventoryLogEntry:
    room_type_id: strawberry.ID = strawberry.field(description="The room type.")
    action: InventoryAction = strawberry.field(description="What was done.")
    actor_id: strawberry.ID = strawberry.field(description="The account that did it.")
    actor_role: str = strawberry.field(description="Its role then.")
    at: dt.datetime = strawberry.field(description="When.")
    request_id: str = strawberry.field(description="The request that did it, as in the logs.")
    before: JSON | None = strawberry.field(description="How it was; null where there was nothing.")
    after: JSON | None = strawberry.field(description="How it is since; null where there is nothing.")


@strawberry.type
class HotelInventory(Node):
    """The part of Hotel that only its hotelier reads: who changed its inventory, which doors are out of order."""

    @strawberry.field(description="Who changed what of its inventory, newest first; for its hotelier only.")
    async def inventory_changes(
        self,
        info: Info,
        room_type_id: Annotated[strawberry.ID | None, strawberry.argument(description="Only of this one.")] = None,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[InventoryLogEntry] | None:
        response = await call(
            info.context.services.inventory.ListInventoryChanges,
            inventory_pb2.ListInventoryChangesRequest(
                hotel_id=decode_id("Hotel", self.id, path=("id",)),
                room_type_id=decode_id("RoomType", room_type_id, path=("roomTypeId",)) if room_type_id else "",
                first=at_least_one(first),
                after=after or "",
            ),
        )
        return Connection(
            edges=edges([log_entry(entry) for entry in response.changes], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )

    @strawberry.field(
        description="Periods on which doors are out of order, also those ended early, newest first; for its hotelier."
    )
    async def out_of_order(
        self,
        info: Info,
        from_night: Annotated[
            dt.date | None, strawberry.argument(description="Those that reach this night; today if not given.")
        ] = None,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[OutOfOrderPeriod] | None:
        response = await call(
            info.context.services.inventory.ListOutOfOrder,
            inventory_pb2.ListOutOfOrderRequest(
                hotel_id=decode_id("Hotel", self.id, path=("id",)),
                from_night=from_night.isoformat() if from_night else "",
                first=at_least_one(first),
                after=after or "",
            ),
        )
        return Connection(
            edges=edges([out_of_order_period(period) for period in response.periods], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


InventoryUpdateResult = Annotated[
    InventoryUpdated
    | CapacityBelowSold
    | VersionConflict
    | IdempotencyConflict
    | NotFound
    | NotPermitted
    | InvalidInput,
    strawberry.union("InventoryUpdateResult", description="What changed, or why nothing did."),
]
RoomOutOfOrderCreateResult = Annotated[
    RoomOutOfOrderCreated
    | CapacityBelowSold
    | DoorTaken
    | IllegalState
    | IdempotencyConflict
    | NotFound
    | NotPermitted
    | InvalidInput,
    strawberry.union("RoomOutOfOrderCreateResult", description="The period, or why there is none."),
]
RoomOutOfOrderEndResult = Annotated[
    RoomOutOfOrderEnded | NotFound | NotPermitted | InvalidInput,
    strawberry.union("RoomOutOfOrderEndResult", description="The period as it ended, or why it did not."),
]


@strawberry.type
class InventoryMutations:
    @strawberry.mutation(
        description="Writes the capacity of many nights of your house, all of them or none.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_INVENTORY), RefusalsAsResults()],
    )
    async def inventory_update(
        self,
        info: Info,
        input: Annotated[InventoryUpdateInput, strawberry.argument(description="What to write.")],  # noqa: A002
    ) -> InventoryUpdateResult:
        request = inventory_pb2.UpdateInventoryRequest(
            room_type_id=decode_id("RoomType", input.room_type_id, path=("roomTypeId",)),
            idempotency_key=input.idempotency_key,
            expected_version=input.expected_version,
            number_of_rooms=input.number_of_rooms,
            changes=[_change_message(change) for change in input.changes],
        )
        answer = await call(info.context.services.inventory.UpdateInventory, request)
        return InventoryUpdated(
            room_type_id=input.room_type_id,
            version=answer.version,
            number_of_rooms=answer.number_of_rooms,
            nights_changed=answer.nights_changed,
            changed=[
                InventoryChanged(
                    first_night=dt.date.fromisoformat(run.first_night),
                    last_night=dt.date.fromisoformat(run.last_night),
                    before=inventory_night(run.before),
                    after=inventory_night(run.after),
                )
                for run in answer.changed
            ],
        )

    @strawberry.mutation(
        description="Takes a door of your house off sale for some nights.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_INVENTORY), RefusalsAsResults()],
    )
    async def room_out_of_order_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            RoomOutOfOrderCreateInput, strawberry.argument(description="The door and the nights.")
        ],
    ) -> RoomOutOfOrderCreateResult:
        request = inventory_pb2.CreateOutOfOrderRequest(
            room_id=decode_id("Room", input.room_id, path=("roomId",)),
            idempotency_key=input.idempotency_key,
            first_night=input.first_night.isoformat(),
            last_night=input.last_night.isoformat(),
            reason=input.reason or "",
        )
        created = await call(info.context.services.inventory.CreateOutOfOrder, request)
        return RoomOutOfOrderCreated(period=out_of_order_period(created))

    @strawberry.mutation(
        description="Puts a door of your house on sale again, from today on. Ending a period again changes nothing.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_INVENTORY), RefusalsAsResults()],
    )
    async def room_out_of_order_end(
        self,
        info: Info,
        input: Annotated[RoomOutOfOrderEndInput, strawberry.argument(description="The period.")],  # noqa: A002
    ) -> RoomOutOfOrderEndResult:
        request = inventory_pb2.EndOutOfOrderRequest(id=decode_id("OutOfOrderPeriod", input.id, path=("id",)))
        ended = await call(info.context.services.inventory.EndOutOfOrder, request)
        return RoomOutOfOrderEnded(period=out_of_order_period(ended))


def _change_message(change: InventoryChangeInput) -> inventory_pb2.InventoryChange:
    return inventory_pb2.InventoryChange(
        first_night=change.first_night.isoformat(),
        last_night=change.last_night.isoformat(),
        weekdays=weekday_numbers(change.weekdays or ()),
        capacity=change.capacity,
        oversell=change.oversell,
        reset_capacity=change.reset_capacity,
    )


def inventory_night(message: inventory_pb2.NightInventory) -> InventoryNight:
    return InventoryNight(
        capacity=message.capacity,
        capacity_overridden=message.capacity_overridden,
        oversell=message.oversell,
        out_of_order=message.out_of_order,
        blocked=message.blocked,
        held=message.held,
        sold=message.sold,
        free=message.free,
    )


def out_of_order_period(message: inventory_pb2.OutOfOrder) -> OutOfOrderPeriod:
    return OutOfOrderPeriod(
        id=strawberry.ID(encode_id("OutOfOrderPeriod", message.id)),
        room_id=strawberry.ID(encode_id("Room", message.room_id)),
        room_type_id=strawberry.ID(encode_id("RoomType", message.room_type_id)),
        first_night=dt.date.fromisoformat(message.first_night),
        last_night=dt.date.fromisoformat(message.last_night),
        reason=message.reason or None,
        created_at=from_timestamp(message.created_at),
        ended_at=from_timestamp(message.ended_at) if message.HasField("ended_at") else None,
    )


def log_entry(message: inventory_pb2.InventoryLogEntry) -> InventoryLogEntry:
    return InventoryLogEntry(
        room_type_id=strawberry.ID(encode_id("RoomType", message.room_type_id)),
        action=InventoryAction(message.action.upper()),
        actor_id=strawberry.ID(encode_id("Account", message.actor_id)),
        actor_role=message.actor_role,
        at=from_timestamp(message.at),
        request_id=message.request_id,
        before=orjson.loads(message.before_json) if message.before_json else None,
        after=orjson.loads(message.after_json) if message.after_json else None,
    )
