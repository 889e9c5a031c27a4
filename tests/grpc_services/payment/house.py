"""The payment service running over the test servers, with a merchant, a guest and a receiver around it."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urljoin

import grpc
import httpx
import pytest
from google.protobuf.message import Message

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import (
    bank_pb2,
    bank_pb2_grpc,
    payee_pb2,
    payee_pb2_grpc,
    payment_pb2,
    payment_pb2_grpc,
    webhook_pb2,
    webhook_pb2_grpc,
)
from grpc_services.payment.audit import Discrepancy, find_discrepancies
from grpc_services.payment.policies import API_KEY_HEADER
from grpc_services.payment.service import payment_service
from runtime.channels import call, open_channel
from runtime.clock import to_timestamp, utc_now
from runtime.database import Database, open_database
from runtime.errors import ServiceError
from runtime.settings import PaymentSettings
from tests.grpc_services.payment.receiver import SECRETS, Receiver
from tests.parts import Parts, free_port

API_KEY = "merchant-key-for-tests"
RETURN_ORIGIN = "https://hotel.example"
GOOD, DECLINED, CONFIRM, LATE = "4242424242424242", "4000000000000002", "4000000000003220", "4000000000000259"
NO_ANSWER, CONFIRM_DECLINED, DISPUTED = "4000000000006017", "4000008400001629", "4000000000002685"
REFUNDS_LATER, REFUNDS_FAIL, REFUNDS_COME_BACK = "4000000000007726", "4000000000005126", "4000000000006025"
TABLES = (
    *(
        "webhook_attempt",
        "webhook_delivery",
        "webhook_endpoint",
        "bank_task",
        "ledger_entry",
        "ledger_transaction",
        "dispute",
    ),
    *("refund_move", "refund", "payment_attempt", "payment_share", "payment"),
)
Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)
Rows: TypeAlias = list[dict[str, Any]]


@dataclass
class MovableClock:
    """The real time, moved by `ahead`."""

    ahead: dt.timedelta = dt.timedelta()

    def __call__(self) -> dt.datetime:
        return utc_now() + self.ahead

    def forward(self, **amount: float) -> None:
        self.ahead += dt.timedelta(**amount)


@dataclass
class Guest:
    """Somebody with a browser at one checkout page."""

    address: str
    browser: httpx.AsyncClient
    page: httpx.Response = field(init=False)

    async def look(self) -> httpx.Response:
        self.page = await self.browser.get(self.address)
        return self.page

    def hidden(self, name: str) -> str:
        found = re.search(f'name="{name}" value="([^"]+)"', self.page.text)
        assert found, self.page.text
        return found[1]

    async def send_card(self, number: str, **changes: str) -> httpx.Response:
        """Sends the form of the page that was looked at last."""
        fields = {
            "nonce": self.hidden("nonce"),
            "number": number,
            "expiry": "12/40",
            "cvc": "123",
            "holder": "Ada Lovelace",
        }
        return await self.browser.post(self.address, data={**fields, **changes})

    async def pay(self, number: str, **changes: str) -> httpx.Response:
        """Opens the page, fills in the form, and follows to where the payment then stands."""
        await self.look()
        answer = await self.send_card(number, **changes)
        assert answer.status_code == 303, answer.text
        assert urljoin(self.address, answer.headers["location"]) == self.address
        return await self.look()

    async def answer_bank(self, answer: str) -> httpx.Response:
        sent = await self.browser.post(
            f"{self.address}/confirmation", data={"attempt": self.hidden("attempt"), "answer": answer}
        )
        assert sent.status_code == 303, sent.text
        assert urljoin(f"{self.address}/confirmation", sent.headers["location"]) == self.address
        return await self.look()


@dataclass
class House:
    settings: PaymentSettings
    address: str
    stub: payment_pb2_grpc.PaymentServiceAsyncStub
    payees: payee_pb2_grpc.PayeeServiceAsyncStub
    bank: bank_pb2_grpc.BankServiceAsyncStub
    webhooks: webhook_pb2_grpc.WebhookServiceAsyncStub
    database: Database
    browser: httpx.AsyncClient
    clock: MovableClock
    receiver: Receiver

    async def create(self, **changes: Any) -> payment_pb2.Payment:
        return await self.call(self.stub.CreatePayment, payment_request(**changes))

    async def get(self, payment: payment_pb2.Payment) -> payment_pb2.Payment:
        return await self.call(self.stub.GetPayment, payment_pb2.GetPaymentRequest(id=payment.id))

    async def void(self, payment: payment_pb2.Payment) -> payment_pb2.Payment:
        return await self.call(self.stub.VoidPayment, payment_pb2.VoidPaymentRequest(id=payment.id))

    async def refund(self, payment: payment_pb2.Payment, minor_units: int, key: str = "") -> payment_pb2.Refund:
        return await self.call(self.stub.CreateRefund, refund_request(payment, minor_units, key))

    async def call(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[Request, Response],
        request: Request,
        *,
        api_key: str = API_KEY,
    ) -> Response:
        return await call(method, request, token="", extra_metadata=((API_KEY_HEADER, api_key),))

    def guest(self, payment: payment_pb2.Payment) -> Guest:
        return Guest(payment.checkout_url, self.browser)

    async def paid(self, card: str = GOOD, **changes: Any) -> payment_pb2.Payment:
        payment = await self.create(**changes)
        await self.guest(payment).pay(card)
        return await self.get(payment)

    async def capture(self, payment: payment_pb2.Payment, minor_units: int = 0) -> payment_pb2.Payment:
        """All of it if no amount is named."""
        amount = money_pb2.Money(minor_units=minor_units, currency=payment.amount.currency) if minor_units else None
        return await self.call(
            self.stub.CapturePayment, payment_pb2.CapturePaymentRequest(id=payment.id, amount=amount)
        )

    async def get_refund(self, refund: payment_pb2.Refund) -> payment_pb2.Refund:
        return await self.call(self.stub.GetRefund, payment_pb2.GetRefundRequest(id=refund.id))

    async def dispute(self, payment: payment_pb2.Payment) -> payment_pb2.Dispute:
        return await self.call(self.bank.OpenDispute, bank_pb2.OpenDisputeRequest(payment_id=payment.id))

    async def resolve(self, dispute: payment_pb2.Dispute, outcome: str) -> payment_pb2.Dispute:
        """`outcome` is WON or LOST."""
        request = bank_pb2.ResolveDisputeRequest(
            dispute_id=dispute.id, outcome=payment_pb2.DisputeState.Value(f"DISPUTE_STATE_{outcome}")
        )
        return await self.call(self.bank.ResolveDispute, request)

    async def settle_refund(self, refund: payment_pb2.Refund, outcome: str) -> payment_pb2.Refund:
        request = bank_pb2.SettleRefundRequest(
            refund_id=refund.id, outcome=payment_pb2.RefundState.Value(f"REFUND_STATE_{outcome}")
        )
        return await self.call(self.bank.SettleRefund, request)

    async def break_down(self, plan: str) -> None:
        """What goes wrong from now on; nothing for an empty plan."""
        await self.call(self.bank.SetFaults, bank_pb2.SetFaultsRequest(plan=plan))

    async def deliveries(self, **asked: Any) -> list[webhook_pb2.WebhookDelivery]:
        request = webhook_pb2.ListDeliveriesRequest(**asked)
        return list((await self.call(self.webhooks.ListDeliveries, request)).deliveries)

    async def delivery(self, webhook_id: str) -> webhook_pb2.WebhookDelivery:
        return await self.call(self.webhooks.GetDelivery, webhook_pb2.GetDeliveryRequest(id=webhook_id))

    async def redeliver(self, webhook_id: str) -> webhook_pb2.WebhookDelivery:
        return await self.call(self.webhooks.Redeliver, webhook_pb2.RedeliverRequest(id=webhook_id))

    async def statement(self, payee_id: str) -> dict[str, payee_pb2.PayeeTotals]:
        """Of the days around now, by currency."""
        request = payee_pb2.GetPayeeStatementRequest(
            payee_id=payee_id,
            since=to_timestamp(self.clock() - dt.timedelta(days=60)),
            until=to_timestamp(self.clock() + dt.timedelta(days=1)),
        )
        answer = await self.call(self.payees.GetPayeeStatement, request)
        return {totals.currency: totals for totals in answer.totals}

    async def discrepancies(self) -> list[Discrepancy]:
        async with self.database.reading() as connection:
            return await find_discrepancies(connection)

    async def ledger_of(self, payment: payment_pb2.Payment) -> dict[str, int]:
        """What each account has of a payment; payees by their id."""
        transactions = {row["id"] for row in await self.rows("ledger_transaction", payment)}
        balances: dict[str, int] = {}
        for row in await self.rows("ledger_entry"):
            if row["transaction_id"] in transactions:
                owner = row["payee_id"] or row["account"]
                balances[owner] = balances.get(owner, 0) + row["amount_minor_units"]
        return {owner: amount for owner, amount in balances.items() if amount}

    async def rows(self, table: str, payment: payment_pb2.Payment | None = None) -> Rows:
        """Everything in a table, or what belongs to one payment."""
        column = "id" if table == "payment" else "payment_id"
        where = f"WHERE {column} = '{uuid.UUID(payment.id)}'" if payment else ""
        async with self.database.reading() as connection:
            return [dict(row) for row in await connection.fetch(f"SELECT * FROM payment.{table} {where} ORDER BY 1")]  # type: ignore[call-overload]  # noqa: S608

    async def ledger(self) -> dict[str, Rows]:
        """Everything that is about money; webhooks may still be on their way."""
        tables = ("payment", "payment_attempt", "refund", "refund_move", "dispute", "ledger_entry")
        return {table: await self.rows(table) for table in tables}


def payment_request(**changes: Any) -> payment_pb2.CreatePaymentRequest:
    fields: dict[str, Any] = {
        "idempotency_key": uuid.uuid4().hex,
        "amount": money_pb2.Money(minor_units=24_050, currency="EUR"),
        "booking_id": str(uuid.uuid4()),
        "booking_reference": "INN-7F3K2Q",
        "description": "Two nights at Hôtel du Parc",
        "return_url": f"{RETURN_ORIGIN}/bookings/7?tab=pay",
        "expires_at": to_timestamp(utc_now() + dt.timedelta(minutes=3)),
    }
    return payment_pb2.CreatePaymentRequest(**{**fields, **changes})


def refund_request(
    payment: payment_pb2.Payment, minor_units: int, key: str = "", currency: str = "EUR"
) -> payment_pb2.CreateRefundRequest:
    return payment_pb2.CreateRefundRequest(
        idempotency_key=key or uuid.uuid4().hex,
        payment_id=payment.id,
        amount=money_pb2.Money(minor_units=minor_units, currency=currency),
        reason="The guest cancelled",
    )


def shares(*parts: tuple[str, int, int], currency: str = "EUR") -> list[payment_pb2.PayeeShare]:
    """Payee, minor units and commission in basis points."""
    return [
        payment_pb2.PayeeShare(
            payee_id=payee,
            amount=money_pb2.Money(minor_units=minor_units, currency=currency),
            commission_basis_points=commission,
        )
        for payee, minor_units, commission in parts
    ]


def payment_settings(parts: Parts, webhook_url: str) -> PaymentSettings:
    port = free_port()
    return PaymentSettings.model_validate(
        {
            "environment": "test",
            "DATABASE_URL": parts.database_url("payment"),
            "grpc_listen": "127.0.0.1:0",
            "http_port": port,
            "public_url": f"http://127.0.0.1:{port}/",
            "payment_api_key": API_KEY,
            "webhook_url": webhook_url,
            "webhook_secrets": ",".join(SECRETS),
            "allowed_return_origins": RETURN_ORIGIN,
        }
    )


@asynccontextmanager
async def running_house(
    parts: Parts,
    receiver: Receiver,
    clock: MovableClock | None = None,
    *,
    adjust: Callable[[PaymentSettings], PaymentSettings] = lambda settings: settings,
) -> AsyncIterator[House]:
    settings = adjust(payment_settings(parts, receiver.url))
    clock = clock or MovableClock()
    async with (
        payment_service(settings, clock=clock) as server,
        open_database(parts.database_url("payment"), pool_size=4, application_name="tests") as database,
        open_channel(server.address, payment_pb2.DESCRIPTOR, payee_pb2.DESCRIPTOR, bank_pb2.DESCRIPTOR) as channel,
        httpx.AsyncClient(trust_env=False) as browser,
    ):
        stub: payment_pb2_grpc.PaymentServiceAsyncStub = payment_pb2_grpc.PaymentServiceStub(channel)
        payees: payee_pb2_grpc.PayeeServiceAsyncStub = payee_pb2_grpc.PayeeServiceStub(channel)
        bank: bank_pb2_grpc.BankServiceAsyncStub = bank_pb2_grpc.BankServiceStub(channel)
        webhooks: webhook_pb2_grpc.WebhookServiceAsyncStub = webhook_pb2_grpc.WebhookServiceStub(channel)
        yield House(settings, server.address, stub, payees, bank, webhooks, database, browser, clock, receiver)


async def refused(awaited: Any) -> ServiceError:
    with pytest.raises(ServiceError) as refusal:
        await awaited
    return refusal.value


async def until(is_so: Callable[[], Awaitable[bool]], *, seconds: float = 60.0) -> None:
    """Asks the database again and again, as nothing announces what a background task has written."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await is_so():
        assert asyncio.get_running_loop().time() < deadline, "it did not become so in time"
        await asyncio.sleep(0.02)
