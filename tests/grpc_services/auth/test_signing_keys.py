"""Keys are shared by the database, rotate with an overlap, and are unreadable without the secret."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import orjson
import pytest
from joserfc import jwt
from joserfc.jws import extract_compact

from contracts.auth.v1 import signing_key_pb2, signing_key_pb2_grpc
from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from grpc_services.auth.access_tokens import AccessTokens
from grpc_services.auth.service import auth_service
from grpc_services.auth.signing_keys import Retiring, SigningKeys
from grpc_services.hotel.service import hotel_service
from migrations.commands import provision, upgrade
from migrations.histories import RELAY_ROLE, SERVICES, role_of
from runtime.channels import call, open_channel
from runtime.database import Database, open_database
from runtime.errors import ServiceError, Unauthenticated
from runtime.identity import Role, TokenVerifier
from stack.embedded.postgres import SUPERUSER
from tests.api.client import until
from tests.house import (
    SIGNING_KEY_SECRET,
    SignedIn,
    auth_settings,
    hotel_settings,
    refused,
    register_account,
    service_token,
)
from tests.parts import PASSWORD, Parts

LIFETIME = dt.timedelta(minutes=10)


@pytest.fixture(scope="module")
async def own_database(parts: Parts) -> AsyncIterator[Database]:
    """A database apart, so that the running auth service keeps its keys."""
    server = await asyncpg.connect(parts.admin_database_url)
    await server.execute("CREATE DATABASE signing_keys")
    await server.close()
    admin_url = parts.postgres.url_of(SUPERUSER, PASSWORD, database="signing_keys")
    await provision(admin_url, dict.fromkeys((*map(role_of, SERVICES), RELAY_ROLE), PASSWORD))
    await upgrade(admin_url, ("auth",))
    url = parts.postgres.url_of(role_of("auth"), PASSWORD, database="signing_keys")
    async with open_database(url, pool_size=4, application_name="tests") as database:
        yield database


@pytest.fixture
async def signing_keys(own_database: Database) -> SigningKeys:
    keys = keys_of(own_database)
    await keys.load()
    return keys


def keys_of(database: Database) -> SigningKeys:
    return SigningKeys(database, SIGNING_KEY_SECRET, token_lifetime=LIFETIME)


def verifier_of(keys: SigningKeys) -> TokenVerifier:
    return TokenVerifier(keys.published, issuer="https://innkeeper.example", audience="innkeeper-services")


async def published_ids(keys: SigningKeys) -> list[str]:
    return [key["kid"] for key in orjson.loads(await keys.published())["keys"]]


async def test_processes_that_start_together_agree_on_the_first_key(own_database: Database) -> None:
    processes = [keys_of(own_database) for _ in range(4)]
    await asyncio.gather(*(keys.load() for keys in processes))
    assert len({keys.current.kid for keys in processes}) == 1
    assert len(await published_ids(processes[0])) == 1


async def test_a_new_key_is_published_before_it_signs(signing_keys: SigningKeys) -> None:
    before = signing_keys.current.kid
    coming = await signing_keys.rotate(publish_ahead=dt.timedelta(minutes=5))
    await signing_keys.load()
    assert signing_keys.current.kid == before
    assert {before, coming} <= set(await published_ids(signing_keys))


async def test_after_a_rotation_old_and_new_tokens_are_valid(
    parts: Parts, own_database: Database, signing_keys: SigningKeys
) -> None:
    tokens = AccessTokens(signing_keys, auth_settings(parts))
    another_process = keys_of(own_database)
    await another_process.load()
    old = tokens.for_client("gateway").text
    new_key = await signing_keys.rotate(publish_ahead=dt.timedelta(0))
    await signing_keys.load()
    new = tokens.for_client("gateway").text
    assert signing_keys.current.kid == new_key
    assert jwt.decode(new, signing_keys.current, algorithms=["Ed25519"]).header["kid"] == new_key
    verifier = verifier_of(signing_keys)
    for token in (old, new):
        assert (await verifier.verify(token)).role is Role.SYSTEM
    await another_process.load()
    assert another_process.current.kid == new_key


async def test_a_retired_key_is_no_longer_published(own_database: Database, signing_keys: SigningKeys) -> None:
    old = signing_keys.current.kid
    await signing_keys.rotate(publish_ahead=dt.timedelta(0))
    async with own_database.transaction() as connection:
        retires_at = await connection.fetchval("SELECT retires_at FROM signing_key WHERE kid = $1", old)
        not_before = await connection.fetchval("SELECT max(not_before) FROM signing_key WHERE retires_at IS NULL")
        assert retires_at >= not_before + LIFETIME
        await connection.execute("UPDATE signing_key SET retires_at = now() WHERE kid = $1", old)
    assert old not in await published_ids(signing_keys)
    await signing_keys.rotate_if_due()
    async with own_database.reading() as connection:
        assert await connection.fetchval("SELECT count(*) FROM signing_key WHERE kid = $1", old) == 0


async def test_a_key_is_retired_when_its_successor_has_signed_for_a_while(signing_keys: SigningKeys) -> None:
    old = str(signing_keys.current.kid)
    new = await signing_keys.rotate(publish_ahead=dt.timedelta(0))
    an_hour, no_time = dt.timedelta(hours=1), dt.timedelta(0)
    assert await signing_keys.retire(new, settled=no_time) is Retiring.SIGNS
    assert await signing_keys.retire(old, settled=an_hour) is Retiring.TOO_SOON
    assert old in await published_ids(signing_keys)
    assert await signing_keys.retire(old, settled=no_time) is Retiring.DONE
    assert old not in await published_ids(signing_keys)


async def test_a_key_that_has_had_its_time_is_followed_by_one_other(
    own_database: Database, signing_keys: SigningKeys
) -> None:
    async with own_database.transaction() as connection:
        await connection.execute("UPDATE signing_key SET not_before = not_before - interval '31 days'")
    before = set(await published_ids(signing_keys))
    await asyncio.gather(*(keys_of(own_database).rotate_if_due() for _ in range(4)))
    assert len(set(await published_ids(signing_keys)) - before) == 1


async def test_private_keys_are_unreadable_without_the_secret(
    own_database: Database, signing_keys: SigningKeys
) -> None:
    async with own_database.reading() as connection:
        stored = await connection.fetchval(
            "SELECT private_key FROM signing_key WHERE kid = $1", signing_keys.current.kid
        )
    assert str(signing_keys.current.as_dict(private=True)["d"]).encode() not in stored
    stranger = SigningKeys(own_database, "another-secret-of-thirty-two-letters", token_lifetime=LIFETIME)
    with pytest.raises(OSError, match="another signing key secret"):
        await stranger.load()


@dataclass
class Operator:
    """What `python -m stack keys` does, over a running auth service of its own."""

    keys: signing_key_pb2_grpc.SigningKeyServiceAsyncStub
    token: str

    async def list(self) -> dict[str, str]:
        """The state of each key."""
        listed = await call(self.keys.ListSigningKeys, signing_key_pb2.ListSigningKeysRequest(), token=self.token)
        return {key.kid: signing_key_pb2.SigningKeyState.Name(key.state)[18:] for key in listed.keys}

    async def rotate(self, *, soon: bool = False) -> str:
        request = signing_key_pb2.RotateSigningKeyRequest(soon=soon)
        return (await call(self.keys.RotateSigningKey, request, token=self.token)).kid

    async def replace(self) -> str:
        """Until the new key signs; its id."""
        new = await self.rotate(soon=True)

        async def signs() -> bool:
            return (await self.list())[new] == "SIGNING"

        await until(signs)
        return new

    async def retire(self, kid: str) -> str:
        request = signing_key_pb2.RetireSigningKeyRequest(kid=kid)
        return (await call(self.keys.RetireSigningKey, request, token=self.token)).kid


@dataclass
class RunningServices:
    auth_address: str
    hotels: hotel_pb2_grpc.HotelServiceAsyncStub
    operator: Operator

    async def greets(self, person: SignedIn) -> bool:
        """Whether the hotel service takes a person's token."""
        try:
            await call(self.hotels.ListOwnHotels, hotel_pb2.ListOwnHotelsRequest(first=1), token=person.token)
        except ServiceError as refusal:
            return refusal.code != Unauthenticated.code
        return True


