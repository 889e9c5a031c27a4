"""The use cases of houses: reading them, making and editing them, and what others tell of them."""

from __future__ import annotations

import uuid
from typing import Any

import grpc

from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel import (
    change_log,
    editing,
    events,
    hotel_fields,
    hotel_queries,
    messages,
    policies,
    queries,
    room_type_queries,
)
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Database, Record
from runtime.errors import IllegalState, InvalidInput, NotFound
from runtime.identifiers import new_id, parse_id
from runtime.identity import NOBODY, Role, current_caller, require_role

Context = grpc.aio.ServicerContext[Any, Any]
MOST_IDS = 200
_MOVES = {"PUBLISHED": "published", "DRAFT": "unpublished", "ARCHIVED": "archived"}


class HotelMethods:
    """A part of HotelServicer, which gives it the database."""

    _database: Database

    async def GetHotels(self, request: hotel_pb2.GetHotelsRequest, context: Context) -> hotel_pb2.GetHotelsResponse:
        caller = current_caller()
        if len(request.ids) > MOST_IDS:
            raise InvalidInput(f"Ask for at most {MOST_IDS} hotels at a time.", path=("ids",))
        ids = [parse_id(value, path=("id",)) for value in request.ids]
        async with self._database.reading() as connection:
            houses = await queries.load_houses(
                connection, ids, reader_id=caller.account_id, of_anybody=policies.sees_every_house(caller)
            )
        return hotel_pb2.GetHotelsResponse(hotels=[messages.hotel_message(house) for house in houses.values()])

    async def ListOwnHotels(
        self, request: hotel_pb2.ListOwnHotelsRequest, context: Context
    ) -> hotel_pb2.ListOwnHotelsResponse:
        caller = require_role(Role.HOTELIER)
        limit = page_size(request.first)
        after = None
        if request.after:
            name, identifier = decode_cursor(request.after, (str, str))
            after = (str(name), parse_id(str(identifier), path=("after",)))
        async with self._database.reading() as connection:
            page = await queries.own_page(connection, caller.account_id, after=after, limit=limit + 1)
            shown = page[:limit]
            houses = await queries.load_houses(connection, [row["id"] for row in shown], reader_id=caller.account_id)
        return hotel_pb2.ListOwnHotelsResponse(
            hotels=[messages.hotel_message(houses[row["id"]]) for row in shown],
            cursors=[encode_cursor(row["name"], str(row["id"])) for row in shown],
            has_next_page=len(page) > limit,
        )

    async def CreateHotel(self, request: hotel_pb2.CreateHotelRequest, context: Context) -> hotel_pb2.Hotel:
        caller = policies.require_editor()
        values = hotel_fields.new_hotel(request.hotel)
        async with self._database.transaction() as connection:
            row = await hotel_queries.insert_hotel(connection, values | {"id": new_id(), "owner_id": caller.account_id})
            await _record(connection, row, "created", before=None, after=_facts(row) | {"state": row["state"]})
            await events.publish_hotel_changed(connection, row)
        return messages.hotel_message(queries.House(row))

    async def UpdateHotel(self, request: hotel_pb2.UpdateHotelRequest, context: Context) -> hotel_pb2.Hotel:
        caller = policies.require_editor()
        hotel_id = parse_id(request.hotel.id, path=("hotelId",))
        changes = hotel_fields.written_hotel(request.hotel, request.fields)
        async with self._database.transaction() as connection:
            row = await editing.lock_open_house(connection, caller, hotel_id, path=("hotelId",))
            editing.check_version(row, request.expected_version)
            before = _facts(row)
            after = before | changes
            if after["currency"] != row["currency"] and await hotel_queries.has_prices(connection, hotel_id):
                raise InvalidInput("The currency stays once there are prices.", path=("currency",))
            if after != before:
                row = await hotel_queries.save_hotel(connection, hotel_id, after)
                await _record(connection, row, "updated", before=before, after=after)
                await events.publish_hotel_changed(connection, row)
            return await _whole(connection, row)

    async def MoveHotel(self, request: hotel_pb2.MoveHotelRequest, context: Context) -> hotel_pb2.Hotel:
        caller = policies.require_editor()
        hotel_id = parse_id(request.id, path=("hotelId",))
        state = messages.hotel_state_name(request.state)
        async with self._database.transaction() as connection:
            row = await editing.lock_open_house(connection, caller, hotel_id, path=("hotelId",))
            editing.check_version(row, request.expected_version)
            allowed = ",".join(editing.HOTEL_MOVES[row["state"]])
            if state not in editing.HOTEL_MOVES[row["state"]]:
                raise IllegalState(
                    f"This house is {row['state'].lower()} already.",
                    details={"state": row["state"], "allowed": allowed},
                )
            missing = await hotel_queries.missing_to_sell(connection, hotel_id) if state == "PUBLISHED" else []
            if missing:
                raise IllegalState(
                    f"Add a {' and a '.join(missing)} first.",
                    details={"state": row["state"], "allowed": allowed, "missing": ",".join(missing)},
                )
            before = {"state": row["state"]}
            row = await hotel_queries.move_hotel(connection, hotel_id, state)
            await _record(connection, row, _MOVES[state], before=before, after={"state": state})
            await events.publish_hotel_changed(connection, row)
            if state == "ARCHIVED":  # its rooms go off sale with it
                for room_type in await room_type_queries.in_use(connection, hotel_id):
                    await events.publish_room_type_archived(connection, room_type)
            return await _whole(connection, row)

    async def PutRating(self, request: hotel_pb2.PutRatingRequest, context: Context) -> hotel_pb2.PutRatingResponse:
        require_role(Role.SYSTEM)
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        count, mean = request.rating.count, request.rating.mean_hundredths
        if not (count > 0 and 100 <= mean <= 500) and (count, mean) != (0, 0):
            raise InvalidInput("A mean is 100 to 500, and 0 while nobody rated.", path=("rating", "meanHundredths"))
        if request.rating_version < 1:
            raise InvalidInput("Versions count from 1.", path=("ratingVersion",))
        async with self._database.transaction() as connection:
            before = await hotel_queries.lock_hotel(connection, hotel_id)
            if before is None:
                raise NotFound("There is no such hotel.", path=("hotelId",))
            if request.rating_version > before["rating_version"]:
                row = await hotel_queries.put_rating(
                    connection, hotel_id, count=count, mean_hundredths=mean, version=request.rating_version
                )
                if (before["rating_count"], before["rating_mean_hundredths"]) != (count, mean):
                    await events.publish_hotel_changed(connection, row)
        return hotel_pb2.PutRatingResponse()


async def _whole(connection: Connection, row: Record) -> hotel_pb2.Hotel:
    houses = await queries.load_houses(connection, [row["id"]], reader_id=NOBODY, of_anybody=True)
    return messages.hotel_message(houses[row["id"]])


async def _record(
    connection: Connection, row: Record, action: str, *, before: dict[str, Any] | None, after: dict[str, Any]
) -> None:
    identifier: uuid.UUID = row["id"]
    await change_log.record_change(
        connection,
        hotel_id=identifier,
        subject_kind="Hotel",
        subject_id=identifier,
        action=action,
        before=before,
        after=after,
    )


def _facts(row: Record) -> dict[str, Any]:
    return {name: row[name] for name in hotel_queries.WRITTEN}
