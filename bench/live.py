"""How soon a move reaches who follows it, and what idle sockets cost: python -m bench.live

Against a running stack. Idle first: many sockets, half following a booking of a guest's, half the free rooms of a
house, for some minutes; the gateway's resident memory is read on the way. Then moves: bookings that are paid at the
hotel are cancelled one after the other while their guest follows them, with the idle sockets still open. A move counts
from `at`, when its transaction began, to its arrival at the client, so a little more than from its commit.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import re
import sys
import time
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from tqdm import tqdm
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from bench.visibility import ask, houses

_PASSWORD = "a password for benchmarks"  # noqa: S105  # of accounts that only this run knows
_REGISTER = "mutation ($input: AccountRegisterInput!) { accountRegister(input: $input) { __typename } }"
_SIGN_IN = """
    mutation ($input: SessionCreateInput!) {
      sessionCreate(input: $input) { __typename ... on SessionCreated { accessToken } }
    }
"""
_QUOTE = "mutation ($input: QuoteCreateInput!) { quoteCreate(input: $input) { __typename ... on Quote { id } } }"
_BOOK = """
    mutation ($input: BookingCreateInput!) {
      bookingCreate(input: $input) { __typename ... on BookingCreated { booking { id } } }
    }
"""
_CANCEL = """
    mutation ($input: BookingCancelInput!) { bookingCancel(input: $input) { __typename } }
"""
_FOLLOW = """
    subscription ($id: ID!, $seen: Int) {
      bookingStatus(bookingId: $id, afterVersion: $seen) { state version at }
    }
"""
_FREE = """
    subscription ($hotelId: ID!, $from: Date!, $to: Date!) {
      availabilityChanged(hotelId: $hotelId, from: $from, to: $to) { complete }
    }
