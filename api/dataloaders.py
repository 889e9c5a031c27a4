"""One RPC per level of a query: ids asked for by sibling fields go out together."""

from __future__ import annotations

from collections.abc import Sequence

from strawberry.dataloader import DataLoader

from api.part_loaders import PartLoaders
from api.review_loaders import ReviewLoaders
from api.services import Services
from contracts.booking.v1 import booking_pb2, inventory_pb2
from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import appointment_pb2, salon_pb2
from runtime.channels import call
from runtime.cursors import LARGEST_PAGE
from runtime.identity import current_caller

_LARGEST_BATCH = 200


class Loaders:
    """By id; None for what does not exist or may not be seen."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.reviews = ReviewLoaders(services.reviews, services.cache.ratings)
        self.parts = PartLoaders(services.hotels, services.notifications)
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

        self.salon: DataLoader[str, salon_pb2.Salon | None] = DataLoader(
            load_fn=self._salons, max_batch_size=_LARGEST_BATCH
        )
        self.appointment: DataLoader[str, appointment_pb2.Appointment | None] = DataLoader(
            load_fn=self._appointments, max_batch_size=_LARGEST_BATCH
        )
        self.salons_of_hotel: DataLoader[str, list[salon_pb2.Salon]] = DataLoader(
            load_fn=self._salons_of_hotels, max_batch_size=_LARGEST_BATCH
        )
        self.master: DataLoader[str, salon_pb2.Master | None] = DataLoader(
            load_fn=self._masters, max_batch_size=_LARGEST_BATCH
        )

    async def hotel_anew(self, identifier: str) -> hotel_pb2.Hotel | None:
        """As it is now: for who follows it, and has loaded it before."""
        return (await self._hotels([identifier]))[0]

    async def _hotels(self, ids: Sequence[str]) -> list[hotel_pb2.Hotel | None]:
        found = await self._services.cache.hotels.get(ids, current_caller(), self._load_hotels)
        return [found.get(identifier) for identifier in ids]

    async def _load_hotels(self, ids: Sequence[str], token: str | None) -> dict[str, hotel_pb2.Hotel]:
        response = await call(self._services.hotels.GetHotels, hotel_pb2.GetHotelsRequest(ids=ids), token=token)
        return {hotel.id: hotel for hotel in response.hotels}

    async def _bookings(self, ids: Sequence[str]) -> list[booking_pb2.Booking | None]:
        response = await call(self._services.bookings.GetBookings, booking_pb2.GetBookingsRequest(ids=ids))
        found = {booking.id: booking for booking in response.bookings}
        return [found.get(identifier) for identifier in ids]

    async def _quotes(self, ids: Sequence[str]) -> list[booking_pb2.Quote | None]:
        response = await call(self._services.bookings.GetQuotes, booking_pb2.GetQuotesRequest(ids=ids))
        found = {quote.id: quote for quote in response.quotes}
        return [found.get(identifier) for identifier in ids]

    async def _salons(self, ids: Sequence[str]) -> list[salon_pb2.Salon | None]:
        found = await self._services.cache.salons.get(ids, current_caller(), self._load_salons)
        return [found.get(identifier) for identifier in ids]

    async def _load_salons(self, ids: Sequence[str], token: str | None) -> dict[str, salon_pb2.Salon]:
        response = await call(self._services.salons.GetSalons, salon_pb2.GetSalonsRequest(ids=ids), token=token)
        return {salon.id: salon for salon in response.salons}

    async def _appointments(self, ids: Sequence[str]) -> list[appointment_pb2.Appointment | None]:
        request = appointment_pb2.GetAppointmentsRequest(ids=ids)
        response = await call(self._services.appointments.GetAppointments, request)
        found = {appointment.id: appointment for appointment in response.appointments}
        return [found.get(identifier) for identifier in ids]

    async def _salons_of_hotels(self, hotel_ids: Sequence[str]) -> list[list[salon_pb2.Salon]]:
        response = await call(self._services.salons.GetSalons, salon_pb2.GetSalonsRequest(hotel_ids=hotel_ids))
        return [[salon for salon in response.salons if salon.hotel_id == hotel_id] for hotel_id in hotel_ids]

    async def _masters(self, ids: Sequence[str]) -> list[salon_pb2.Master | None]:
        found = await self._services.cache.masters.get(ids, current_caller(), self._load_masters)
        return [found.get(identifier) for identifier in ids]

    async def _load_masters(self, ids: Sequence[str], token: str | None) -> dict[str, salon_pb2.Master]:
        response = await call(self._services.salons.GetMasters, salon_pb2.GetMastersRequest(ids=ids), token=token)
        return {master.id: master for master in response.masters}

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
