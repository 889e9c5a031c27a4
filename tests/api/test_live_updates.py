"""Subscribers see every move, also those that happen while Redis cannot be reached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
import redis.asyncio as redis
from pydantic import SecretStr

from tests.api.client import Client, until
from tests.api.house import ApiHouse
from tests.api.sockets import open_socket
from tests.api.tcp_proxy import Wire, wire_to

SOON_SECONDS = 4.0  # sooner than a subscription would look by itself


@pytest.fixture
async def valkey(house: ApiHouse) -> AsyncIterator[redis.Redis]:
    async with redis.Redis.from_url(house.parts.redis_url) as client:
        yield client


@pytest.fixture
async def wire(house: ApiHouse) -> AsyncIterator[Wire]:
    address = urlsplit(house.parts.redis_url)
    async with wire_to(str(address.hostname), int(address.port or 0)) as wire:
        yield wire


def wired(house: ApiHouse, wire: Wire) -> SecretStr:
    address = urlsplit(house.parts.redis_url)
    credentials = address.netloc.rpartition("@")[0]
    before = f"{credentials}@" if credentials else ""
    return SecretStr(address._replace(netloc=f"{before}127.0.0.1:{wire.port}").geturl())


async def test_a_killed_connection_comes_back_by_itself(house: ApiHouse, guest: Client, valkey: redis.Redis) -> None:
    booking = await guest.book(house.houses["Grand House"])
    async with open_socket(house.url, token=guest.token) as socket:
        await socket.follow(booking["id"])
        assert await socket.next_move() == ("HELD", 1)
        assert await valkey.client_kill_filter(_type="pubsub") >= 1
        checkout = await guest.begin_payment(booking)
        assert await socket.next_move(SOON_SECONDS) == ("PAYMENT_PENDING", 2)
        await guest.pay(checkout)
        assert await socket.next_move(SOON_SECONDS) == ("CONFIRMED", 3)


async def test_what_moved_while_redis_was_away_is_told_when_it_is_back(
    house: ApiHouse, guest: Client, http: httpx.AsyncClient, wire: Wire
) -> None:
    booking = await guest.book(house.houses["Grand House"])
    async with (
        house.another_gateway(redis_url=wired(house, wire)) as url,
        open_socket(url, token=guest.token) as socket,
    ):
        await socket.follow(booking["id"])
        assert await socket.next_move() == ("HELD", 1)
        wire.cut()

        async def redis_is(state: str) -> bool:
            answer = await http.get(f"{url}/health/ready")
            return bool(answer.json()["parts"]["redis"] == state)

        await until(lambda: redis_is("away"))
        assert (await http.get(f"{url}/health/ready")).status_code == 503
        await guest.pay(await guest.begin_payment(booking))
        await guest.until_confirmed(booking)
        wire.mend()
        assert await socket.next_move(SOON_SECONDS) == ("PAYMENT_PENDING", 2)
        assert await socket.next_move(SOON_SECONDS) == ("CONFIRMED", 3)
        await until(lambda: redis_is("ready"))


async def test_while_redis_is_away_a_subscription_still_begins_with_the_current_state(
    house: ApiHouse, guest: Client, wire: Wire
) -> None:
    booking = await guest.book(house.houses["Grand House"])
    async with house.another_gateway(redis_url=wired(house, wire)) as url:
        wire.cut()
        async with open_socket(url, token=guest.token) as socket:
            await socket.follow(booking["id"])
            assert await socket.next_move() == ("HELD", 1)
            await guest.begin_payment(booking)
            wire.mend()
            assert await socket.next_move(SOON_SECONDS) == ("PAYMENT_PENDING", 2)
