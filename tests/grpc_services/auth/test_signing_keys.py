"""Keys are shared by the database, rotate with an overlap, and are unreadable without the secret."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import asyncpg
import orjson
import pytest
from joserfc import jwt

from grpc_services.auth.access_tokens import AccessTokens
from grpc_services.auth.signing_keys import SigningKeys
from migrations.commands import provision, upgrade
from migrations.histories import RELAY_ROLE, SERVICES, role_of
from runtime.database import Database, open_database
from runtime.identity import Role, TokenVerifier
from stack.embedded.postgres import SUPERUSER
from tests.house import SIGNING_KEY_SECRET, auth_settings
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
    return TokenVerifier(keys.published, issuer="innkeeper", audience="innkeeper-services")


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
