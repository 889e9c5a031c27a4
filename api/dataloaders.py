"""One RPC per level of a query: ids asked for by sibling fields go out together."""

from __future__ import annotations

from collections.abc import Sequence

from strawberry.dataloader import DataLoader

from api.services import Services
from contracts.booking.v1 import booking_pb2, inventory_pb2
from contracts.hotel.v1 import hotel_pb2
from runtime.channels import call
from runtime.cursors import LARGEST_PAGE
from runtime.identity import current_caller

_LARGEST_BATCH = 200


class Loaders:
    """By id; None for what does not exist or may not be seen."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.hotel: DataLoader[str, hotel_pb2.Hotel | None] = DataLoader(
            load_fn=self._hotels, max_batch_size=_LARGEST_BATCH
        )
        self.booking: DataLoader[str, booking_pb2.Booking | None] = DataLoader(
            load_fn=self._bookings, max_batch_size=_LARGEST_BATCH
        )
        self.quote: DataLoader[str, booking_pb2.Quote | None] = DataLoader(
            load_fn=self._quotes, max_batch_size=_LARGEST_BATCH
        )
        self.out_of_order: DataLoader[tuple[str, str], list[inventory_pb2.OutOfOrder]] = DataLoader(
            load_fn=self._out_of_order, max_batch_size=_LARGEST_BATCH
        )

    async def _hotels(self, ids: Sequence[str]) -> list[hotel_pb2.Hotel | None]:
        found = await self._services.hotel_cache.get(ids, current_caller(), self._load_hotels)
        return [found.get(identifier) for identifier in ids]

    async def _load_hotels(self, ids: Sequence[str]) -> Sequence[hotel_pb2.Hotel]:
        return (await call(self._services.hotels.GetHotels, hotel_pb2.GetHotelsRequest(ids=ids))).hotels

    async def _bookings(self, ids: Sequence[str]) -> list[booking_pb2.Booking | None]:
        response = await call(self._services.bookings.GetBookings, booking_pb2.GetBookingsRequest(ids=ids))
        found = {booking.id: booking for booking in response.bookings}
        return [found.get(identifier) for identifier in ids]

    async def _quotes(self, ids: Sequence[str]) -> list[booking_pb2.Quote | None]:
        response = await call(self._services.bookings.GetQuotes, booking_pb2.GetQuotesRequest(ids=ids))
        found = {quote.id: quote for quote in response.quotes}
        return [found.get(identifier) for identifier in ids]

    async def _out_of_order(self, doors: Sequence[tuple[str, str]]) -> list[list[inventory_pb2.OutOfOrder]]:
        """By house and door: the periods from today on. A batch has doors of one house almost always."""
        found: dict[str, list[inventory_pb2.OutOfOrder]] = {room_id: [] for _, room_id in doors}
        for hotel_id in dict.fromkeys(hotel_id for hotel_id, _ in doors):
            request = inventory_pb2.ListOutOfOrderRequest(
                hotel_id=hotel_id,
                room_ids=[room_id for of_hotel, room_id in doors if of_hotel == hotel_id],
                first=LARGEST_PAGE,
            )
            while True:
                page = await call(self._services.inventory.ListOutOfOrder, request)
                for period in page.periods:
                    found[period.room_id].append(period)
                if not page.has_next_page:
                    break
                request.after = page.cursors[-1]
        return [found[room_id] for _, room_id in doors]
