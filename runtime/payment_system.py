"""The payment system as the services that are paid see it, and how it names what it tells.

Calls carry our API key and nobody's token: the payment system knows no people.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payee_pb2, payee_pb2_grpc, payment_pb2, payment_pb2_grpc
from runtime.channels import call_provider, open_channel
from runtime.errors import IdempotencyConflict, ServiceError, Unavailable
from runtime.payee_statements import PayeeStatements

PROVIDER = "innkeeper-payments"
CAPTURED = ("CAPTURED", "DISPUTED")  # states of a payment whose money came in; that it is contested comes after
FAILED = ("FAILED", "VOIDED")
PLATFORM_ITSELF = ""  # the payee of payments that nobody shares


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What of a payment decides over what is paid with it."""

    state: str
    amount_minor_units: int
    currency: str
    is_current: bool  # the newest payment of what is paid
    is_taken_in: bool  # its money was counted before


class PaymentSystem:
    def __init__(self, stub: payment_pb2_grpc.PaymentServiceAsyncStub, api_key: str) -> None:
        self._stub = stub
        self._key = (("x-api-key", api_key),)

    async def create(self, request: payment_pb2.CreatePaymentRequest) -> payment_pb2.Payment:
        """Raises Unavailable, so that the caller asks again, while the same payment is being opened with
        another address to return to or in another language."""
        try:
            return await call_provider(self._stub.CreatePayment, request, self._key)
        except ServiceError as refusal:
            if refusal.code == IdempotencyConflict.code:
                raise Unavailable("This payment is just being opened; please try again.") from None
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
        """`shares` are minor units by the payee who gives them back."""
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
                if payee != PLATFORM_ITSELF
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
async def open_payment_system(address: str, api_key: SecretStr) -> AsyncIterator[tuple[PaymentSystem, PayeeStatements]]:
    async with open_channel(address, payment_pb2.DESCRIPTOR, payee_pb2.DESCRIPTOR) as channel:
        payments: payment_pb2_grpc.PaymentServiceAsyncStub = payment_pb2_grpc.PaymentServiceStub(channel)
        payees: payee_pb2_grpc.PayeeServiceAsyncStub = payee_pb2_grpc.PayeeServiceStub(channel)
        key = api_key.get_secret_value()
        yield PaymentSystem(payments, key), PayeeStatements(payees, key)


def payment_state_name(payment: payment_pb2.Payment) -> str:
    return payment_pb2.PaymentState.Name(payment.state).removeprefix("PAYMENT_STATE_")


def refund_state_name(refund: payment_pb2.Refund) -> str:
    return payment_pb2.RefundState.Name(refund.state).removeprefix("REFUND_STATE_")


def got_by(payment: payment_pb2.Payment) -> dict[str, int]:
    """What each payee got by a payment that was taken whole, in minor units."""
    if not payment.shares:
        return {PLATFORM_ITSELF: payment.amount.minor_units}
    return {share.payee_id: share.amount.minor_units for share in payment.shares}
