"""Guests pay while the payment system has its worst day, then all is calm: what came of their money and their rooms.

Everything is real: bookings through GraphQL, cards through the checkout page, signed webhooks to the gateway, the arq
worker, and the poller that looks after payments nobody tells of.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urljoin

import httpx

from contracts.payment.v1 import bank_pb2, bank_pb2_grpc, payment_pb2
from contracts.settlement.v1 import settlement_pb2_grpc
from grpc_services.booking import audit as booking_audit
from grpc_services.payment import audit as payment_audit
from grpc_services.payment.faults import WebhookFault
from runtime.channels import call, open_channel, open_service_identity
from stack.tour_client import document
from tests.api.client import Client, stay, wish
from tests.api.house import ApiHouse
from tests.house import PAYMENT_API_KEY, worker_settings
from workers.payment_reconciliation import reconcile_payments

PLAN = "duplicate=0.2,reorder=0.15,delay=0.1,lose=0.2,corrupt=0.15,error=0.1,hang=0.03,delay_seconds=10,hang_seconds=6"
CALM_WITHIN_SECONDS = 60.0
GUESTS_AT_ONCE = 4
GOOD, DECLINED, CONFIRM, LATE = "4242424242424242", "4000000000009995", "4000000000003220", "4000000000000259"
REFUNDS_LATER, REFUNDS_FAIL, DISPUTED = "4000000000007726", "4000000000005126", "4000000000002685"
CARDS = (GOOD, DISPUTED, REFUNDS_FAIL, CONFIRM, LATE, REFUNDS_LATER, GOOD, GOOD)
_CANCEL = """
    mutation ($input: BookingCancelInput!) { bookingCancel(input: $input) { __typename ... on UserError { code } } }
"""
_PREVIEW = "query ($id: ID!) { cancellationPreview(bookingId: $id) { refund { minorUnits currency } } }"
_OPEN = """
    SELECT
        (SELECT count(*) FROM payment.webhook_delivery WHERE state = 'WAITING' AND payment_id = ANY ($1)) AS webhooks,
        (SELECT count(*) FROM booking.inbox_event WHERE settled_at IS NULL) AS inbox,
        (SELECT count(*) FROM payment.refund WHERE state IN ('REQUESTED', 'PENDING') AND payment_id = ANY ($1))
            AS refunds,
        (SELECT count(*) FROM booking.refund AS r JOIN payment.payment AS p ON CAST(p.id AS text) = r.payment_id
            WHERE r.payment_id = ANY ($2) AND r.state IN ('REQUESTED', 'PENDING') AND r.attempt = 1
            AND p.state <> 'DISPUTED') AS owed,
        (SELECT count(*) FROM payment.bank_task WHERE kind <> 'LAPSE' AND payment_id = ANY ($1)) AS bank,
        (SELECT count(*) FROM payment.dispute AS d WHERE d.payment_id = ANY ($1) AND d.state <> 'OPENED'
            AND NOT EXISTS (SELECT FROM booking.dispute AS b WHERE b.id = CAST(d.id AS text) AND b.state = d.state
                AND b.amount_minor_units = d.amount_minor_units)) AS disputes,
        (SELECT count(*) FROM payment.payment AS p WHERE p.id = ANY ($1) AND p.captured_minor_units > 0
            AND NOT EXISTS (SELECT FROM booking.captured_payment AS c WHERE c.payment_id = CAST(p.id AS text)))
            AS unheard,
        (SELECT count(*) FROM payment.payment WHERE id = ANY ($1) AND state = 'AUTHORIZED') AS authorized
"""
_DISPUTES = "SELECT id FROM payment.dispute WHERE state = 'OPENED' AND payment_id = ANY ($1) ORDER BY id"
_DISPUTED = """
    SELECT (SELECT coalesce(sum(e.amount_minor_units), 0) FROM payment.ledger_entry AS e
            JOIN payment.ledger_transaction AS t ON t.id = e.transaction_id
            WHERE t.dispute_id IS NOT NULL AND e.account = 'CARD_NETWORK' AND t.payment_id = ANY ($1)) AS lost,
        (SELECT coalesce(sum(amount_minor_units), 0) FROM booking.dispute
            WHERE state = 'LOST' AND payment_id = ANY ($2)) AS known
"""
_MONEY = """
    SELECT coalesce(sum(p.captured_minor_units), 0) - coalesce(sum(p.refunded_minor_units), 0) AS kept,
        coalesce(sum(b.paid_minor_units), 0) - coalesce(sum(b.refunded_minor_units), 0) AS booked
    FROM booking.booking AS b LEFT JOIN payment.payment AS p ON CAST(b.id AS text) = p.booking_id
    WHERE b.reference = ANY ($1)
