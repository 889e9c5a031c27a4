"""Deliverers that die, compete and fail: no webhook is lost, and none is sent twice without need."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from grpc_services.payment import webhook_sender
from grpc_services.payment.card_form import empty_form
from grpc_services.payment.cards import read_card
from grpc_services.payment.checkout import Checkout
from grpc_services.payment.payment_moves import PaymentMoves
from grpc_services.payment.webhook_deliverer import LEASE, WebhookDeliverer
from grpc_services.payment.webhook_schedule import DELAYS_SECONDS
from grpc_services.payment.webhook_sender import WebhookSender, signers
from runtime.database import Database, open_database
from tests.grpc_services.payment.conftest import empty_tables
from tests.grpc_services.payment.house import DECLINED, GOOD, MovableClock, Rows, payment_request, until
from tests.grpc_services.payment.receiver import SECRETS, Receiver
from tests.parts import Parts, free_port


@dataclass
class Desk:
    """Payments without the service: webhooks wait until a test sets a deliverer to work."""

    database: Database
    client: httpx.AsyncClient
    clock: MovableClock
    receiver: Receiver

    async def paid_with(self, number: str) -> str:
        """The id of a payment; a good card leaves two webhooks, a declined one leaves one."""
        moves = PaymentMoves(self.database, self.clock, wake=lambda: None)
        async with moves.change() as change:
            payment = await change.open_payment(payment_request(), self.clock() + LEASE)
        await Checkout(self.database, moves, self.clock).pay(
            payment.checkout_token, empty_form().nonce, read_card(number)
        )
        return str(payment.id)

    def deliverer(self, url: str = "") -> WebhookDeliverer:
        sender = WebhookSender(self.client, url or self.receiver.url, SECRETS, self.clock)
        return WebhookDeliverer(self.database, sender, self.clock, grace_seconds=0)

    async def deliveries(self) -> Rows:
        async with self.database.reading() as connection:
            rows = await connection.fetch("SELECT * FROM payment.webhook_delivery ORDER BY position")
        return [{name: row[name] for name in ("id", "state", "attempts", "claim", "type")} for row in rows]

    async def attempts(self) -> list[tuple[int | None, str]]:
        async with self.database.reading() as connection:
            rows = await connection.fetch("SELECT status_code, failure FROM payment.webhook_attempt ORDER BY position")
        return [(row["status_code"], row["failure"]) for row in rows]

    async def until_attempted(self, number: int) -> list[tuple[int | None, str]]:
        await until(lambda: self._attempted(number))
        return await self.attempts()

    async def _attempted(self, number: int) -> bool:
        return len(await self.attempts()) >= number


@pytest.fixture
async def desk(parts: Parts, receiver: Receiver) -> AsyncIterator[Desk]:
    await empty_tables(parts)
    async with (
        open_database(parts.database_url("payment"), pool_size=8, application_name="tests") as database,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        yield Desk(database, client, MovableClock(), receiver)


@contextlib.asynccontextmanager
async def at_work(*deliverers: WebhookDeliverer) -> AsyncIterator[None]:
    """Deliverers that are killed when the block ends."""
    tasks = [asyncio.create_task(deliverer.run()) for deliverer in deliverers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_a_killed_deliverer_held_goes_out_again_under_the_same_id(desk: Desk) -> None:
    payment_id = await desk.paid_with(DECLINED)
    desk.receiver.open.clear()
    async with at_work(desk.deliverer()):
        await desk.receiver.has(payment_id, 1)
    (held,) = await desk.deliveries()
    assert (held["state"], held["attempts"]) == ("WAITING", 0)
    assert held["claim"] is not None
    desk.receiver.open.set()
    async with at_work(desk.deliverer()):
        await asyncio.sleep(0.2)
        assert len(desk.receiver.about(payment_id)) == 1, "the claim still stands"
    desk.clock.forward(seconds=LEASE.total_seconds())
    async with at_work(desk.deliverer()):
        told = await desk.receiver.has(payment_id, 2)
        await desk.until_attempted(1)
    assert told[0].webhook_id == told[1].webhook_id
    assert [row["state"] for row in await desk.deliveries()] == ["DELIVERED"]


async def test_deliverers_share_the_work_and_send_each_webhook_once_in_order_while_all_is_well(desk: Desk) -> None:
    payment_ids = [await desk.paid_with(GOOD) for _ in range(15)]
    async with at_work(*(desk.deliverer() for _ in range(5))):
        await desk.until_attempted(30)
    for payment_id in payment_ids:
        assert desk.receiver.types(payment_id) == ["payment.authorized", "payment.captured"]
    assert {row["state"] for row in await desk.deliveries()} == {"DELIVERED"}


async def test_who_lost_the_claim_does_not_overrule_who_holds_it(desk: Desk) -> None:
    payment_id = await desk.paid_with(DECLINED)
    desk.receiver.open.clear()
    desk.receiver.statuses.extend([410, 200])
    async with at_work(desk.deliverer()):
        await desk.receiver.has(payment_id, 1)
        desk.clock.forward(seconds=LEASE.total_seconds())
        async with at_work(desk.deliverer()):
            await desk.receiver.has(payment_id, 2)
            desk.receiver.open.set()
            assert sorted(code or 0 for code, _ in await desk.until_attempted(2)) == [200, 410]
    assert [(row["state"], row["attempts"]) for row in await desk.deliveries()] == [("DELIVERED", 1)]


async def test_after_the_last_try_it_gives_up_and_the_next_event_goes(desk: Desk) -> None:
    payment_id = await desk.paid_with(GOOD)
    async with desk.database.transaction() as connection:
        await connection.execute("UPDATE payment.webhook_delivery SET attempts = $1", len(DELAYS_SECONDS))
    desk.receiver.statuses.append(500)
    async with at_work(desk.deliverer()):
        await desk.until_attempted(2)
    assert sorted(desk.receiver.types(payment_id)) == ["payment.authorized", "payment.captured"]
    assert sorted(row["state"] for row in await desk.deliveries()) == ["DELIVERED", "GAVE_UP"]


async def test_a_receiver_that_cannot_be_reached_is_tried_later(desk: Desk) -> None:
    await desk.paid_with(DECLINED)
    async with at_work(desk.deliverer(f"http://127.0.0.1:{free_port()}/")):
        assert await desk.until_attempted(1) == [(None, "UNREACHABLE")]
    assert [(row["state"], row["attempts"], row["claim"]) for row in await desk.deliveries()] == [("WAITING", 1, None)]


async def test_a_receiver_that_does_not_answer_is_tried_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_sender, "TIMEOUT_SECONDS", 0.1)
    await desk.paid_with(DECLINED)
    desk.receiver.open.clear()
    async with at_work(desk.deliverer()):
        assert await desk.until_attempted(1) == [(None, "TIMEOUT")]
    assert [row["state"] for row in await desk.deliveries()] == ["WAITING"]


@pytest.mark.parametrize("secrets", [[], ["whsec_"], ["whsec_a"]])
def test_secrets_that_cannot_sign_stop_the_process_with_one_line(secrets: list[str]) -> None:
    with pytest.raises(OSError, match="INNKEEPER_WEBHOOK_SECRETS"):
        signers(secrets)


async def test_a_database_that_was_away_is_asked_again(desk: Desk) -> None:
    payment_id = await desk.paid_with(DECLINED)
    async with desk.database.transaction() as connection:
        await connection.execute("ALTER TABLE payment.webhook_delivery RENAME TO hidden")
    async with at_work(deliverer := desk.deliverer()):
        await asyncio.sleep(0.1)
        async with desk.database.transaction() as connection:
            await connection.execute("ALTER TABLE payment.hidden RENAME TO webhook_delivery")
        deliverer.wake()
        await desk.receiver.has(payment_id, 1)
        await desk.until_attempted(1)
