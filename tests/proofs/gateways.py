"""Guests at two gateways, each over a booking server of its own: GraphQL on real HTTP, by clients who ask again."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from api.gateway import gateway
from runtime.settings import GatewaySettings
from stack.tour_client import document
from tests.api.client import Client, room, stay, wish
from tests.grpc_services.booking.desk import ARRIVAL
from tests.grpc_services.hotel.catalogue import House
from tests.house import PAUSES, SignedIn, client_fields
from tests.parts import Parts, free_port

NOWHERE = "127.0.0.1:1"
UNANSWERED: dict[str, Any] = {"errors": [{"extensions": {"code": "UNAVAILABLE"}}]}
AHEAD = (ARRIVAL - dt.datetime.now(dt.UTC).date()).days


@dataclass(frozen=True)
class Gateways:
    http: httpx.AsyncClient
    urls: Sequence[str]

    def client(self, number: int, guest: SignedIn) -> Client:
        """A guest at one of the gateways, by turns."""
        return Client(self.http, self.urls[number % len(self.urls)], token=guest.token, email=guest.email)


async def quoted(client: Client, house: House, *rooms: dict[str, Any], start: int = 0, nights: int = 2) -> str:
    """The id of a quote for a stay that begins so many days after ARRIVAL; one prepaid room unless named."""
    wanted = stay(house, nights=nights, ahead=AHEAD + start, rooms=list(rooms) or [room(house)])
    quote = await answered(client, document("5_quote"), wanted)
    assert quote["__typename"] == "Quote", quote
    return str(quote["id"])


async def book(client: Client, quote_id: str, key: str = "") -> dict[str, Any]:
    """What the union answers, with a key of its own unless one is given."""
    wanted = wish(quote_id, client.email, **({"idempotencyKey": key} if key else {}))
    return await answered(client, document("6_book"), wanted)


async def answered(client: Client, query: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """The answer to a mutation. What was not answered is asked again with the same input, and so the same key."""
    for pause in PAUSES:
        try:
            body = await client.body(query, {"input": wanted})
        except httpx.TransportError:
            body = UNANSWERED
        codes = {error["extensions"]["code"] for error in body.get("errors", ())}
        if "UNAVAILABLE" not in codes:
            assert not codes, body
            (answer,) = body["data"].values()
            return dict(answer)
        await asyncio.sleep(pause)
    raise AssertionError("nobody answered for a minute")


@asynccontextmanager
async def open_gateways(
    parts: Parts, addresses: dict[str, str], booking_addresses: Sequence[str]
) -> AsyncIterator[Gateways]:
    """A gateway for each booking process. What guests do not need to book is nowhere."""
    async with (
        httpx.AsyncClient(trust_env=False, timeout=30) as http,
        _gateway(parts, {**addresses, "booking_address": booking_addresses[0]}) as first,
        _gateway(parts, {**addresses, "booking_address": booking_addresses[1]}) as second,
    ):
        yield Gateways(http, (first, second))


def _gateway(parts: Parts, addresses: dict[str, str]) -> AbstractAsyncContextManager[str]:
    port = free_port()
    elsewhere = ("search", "notification", "salon", "review")
    return gateway(
        GatewaySettings.model_validate(
            {
                **client_fields("gateway"),
                **{f"{name}_address": NOWHERE for name in elsewhere},
                **addresses,
                "environment": "test",
                "REDIS_URL": parts.redis_url,
                "http_port": port,
                "public_url": f"http://127.0.0.1:{port}",
                "webhook_secrets": "whsec_" + "QUFB" * 8,
                "web_root": "no web build",
            }
        )
    )