"""
_KEY = (("x-api-key", PAYMENT_API_KEY),)
Answer = TypeVar("Answer")


class NotNow(Exception):
    """What was asked was not answered; a patient guest asks again."""


@dataclass
class Figures:
    """What is printed at the end; `open` is what had not settled in time."""

    payments: int = 0
    seed: int = 0
    sent: int = 0
    refused: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    asked_again: int = 0
    payment_states: dict[str, int] = field(default_factory=dict)
    booking_states: dict[str, int] = field(default_factory=dict)
    refund_states: dict[str, int] = field(default_factory=dict)
    dispute_states: dict[str, int] = field(default_factory=dict)
    to_send_again: int = 0
    lost_to_disputes: int = 0
    known_as_lost: int = 0
    ledger_sum: int = 0
    kept: int = 0
    booked: int = 0
    discrepancies: list[str] = field(default_factory=list)
    settled_after: float = 0.0
    open: dict[str, int] = field(default_factory=dict)

    def lines(self) -> list[str]:
        def told(counted: dict[str, int]) -> str:
            return ", ".join(f"{number} {name.lower()}" for name, number in sorted(counted.items())) or "none"

        faults = {fault.value: self.faults.get(fault.value, 0) for fault in WebhookFault if fault}
        return [
            f"{self.payments} payments, seed {self.seed}; guests asked again {self.asked_again} times",
            f"webhooks: {self.sent} sent, {self.refused} of them refused; {told(faults)}",
            f"payments: {told(self.payment_states)}",
            f"bookings: {told(self.booking_states)}",
            f"refunds:  {told(self.refund_states)}; {self.to_send_again} wait for another attempt",
            f"disputes: {told(self.dispute_states)}; lost {self.lost_to_disputes}, in bookings {self.known_as_lost}",
            f"ledger sum {self.ledger_sum}; kept by the payment system {self.kept}, by the bookings {self.booked}",
            f"audit: {self.discrepancies or 'no discrepancies'}",
            f"settled {self.settled_after:.1f} s after calm" if not self.open else f"NOT SETTLED: {told(self.open)}",
        ]

    @property
    def is_well(self) -> bool:
        money_agrees = self.kept == self.booked and self.lost_to_disputes == self.known_as_lost
        return not self.open and not self.discrepancies and not self.ledger_sum and money_agrees


@asynccontextmanager
async def _bank(house: ApiHouse) -> AsyncIterator[bank_pb2_grpc.BankServiceAsyncStub]:
    async with open_channel(house.payment_address, bank_pb2.DESCRIPTOR) as channel:
        yield bank_pb2_grpc.BankServiceStub(channel)


async def break_down(house: ApiHouse, plan: str) -> None:
    """What the payment system of this house breaks from now on; nothing for an empty plan."""
    async with _bank(house) as bank:
        await call(bank.SetFaults, bank_pb2.SetFaultsRequest(plan=plan), token="", extra_metadata=_KEY)


class Chaos:
    def __init__(self, house: ApiHouse, http: httpx.AsyncClient, seed: int) -> None:
        self._house = house
        self._http = http
        self._seed = seed
        self._figures = Figures(seed=seed)
        self._references: list[str] = []
        self._before: set[str] = set()  # of tests of this house that write into its tables

    async def run(self, payments: int) -> Figures:
        self._figures.payments = payments
        self._before = set(await self._discrepancies())
        guest = await Client(self._http, self._house.url).sign_up()
        async with running_poller(self._house):
            try:
                await break_down(self._house, f"seed={self._seed},{PLAN}")
                turn = asyncio.Semaphore(GUESTS_AT_ONCE)
                async with asyncio.TaskGroup() as visits:
                    for number in range(payments):
                        visits.create_task(self._visit(guest, number, turn))
            finally:
                await break_down(self._house, "")
            await self._settle()
            await self._resolve_disputes()
            await self._settle()
        await self._count()
        return self._figures

    async def _visit(self, guest: Client, number: int, turn: asyncio.Semaphore) -> None:
        """One guest books and pays; some cards are declined, some holds run out, some bookings are cancelled."""
        chance = random.Random(f"{self._seed}/{number}")
        async with turn:
            asked = stay(self._house.houses["Grand House"], ahead=60 + number % 20)
            quote = await self._patiently(lambda: _member(guest, "5_quote", asked, "Quote"))
            chosen = wish(quote["id"], guest.email)
            created = await self._patiently(lambda: _member(guest, "6_book", chosen, "BookingCreated"))
            booking = created["booking"]
            self._references.append(booking["reference"])
            wanted = {"bookingId": booking["id"], "idempotencyKey": str(uuid.uuid4())}
            started = await self._patiently(lambda: _member(guest, "7_pay", wanted, "PaymentCreated"))
            checkout = str(started["checkoutUrl"])
            card = CARDS[number % len(CARDS)] if number < len(CARDS) else chance.choice(CARDS)
            if chance.random() < 0.2:
                await self._pay(checkout, DECLINED)
            if card == LATE and chance.random() < 0.5:
                await self._house.database.execute(
                    "UPDATE booking.booking SET hold_expires_at = now() + interval '2 seconds' WHERE reference = $1",
                    booking["reference"],
                )
            await self._pay(checkout, card)
            if chance.random() < (0.8 if card == REFUNDS_FAIL else 0.3):
                await self._cancel(guest, booking)

    async def _pay(self, checkout: str, number: str) -> None:
        page = await self._patiently(lambda: self._page(checkout))
        nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
        if nonce is None:  # it has been paid, or its time is over
            return
        card = {"nonce": nonce[1], "number": number, "expiry": "12/40", "cvc": "123", "holder": "Gwen Guest"}
        await self._patiently(lambda: self._sent(checkout, card))
        page = await self._patiently(lambda: self._page(checkout))
        attempt = re.search(r'name="attempt" value="([^"]+)"', page.text)
        if attempt:
            answer = {"attempt": attempt[1], "answer": "approve"}
            await self._patiently(lambda: self._sent(urljoin(checkout, f"{checkout}/confirmation"), answer))

    async def _cancel(self, guest: Client, booking: dict[str, Any]) -> None:
        async def cancelled() -> None:
            preview = (await _asked(guest, _PREVIEW, {"id": booking["id"]}))["cancellationPreview"]
            wanted = {
                "bookingId": booking["id"],
                "expectedRefund": preview["refund"],
                "idempotencyKey": str(uuid.uuid4()),
            }
            (answer,) = (await _asked(guest, _CANCEL, {"input": wanted})).values()
            if answer.get("code") in ("REFUND_CHANGED", "VERSION_CONFLICT"):
                raise NotNow  # its payment has just been heard of

        await self._patiently(cancelled)

    async def _page(self, url: str) -> httpx.Response:
        return _whole(await self._http.get(url, timeout=3.0))

    async def _sent(self, url: str, form: dict[str, str]) -> httpx.Response:
        return _whole(await self._http.post(url, data=form, timeout=3.0))

    async def _patiently(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """The same again, and so with the same key or form, until there is an answer."""
        for pause in [0.2] * 60:
            try:
                return await ask()
            except (NotNow, httpx.TransportError):
                self._figures.asked_again += 1
                await asyncio.sleep(pause)
        raise AssertionError("nobody answered")

    async def _resolve_disputes(self) -> None:
        """Every other one is won. Whoever never heard that one was opened hears of it now."""
        rows = await self._house.database.fetch(_DISPUTES, await self._payment_ids())
        async with _bank(self._house) as bank:
            for number, row in enumerate(rows):
                outcome = payment_pb2.DISPUTE_STATE_LOST if number % 2 else payment_pb2.DISPUTE_STATE_WON
                request = bank_pb2.ResolveDisputeRequest(dispute_id=str(row["id"]), outcome=outcome)
                await call(bank.ResolveDispute, request, token="", extra_metadata=_KEY)

    async def _settle(self) -> None:
        began = time.monotonic()
        while True:
            self._figures.open = {name: count for name, count in (await self._undone()).items() if count}
            seconds = time.monotonic() - began
            if not self._figures.open or seconds > CALM_WITHIN_SECONDS:
                self._figures.settled_after = max(self._figures.settled_after, seconds)
                return
            await asyncio.sleep(0.25)

    async def _undone(self) -> dict[str, int]:
        ids = await self._payment_ids()
        row = await self._house.database.fetchrow(_OPEN, ids, [str(one) for one in ids])
        return dict(row)

    async def _payment_ids(self) -> list[uuid.UUID]:
        rows = await self._house.database.fetch(
            "SELECT id FROM payment.payment WHERE booking_reference = ANY ($1)", self._references
        )
        return [row["id"] for row in rows]

    async def _count(self) -> None:
        ids = await self._payment_ids()
        told = self._figures

        async def counted(query: str, wanted: object) -> dict[str, int]:
            return {row[0]: row[1] for row in await self._house.database.fetch(query, wanted)}

        told.faults = await counted(
            "SELECT fault, count(*) FROM payment.webhook_delivery WHERE payment_id = ANY ($1) GROUP BY 1", ids
        )
        answers = await counted(
            "SELECT CASE WHEN a.status_code BETWEEN 200 AND 299 THEN 'taken' ELSE 'refused' END, count(*)"
            " FROM payment.webhook_attempt AS a JOIN payment.webhook_delivery AS d ON d.id = a.delivery_id"
            " WHERE d.payment_id = ANY ($1) GROUP BY 1",
            ids,
        )
        told.sent, told.refused = sum(answers.values()), answers.get("refused", 0)
        told.payment_states = await counted(
            "SELECT state, count(*) FROM payment.payment WHERE id = ANY ($1) GROUP BY 1", ids
        )
        told.booking_states = await counted(
            "SELECT state, count(*) FROM booking.booking WHERE reference = ANY ($1) GROUP BY 1", self._references
        )
        told.refund_states = await counted(
            "SELECT state, count(*) FROM payment.refund WHERE payment_id = ANY ($1) GROUP BY 1", ids
        )
        told.dispute_states = await counted(
            "SELECT state, count(*) FROM payment.dispute WHERE payment_id = ANY ($1) GROUP BY 1", ids
        )
        names = [str(one) for one in ids]
        told.to_send_again = await self._house.database.fetchval(
            "SELECT count(*) FROM booking.refund WHERE state = 'REQUESTED' AND attempt > 1 AND payment_id = ANY ($1)",
            names,
        )
        disputed = await self._house.database.fetchrow(_DISPUTED, ids, names)
        told.lost_to_disputes, told.known_as_lost = int(disputed["lost"]), int(disputed["known"])
        async with self._house.database.acquire() as connection:
            told.ledger_sum = int(
                await connection.fetchval("SELECT coalesce(sum(amount_minor_units), 0) FROM payment.ledger_entry")
            )
            money = await connection.fetchrow(_MONEY, self._references)
            told.kept, told.booked = int(money["kept"]), int(money["booked"])
        told.discrepancies = [one for one in await self._discrepancies() if one not in self._before]

    async def _discrepancies(self) -> list[str]:
        async with self._house.database.acquire() as connection:
            return [
                *map(str, await payment_audit.find_discrepancies(connection)),
                *map(str, await booking_audit.find_discrepancies(connection)),
            ]


async def _member(guest: Client, step: str, wanted: dict[str, Any], name: str) -> dict[str, Any]:
    """What a step of the journey answers, which must be the member of this name."""
    (answer,) = (await _asked(guest, document(step), {"input": wanted})).values()
    if answer["__typename"] != name:
        raise AssertionError(answer)
    return dict(answer)


async def _asked(guest: Client, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    body = await guest.body(query, variables)
    if codes := {error["extensions"]["code"] for error in body.get("errors", ())}:
        if codes <= {"UNAVAILABLE", "INTERNAL"}:
            raise NotNow
        raise AssertionError(body)
    return dict(body["data"])


def _whole(answer: httpx.Response) -> httpx.Response:
    if answer.status_code == 500:
        raise NotNow
    if answer.status_code not in (200, 303):
        raise AssertionError(answer.text)
    return answer


@asynccontextmanager
async def running_poller(house: ApiHouse) -> AsyncIterator[None]:
    """The worker's own job, which finds a payment stuck after two seconds here and not after two minutes."""
    places = {
        "booking_address": house.settings.booking_address,
        "salon_address": house.settings.salon_address,
        "notification_address": house.settings.notification_address,
    }
    settings = worker_settings(house.parts, house.auth_address, **places, smtp_port=1, payment_stuck_seconds=2)
    async with (
        open_service_identity(house.auth_address, settings) as identity,
        open_channel(settings.booking_address) as bookings,
        open_channel(settings.salon_address) as salons,
    ):
        context = {
            "settings": settings,
            "identity": identity,
            "settlements": {
                "booking": settlement_pb2_grpc.SettlementServiceStub(bookings),
                "salon": settlement_pb2_grpc.SettlementServiceStub(salons),
            },
        }

        async def poll() -> None:
            while True:
                await reconcile_payments(context)
                await asyncio.sleep(1)

        polling = asyncio.create_task(poll())
        try:
            yield
        finally:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
