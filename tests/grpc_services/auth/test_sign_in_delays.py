"""Guessing gets slower, for everybody alike, and never locks the owner out."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from prometheus_client import REGISTRY

from contracts.auth.v1 import auth_pb2, auth_pb2_grpc
from grpc_services.auth.errors import TooManyAttempts
from grpc_services.auth.service import auth_service
from grpc_services.auth.sign_in_delays import SignInDelays, network_of, open_sign_in_delays
from runtime.channels import call, open_channel
from runtime.errors import ServiceError
from tests.grpc_services.auth.people import Stub, hashes_done, registration
from tests.house import PERSON_PASSWORD, auth_settings, refused
from tests.parts import Parts, free_port

SECRET = b"s" * 32


def some_address() -> str:
    """Of a network that no other test uses."""
    part = uuid.uuid4().hex
    return f"2001:db8:{part[:4]}:{part[4:8]}::1"


async def attempt(auth: Stub, email: str, password: str, address: str = "") -> auth_pb2.SessionTokens:
    request = auth_pb2.CreateSessionRequest(email=email, password=password, address=address)
    return await call(auth.CreateSession, request, token="")


async def fail(auth: Stub, email: str, times: int, address: str = "") -> list[str]:
    return [(await refused(attempt(auth, email, "not-the-password", address))).code for _ in range(times)]


@pytest.mark.parametrize("known", [True, False])
async def test_after_five_failures_the_next_attempt_waits_known_or_not(auth: Stub, known: bool) -> None:
    request = registration()
    if known:
        await call(auth.Register, request, token="")
    assert await fail(auth, request.email, 5) == ["INVALID_CREDENTIALS"] * 5
    before = hashes_done()
    refusal = await refused(attempt(auth, request.email, PERSON_PASSWORD))
    assert refusal.code == "TOO_MANY_ATTEMPTS"
    assert 1 <= int(refusal.details["retry_after"]) <= 30
    assert hashes_done() == before


async def test_of_many_attempts_at_once_five_are_heard(auth: Stub) -> None:
    account = await call(auth.Register, registration(), token="")
    before = hashes_done()
    outcomes = await asyncio.gather(
        *(attempt(auth, account.email, "not-the-password") for _ in range(20)), return_exceptions=True
    )
    codes = [outcome.code for outcome in outcomes if isinstance(outcome, ServiceError)]
    assert sorted(codes) == ["INVALID_CREDENTIALS"] * 5 + ["TOO_MANY_ATTEMPTS"] * 15
    assert hashes_done()[1] - before[1] == 5


async def test_a_right_password_begins_the_count_anew(auth: Stub) -> None:
    account = await call(auth.Register, registration(), token="")
    for _ in range(3):
        await fail(auth, account.email, 4)
        await attempt(auth, account.email, PERSON_PASSWORD)


async def test_one_network_that_tries_many_accounts_waits(auth: Stub) -> None:
    address = some_address()
    for _ in range(5):
        await fail(auth, registration().email, 1, address)
    assert await fail(auth, registration().email, 1, address) == ["TOO_MANY_ATTEMPTS"]
    assert await fail(auth, registration().email, 1, some_address()) == ["INVALID_CREDENTIALS"]


async def test_people_behind_one_address_sign_in_as_often_as_they_like(auth: Stub) -> None:
    address = some_address()
    for _ in range(8):
        account = await call(auth.Register, registration(), token="")
        await attempt(auth, account.email, PERSON_PASSWORD, address)


async def test_a_stranger_who_keeps_failing_does_not_keep_the_owner_out(auth: Stub) -> None:
    account = await call(auth.Register, registration(), token="")
    home = some_address()
    await attempt(auth, account.email, PERSON_PASSWORD, home)
    assert (await fail(auth, account.email, 6, some_address()))[-1] == "TOO_MANY_ATTEMPTS"
    await attempt(auth, account.email, PERSON_PASSWORD, home)
    assert (await refused(attempt(auth, account.email, PERSON_PASSWORD, some_address()))).code == "TOO_MANY_ATTEMPTS"


async def test_delays_survive_a_restart(auth: Stub, parts: Parts) -> None:
    account = await call(auth.Register, registration(), token="")
    await fail(auth, account.email, 5)
    async with (
        auth_service(auth_settings(parts)) as second,
        open_channel(second.address, auth_pb2.DESCRIPTOR) as channel,
    ):
        other: Stub = auth_pb2_grpc.AuthServiceStub(channel)
        assert await fail(other, account.email, 1) == ["TOO_MANY_ATTEMPTS"]


async def test_delays_grow(parts: Parts) -> None:
    """Without waiting: the shorter counts are cleared as time would clear them."""
    async with open_sign_in_delays(parts.redis_url, SECRET) as delays:
        counted = delays.of_sign_in(f"{uuid.uuid4()}@example.org", "", familiar=False)
        waits = []
        for cleared in range(3):
            heard = 0
            while (wait := await waiting(delays, counted)) == 0:
                heard += 1
            waits.append((heard, wait))
            for tier in counted[0].tiers[: cleared + 1]:
                await delays._shared.clear(tier, counted[0].key)
    assert [heard for heard, _ in waits] == [5, 3, 4]
    assert [30, 120, 900] >= [wait for _, wait in waits] > [25, 100, 800]


async def test_with_redis_away_this_process_counts_and_says_so() -> None:
    name = "innkeeper_sign_in_delays_without_redis_total"
    async with open_sign_in_delays(f"redis://127.0.0.1:{free_port()}/0", SECRET) as delays:
        counted = delays.of_sign_in("somebody@example.org", "", familiar=False)
        before = REGISTRY.get_sample_value(name) or 0.0
        assert [await waiting(delays, counted) > 0 for _ in range(6)] == [False] * 5 + [True]
        assert (REGISTRY.get_sample_value(name) or 0.0) >= before + 6


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unknown", ""),
    ],
)
def test_a_network_is_what_one_subscriber_has(address: str, network: str) -> None:
    assert network_of(address) == network


async def waiting(delays: SignInDelays, counted: tuple[object, ...]) -> int:
    try:
        await delays.begin(counted)  # type: ignore[arg-type]
    except TooManyAttempts as refusal:
        return int(refusal.details["retry_after"])
    return 0
