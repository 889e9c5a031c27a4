"""The services that salon asks: hotel for the house it stands in, the payment system for money."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payee_pb2, payee_pb2_grpc, payment_pb2, payment_pb2_grpc
from runtime.channels import call, call_provider, open_channel
from runtime.clock import to_timestamp
from runtime.errors import IdempotencyConflict, NotFound, ServiceError, Unavailable
from runtime.payee_statements import PayeeStatements
from runtime.settings import SalonSettings

PROVIDER = "innkeeper-payments"


class Hotels:
    def __init__(self, stub: hotel_pb2_grpc.HotelServiceAsyncStub) -> None:
        self._stub = stub

    async def house(self, hotel_id: str) -> hotel_pb2.Hotel:
        """A house that the caller may see; raises NotFound for others."""
        found = await call(self._stub.GetHotels, hotel_pb2.GetHotelsRequest(ids=[hotel_id]), at_most=3.0)
        if not found.hotels:
            raise NotFound("There is no such hotel.", path=("hotelId",))
        return found.hotels[0]


class PaymentSystem:
    """Calls carry our API key and never the client's token: the payment system knows no clients."""

    def __init__(self, stub: payment_pb2_grpc.PaymentServiceAsyncStub, api_key: str) -> None:
        self._stub = stub
        self._key = (("x-api-key", api_key),)

    async def create(
        self,
        *,
        idempotency_key: str,
        amount: money_pb2.Money,
        appointment_id: str,
        reference: str,
        description: str,
        return_url: str,
        locale: str,
        expires_at: dt.datetime,
        payee: payment_pb2.PayeeShare,
    ) -> payment_pb2.Payment:
        """Raises Unavailable, so that the caller asks again, while the same payment is being opened with
        another address to return to or in another language."""
        request = payment_pb2.CreatePaymentRequest(
            idempotency_key=idempotency_key,
            amount=amount,
            booking_id=appointment_id,
            booking_reference=reference,
            description=description,
            return_url=return_url,
            locale=locale,
            expires_at=to_timestamp(expires_at),
            purpose=payment_pb2.PAYMENT_PURPOSE_APPOINTMENT,
            shares=[payee],
        )
        try:
            return await call_provider(self._stub.CreatePayment, request, self._key)
        except ServiceError as refusal:
            if refusal.code == IdempotencyConflict.code:
                raise Unavailable("A payment of this appointment is being opened; please try again.") from None
            raise

    async def get(self, payment_id: str) -> payment_pb2.Payment:
        request = payment_pb2.GetPaymentRequest(id=payment_id)
        return await call_provider(self._stub.GetPayment, request, self._key)

    async def refund(
        self, *, idempotency_key: str, payment_id: str, amount: money_pb2.Money, reason: str
    ) -> payment_pb2.Refund:
        request = payment_pb2.CreateRefundRequest(
            idempotency_key=idempotency_key, payment_id=payment_id, amount=amount, reason=reason
        )
        return await call_provider(self._stub.CreateRefund, request, self._key)

    async def refunds(self, payment_id: str) -> list[payment_pb2.Refund]:
        """All of one payment."""
        found: list[payment_pb2.Refund] = []
        after = ""
        while True:
            request = payment_pb2.ListRefundsRequest(payment_id=payment_id, first=100, after=after)
            page = await call_provider(self._stub.ListRefunds, request, self._key)
            found += page.refunds
            after = page.next_cursor
            if not after:
                return found


@asynccontextmanager
async def open_gateway(settings: SalonSettings) -> AsyncIterator[tuple[Hotels, PaymentSystem, PayeeStatements]]:
    async with (
        open_channel(settings.hotel_address, hotel_pb2.DESCRIPTOR) as hotel_channel,
        open_channel(settings.payment_address, payment_pb2.DESCRIPTOR, payee_pb2.DESCRIPTOR) as payment_channel,
    ):
        hotels: hotel_pb2_grpc.HotelServiceAsyncStub = hotel_pb2_grpc.HotelServiceStub(hotel_channel)
        payments: payment_pb2_grpc.PaymentServiceAsyncStub = payment_pb2_grpc.PaymentServiceStub(payment_channel)
        payees: payee_pb2_grpc.PayeeServiceAsyncStub = payee_pb2_grpc.PayeeServiceStub(payment_channel)
        api_key = settings.payment_api_key.get_secret_value()
        yield Hotels(hotels), PaymentSystem(payments, api_key), PayeeStatements(payees, api_key)


def refund_state_name(refund: payment_pb2.Refund) -> str:
    return payment_pb2.RefundState.Name(refund.state).removeprefix("REFUND_STATE_")
