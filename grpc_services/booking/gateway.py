"""The services that booking asks: hotel for prices, the payment system for money."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc, rate_pb2, rate_pb2_grpc
from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payee_pb2, payee_pb2_grpc, payment_pb2, payment_pb2_grpc
from runtime.channels import call, call_provider, open_channel
from runtime.clock import to_timestamp
from runtime.errors import IdempotencyConflict, NotFound, ServiceError, Unavailable
from runtime.payee_statements import PayeeStatements
from runtime.settings import BookingSettings

PROVIDER = "innkeeper-payments"


class HotelPrices:
    def __init__(self, hotels: hotel_pb2_grpc.HotelServiceAsyncStub, rates: rate_pb2_grpc.RateServiceAsyncStub) -> None:
        self._hotels = hotels
        self._rates = rates

    async def price_stay(self, request: rate_pb2.PriceStayRequest) -> rate_pb2.PriceStayResponse:
        return await call(self._rates.PriceStay, request, at_most=3.0)

    async def house(self, hotel_id: str) -> hotel_pb2.Hotel:
        """A house that the caller may see; raises NotFound for others."""
        found = await call(self._hotels.GetHotels, hotel_pb2.GetHotelsRequest(ids=[hotel_id]), at_most=3.0)
        if not found.hotels:
            raise NotFound("There is no such hotel.", path=("hotelId",))
        return found.hotels[0]


class PaymentSystem:
    """Calls carry our API key and never the guest's token: the payment system knows no guests."""

    def __init__(self, stub: payment_pb2_grpc.PaymentServiceAsyncStub, api_key: str) -> None:
        self._stub = stub
        self._key = (("x-api-key", api_key),)

    async def create(
        self,
        *,
        idempotency_key: str,
        amount: money_pb2.Money,
        booking_id: str,
        booking_reference: str,
        description: str,
        return_url: str,
        locale: str,
        expires_at: dt.datetime,
        shares: Sequence[payment_pb2.PayeeShare],
    ) -> payment_pb2.Payment:
        """Raises Unavailable, so that the caller asks again, while the same payment is being opened with
        another address to return to or in another language."""
        request = payment_pb2.CreatePaymentRequest(
            idempotency_key=idempotency_key,
            amount=amount,
            booking_id=booking_id,
            booking_reference=booking_reference,
            description=description,
            return_url=return_url,
            locale=locale,
            expires_at=to_timestamp(expires_at),
            shares=shares,
        )
        try:
            return await call_provider(self._stub.CreatePayment, request, self._key)
        except ServiceError as refusal:
            if refusal.code == IdempotencyConflict.code:
                raise Unavailable("A payment of this booking is being opened; please try again.") from None
            raise

    async def get(self, payment_id: str) -> payment_pb2.Payment:
        request = payment_pb2.GetPaymentRequest(id=payment_id)
        return await call_provider(self._stub.GetPayment, request, self._key)

    async def void(self, payment_id: str) -> None:
        """Ends a payment that was not captured."""
        request = payment_pb2.VoidPaymentRequest(id=payment_id)
        await call_provider(self._stub.VoidPayment, request, self._key)

    async def refund(
        self,
        *,
        idempotency_key: str,
        payment_id: str,
        amount: money_pb2.Money,
        shares: Mapping[str, int],
        reason: str,
    ) -> payment_pb2.Refund:
        """`shares` are minor units by the payee who gives them back; nobody's id is the platform itself."""
        request = payment_pb2.CreateRefundRequest(
            idempotency_key=idempotency_key,
            payment_id=payment_id,
            amount=amount,
            reason=reason,
            shares=[
                payment_pb2.RefundShare(
                    payee_id=payee, amount=money_pb2.Money(minor_units=part, currency=amount.currency)
                )
                for payee, part in sorted(shares.items())
                if payee
            ],
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
async def open_gateway(settings: BookingSettings) -> AsyncIterator[tuple[HotelPrices, PaymentSystem, PayeeStatements]]:
    async with (
        open_channel(settings.hotel_address, hotel_pb2.DESCRIPTOR, rate_pb2.DESCRIPTOR) as hotel,
        open_channel(settings.payment_address, payment_pb2.DESCRIPTOR, payee_pb2.DESCRIPTOR) as payment,
    ):
        api_key = settings.payment_api_key.get_secret_value()
        yield (
            HotelPrices(hotel_pb2_grpc.HotelServiceStub(hotel), rate_pb2_grpc.RateServiceStub(hotel)),
            PaymentSystem(payment_pb2_grpc.PaymentServiceStub(payment), api_key),
            PayeeStatements(payee_pb2_grpc.PayeeServiceStub(payment), api_key),
        )


def payment_state_name(payment: payment_pb2.Payment) -> str:
    return payment_pb2.PaymentState.Name(payment.state).removeprefix("PAYMENT_STATE_")


def refund_state_name(refund: payment_pb2.Refund) -> str:
    return payment_pb2.RefundState.Name(refund.state).removeprefix("REFUND_STATE_")
