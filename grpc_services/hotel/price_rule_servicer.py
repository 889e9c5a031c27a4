"""The use cases of price rules: seasons and weekdays that move the prices of nights."""

from __future__ import annotations

import uuid
from typing import Any

import grpc

from contracts.hotel.v1 import rate_pb2
from grpc_services.hotel import change_log, editing, policies, price_rule_fields, price_rule_queries, room_type_queries
from grpc_services.hotel.price_rule_fields import price_rule_message
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput, NotFound
from runtime.identifiers import new_id, parse_id
from runtime.identity import Caller

Context = grpc.aio.ServicerContext[Any, Any]
MOST_PRICE_RULES = 200


class PriceRuleMethods:
    """A part of RateServicer, which gives it the database."""

    _database: Database

    async def ListPriceRules(
        self, request: rate_pb2.ListPriceRulesRequest, context: Context
    ) -> rate_pb2.ListPriceRulesResponse:
        caller = policies.require_editor()
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        limit = page_size(request.first)
        after = None
        if request.after:
            position, identifier = decode_cursor(request.after, (int, str))
            after = (_position(position), parse_id(str(identifier), path=("after",)))
        async with self._database.reading() as connection:
            await editing.check_own_house(connection, caller, hotel_id, path=("hotelId",))
            rows = await price_rule_queries.page(connection, hotel_id, after=after, limit=limit + 1)
        shown = rows[:limit]
        return rate_pb2.ListPriceRulesResponse(
            price_rules=[price_rule_message(row) for row in shown],
            cursors=[encode_cursor(row["position"], str(row["id"])) for row in shown],
            has_next_page=len(rows) > limit,
        )

    async def CreatePriceRule(self, request: rate_pb2.CreatePriceRuleRequest, context: Context) -> rate_pb2.PriceRule:
        caller = policies.require_editor()
        hotel_id = parse_id(request.price_rule.hotel_id, path=("hotelId",))
        values = price_rule_fields.new_price_rule(request.price_rule)
        price_rule_fields.check_price_rule(values)
        async with self._database.transaction() as connection:
            house = await editing.lock_open_house(connection, caller, hotel_id, path=("hotelId",))
            editing.check_rates_version(house, request.expected_rates_version)
            await _check_room_type(connection, hotel_id, values["room_type_id"])
            if await price_rule_queries.count(connection, hotel_id) >= MOST_PRICE_RULES:
                raise InvalidInput(f"A house has at most {MOST_PRICE_RULES} price rules.", path=("hotelId",))
            if not values["position"]:
                last = await price_rule_queries.last_position(connection, hotel_id)
                values["position"] = min(last + 1, price_rule_fields.LAST_POSITION)
            row = await price_rule_queries.add(connection, values | {"id": new_id(), "hotel_id": hotel_id})
            await change_log.record_part_change(connection, "PriceRule", row, "created", before=None, after=_facts(row))
            await editing.move_rates(connection, house)
        return price_rule_message(row)

    async def UpdatePriceRule(self, request: rate_pb2.UpdatePriceRuleRequest, context: Context) -> rate_pb2.PriceRule:
        caller = policies.require_editor()
        changes = price_rule_fields.written_price_rule(request.price_rule, request.fields)
        async with self._database.transaction() as connection:
            house, row = await _locked(connection, caller, request.price_rule.id, request.expected_rates_version)
            before = {name: row[name] for name in price_rule_queries.WRITTEN}
            after = before | changes
            price_rule_fields.check_price_rule(after)
            if after["room_type_id"] != before["room_type_id"]:
                await _check_room_type(connection, house["id"], after["room_type_id"])
            if after != before:
                facts = _facts(row)
                row = await price_rule_queries.save(connection, row["id"], after)
                await change_log.record_part_change(
                    connection, "PriceRule", row, "updated", before=facts, after=_facts(row)
                )
                await editing.move_rates(connection, house)
        return price_rule_message(row)

    async def DeletePriceRule(
        self, request: rate_pb2.DeletePriceRuleRequest, context: Context
    ) -> rate_pb2.DeletePriceRuleResponse:
        caller = policies.require_editor()
        async with self._database.transaction() as connection:
            house, row = await _locked(connection, caller, request.id, request.expected_rates_version)
            await price_rule_queries.remove(connection, row["id"])
            await change_log.record_part_change(connection, "PriceRule", row, "deleted", before=_facts(row), after=None)
            await editing.move_rates(connection, house)
        return rate_pb2.DeletePriceRuleResponse(hotel_id=str(house["id"]))


async def _locked(
    connection: Connection, caller: Caller, price_rule_id: str, expected_rates_version: int
) -> tuple[Record, Record]:
    """The locked house and the price rule, which may be edited."""
    identifier = parse_id(price_rule_id, path=("id",))
    found = await price_rule_queries.get(connection, identifier)
    hotel_id = found["hotel_id"] if found else None
    house = await editing.lock_open_house(connection, caller, hotel_id, path=("id",), kind="price rule")
    row = await price_rule_queries.get(connection, identifier)
    if row is None:
        raise NotFound("There is no such price rule.", path=("id",))
    editing.check_rates_version(house, expected_rates_version)
    return house, row


async def _check_room_type(connection: Connection, hotel_id: uuid.UUID, room_type_id: object) -> None:
    if room_type_id is None:
        return
    if room_type_id not in {row["id"] for row in await room_type_queries.in_use(connection, hotel_id)}:
        raise NotFound("This hotel has no such room type.", path=("roomTypeId",))


def _facts(row: Record) -> dict[str, Any]:
    """As the audit log tells it: weekdays by number, dates and ids as text."""
    facts = {name: row[name] for name in price_rule_queries.WRITTEN}
    return facts | {"weekdays": list(price_rule_message(row).weekdays)}


def _position(value: str | int | float) -> int:
    """A position of a cursor, which may be forged."""
    if not isinstance(value, int) or not 0 <= value <= price_rule_fields.LAST_POSITION:
        raise InvalidInput("This cursor is not one that this list gave out.", path=("after",))
    return value
