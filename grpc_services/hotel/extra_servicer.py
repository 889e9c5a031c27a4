"""The use cases of extras, which guests choose room by room."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.hotel.v1 import extra_pb2
from grpc_services.hotel import (
    change_log,
    editing,
    events,
    extra_fields,
    extra_queries,
    messages,
    policies,
)
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput
from runtime.identifiers import new_id, parse_id
from runtime.identity import Caller

Context = grpc.aio.ServicerContext[Any, Any]
MOST_EXTRAS = 100


class ExtraMethods:
    """A part of ExtraServicer, which gives it the database."""

    _database: Database

    async def CreateExtra(self, request: extra_pb2.CreateExtraRequest, context: Context) -> extra_pb2.Extra:
        caller = policies.require_editor()
        hotel_id = parse_id(request.extra.hotel_id, path=("hotelId",))
        values = extra_fields.new_extra(request.extra)
        async with self._database.transaction() as connection:
            house = await editing.lock_open_house(connection, caller, hotel_id, path=("hotelId",))
            extra_fields.check_currency(request.extra, house["currency"])
            if await extra_queries.count_in_use(connection, hotel_id) >= MOST_EXTRAS:
                raise InvalidInput(f"A house has at most {MOST_EXTRAS} extras.", path=("hotelId",))
            row = await extra_queries.append(connection, hotel_id, values | {"id": new_id()})
            await change_log.record_part_change(connection, "Extra", row, "created", before=None, after=_facts(row))
            await events.publish_hotel_changed(connection, house)
        return messages.extra_message(row, house["currency"])

    async def UpdateExtra(self, request: extra_pb2.UpdateExtraRequest, context: Context) -> extra_pb2.Extra:
        caller = policies.require_editor()
        changes = extra_fields.written_extra(request.extra, request.fields)
        async with self._database.transaction() as connection:
            house, row = await _locked(connection, caller, request.extra.id, request.expected_version)
            extra_fields.check_currency(request.extra, house["currency"])
            before = _facts(row)
            after = before | changes
            if after != before:
                row = await extra_queries.save(connection, row["id"], after)
                await change_log.record_part_change(connection, "Extra", row, "updated", before=before, after=after)
                await events.publish_hotel_changed(connection, house)
        return messages.extra_message(row, house["currency"])

    async def ArchiveExtra(self, request: extra_pb2.ArchiveExtraRequest, context: Context) -> extra_pb2.Extra:
        caller = policies.require_editor()
        async with self._database.transaction() as connection:
            house, row = await _locked(connection, caller, request.id, request.expected_version)
            row = await extra_queries.archive(connection, row["id"])
            await change_log.record_part_change(
                connection, "Extra", row, "archived", before={"archived": False}, after={"archived": True}
            )
            await events.publish_hotel_changed(connection, house)
        return messages.extra_message(row, house["currency"])


async def _locked(
    connection: Connection, caller: Caller, extra_id: str, expected_version: int
) -> tuple[Record, Record]:
    """The locked house and the extra, which may be edited."""
    return await editing.lock_part(
        connection, caller, extra_id, expected_version, extra_queries.get, field="extraId", kind="extra"
    )


def _facts(row: Record) -> dict[str, Any]:
    return {name: row[name] for name in extra_queries.WRITTEN}