@pytest.fixture
async def running(parts: Parts, own_database: Database) -> AsyncIterator[RunningServices]:
    """An auth service with keys of its own, and a hotel service that reads them often."""
    url = parts.postgres.url_of(role_of("auth"), PASSWORD, database="signing_keys")
    async with auth_service(auth_settings(parts, DATABASE_URL=url, token_keys_seconds=0.3)) as auth:
        section = hotel_settings(parts, auth.address).model_copy(update={"token_keys_seconds": 0.3})
        async with (
            hotel_service(section) as hotel,
            open_channel(auth.address, signing_key_pb2.DESCRIPTOR) as to_auth,
            open_channel(hotel.address, hotel_pb2.DESCRIPTOR) as to_hotel,
        ):
            operator = Operator(
                signing_key_pb2_grpc.SigningKeyServiceStub(to_auth), await service_token(auth.address, "operator")
            )
            yield RunningServices(auth.address, hotel_pb2_grpc.HotelServiceStub(to_hotel), operator)


async def test_a_rotation_is_taken_up_by_running_services_and_overlaps(running: RunningServices) -> None:
    before = await register_account(running.auth_address, Role.HOTELIER)
    assert await running.greets(before)
    (old,) = (kid for kid, state in (await running.operator.list()).items() if state == "SIGNING")
    new = await running.operator.replace()
    after = await register_account(running.auth_address, Role.HOTELIER)
    assert (kid_of(before.token), kid_of(after.token)) == (old, new)
    assert await running.greets(after), "nobody meets a key that they have not read"
    assert await running.greets(before), "both keys are published as long as tokens of the old one live"
    listed = await running.operator.list()
    assert (listed[old], listed[new]) == ("PASSING", "SIGNING")