"""
_STAY = dt.date.today() + dt.timedelta(days=200)  # noqa: DTZ011  # nobody else's day
_NIGHTS = {"checkIn": _STAY.isoformat(), "checkOut": (_STAY + dt.timedelta(days=1)).isoformat()}
_OPENED_AT_ONCE = 20
_SAMPLE_SECONDS = 15.0
_TOKEN_SECONDS = 480.0  # access tokens live ten minutes


@dataclass
class Guest:
    """Somebody with an account; tokens are renewed before they end."""

    http: httpx.AsyncClient
    gateway: str
    email: str
    token: str = ""
    signed_in_at: float = 0.0

    async def bearer(self) -> str:
        if time.monotonic() - self.signed_in_at > _TOKEN_SECONDS:
            answer = await self.ask(_SIGN_IN, {"input": {"email": self.email, "password": _PASSWORD}}, token="")
            self.token = answer["sessionCreate"]["accessToken"]
            self.signed_in_at = time.monotonic()
        return self.token

    async def ask(self, query: str, variables: dict[str, Any], *, token: str | None = None) -> dict[str, Any]:
        bearer = await self.bearer() if token is None else token
        return await ask(self.http, f"{self.gateway}/graphql", query, variables, bearer)

    async def book(self, house: dict[str, Any]) -> str:
        room = {"roomTypeId": house["roomType"]["id"], "ratePlanId": house["ratePlan"], "adults": 1}
        wanted = {"hotelId": house["hotel"]["id"], **_NIGHTS, "rooms": [room]}
        quote = (await self.ask(_QUOTE, {"input": wanted}))["quoteCreate"]["id"]
        person = {"name": "Bench", "email": "bench@example.org"}
        made = await self.ask(_BOOK, {"input": {"quoteId": quote, "idempotencyKey": quote, "guest": person}})
        identifier: str = made["bookingCreate"]["booking"]["id"]
        return identifier

    async def cancel(self, booking: str, currency: str) -> None:
        nothing = {"minorUnits": "0", "currency": currency}
        wanted = {"bookingId": booking, "idempotencyKey": uuid.uuid4().hex, "expectedRefund": nothing}
        answer = await self.ask(_CANCEL, {"input": wanted})
        if answer["bookingCancel"]["__typename"] != "BookingCancelled":
            raise RuntimeError(str(answer))


async def new_guest(http: httpx.AsyncClient, gateway: str) -> Guest:
    guest = Guest(http, gateway, f"bench-{uuid.uuid4().hex[:12]}@example.org")
    person = {"email": guest.email, "password": _PASSWORD, "name": "Bench", "role": "GUEST"}
    await guest.ask(_REGISTER, {"input": person}, token="")
    return guest


class Socket:
    """One socket with one subscription, opened again when its token has ended, as clients do."""

    def __init__(self, guest: Guest, query: str, variables: dict[str, Any]) -> None:
        self._guest = guest
        self._payload = {"query": query, "variables": variables}
        self._connection: ClientConnection | None = None
        self.reopened = -1

    async def open(self) -> None:
        address = self._guest.gateway.replace("http", "ws", 1) + "/graphql"
        connection = await connect(address, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None)
        bearer = {"Authorization": f"Bearer {await self._guest.bearer()}"}
        await connection.send(orjson.dumps({"type": "connection_init", "payload": bearer}).decode())
        await connection.recv()
        await connection.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": self._payload}).decode())
        self._connection = connection
        self.reopened += 1

    async def next(self) -> dict[str, Any]:
        if self._connection is None:
            raise RuntimeError("the socket is not open")
        frame: dict[str, Any] = orjson.loads(await self._connection.recv())
        if frame["type"] != "next" or "errors" in frame["payload"]:
            raise RuntimeError(str(frame))
        data: dict[str, Any] = frame["payload"]["data"]
        return data

    async def idle(self) -> None:
        """Reads what comes, for ever."""
        while True:
            try:
                await self.next()
            except ConnectionClosed:
                await self.open()

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()


async def resident_mebibytes(http: httpx.AsyncClient, gateway: str) -> float:
    text = (await http.get(f"{gateway}/metrics")).text
    found = re.search(r"^process_resident_memory_bytes (\S+)$", text, re.MULTILINE)
    if found is None:
        raise LookupError("the gateway does not tell its memory")
    return float(found[1]) / 2**20


async def open_all(sockets: list[Socket]) -> None:
    gate = asyncio.Semaphore(_OPENED_AT_ONCE)

    async def one(socket: Socket) -> None:
        async with gate:
            await socket.open()
            await socket.next()

    await asyncio.gather(*map(one, sockets))


async def memory_while_idle(http: httpx.AsyncClient, gateway: str, minutes: float) -> list[float]:
    samples: list[float] = []
    rounds = max(int(minutes * 60 / _SAMPLE_SECONDS), 1)
    for _ in tqdm(range(rounds), desc="idle", unit="sample", disable=not sys.stderr.isatty()):
        await asyncio.sleep(_SAMPLE_SECONDS)
        samples.append(await resident_mebibytes(http, gateway))
    return samples


async def seconds_of_a_move(guest: Guest, house: dict[str, Any]) -> float:
    booking = await guest.book(house)
    socket = Socket(guest, _FOLLOW, {"id": booking})
    await socket.open()
    try:
        await socket.next()
        cancelling = asyncio.create_task(guest.cancel(booking, house["total"]["currency"]))
        while (move := (await socket.next())["bookingStatus"])["state"] != "CANCELLED":
            continue
        took = time.time() - dt.datetime.fromisoformat(move["at"]).timestamp()
        await cancelling
        return took
    finally:
        await socket.close()


async def measure(gateway: str, number: int, minutes: float, moves: int) -> None:
    async with (
        httpx.AsyncClient(timeout=30) as http,
        AsyncExitStack() as stack,
    ):
        (house, *_) = await houses(http, gateway, 1)
        guest = await new_guest(http, gateway)
        booking = await guest.book(house)
        free = {"hotelId": house["hotel"]["id"], "from": _NIGHTS["checkIn"], "to": _NIGHTS["checkOut"]}
        sockets = [
            Socket(guest, _FOLLOW, {"id": booking}) if index % 2 else Socket(guest, _FREE, free)
            for index in range(number)
        ]
        before = await resident_mebibytes(http, gateway)
        for socket in sockets:
            stack.push_async_callback(socket.close)
        await open_all(sockets)
        opened = await resident_mebibytes(http, gateway)
        idling = [asyncio.create_task(socket.idle()) for socket in sockets]
        stack.callback(lambda: [task.cancel() for task in idling])
        print(f"{number} sockets: resident {before:.0f} MiB before, {opened:.0f} MiB once they are open")
        if minutes:
            samples = await memory_while_idle(http, gateway, minutes)
            reopened = sum(socket.reopened for socket in sockets)
            half = len(samples) // 2
            print(
                f"idle for {minutes:g} min: {min(samples):.0f} to {max(samples):.0f} MiB, at the end "
                f"{samples[-1]:.0f}; most in the first half {max(samples[:half] or samples):.0f}, in the second "
                f"{max(samples[half:]):.0f}; {reopened} reopened when their token ended"
            )
        times = sorted([await seconds_of_a_move(guest, house) for _ in range(moves)])
        at = [times[min(int(len(times) * share), len(times) - 1)] for share in (0.5, 0.9, 0.99)]
        print(
            f"{moves} moves, from the beginning of their transaction to the client: median {at[0] * 1000:.0f} ms, "
            f"p90 {at[1] * 1000:.0f} ms, p99 {at[2] * 1000:.0f} ms, worst {times[-1] * 1000:.0f} ms"
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.live")
    parser.add_argument("--gateway", default="http://127.0.0.1:8000")
    parser.add_argument("--sockets", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--moves", type=int, default=200)
    options = parser.parse_args()
    asyncio.run(measure(options.gateway, options.sockets, options.minutes, options.moves))
    return 0


if __name__ == "__main__":
    sys.exit(main())
