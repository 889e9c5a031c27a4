"""The use cases of rate plans."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel import (
    change_log,
    editing,
    events,
    hotel_queries,
    messages,
    policies,
    rate_plan_fields,
    rate_plan_queries,
)
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState, InvalidInput
from runtime.identifiers import new_id, parse_id
from runtime.identity import Caller

Context = grpc.aio.ServicerContext[Any, Any]
MOST_RATE_PLANS = 50


class RatePlanMethods:
    """A part of HotelServicer, which gives it the database."""

    _database: Database

    async def CreateRatePlan(self, request: hotel_pb2.CreateRatePlanRequest, context: Context) -> hotel_pb2.RatePlan:
        caller = policies.require_editor()
        hotel_id = parse_id(request.rate_plan.hotel_id, path=("hotelId",))
        values = rate_plan_fields.new_rate_plan(request.rate_plan)
        rate_plan_fields.check_rate_plan(values)
        identifier = new_id()
        async with self._database.transaction() as connection:
            house = await editing.lock_open_house(connection, caller, hotel_id, path=("hotelId",))
            plans = await rate_plan_queries.in_use(connection, hotel_id)
            if len(plans) >= MOST_RATE_PLANS:
                raise InvalidInput(f"A house has at most {MOST_RATE_PLANS} rate plans.", path=("hotelId",))
            rate_plan_fields.check_derivation(identifier, values["derived_from_id"], plans)
            row = await rate_plan_queries.append(connection, hotel_id, values | {"id": identifier})
            await change_log.record_part_change(connection, "RatePlan", row, "created", before=None, after=_facts(row))
            await events.publish_hotel_changed(connection, house)
        return messages.rate_plan_message(row)

    async def UpdateRatePlan(self, request: hotel_pb2.UpdateRatePlanRequest, context: Context) -> hotel_pb2.RatePlan:
        caller = policies.require_editor()
        changes = rate_plan_fields.written_rate_plan(request.rate_plan, request.fields)
        async with self._database.transaction() as connection:
            house, row = await _locked(connection, caller, request.rate_plan.id, request.expected_version)
            before = _facts(row)
            after = before | changes
            rate_plan_fields.check_rate_plan(after)
            if after["derived_from_id"] != before["derived_from_id"]:
                plans = await rate_plan_queries.in_use(connection, house["id"])
                rate_plan_fields.check_derivation(row["id"], after["derived_from_id"], plans)
            if after != before:
                row = await rate_plan_queries.save(connection, row["id"], after)
                await change_log.record_part_change(connection, "RatePlan", row, "updated", before=before, after=after)
                await events.publish_hotel_changed(connection, house)
                if any(before[name] != after[name] for name in rate_plan_queries.PRICING):
                    await editing.move_rates(connection, house)
        return messages.rate_plan_message(row)

    async def ArchiveRatePlan(self, request: hotel_pb2.ArchiveRatePlanRequest, context: Context) -> hotel_pb2.RatePlan:
        caller = policies.require_editor()
        async with self._database.transaction() as connection:
            house, row = await _locked(connection, caller, request.id, request.expected_version)
            followers = [
                plan["name"]
                for plan in await rate_plan_queries.in_use(connection, house["id"])
                if plan["derived_from_id"] == row["id"]
            ]
            if followers:
                raise IllegalState(
                    f"Archive first what follows it: {', '.join(followers)}.",
                    details={"state": "IN_USE", "allowed": "none"},
                )
            row = await rate_plan_queries.archive(connection, row["id"])
            if house["state"] == "PUBLISHED" and await hotel_queries.missing_to_sell(connection, house["id"]):
                raise IllegalState(
                    "A published house keeps one rate plan; unpublish it first.",
                    details={"state": "PUBLISHED", "allowed": "DRAFT"},
                )
            await change_log.record_part_change(
                connection, "RatePlan", row, "archived", before={"archived": False}, after={"archived": True}
            )
            await events.publish_hotel_changed(connection, house)
        return messages.rate_plan_message(row)


async def _locked(
    connection: Connection, caller: Caller, rate_plan_id: str, expected_version: int
) -> tuple[Record, Record]:
    """The locked house and the rate plan, which may be edited."""
    return await editing.lock_part(
        connection, caller, rate_plan_id, expected_version, rate_plan_queries.get, field="ratePlanId", kind="rate plan"
    )


def _facts(row: Record) -> dict[str, Any]:
    return {name: row[name] for name in rate_plan_queries.WRITTEN}
