"""How the index stays true: a snapshot from hotel and booking, then their events.

An event is only a hint that something changed; what it became is asked of its owner, so repeated and
reordered events do no harm, and a burst of them is one question.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from prometheus_client import Gauge

from contracts.booking.v1 import inventory_pb2, inventory_pb2_grpc
from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import rate_pb2, rate_pb2_grpc
from grpc_services.search.index import Index
from grpc_services.search.searching import SearchEngine
from runtime.channels import call, stream
from runtime.clock import from_timestamp, utc_now
from runtime.errors import ServiceError
from runtime.event_bus import BOOKING_TOPIC, HOTEL_TOPIC, INVENTORY_TOPIC, follow
from runtime.settings import SearchSettings
from runtime.waiting import wait_at_most

log = structlog.get_logger()

INDEX_LAG = Gauge("innkeeper_search_lag_seconds", "Between a fact and its arrival in the search index")
INDEX_AS_OF = Gauge("innkeeper_search_as_of_seconds", "Unix time of the newest fact in the search index")
INDEX_HOTELS = Gauge("innkeeper_search_hotels", "Houses in the search index")
_RETRY_SECONDS = 1.0
_MOST_IDS = 200
_HOUSES_AT_ONCE = 50  # some ten milliseconds of work, between which the event loop serves others
_ROOM_TYPES_AT_ONCE = 150
_LONGEST_SNAPSHOT_SECONDS = 300

Message = TypeVar("Message")


@dataclass(slots=True)
class Touched:
    """Ids of what events may have changed."""

    hotels: set[str] = field(default_factory=set)
    room_types: set[str] = field(default_factory=set)


class Feed:
    """Owns the index of this process and keeps it fresh until cancelled."""

    def __init__(
        self,
        settings: SearchSettings,
        rates: rate_pb2_grpc.RateServiceAsyncStub,
        inventory: inventory_pb2_grpc.InventoryServiceAsyncStub,
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._rates = rates
        self._inventory = inventory
        self.engine = self._new_engine()
        self.loaded = asyncio.Event()
        self.as_of = utc_now()
        self.lag_seconds = 0.0
        self._changing = asyncio.Lock()  # events wait while a new day's nights are fetched

    @property
    def index(self) -> Index:
        return self.engine.index

    async def run(self, stop: asyncio.Event) -> None:
        """Follows events from before the snapshot on, so that nothing falls between the two."""
        await follow(
            self._settings,
            topics=(HOTEL_TOPIC, BOOKING_TOPIC, INVENTORY_TOPIC),
            handle=self._take_in,
            stop=stop,
            on_positioned=lambda: self._load(stop),
        )

    async def turn_days(self, stop: asyncio.Event, *, every_seconds: float = 30.0) -> None:
        """When a new day begins the index stands for other nights, whether or not anything happens."""
        while not await wait_at_most(stop, every_seconds):
            if not self.loaded.is_set():
                continue
            try:
                async with self._changing:
                    while self.index.first_night < self._first_night():
                        await self._turn_day()
            except ServiceError as failure:
                log.warning("search.new_night_postponed", reason=failure.code)

    def _new_engine(self) -> SearchEngine:
        return SearchEngine(Index(self._first_night(), self._settings.search_nights), self._clock)

    def _first_night(self) -> dt.date:
        """Yesterday in UTC: somewhere it is still today."""
        return self._clock().date() - dt.timedelta(days=1)

    async def _load(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._snapshot()
                return
            except ServiceError as failure:
                log.warning("search.snapshot_postponed", reason=failure.code)
                await wait_at_most(stop, _RETRY_SECONDS)

    async def _snapshot(self) -> None:
        started = time.perf_counter()
        began_at = utc_now()
        engine = self._new_engine()
        index = engine.index
        async for houses in self._catalogue(index.first_night, index.nights):
            index.put_houses(houses)
        index.put_in_order()
        async for room_types in self._availability(index.first_night, index.end_night):
            index.put_availability(room_types)
        self.engine = engine
        gc.collect()
        gc.freeze()  # the index stays: looking through it for garbage would hold up searches for tens of milliseconds
        self.as_of = began_at
        self.loaded.set()
        INDEX_HOTELS.set(index.hotels)
        INDEX_AS_OF.set(began_at.timestamp())
        log.info("search.snapshot_loaded", hotels=index.hotels, seconds=round(time.perf_counter() - started, 3))

    async def _turn_day(self) -> None:
        """Fetches only the night that is new, and only then lets the oldest one go."""
        index = self.index
        night = index.end_night
        houses = [entry async for entries in self._catalogue(night, 1) for entry in entries]
        room_types = [one async for many in self._availability(night, night + dt.timedelta(days=1)) for one in many]
        last = index.turn_day()
        index.put_night(houses, last)
        index.put_availability(room_types, last)
        if index.wants_order():
            index.put_in_order()

    async def _take_in(self, envelopes: Sequence[events_pb2.Envelope]) -> None:
        async with self._changing:
            await self._fetch(touched_by(envelopes))
        newest = max(from_timestamp(envelope.occurred_at) for envelope in envelopes)
        self.lag_seconds = max((utc_now() - newest).total_seconds(), 0.0)
        self.as_of = max(self.as_of, newest)
        INDEX_LAG.set(self.lag_seconds)
        INDEX_AS_OF.set(self.as_of.timestamp())
        INDEX_HOTELS.set(self.index.hotels)

    async def _fetch(self, touched: Touched) -> None:
        index = self.index
        room_types = set(touched.room_types)
        for ids in _chunks(sorted(touched.hotels)):
            gone = set(ids)
            async for houses in self._catalogue(index.first_night, index.nights, ids):
                room_types |= index.put_houses(houses)
                gone -= {entry.hotel.id for entry in houses}
            for hotel_id in gone:
                index.remove_house(hotel_id)
        for ids in _chunks(sorted(room_types)):
            request = inventory_pb2.GetAvailabilityRequest(
                room_type_ids=ids, first_night=index.first_night.isoformat(), end_night=index.end_night.isoformat()
            )
            index.put_availability((await call(self._inventory.GetAvailability, request, token="")).room_types)

    def _catalogue(
        self, first_night: dt.date, nights: int, hotel_ids: Sequence[str] = ()
    ) -> AsyncIterator[list[rate_pb2.CatalogueEntry]]:
        request = rate_pb2.StreamCatalogueRequest(
            first_night=first_night.isoformat(), nights=nights, hotel_ids=hotel_ids
        )
        entries = stream(self._rates.StreamCatalogue, request, token="", at_most=_LONGEST_SNAPSHOT_SECONDS)
        return _batches(entries, _HOUSES_AT_ONCE)

    def _availability(
        self, first_night: dt.date, end_night: dt.date
    ) -> AsyncIterator[list[inventory_pb2.RoomTypeAvailability]]:
        request = inventory_pb2.StreamAvailabilityRequest(
            first_night=first_night.isoformat(), end_night=end_night.isoformat()
        )
        told = stream(self._inventory.StreamAvailability, request, token="", at_most=_LONGEST_SNAPSHOT_SECONDS)
        return _batches(told, _ROOM_TYPES_AT_ONCE)


def touched_by(envelopes: Iterable[events_pb2.Envelope]) -> Touched:
    """Ids of the houses and of the room types that events may have changed."""
    touched = Touched()
    for envelope in envelopes:
        match envelope.type:
            case "HotelChanged":
                touched.hotels.add(events_pb2.HotelChanged.FromString(envelope.payload).hotel_id)
            case "RatesChanged":
                touched.hotels.add(events_pb2.RatesChanged.FromString(envelope.payload).hotel_id)
            case "RoomTypeCreated":
                touched.hotels.add(events_pb2.RoomTypeCreated.FromString(envelope.payload).room_type.hotel_id)
            case "RoomTypeArchived":
                touched.hotels.add(events_pb2.RoomTypeArchived.FromString(envelope.payload).hotel_id)
            case "RoomTypeSellable":
                touched.room_types.add(events_pb2.RoomTypeSellable.FromString(envelope.payload).room_type_id)
            case "InventoryChanged":
                touched.room_types.add(events_pb2.InventoryChanged.FromString(envelope.payload).room_type_id)
            case kind if kind.startswith("Booking"):  # each has its snapshot as field 1
                booking = events_pb2.BookingHeld.FromString(envelope.payload).booking
                touched.room_types.update(booking.room_type_ids)
            case _:
                pass
    return touched


async def _batches(messages: AsyncIterator[Message], size: int) -> AsyncIterator[list[Message]]:
    batch: list[Message] = []
    async for message in messages:
        batch.append(message)
        if len(batch) == size:
            yield batch
            batch = []
            await asyncio.sleep(0)
    if batch:
        yield batch


def _chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + _MOST_IDS] for start in range(0, len(ids), _MOST_IDS)]
