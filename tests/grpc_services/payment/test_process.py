"""python -m grpc_services.payment: it serves, it leaves in order, and its log keeps secrets."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import asyncpg
import httpx

from contracts.payment.v1 import payment_pb2, payment_pb2_grpc
from grpc_services.payment.policies import API_KEY_HEADER
from migrations.commands import check, downgrade, provision, upgrade
from migrations.histories import RELAY_ROLE, SERVICES, role_of
from runtime.channels import call, open_channel
from runtime.settings import plain_environment
from stack.embedded.child_process import ChildProcess, listening
from stack.embedded.postgres import SUPERUSER
from tests.grpc_services.payment.house import API_KEY, DECLINED, GOOD, RETURN_ORIGIN, Guest, payment_request
from tests.grpc_services.payment.receiver import SECRETS, Receiver
from tests.parts import PASSWORD, Parts, free_port


def payment_process(log_file: Path, environment: dict[str, str]) -> ChildProcess:
    return ChildProcess(
        "payment",
        [sys.executable, "-m", "grpc_services.payment"],
        log_file=log_file,
        environment={**plain_environment(), **environment},
    )


async def test_neither_cards_nor_keys_nor_page_addresses_reach_the_log(
    parts: Parts, receiver: Receiver, tmp_path: Path
) -> None:
    grpc_port, http_port = free_port(), free_port()
    process = payment_process(
        tmp_path / "payment.log",
        {
            "DATABASE_URL": parts.database_url("payment"),
            "INNKEEPER_LOG_LEVEL": "DEBUG",
            "INNKEEPER_GRPC_LISTEN": f"127.0.0.1:{grpc_port}",
            "INNKEEPER_HTTP_PORT": str(http_port),
            "INNKEEPER_PUBLIC_URL": f"http://127.0.0.1:{http_port}",
            "INNKEEPER_PAYMENT_API_KEY": API_KEY,
            "INNKEEPER_WEBHOOK_URL": receiver.url,
            "INNKEEPER_WEBHOOK_SECRETS": ",".join(SECRETS),
            "INNKEEPER_ALLOWED_RETURN_ORIGINS": RETURN_ORIGIN,
        },
    )
    await process.start()
    try:
        await process.ready_when(lambda: listening("127.0.0.1", grpc_port), seconds=20)
        async with (
            open_channel(f"127.0.0.1:{grpc_port}", payment_pb2.DESCRIPTOR) as channel,
            httpx.AsyncClient(trust_env=False) as browser,
        ):
            stub: payment_pb2_grpc.PaymentServiceAsyncStub = payment_pb2_grpc.PaymentServiceStub(channel)
            payment = await call(
                stub.CreatePayment, payment_request(), token="", extra_metadata=((API_KEY_HEADER, API_KEY),)
            )
            guest = Guest(payment.checkout_url, browser)
            await guest.pay(DECLINED)
            assert (await guest.send_card("4242424242424241")).status_code == 422
            await guest.pay(GOOD)
            await receiver.has(payment.id, 3)
    finally:
        await process.stop()
    assert process.exit_code == 0
    written = process.log_file.read_text()
    assert f'"payment_id":"{payment.id}"' in written
    assert "payment.captured" in written
    assert "webhook.delivered" in written
    token = payment.checkout_url.rpartition("/")[2]
    for secret in (GOOD, DECLINED, "4242424242424241", "Lovelace", token, API_KEY, *SECRETS, receiver.url):
        assert secret not in written


async def test_without_its_settings_it_stops_with_one_line(tmp_path: Path) -> None:
    process = payment_process(tmp_path / "payment.log", {"INNKEEPER_GRPC_LISTEN": "127.0.0.1:0"})
    await process.start()
    assert await asyncio.wait_for(process.wait(), 120) == 2
    line = process.log_file.read_text().strip()
    assert line.startswith("payment: ")
    assert "INNKEEPER_PAYMENT_API_KEY" in line
    assert "\n" not in line


async def test_the_migrations_make_what_the_models_say_and_can_be_taken_back(parts: Parts) -> None:
    """In a database of their own, so that nobody's tables go away."""
    admin = await asyncpg.connect(parts.admin_database_url)
    await admin.execute("CREATE DATABASE payment_migrations")
    url = parts.postgres.url_of(SUPERUSER, PASSWORD, database="payment_migrations")
    try:
        await provision(url, dict.fromkeys((*map(role_of, SERVICES), RELAY_ROLE), PASSWORD))
        await upgrade(url, ("payment",))
        await check(url, ("payment",))
        await downgrade(url, ("payment",))
        await upgrade(url, ("payment",))
        await check(url, ("payment",))
    finally:
        await admin.execute("DROP DATABASE payment_migrations WITH (FORCE)")
        await admin.close()
