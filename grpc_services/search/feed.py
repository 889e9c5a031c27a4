"""How the index stays true: a snapshot from hotel and booking, then their events.

An event is only a hint that something changed; what it became is asked of its owner, so repeated and
reordered events do no harm.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Sequence

import structlog
from prometheus_client import Gauge

from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from grpc_services.search.index import Index
from runtime.channels import call, stream
from runtime.clock import from_timestamp, utc_now
from runtime.errors import ServiceError
from runtime.event_bus import BOOKING_TOPIC, HOTEL_TOPIC, INVENTORY_TOPIC, follow
from runtime.settings import SearchSettings
from runtime.waiting import wait_at_most

log = structlog.get_logger()

INDEX_LAG = Gauge("innkeeper_search_lag_seconds", "Between a fact and its arrival in the search index")
INDEX_HOTELS = Gauge("innkeeper_search_hotels", "Houses in the search index")
_RETRY_SECONDS = 1.0
_MOST_IDS = 200


class Feed:
    """Owns the index of this process and keeps it fresh until cancelled."""

    def __init__(
        self,
        settings: SearchSettings,
        hotels: hotel_pb2_grpc.HotelServiceAsyncStub,
        bookings: booking_pb2_grpc.BookingServiceAsyncStub,
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._hotels = hotels
        self._bookings = bookings
        self.index = Index(self._first_night(), settings.search_nights + 2)
        self.loaded = asyncio.Event()
        self.as_of = utc_now()
        self.lag_seconds = 0.0
        self._changing = asyncio.Lock()  # events wait while a new day's snapshot is taken

    async def run(self, stop: asyncio.Event) -> None:
        """Follows events from before the snapshot on, so that nothing falls between the two."""
        await follow(
            self._settings,
            topics=(HOTEL_TOPIC, BOOKING_TOPIC, INVENTORY_TOPIC),
            handle=self._take_in,
            stop=stop,
            on_positioned=lambda: self._load(stop),
        )

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
                await asyncio.sleep(_RETRY_SECONDS)

    async def turn_days(self, stop: asyncio.Event, *, every_seconds: float = 30.0) -> None:
        """When a new day begins the index stands for other nights, whether or not anything happens."""
        while not await wait_at_most(stop, every_seconds):
            if self.loaded.is_set() and self.index.first_night != self._first_night():
                async with self._changing:
                    await self._load(stop)

    async def _snapshot(self) -> None:
        started = time.perf_counter()
        began_at = utc_now()
        index = Index(self._first_night(), self._settings.search_nights + 2)
        catalogue = hotel_pb2.StreamCatalogueRequest(first_night=index.first_night.isoformat(), nights=index.nights)
        async for entry in stream(self._hotels.StreamCatalogue, catalogue, token="", at_most=120):
            index.put_house(entry)
        nights = booking_pb2.StreamAvailabilityRequest(
            first_night=index.first_night.isoformat(), end_night=index.end_night.isoformat()
        )
        async for availability in stream(self._bookings.StreamAvailability, nights, token="", at_most=120):
            index.put_availability([availability])
        hotels = index.hotels
        self.index = index
        self.as_of = began_at
        self.loaded.set()
        INDEX_HOTELS.set(hotels)
        log.info("search.snapshot_loaded", hotels=hotels, seconds=round(time.perf_counter() - started, 3))

    async def _take_in(self, envelopes: Sequence[events_pb2.Envelope]) -> None:
        async with self._changing:
            await self._fetch_what_changed(envelopes)
        newest = max(from_timestamp(envelope.occurred_at) for envelope in envelopes)
        self.lag_seconds = max((utc_now() - newest).total_seconds(), 0.0)
        self.as_of = max(self.as_of, newest)
        INDEX_LAG.set(self.lag_seconds)
        INDEX_HOTELS.set(self.index.hotels)

    async def _fetch_what_changed(self, envelopes: Sequence[events_pb2.Envelope]) -> None:
        hotel_ids: set[str] = set()
        room_type_ids: set[str] = set()
        for envelope in envelopes:
            houses, room_types = _touched(envelope)
            hotel_ids |= houses
            room_type_ids |= room_types
        for chunk in _chunks(sorted(hotel_ids)):
            request = hotel_pb2.StreamCatalogueRequest(
                first_night=self.index.first_night.isoformat(), nights=self.index.nights, hotel_ids=chunk
            )
            async for entry in stream(self._hotels.StreamCatalogue, request, token=""):
                self.index.put_house(entry)
        for chunk in _chunks(sorted(room_type_ids)):
            free = await call(
                self._bookings.GetAvailability,
                booking_pb2.GetAvailabilityRequest(
                    room_type_ids=chunk,
                    first_night=self.index.first_night.isoformat(),
                    end_night=self.index.end_night.isoformat(),
                ),
                token="",
            )
            self.index.put_availability(free.room_types)


def _touched(envelope: events_pb2.Envelope) -> tuple[set[str], set[str]]:
    """Ids of the houses and of the room types that an event may have changed."""
    if envelope.type == "RoomTypeCreated":
        created = events_pb2.RoomTypeCreated.FromString(envelope.payload)
        return {created.room_type.hotel_id}, set()
    if envelope.type == "RoomTypeSellable":
        return set(), {events_pb2.RoomTypeSellable.FromString(envelope.payload).room_type_id}
    if envelope.type.startswith("Booking"):
        # Every booking event has its snapshot as field 1.
        return set(), set(events_pb2.BookingHeld.FromString(envelope.payload).booking.room_type_ids)
    return set(), set()


def _chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + _MOST_IDS] for start in range(0, len(ids), _MOST_IDS)]
