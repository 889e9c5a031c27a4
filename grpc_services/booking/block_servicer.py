"""The use cases of blocks: rooms kept under one name until a release date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import grpc

from contracts.booking.v1 import block_pb2
from grpc_services.booking import block_queries, blocks, inventory_queries, inventory_rules, messages
from grpc_services.booking.gateway import HotelPrices
from grpc_services.booking.reading import keys, own_house, require_hotelier
from grpc_services.booking.room_claims import claim_rooms
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput, NotFound
from runtime.idempotency import check_key
from runtime.identifiers import new_id, parse_id
from runtime.identity import Caller

Context = grpc.aio.ServicerContext[Any, Any]
LONGEST_BLOCK_NAME = 120
LONGEST_BLOCK = 62
MOST_ROOM_TYPES = 20
MOST_ROOMS = 1000


class BlockMethods:
    """A part of BlockServicer, which gives it the database."""

    _database: Database
    _prices: HotelPrices
    _stale_seconds: int
    _now: Callable[[], dt.datetime]

    async def CreateBlock(self, request: block_pb2.CreateBlockRequest, context: Context) -> block_pb2.Block:
        caller = require_hotelier()
        check_key(request.idempotency_key)
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        inventory_rules.check_text(request.name, LONGEST_BLOCK_NAME, ("name",), required=True)
        rooms = _rooms(request.rooms)
        check_in = messages.parse_date(request.check_in, "checkIn")
        check_out = messages.parse_date(request.check_out, "checkOut")
        release_date = messages.parse_date(request.release_date, "releaseDate")
        async with self._database.reading() as connection:
            kinds = {str(kind["room_type_id"]): kind for kind in await own_house(connection, caller, hotel_id)}
        if not kinds:
            raise NotFound("There is no such hotel.", path=("hotelId",))
        for number, room_type_id in enumerate(rooms):
            if room_type_id not in kinds:
                raise NotFound("There is no such room type.", path=("rooms", str(number), "roomTypeId"))
        time_zone = (await self._prices.house(str(hotel_id))).time_zone
        _check_days(check_in, check_out, release_date, self._now().astimezone(ZoneInfo(time_zone)).date())

        async def keep() -> block_pb2.Block:
            key = {"principal": str(caller.account_id), "operation": "CreateBlock", "key": request.idempotency_key}
            async with self._database.transaction() as connection:
                earlier = await keys.claim(connection, **key, request=request, answer=block_pb2.Block)
                if earlier is not None:
                    return earlier
                await blocks.lock_room_types(connection, rooms)
                row = await block_queries.insert_block(
                    connection,
                    rooms,
                    id=new_id(),
                    hotel_id=hotel_id,
                    owner_id=next(iter(kinds.values()))["owner_id"],
                    name=request.name.strip(),
                    check_in=check_in,
                    check_out=check_out,
                    release_date=release_date,
                    time_zone=time_zone,
                )
                kept = (await block_queries.rooms_of(connection, [row["id"]]))[row["id"]]
                answer = _block(row, kept)
                await keys.store(connection, **key, answer=answer)
                await blocks.tell_inventory(connection, row, kept, caller, "block_created")
                await inventory_queries.take_nights(
                    connection, rooms, check_in, check_out, stale_seconds=self._stale_seconds
                )
            return answer

        return await claim_rooms(self._database, rooms, check_in, check_out, keep, stale_seconds=self._stale_seconds)

    async def ReleaseBlock(self, request: block_pb2.ReleaseBlockRequest, context: Context) -> block_pb2.Block:
        """Frees what nobody took. Releasing it again changes nothing."""
        caller = require_hotelier()
        check_key(request.idempotency_key)
        block_id = parse_id(request.id, path=("id",))
        key = {"principal": str(caller.account_id), "operation": "ReleaseBlock", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=block_pb2.Block)
            if earlier is not None:
                return earlier
            row = await block_queries.lock_block(connection, block_id)
            if row is None or not await _runs(connection, caller, row):
                raise NotFound("There is no such block.", path=("id",))
            if row["state"] == "OPEN":
                row = await blocks.release(connection, row, caller)
            answer = _block(row, (await block_queries.rooms_of(connection, [block_id]))[block_id])
            await keys.store(connection, **key, answer=answer)
        return answer

    async def ListBlocks(self, request: block_pb2.ListBlocksRequest, context: Context) -> block_pb2.ListBlocksResponse:
        caller = require_hotelier()
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        limit = page_size(request.first)
        after_id = None
        if request.after:
            after_id = parse_id(str(decode_cursor(request.after, (str,))[0]), path=("after",))
        async with self._database.reading() as connection:
            await own_house(connection, caller, hotel_id)
            rows = await block_queries.block_page(connection, hotel_id, after_id=after_id, limit=limit + 1)
            shown = rows[:limit]
            rooms = await block_queries.rooms_of(connection, [row["id"] for row in shown])
        return block_pb2.ListBlocksResponse(
            blocks=[_block(row, rooms[row["id"]]) for row in shown],
            cursors=[encode_cursor(str(row["id"])) for row in shown],
            has_next_page=len(rows) > limit,
        )


async def _runs(connection: Connection, caller: Caller, block: Record) -> bool:
    try:
        await own_house(connection, caller, block["hotel_id"])
    except NotFound:
        return False
    return True


def _rooms(asked: Sequence[block_pb2.BlockedRooms]) -> dict[str, int]:
    if not 1 <= len(asked) <= MOST_ROOM_TYPES:
        raise InvalidInput(f"A block has 1 to {MOST_ROOM_TYPES} room types.", path=("rooms",))
    found: dict[str, int] = {}
    for number, one in enumerate(asked):
        room_type_id = str(parse_id(one.room_type_id, path=("rooms", str(number), "roomTypeId")))
        if room_type_id in found:
            raise InvalidInput("Name each room type once.", path=("rooms", str(number), "roomTypeId"))
        if not 1 <= one.rooms <= MOST_ROOMS:
            raise InvalidInput(f"Keep 1 to {MOST_ROOMS} rooms.", path=("rooms", str(number), "rooms"))
        found[room_type_id] = one.rooms
    return found


def _check_days(check_in: dt.date, check_out: dt.date, release_date: dt.date, today: dt.date) -> None:
    if check_in >= check_out:
        raise InvalidInput("The departure comes before the arrival.", path=("checkOut",))
    if (check_out - check_in).days > LONGEST_BLOCK:
        raise InvalidInput(f"A block has at most {LONGEST_BLOCK} nights.", path=("checkOut",))
    if check_in < today:
        raise InvalidInput("This day is over at the hotel.", path=("checkIn",))
    if (check_out - today).days > inventory_rules.BOOKABLE_NIGHTS:
        raise InvalidInput(f"This is more than {inventory_rules.BOOKABLE_NIGHTS} nights ahead.", path=("checkOut",))
    if not today < release_date <= check_in:
        raise InvalidInput("A release date comes after today, and not after the arrival.", path=("releaseDate",))


def _block(row: Record, rooms: Sequence[Record]) -> block_pb2.Block:
    return block_pb2.Block(
        id=str(row["id"]),
        hotel_id=str(row["hotel_id"]),
        name=row["name"],
        state=block_pb2.BlockState.Value(f"BLOCK_STATE_{row['state']}"),
        check_in=row["check_in"].isoformat(),
        check_out=row["check_out"].isoformat(),
        release_date=row["release_date"].isoformat(),
        rooms=[
            block_pb2.BlockedRooms(room_type_id=str(room["room_type_id"]), rooms=room["rooms"], taken=room["taken"])
            for room in rooms
        ],
        version=row["version"],
    )
