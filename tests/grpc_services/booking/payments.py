"""The real payment system beside booking, and a guest at its checkout page."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from contracts.booking.v1 import booking_pb2
from contracts.money.v1 import money_pb2
from contracts.payment.v1 import bank_pb2, bank_pb2_grpc, payment_pb2, payment_pb2_grpc
from grpc_services.payment.policies import API_KEY_HEADER
from grpc_services.payment.service import payment_service
from runtime.channels import call, open_channel
from runtime.clock import utc_now
from runtime.database import Database, open_database
from runtime.settings import PaymentSettings
from tests.house import PAYMENT_API_KEY
from tests.parts import Parts, free_port

GOOD, DECLINED = "4242424242424242", "4000000000000002"
PAID_LATE, REFUNDED_LATE = "4000000000000259", "4000000000007726"
RETURN_ORIGIN = "https://hotel.example"
_KEY = ((API_KEY_HEADER, PAYMENT_API_KEY),)


@dataclass
class MovableClock:
    """The real time, moved by `ahead`."""

    ahead: dt.timedelta = dt.timedelta()

    def __call__(self) -> dt.datetime:
        return utc_now() + self.ahead

    def forward(self, **amount: float) -> None:
        self.ahead += dt.timedelta(**amount)


@dataclass
class Payments:
    stub: payment_pb2_grpc.PaymentServiceAsyncStub
    bank: bank_pb2_grpc.BankServiceAsyncStub
    clock: MovableClock
    browser: httpx.AsyncClient
    database: Database

    async def pay(self, booking: booking_pb2.Booking, card: str = GOOD) -> None:
        """Fills in the card form of the booking's checkout page."""
        await self.pay_at(booking.payment.checkout_url, card)

    async def pay_at(self, checkout_url: str, card: str = GOOD) -> None:
        page = await self.browser.get(checkout_url)
        nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
        assert nonce, page.text
        answer = await self.browser.post(
            checkout_url,
            data={"nonce": nonce[1], "number": card, "expiry": "12/40", "cvc": "123", "holder": "Ada Lovelace"},
        )
        assert answer.status_code == 303, answer.text

    async def fail(self, booking: booking_pb2.Booking) -> None:
        """Three declined cards end a payment."""
        await self.fail_at(booking.payment.checkout_url)

    async def fail_at(self, checkout_url: str) -> None:
        for _ in range(3):
            await self.pay_at(checkout_url, DECLINED)

    async def capture_late(self, payment_id: str) -> None:
        """The bank of a card that is paid late takes its time, and then the money comes."""
        self.clock.forward(seconds=6)
        async with asyncio.timeout(60):
            while (await self.get(payment_id)).state != payment_pb2.PAYMENT_STATE_CAPTURED:
                await asyncio.sleep(0.05)

    async def dispute(self, payment_id: str) -> payment_pb2.Dispute:
        request = bank_pb2.OpenDisputeRequest(payment_id=payment_id, reason="FRAUDULENT")
        return await call(self.bank.OpenDispute, request, token="", extra_metadata=_KEY)

    async def resolve(self, dispute: payment_pb2.Dispute, outcome: payment_pb2.DisputeState.ValueType) -> None:
        request = bank_pb2.ResolveDisputeRequest(dispute_id=dispute.id, outcome=outcome)
        await call(self.bank.ResolveDispute, request, token="", extra_metadata=_KEY)

    async def newest_refund(self, payment_id: str) -> payment_pb2.Refund:
        request = payment_pb2.ListRefundsRequest(payment_id=payment_id, first=100)
        listed = await call(self.stub.ListRefunds, request, token="", extra_metadata=_KEY)
        return listed.refunds[-1]

    async def settle_refund(self, refund: payment_pb2.Refund, outcome: payment_pb2.RefundState.ValueType) -> None:
        request = bank_pb2.SettleRefundRequest(refund_id=refund.id, outcome=outcome)
        await call(self.bank.SettleRefund, request, token="", extra_metadata=_KEY)

    async def webhooks(self, payment_id: str) -> dict[str, bytes]:
        """What was told of a payment so far, by type: the bodies as they are sent."""
        query = "SELECT type, body FROM payment.webhook_delivery WHERE payment_id = $1 ORDER BY position"
        async with self.database.reading() as connection:
            return {row["type"]: row["body"].encode() for row in await connection.fetch(query, uuid.UUID(payment_id))}

    async def get(self, payment_id: str) -> payment_pb2.Payment:
        request = payment_pb2.GetPaymentRequest(id=payment_id)
        return await call(self.stub.GetPayment, request, token="", extra_metadata=_KEY)

    async def create(self, booking_id: str, minor_units: int, *, currency: str = "EUR") -> payment_pb2.Payment:
        """A payment that booking has not asked for."""
        request = payment_pb2.CreatePaymentRequest(
            idempotency_key=uuid.uuid4().hex,
            amount=money_pb2.Money(minor_units=minor_units, currency=currency),
            booking_id=booking_id,
            booking_reference="STRANGER",
        )
        return await call(self.stub.CreatePayment, request, token="", extra_metadata=_KEY)

    async def count(self, booking_id: str) -> int:
        """How many payments were ever opened for a booking."""
        async with self.database.reading() as connection:
            return int(
                await connection.fetchval("SELECT count(*) FROM payment.payment WHERE booking_id = $1", booking_id)
            )

    async def refunds(self, payment_id: str) -> list[int]:
        """The amounts that went back, one a refund."""
        query = "SELECT amount_minor_units FROM payment.refund WHERE payment_id = $1"
        async with self.database.reading() as connection:
            return [row["amount_minor_units"] for row in await connection.fetch(query, uuid.UUID(payment_id))]


@asynccontextmanager
async def running_payments(parts: Parts, address: str) -> AsyncIterator[Payments]:
    """Its webhooks go nowhere: tests hand them to booking themselves, in the order they want."""
    http_port = free_port()
    settings = PaymentSettings.model_validate(
        {
            "environment": "test",
            "DATABASE_URL": parts.database_url("payment"),
            "grpc_listen": address,
            "http_port": http_port,
            "public_url": f"http://127.0.0.1:{http_port}/",
            "payment_api_key": PAYMENT_API_KEY,
            "webhook_url": f"http://127.0.0.1:{free_port()}/",
            "webhook_secrets": "whsec_" + "QUFB" * 8,
            "allowed_return_origins": RETURN_ORIGIN,
        }
    )
    clock = MovableClock()
    async with (
        payment_service(settings, clock=clock),
        open_database(parts.database_url("payment"), pool_size=2, application_name="tests") as database,
        open_channel(address, payment_pb2.DESCRIPTOR, bank_pb2.DESCRIPTOR) as channel,
        httpx.AsyncClient(trust_env=False, timeout=60) as browser,
    ):
        yield Payments(
            payment_pb2_grpc.PaymentServiceStub(channel),
            bank_pb2_grpc.BankServiceStub(channel),
            clock,
            browser,
            database,
        )
