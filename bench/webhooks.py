"""How long the payment system waits for the answer to a webhook, on a running stack: python -m bench.webhooks

Signed events about one payment are posted as fast as so many senders can; each is verified, stored by booking and
enqueued before it is answered. Name a payment of the stack with --payment, else each event is parked in its inbox.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import statistics
import sys
import time
import uuid

import httpx
import orjson
from standardwebhooks import Webhook

from runtime.settings import StackSettings, load
from stack.ports import Ports
from stack.secret_store import SecretStore
from stack.wiring import stack_directory


async def post(http: httpx.AsyncClient, url: str, signer: Webhook, body: str) -> float:
    """Milliseconds until the answer."""
    event_id, moment = str(uuid.uuid4()), dt.datetime.now(dt.UTC)
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signer.sign(event_id, moment, body),
    }
    began = time.perf_counter()
    answer = await http.post(url, content=body, headers=headers)
    if answer.status_code != 204:
        raise SystemExit(f"the gateway answered {answer.status_code}: {answer.text}")
    return (time.perf_counter() - began) * 1000


async def measure(events: int, senders: int, payment_id: str) -> list[float]:
    settings = load(StackSettings)
    ports = Ports(settings.first_port)
    signer = Webhook(SecretStore(stack_directory(settings)).webhook_secret())
    body = orjson.dumps({"type": "payment.captured", "data": {"payment_id": payment_id, "purpose": "BOOKING"}}).decode()
    url = f"{ports.url(ports.gateway)}/webhooks/payments"
    waits: list[float] = []
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:

        async def send(number: int) -> None:
            waits.extend([await post(http, url, signer, body) for _ in range(number)])

        await send(20)  # connections and code paths are warm
        waits.clear()
        await asyncio.gather(*(send(max(events // senders, 1)) for _ in range(senders)))
    return waits


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.webhooks")
    parser.add_argument("--events", type=int, default=1000, help="for each number of senders")
    parser.add_argument("--senders", type=int, nargs="+", default=[1, 10, 20])
    parser.add_argument("--payment", default=str(uuid.uuid4()), help="the id of a payment of the stack")
    options = parser.parse_args()
    for senders in options.senders:
        began = time.perf_counter()
        waits = asyncio.run(measure(options.events, senders, options.payment))
        seconds = time.perf_counter() - began
        cuts = statistics.quantiles(waits, n=100)
        print(
            f"{senders} senders, {len(waits)} webhooks in {seconds:.1f} s: {len(waits) / seconds:.0f}/s,"
            f" median {cuts[49]:.0f} ms, p90 {cuts[89]:.0f} ms, p99 {cuts[98]:.0f} ms, worst {max(waits):.0f} ms",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
