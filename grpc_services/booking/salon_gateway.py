"""What booking asks and tells salon of visits that are booked with rooms."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from contracts.booking.v1 import booking_pb2
from contracts.salon.v1 import appointment_pb2, basket_pb2, basket_pb2_grpc
from runtime.channels import ServiceIdentity, call, open_channel, open_service_identity
from runtime.settings import BookingSettings

Visits = Sequence[basket_pb2.BasketVisit]


class Salons:
    """Prices are asked in the caller's name; what becomes of visits is told in booking's own."""

    def __init__(self, stub: basket_pb2_grpc.BasketServiceAsyncStub, identity: ServiceIdentity) -> None:
        self._stub = stub
        self._identity = identity

    async def price(
        self, visits: Sequence[basket_pb2.WantedVisit], *, owner_id: str, currency: str
    ) -> basket_pb2.QuotedVisits:
        request = basket_pb2.PriceVisitsRequest(visits=visits, owner_id=owner_id, currency=currency)
        return await call(self._stub.PriceVisits, request, at_most=3.0)

    async def hold(
        self,
        booking_id: uuid.UUID,
        attempt: int,
        visits: Sequence[basket_pb2.QuotedVisit],
        *,
        account_id: uuid.UUID,
        guest: booking_pb2.GuestDetails,
    ) -> Visits:
        """All of them or none. Raises the salon's refusal, whose path names the visit."""
        request = basket_pb2.HoldVisitsRequest(
            booking_id=str(booking_id),
            attempt=attempt,
            client_account_id=str(account_id),
            client=appointment_pb2.ClientDetails(name=guest.name.strip(), email=guest.email, phone=guest.phone),
            visits=visits,
        )
        held = await call(self._stub.HoldVisits, request, token=await self._identity.token(), at_most=3.0)
        return held.visits

    async def confirm(self, booking_id: uuid.UUID) -> Visits:
        request = basket_pb2.ConfirmVisitsRequest(booking_id=str(booking_id))
        return (await call(self._stub.ConfirmVisits, request, token=await self._identity.token(), at_most=3.0)).visits

    async def release(self, booking_id: uuid.UUID, attempt: int) -> Visits:
        """What this attempt or an earlier one holds; a later one's stays held."""
        request = basket_pb2.ReleaseVisitsRequest(booking_id=str(booking_id), attempt=attempt)
        return (await call(self._stub.ReleaseVisits, request, token=await self._identity.token(), at_most=3.0)).visits

    async def cancel(self, booking_id: uuid.UUID, penalties: Mapping[uuid.UUID, int]) -> Visits:
        """`penalties` are minor units by appointment."""
        request = basket_pb2.CancelVisitsRequest(
            booking_id=str(booking_id),
            penalties=[
                basket_pb2.VisitPenalty(appointment_id=str(appointment_id), minor_units=penalty)
                for appointment_id, penalty in penalties.items()
            ],
        )
        return (await call(self._stub.CancelVisits, request, token=await self._identity.token(), at_most=3.0)).visits

    async def visits(self, booking_id: uuid.UUID) -> Visits:
        request = basket_pb2.GetVisitsRequest(booking_id=str(booking_id))
        return (await call(self._stub.GetVisits, request, token=await self._identity.token(), at_most=3.0)).visits


@asynccontextmanager
async def open_salons(settings: BookingSettings) -> AsyncIterator[Salons]:
    async with (
        open_channel(settings.salon_address, basket_pb2.DESCRIPTOR) as channel,
        open_service_identity(settings.auth_address, settings) as identity,
    ):
        yield Salons(basket_pb2_grpc.BasketServiceStub(channel), identity)