async def test_a_retired_keys_tokens_are_refused_by_running_services(running: RunningServices) -> None:
    before = await register_account(running.auth_address, Role.HOTELIER)
    assert await running.greets(before)
    new = await running.operator.replace()
    running.operator.token = await service_token(running.auth_address, "operator")

    async def retired() -> bool:
        try:
            return await running.operator.retire(kid_of(before.token)) == kid_of(before.token)
        except ServiceError as refusal:
            assert refusal.code == "ILLEGAL_STATE"  # noqa: PT017
            return False

    await until(retired)
    after = await register_account(running.auth_address, Role.HOTELIER)

    async def refused_and_the_other_taken() -> bool:
        return not await running.greets(before) and await running.greets(after)

    await until(refused_and_the_other_taken, seconds=10)
    assert kid_of(after.token) == new
    assert kid_of(before.token) not in await running.operator.list()


async def test_the_key_that_signs_is_not_retired_and_a_key_that_comes_may_be(running: RunningServices) -> None:
    (signing,) = (kid for kid, state in (await running.operator.list()).items() if state == "SIGNING")
    assert (await refused(running.operator.retire(signing))).code == "ILLEGAL_STATE"
    assert (await refused(running.operator.retire("unheard of"))).code == "NOT_FOUND"
    coming = await running.operator.rotate()
    assert (await running.operator.list())[coming] == "COMING"
    await running.operator.retire(coming)
    assert (await running.operator.list())[signing] == "SIGNING"


@pytest.mark.parametrize("client", ["gateway", ""])
async def test_keys_are_nobodys_but_operators(running: RunningServices, client: str) -> None:
    before = await running.operator.list()
    person = await register_account(running.auth_address, Role.HOTELIER)
    running.operator.token = await service_token(running.auth_address, client) if client else person.token
    for attempt in (running.operator.list(), running.operator.rotate(soon=True), running.operator.retire("x")):
        assert (await refused(attempt)).code == "PERMISSION_DENIED"
    running.operator.token = await service_token(running.auth_address, "operator")
    assert await running.operator.list() == before


def kid_of(token: str) -> str:
    kid: str = extract_compact(token.encode()).headers()["kid"]
    return kid
