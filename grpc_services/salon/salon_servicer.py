"""The use cases of salons: reading them, making, editing and publishing them, and what reviews make of them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import grpc

from contracts.salon.v1 import salon_pb2
from grpc_services.salon import (
    catalogue,
    change_log,
    editing,
    events,
    master_queries,
    master_time_queries,
    messages,
    policies,
    salon_fields,
    salon_queries,
)
from grpc_services.salon.gateway import Hotels
from grpc_services.salon.models import idempotency
from grpc_services.salon.place_names import city_key
from grpc_services.salon.service_fields import category_name
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState, InvalidInput
from runtime.idempotency import IdempotencyKeys, check_key
from runtime.identifiers import new_id, parse_id
from runtime.identity import Caller, Role, current_caller, require_account, require_role

Context = grpc.aio.ServicerContext[Any, Any]
MOST_IDS = 200
MOST_IN_A_HOTEL = 20
_MOVES = {"PUBLISHED": "published", "DRAFT": "unpublished", "ARCHIVED": "archived"}
_keys = IdempotencyKeys(idempotency)


class SalonMethods:
    """A part of SalonServicer, which gives it the database, the hotels and the clock."""

    _database: Database
    _hotels: Hotels
    _now: Callable[[], dt.datetime]

    async def GetSalons(self, request: salon_pb2.GetSalonsRequest, context: Context) -> salon_pb2.GetSalonsResponse:
        caller = current_caller()
        ids, hotel_ids = parse_ids(request.ids), parse_ids(request.hotel_ids)
        salons: dict[uuid.UUID, salon_pb2.Salon] = {}
        async with self._database.reading() as connection:
            if ids:
                salons |= await catalogue.seen_salons(connection, caller, ids)
            if hotel_ids:
                salons |= await catalogue.seen_in_hotels(connection, caller, hotel_ids)
        return salon_pb2.GetSalonsResponse(salons=salons.values())

    async def ListSalons(self, request: salon_pb2.ListSalonsRequest, context: Context) -> salon_pb2.ListSalonsResponse:
        limit = page_size(request.first)
        hotel_id = parse_id(request.hotel_id, path=("hotelId",)) if request.hotel_id else None
        city = city_key(request.city[:200]) if request.city else None
        category = category_name(request.category) if request.category else None
        after = _position(request.after)
        async with self._database.reading() as connection:
            page = await salon_queries.public_page(
                connection, hotel_id=hotel_id, city_key=city, category=category, after=after, limit=limit + 1
            )
            return await _answer(connection, current_caller(), page, limit)

    async def ListOwnSalons(
        self, request: salon_pb2.ListOwnSalonsRequest, context: Context
    ) -> salon_pb2.ListSalonsResponse:
        caller = require_account()
        limit = page_size(request.first)
        after = _position(request.after)
        async with self._database.reading() as connection:
            page = await salon_queries.own_page(connection, caller.account_id, after=after, limit=limit + 1)
            return await _answer(connection, caller, page, limit)

    async def CreateSalon(self, request: salon_pb2.CreateSalonRequest, context: Context) -> salon_pb2.Salon:
        caller = policies.require_editor()
        check_key(request.idempotency_key)
        values = salon_fields.salon_values(request.fields)
        owner_id, hotel_id = await self._standing_in(caller, request.hotel_id)
        key = {"principal": str(caller.account_id), "operation": "CreateSalon", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await _keys.claim(connection, **key, request=request, answer=salon_pb2.Salon)
            if earlier is not None:
                return earlier
            if hotel_id and await salon_queries.number_in_hotel(connection, hotel_id) >= MOST_IN_A_HOTEL:
                raise InvalidInput(f"A hotel has at most {MOST_IN_A_HOTEL} salons.", path=("hotelId",))
            row = await salon_queries.insert_salon(
                connection, values | {"id": new_id(), "owner_id": owner_id, "hotel_id": hotel_id}
            )
            after = _facts(row) | {"state": row["state"], "hotel_id": hotel_id}
            await _record(connection, row, "created", before=None, after=after)
            await events.publish_salon_changed(connection, row)
            answer = await catalogue.whole_salon(connection, caller, row)
            await _keys.store(connection, **key, answer=answer)
        return answer

    async def UpdateSalon(self, request: salon_pb2.UpdateSalonRequest, context: Context) -> salon_pb2.Salon:
        caller = policies.require_editor()
        salon_id = parse_id(request.id, path=("salonId",))
        after = salon_fields.salon_values(request.fields)
        async with self._database.transaction() as connection:
            row = await editing.lock_open_salon(connection, caller, salon_id)
            editing.check_version(row["version"], request.expected_version)
            if row["was_published"] and after["currency"] != row["currency"]:
                raise InvalidInput("The currency stays once the salon was published.", path=("currency",))
            if row["state"] == "PUBLISHED" and not after["opening_hours"]:
                raise InvalidInput("A published salon has opening hours; unpublish it first.", path=("openingHours",))
            before = _facts(row)
            if after != before:
                row = await salon_queries.save_salon(connection, salon_id, after)
                await _record(connection, row, "updated", before=before, after=after)
                await events.publish_salon_changed(connection, row)
            return await catalogue.whole_salon(connection, caller, row)

    async def MoveSalon(self, request: salon_pb2.MoveSalonRequest, context: Context) -> salon_pb2.Salon:
        caller = policies.require_editor()
        salon_id = parse_id(request.id, path=("salonId",))
        state = messages.salon_state_name(request.state)
        async with self._database.transaction() as connection:
            row = await editing.lock_open_salon(connection, caller, salon_id)
            editing.check_version(row["version"], request.expected_version)
            if state not in editing.SALON_MOVES[row["state"]]:
                raise _illegal(row, f"This salon is {row['state'].lower()} already.")
            if state == "PUBLISHED":
                missing = await _missing_to_publish(connection, row)
                if missing:
                    words = " and ".join(missing.values())
                    raise _illegal(row, f"Add {words} first.", missing=",".join(missing))
            if state == "ARCHIVED":
                masters = [master["id"] for master in await master_queries.at_work(connection, salon_id)]
                await master_time_queries.lock_masters(connection, masters)
                await catalogue.refuse_while_to_come(connection, masters, self._now(), state=row["state"])
            before = {"state": row["state"]}
            row = await salon_queries.move_salon(connection, salon_id, state)
            await _record(connection, row, _MOVES[state], before=before, after={"state": state})
            masters = [master["id"] for master in await master_queries.of_salons(connection, [salon_id])]
            await events.publish_salon_changed(connection, row, *masters)
            return await catalogue.whole_salon(connection, caller, row)

    async def PutRatings(self, request: salon_pb2.PutRatingsRequest, context: Context) -> salon_pb2.PutRatingsResponse:
        require_role(Role.SYSTEM)
        if bool(request.salon_id) == bool(request.master_id):
            raise InvalidInput("Name a salon or a master.", path=("salonId",))
        count, mean = request.rating.count, request.rating.mean_hundredths
        if not (count > 0 and 100 <= mean <= 500) and (count, mean) != (0, 0):
            raise InvalidInput("A mean is 100 to 500, and 0 while nobody rated.", path=("rating", "meanHundredths"))
        async with self._database.transaction() as connection:
            if request.salon_id:
                salon_id = parse_id(request.salon_id, path=("salonId",))
                if await salon_queries.get_salon(connection, salon_id) is None:
                    raise editing.missing("salon", ("salonId",))
                row = await salon_queries.put_rating(connection, salon_id, count, mean, request.rating_version)
                if row is not None:
                    await events.publish_salon_changed(connection, row)
            else:
                master_id = parse_id(request.master_id, path=("masterId",))
                if await master_queries.get_master(connection, master_id) is None:
                    raise editing.missing("master", ("masterId",))
                row = await master_queries.put_rating(connection, master_id, count, mean, request.rating_version)
                salon = await salon_queries.get_salon(connection, row["salon_id"]) if row is not None else None
                if salon is not None:
                    await events.publish_salon_changed(connection, salon, master_id)
        return salon_pb2.PutRatingsResponse()

    async def _standing_in(self, caller: Caller, hotel_id: str) -> tuple[uuid.UUID, uuid.UUID | None]:
        """Whose the salon will be, and the house it stands in."""
        if not hotel_id:
            return caller.account_id, None
        identifier = parse_id(hotel_id, path=("hotelId",))
        house = await self._hotels.house(str(identifier))
        owner_id = parse_id(house.owner_id, path=("hotelId",))
        if caller.role is not Role.ADMIN and owner_id != caller.account_id:
            raise editing.missing("hotel", ("hotelId",))
        return owner_id, identifier


def parse_ids(values: Sequence[str]) -> list[uuid.UUID]:
    if len(values) > MOST_IDS:
        raise InvalidInput(f"Ask for at most {MOST_IDS} at a time.", path=("ids",))
    return [parse_id(value, path=("id",)) for value in values]


async def _answer(
    connection: Connection, caller: Caller, page: Sequence[Record], limit: int
) -> salon_pb2.ListSalonsResponse:
    shown = page[:limit]
    salons = await catalogue.seen_salons(connection, caller, [row["id"] for row in shown])
    there = [row for row in shown if row["id"] in salons]  # one may have been unpublished between the two reads
    return salon_pb2.ListSalonsResponse(
        salons=[salons[row["id"]] for row in there],
        cursors=[encode_cursor(row["name"], str(row["id"])) for row in there],
        has_next_page=len(page) > limit,
    )


async def _missing_to_publish(connection: Connection, row: Record) -> dict[str, str]:
    """What a salon needs before it can be published and does not have, with its words."""
    missing: dict[str, str] = {}
    if not row["street"]:
        missing["address"] = "its street"
    if not row["opening_hours"]:
        missing["openingHours"] = "opening hours"
    if not await salon_queries.is_offered(connection, row["id"]):
        missing["offerings"] = "a master who offers a service"
    return missing


def _illegal(row: Record, message: str, **details: str) -> IllegalState:
    allowed = ",".join(editing.SALON_MOVES[row["state"]])
    return IllegalState(message, details={"state": row["state"], "allowed": allowed, **details})


def _position(cursor: str) -> tuple[str, uuid.UUID] | None:
    if not cursor:
        return None
    name, identifier = decode_cursor(cursor, (str, str))
    return str(name), parse_id(str(identifier), path=("after",))


async def _record(
    connection: Connection, row: Record, action: str, *, before: dict[str, Any] | None, after: dict[str, Any]
) -> None:
    await change_log.record_change(connection, row["id"], "Salon", row["id"], action, before=before, after=after)


def _facts(row: Record) -> dict[str, Any]:
    return {name: row[name] for name in salon_queries.WRITTEN}
