"""The real payment system beside booking, and a guest at its checkout page."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from contracts.booking.v1 import booking_pb2
from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2, payment_pb2_grpc
from grpc_services.payment.policies import API_KEY_HEADER
from grpc_services.payment.service import payment_service
from runtime.channels import call, open_channel
from runtime.database import Database, open_database
from runtime.settings import PaymentSettings
from tests.house import PAYMENT_API_KEY
from tests.parts import Parts, free_port

GOOD, DECLINED = "4242424242424242", "4000000000000002"
RETURN_ORIGIN = "https://hotel.example"
_KEY = ((API_KEY_HEADER, PAYMENT_API_KEY),)


@dataclass
class Payments:
    stub: payment_pb2_grpc.PaymentServiceAsyncStub
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
    async with (
        payment_service(settings),
        open_database(parts.database_url("payment"), pool_size=2, application_name="tests") as database,
        open_channel(address, payment_pb2.DESCRIPTOR) as channel,
        httpx.AsyncClient(trust_env=False, timeout=60) as browser,
    ):
        yield Payments(payment_pb2_grpc.PaymentServiceStub(channel), browser, database)
