"""What the hotelier does besides bookings: the price that the next guests pay, and the allowance for overbooking."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from stack.replay.client import Refused, mutation, new_key
from stack.replay.figures import Period
from stack.replay.opening import OpenedHotel
from stack.replay.rooms import RoomKind
from stack.replay.rows import BookedStay

NIGHTS_AHEAD = 500
_DAYS_BETWEEN_UPDATES = 28
_RATES = mutation("ratesUpdate", "RatesUpdated", "ratesVersion")
_INVENTORY = mutation("inventoryUpdate", "InventoryUpdated", "version")
_VERSIONS = """
    query ($id: ID!, $from: Date!, $to: Date!) {
        hotel(id: $id) { calendar(from: $from, to: $to) { roomTypeId inventoryVersion } }
    }
"""


class Rates:
    """Sets the price of the nights that are asked for next. A quote fixes it; then it may move again."""

    def __init__(self, hotel: OpenedHotel) -> None:
        self._hotel = hotel

    async def set_for(self, stays: Sequence[BookedStay]) -> dict[int, Refused]:
        """All in one update; one by one if that is refused, to learn whose. Refusals by line."""
        changes = [self._change(stay) for stay in stays if stay.nights]
        if not changes:
            return {}
        try:
            await self._update(changes)
        except Refused as refusal:
            if len(stays) == 1:
                return {stays[0].line: refusal}
        else:
            return {}
        refused: dict[int, Refused] = {}
        for stay in stays:
            refused |= await self.set_for([stay])
        return refused

    async def _update(self, changes: list[dict[str, Any]]) -> None:
        hotel = self._hotel
        updated = await hotel.desk.mutate(
            _RATES,
            hotelId=hotel.id,
            idempotencyKey=new_key(),
            expectedRatesVersion=hotel.rates_version,
            changes=changes,
        )
        hotel.rates_version = updated["ratesVersion"]

    def _change(self, stay: BookedStay) -> dict[str, Any]:
        return {
            "roomTypeIds": [self._hotel.room_types[stay.reserved]],
            "ratePlanIds": [self._hotel.plans[stay.segment, stay.deposit]],
            "firstNight": stay.arrival.isoformat(),
            "lastNight": (stay.departure - dt.timedelta(days=1)).isoformat(),
            "priceMinorUnits": stay.rate,
        }


class Overbooking:
    """Lets every room type be sold beyond its rooms as far as the real hotel did, on the nights of some period."""

    def __init__(self, hotel: OpenedHotel, kinds: Iterable[RoomKind], nights: Period) -> None:
        self._hotel = hotel
        self._allowances = {hotel.room_types[kind.letter]: kind.oversell for kind in kinds if kind.oversell}
        self._versions: dict[str, int] = {}
        self._nights = nights
        self._next_night = nights.first_night

    async def allow(self, today: dt.date) -> None:
        """Nights come into sight day by day; every four weeks those that have come are allowed for."""
        end_night = min(today + dt.timedelta(days=NIGHTS_AHEAD), self._nights.end_night)
        waiting = (end_night - self._next_night).days
        if waiting <= 0 or (waiting < _DAYS_BETWEEN_UPDATES and end_night < self._nights.end_night):
            return
        first_night = max(self._next_night, today)
        self._versions = self._versions or await self._read_versions(first_night)
        change = {
            "firstNight": first_night.isoformat(),
            "lastNight": (end_night - dt.timedelta(days=1)).isoformat(),
        }
        for room_type_id, oversell in self._allowances.items():
            updated = await self._hotel.desk.mutate(
                _INVENTORY,
                roomTypeId=room_type_id,
                idempotencyKey=new_key(),
                expectedVersion=self._versions[room_type_id],
                changes=[change | {"oversell": oversell}],
            )
            self._versions[room_type_id] = updated["version"]
        self._next_night = end_night

    async def _read_versions(self, night: dt.date) -> dict[str, int]:
        period = {"from": night.isoformat(), "to": (night + dt.timedelta(days=1)).isoformat()}
        answer = await self._hotel.desk.ask(_VERSIONS, {"id": self._hotel.id, **period})
        return {entry["roomTypeId"]: entry["inventoryVersion"] for entry in answer["hotel"]["calendar"]}
