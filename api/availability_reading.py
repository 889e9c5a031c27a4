"""Reading free rooms for all who follow the same nights of a house: one change wakes all of them at once."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from contracts.booking.v1 import inventory_pb2, inventory_pb2_grpc
from runtime.channels import call

_AT_ONCE = 10

FreeRooms = Mapping[tuple[str, dt.date], int]  # by room type and night; shared, so nobody changes it


class Nights(NamedTuple):
    """Half-open."""

    room_type_ids: tuple[str, ...]
    first: dt.date
    end: dt.date


class AvailabilityReading:
    """Of one gateway. A read is shared only with those who asked before it began, so nobody is told what was so before
    they were woken. It is made as nobody in particular: everybody may know what is free. The answers are handed out a
    few at a time, so that whoever follows something else need not wait for all of them."""

    def __init__(self, inventory: inventory_pb2_grpc.InventoryServiceAsyncStub) -> None:
        self._inventory = inventory
        self._asked: dict[Nights, list[asyncio.Future[FreeRooms]]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def free_rooms(self, nights: Nights) -> FreeRooms:
        if not nights.room_type_ids:
            return {}
        answer: asyncio.Future[FreeRooms] = asyncio.get_running_loop().create_future()
        asked = self._asked.setdefault(nights, [])
        asked.append(answer)
        if len(asked) == 1:
            task = asyncio.create_task(self._answer(nights))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        return await answer

    async def _answer(self, nights: Nights) -> None:
        await asyncio.sleep(0)  # whoever is woken together with the first one asks now
        asked = self._asked.pop(nights)
        try:
            found = await self._read(nights)
        except Exception as failure:
            for answer in asked:
                if not answer.done():
                    answer.set_exception(failure)
            return
        for number, answer in enumerate(asked, start=1):
            if not answer.done():  # who has gone is cancelled
                answer.set_result(found)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _read(self, nights: Nights) -> FreeRooms:
        response = await call(
            self._inventory.GetAvailability,
            inventory_pb2.GetAvailabilityRequest(
                room_type_ids=nights.room_type_ids,
                first_night=nights.first.isoformat(),
                end_night=nights.end.isoformat(),
            ),
            token="",
        )
        return _free_rooms(nights, response)


def _free_rooms(nights: Nights, response: inventory_pb2.GetAvailabilityResponse) -> FreeRooms:
    taken_in = {kind.room_type_id: kind for kind in response.room_types}
    days = [nights.first + dt.timedelta(days=offset) for offset in range((nights.end - nights.first).days)]
    found = {}
    for room_type_id in nights.room_type_ids:
        kind = taken_in.get(room_type_id, inventory_pb2.RoomTypeAvailability())
        special = {night.night: night.free for night in kind.nights}
        for night in days:
            found[room_type_id, night] = 0 if kind.stale else special.get(night.isoformat(), kind.capacity)
    return found
