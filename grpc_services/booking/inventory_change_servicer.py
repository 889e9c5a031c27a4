"""The use cases of a hotelier's capacity: looking at it, changing it, and who changed what."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import grpc

from contracts.booking.v1 import inventory_pb2
from grpc_services.booking import (
    events,
    holds,
    inventory_change_queries,
    inventory_messages,
    inventory_queries,
    inventory_rules,
)
from grpc_services.booking.capacity import block_again, refuse_if_short, save_changed
from grpc_services.booking.errors import CapacityBelowSold
from grpc_services.booking.inventory_rules import Change
from grpc_services.booking.reading import (
    keys,
    lock_own_room_type,
    own_house,
    parse_ids,
    require_hotelier,
)
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Database, Record
from runtime.errors import NotFound, VersionConflict
from runtime.idempotency import check_key
from runtime.identifiers import parse_id
from runtime.identity import Caller

Context = grpc.aio.ServicerContext[Any, Any]


class InventoryChangeMethods:
    """A part of InventoryServicer, which gives it the database and the clock."""

    _database: Database
    _now: Callable[[], dt.datetime]
    _stale_seconds: int

    async def GetInventory(
        self, request: inventory_pb2.GetInventoryRequest, context: Context
    ) -> inventory_pb2.GetInventoryResponse:
        caller = require_hotelier()
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        asked = parse_ids(request.room_type_ids)
        first_night = inventory_rules.parse_date(request.first_night, ("firstNight",))
        end_night = inventory_rules.parse_date(request.end_night, ("endNight",))
        inventory_rules.check_period(first_night, end_night, longest=inventory_rules.LONGEST_LOOK)
        async with self._database.reading() as connection:
            own = {kind["room_type_id"] for kind in await own_house(connection, caller, hotel_id)}
            if not own.issuperset(asked):
                raise NotFound("There is no such room type.", path=("roomTypeIds",))
            kinds = await inventory_queries.room_types(
                connection, asked or sorted(own), stale_seconds=self._stale_seconds
            )
            nights = await inventory_change_queries.nights_of(
                connection, [kind["room_type_id"] for kind in kinds], first_night, end_night
            )
        return inventory_pb2.GetInventoryResponse(
            room_types=[
                inventory_messages.room_type_inventory(
                    kind,
                    inventory_rules.every_night(nights[kind["room_type_id"]], first_night, end_night, kind["capacity"]),
                    for_sale=not (kind["closed"] or kind["stale"]),
                )
                for kind in kinds
            ]
        )

    async def UpdateInventory(
        self, request: inventory_pb2.UpdateInventoryRequest, context: Context
    ) -> inventory_pb2.UpdateInventoryResponse:
        caller = require_hotelier()
        check_key(request.idempotency_key)
        room_type_id = parse_id(request.room_type_id, path=("roomTypeId",))
        if request.HasField("number_of_rooms"):
            inventory_rules.check_number_of_rooms(request.number_of_rooms, ("numberOfRooms",))
        changes = inventory_rules.parse_changes(request.changes, self._now())
        try:
            return await self._update(request, caller, room_type_id, changes)
        except CapacityBelowSold as refusal:
            await holds.expire_on_nights(self._database, room_type_id, refusal.nights)
        return await self._update(request, caller, room_type_id, changes)

    async def _update(
        self,
        request: inventory_pb2.UpdateInventoryRequest,
        caller: Caller,
        room_type_id: uuid.UUID,
        changes: list[Change],
    ) -> inventory_pb2.UpdateInventoryResponse:
        """All of it or nothing, in one transaction."""
        key = {"principal": str(caller.account_id), "operation": "UpdateInventory", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=inventory_pb2.UpdateInventoryResponse)
            if earlier is not None:
                return earlier
            kind = await lock_own_room_type(connection, caller, room_type_id)
            if kind["version"] != request.expected_version:
                raise VersionConflict(kind["version"])
            answer = await self._write_changes(connection, caller, kind, request, changes)
            await keys.store(connection, **key, answer=answer)
        return answer

    async def _write_changes(
        self,
        connection: Connection,
        caller: Caller,
        kind: Record,
        request: inventory_pb2.UpdateInventoryRequest,
        changes: list[Change],
    ) -> inventory_pb2.UpdateInventoryResponse:
        now = self._now()
        usual = request.number_of_rooms if request.HasField("number_of_rooms") else kind["capacity"]
        first_night = inventory_rules.first_open_night(now)
        known = await inventory_change_queries.lock_nights(connection, kind["room_type_id"], first_night)
        before = inventory_rules.every_night(known, first_night, inventory_rules.end_of_horizon(now), kind["capacity"])
        changed = inventory_rules.what_changed(before, inventory_rules.apply_changes(before, usual, changes))
        refuse_if_short(changed)
        changed = await block_again(connection, kind["room_type_id"], changed)
        runs = inventory_rules.runs(changed)
        if changed or usual != kind["capacity"]:
            await save_changed(connection, kind["room_type_id"], known, changed)
            usual_before = kind["capacity"]
            kind = await inventory_change_queries.save_room_type(connection, kind, number_of_rooms=usual)
            await inventory_change_queries.write_change(
                connection,
                kind,
                "updated",
                caller,
                before={
                    "number_of_rooms": usual_before,
                    "nights": inventory_messages.logged_nights(runs, after=False),
                },
                after={"number_of_rooms": usual, "nights": inventory_messages.logged_nights(runs, after=True)},
            )
            await events.publish_inventory_changed(connection, kind)
        return inventory_pb2.UpdateInventoryResponse(
            room_type_id=str(kind["room_type_id"]),
            hotel_id=str(kind["hotel_id"]),
            version=kind["version"],
            number_of_rooms=usual,
            nights_changed=len(changed),
            changed=[inventory_messages.changed_inventory(run) for run in runs],
        )

    async def ListInventoryChanges(
        self, request: inventory_pb2.ListInventoryChangesRequest, context: Context
    ) -> inventory_pb2.ListInventoryChangesResponse:
        caller = require_hotelier()
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        room_type_id = parse_id(request.room_type_id, path=("roomTypeId",)) if request.room_type_id else None
        limit = page_size(request.first)
        after_id = None
        if request.after:
            after_id = parse_id(str(decode_cursor(request.after, (str,))[0]), path=("after",))
        async with self._database.reading() as connection:
            await own_house(connection, caller, hotel_id)
            rows = await inventory_change_queries.change_page(
                connection, hotel_id, room_type_id=room_type_id, after_id=after_id, limit=limit + 1
            )
        shown = rows[:limit]
        return inventory_pb2.ListInventoryChangesResponse(
            changes=[inventory_messages.log_entry(row) for row in shown],
            cursors=[encode_cursor(str(row["id"])) for row in shown],
            has_next_page=len(rows) > limit,
        )
