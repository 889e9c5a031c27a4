"""A service that is asked directly refuses what was revoked, and needs no gateway for that."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest
import redis.asyncio as redis
from prometheus_client import REGISTRY

from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from runtime.channels import call, open_channel, open_token_verifier
from runtime.errors import ServiceError, Unauthenticated
from runtime.identity import Role
from runtime.settings import CallerSection
from tests.api.client import until
from tests.house import SignedIn, caller_section, register_account
from tests.parts import Parts, free_port
from workers.live_status import tell


@pytest.fixture
async def hotels(hotel_address: str) -> AsyncIterator[hotel_pb2_grpc.HotelServiceAsyncStub]:
    async with open_channel(hotel_address, hotel_pb2.DESCRIPTOR) as channel:
        yield hotel_pb2_grpc.HotelServiceStub(channel)


@pytest.fixture
async def client(parts: Parts) -> AsyncIterator[redis.Redis]:
    connected: redis.Redis = redis.Redis.from_url(parts.redis_url)
    yield connected
    await connected.aclose()


async def is_refused(hotels: hotel_pb2_grpc.HotelServiceAsyncStub, person: SignedIn) -> bool:
    try:
        await call(hotels.ListOwnHotels, hotel_pb2.ListOwnHotelsRequest(first=1), token=person.token)
    except ServiceError as refusal:
        return refusal.code == Unauthenticated.code
    return False


async def session_of(parts: Parts, auth_address: str, person: SignedIn) -> str:
    async with open_token_verifier(caller_section(parts, auth_address)) as verifier:
        return (await verifier.verify(person.token)).session_id


def ended(*sessions: str) -> events_pb2.Envelope:
    payload = events_pb2.SessionsRevoked(session_ids=sessions).SerializeToString()
    return events_pb2.Envelope(id=str(uuid.uuid4()), type="SessionsRevoked", payload=payload)


async def test_a_service_refuses_a_revoked_token_within_five_seconds(
    parts: Parts, auth_address: str, hotels: hotel_pb2_grpc.HotelServiceAsyncStub, client: redis.Redis
) -> None:
    person, other = [await register_account(auth_address, Role.HOTELIER) for _ in range(2)]
    assert not await is_refused(hotels, person)
    await tell(client, [ended(await session_of(parts, auth_address, person))])

    async def refused() -> bool:
        return await is_refused(hotels, person)

    await until(refused, seconds=5)
    assert not await is_refused(hotels, other)


async def test_one_that_starts_later_knows_what_was_revoked(
    parts: Parts, auth_address: str, client: redis.Redis
) -> None:
    person = await register_account(auth_address, Role.GUEST)
    await tell(client, [ended(await session_of(parts, auth_address, person))])
    async with open_token_verifier(caller_section(parts, auth_address)) as verifier:

        async def refused() -> bool:
            try:
                await verifier.verify(person.token)
            except Unauthenticated:
                return True
            return False

        await until(refused, seconds=5)


async def test_while_redis_is_away_tokens_count_and_a_metric_says_so(auth_address: str) -> None:
    person = await register_account(auth_address, Role.GUEST)
    nowhere = {"auth_address": auth_address, "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}

    async def unheard() -> bool:
        return REGISTRY.get_sample_value("innkeeper_revocations_unheard") == 1

    async with open_token_verifier(CallerSection.model_validate(nowhere)) as verifier:
        await until(unheard)
        assert (await verifier.verify(person.token)).account_id == person.account_id
