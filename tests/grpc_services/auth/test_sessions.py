"""Signing in, going on, signing out."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import grpc
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from contracts.auth.v1 import auth_pb2
from grpc_services.auth import queries
from grpc_services.auth.access_tokens import refresh_token_hash
from runtime.channels import call
from runtime.clock import from_timestamp, utc_now
from runtime.database import Database
from runtime.errors import ServiceError
from runtime.identity import Role
from tests.grpc_services.auth.people import (
    Stub,
    hashes_done,
    refresh,
    refused,
    registered_and_signed_in,
    registration,
    sign_in,
)
from tests.house import PERSON_PASSWORD, register_account, service_token

OVER = ("UNAUTHENTICATED", grpc.StatusCode.UNAUTHENTICATED, ())


async def test_a_session_has_a_short_access_token_and_a_long_refresh_token(auth: Stub) -> None:
    session = await registered_and_signed_in(auth)
    now = utc_now()
    assert dt.timedelta(seconds=590) < from_timestamp(session.access_expires_at) - now <= dt.timedelta(seconds=600)
    assert dt.timedelta(days=29) < from_timestamp(session.refresh_expires_at) - now <= dt.timedelta(days=30)


async def test_unknown_people_and_wrong_passwords_are_refused_in_the_same_words(auth: Stub) -> None:
    account = await call(auth.Register, registration(), token="")
    refusals = []
    for email, password in (
        (account.email, "not-the-password"),
        (registration().email, PERSON_PASSWORD),
        (f"no address {uuid.uuid4()}", PERSON_PASSWORD),
        (account.email, "x" * 5000),
        (account.email, ""),
    ):
        with pytest.raises(ServiceError) as failure:
            await sign_in(auth, email, password)
        refusals.append((*refused(failure), failure.value.message))
    assert set(refusals) == {
        (
            "INVALID_CREDENTIALS",
            grpc.StatusCode.UNAUTHENTICATED,
            (),
            "The e-mail address or the password is not right.",
        )
    }


async def test_unknown_people_cost_the_same_hash_as_wrong_passwords(auth: Stub) -> None:
    account = await call(auth.Register, registration(), token="")

    async def hashes(email: str) -> list[float]:
        before = hashes_done()
        with pytest.raises(ServiceError):
            await sign_in(auth, email, "not-the-password")
        return [after - earlier for after, earlier in zip(hashes_done(), before, strict=True)]

    for email in (account.email, registration().email, f"no address {uuid.uuid4()}"):
        assert await hashes(email) == [0, 1]


async def test_a_refresh_token_is_exchanged_for_a_new_one(auth: Stub) -> None:
    first = await registered_and_signed_in(auth)
    second = await refresh(auth, first.refresh_token)
    third = await refresh(auth, second.refresh_token)
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert first.session_id == second.session_id == third.session_id
    assert third.account == first.account


async def test_refresh_tokens_are_stored_hashed_only(auth: Stub, auth_database: Database) -> None:
    session = await registered_and_signed_in(auth)
    async with auth_database.reading() as connection:
        row = await connection.fetchrow(
            "SELECT t::text AS whole, hash FROM refresh_token t WHERE session_id = $1", uuid.UUID(session.session_id)
        )
    assert row is not None
    assert row["hash"] == refresh_token_hash(session.refresh_token)
    assert session.refresh_token not in row["whole"]


async def test_of_twenty_parallel_refreshes_one_wins_and_the_session_lives(auth: Stub, auth_database: Database) -> None:
    session = await registered_and_signed_in(auth)
    outcomes = await asyncio.gather(*(refresh(auth, session.refresh_token) for _ in range(20)), return_exceptions=True)
    successors = [outcome for outcome in outcomes if isinstance(outcome, auth_pb2.SessionTokens)]
    assert len(successors) == 1
    assert {o.code for o in outcomes if isinstance(o, ServiceError)} == {"UNAUTHENTICATED"}
    async with auth_database.reading() as connection:
        tokens = "SELECT count(*) FROM refresh_token WHERE session_id = $1"
        assert await connection.fetchval(tokens, uuid.UUID(session.session_id)) == 2
    await refresh(auth, successors[0].refresh_token)


async def test_late_reuse_of_a_token_ends_the_session_for_everybody(auth: Stub, auth_database: Database) -> None:
    first = await registered_and_signed_in(auth)
    second = await refresh(auth, first.refresh_token)
    async with auth_database.transaction() as connection:
        await connection.execute(
            "UPDATE refresh_token SET used_at = used_at - interval '11 seconds' WHERE hash = $1",
            refresh_token_hash(first.refresh_token),
        )
    for token in (first.refresh_token, second.refresh_token):
        with pytest.raises(ServiceError) as failure:
            await refresh(auth, token)
        assert refused(failure) == OVER
    await sign_in(auth, first.account.email)


async def test_an_expired_or_unknown_refresh_token_buys_nothing(auth: Stub, auth_database: Database) -> None:
    session = await registered_and_signed_in(auth)
    async with auth_database.transaction() as connection:
        await connection.execute(
            "UPDATE refresh_token SET expires_at = now() WHERE hash = $1", refresh_token_hash(session.refresh_token)
        )
    for token in (session.refresh_token, "never-given-out", ""):
        with pytest.raises(ServiceError) as failure:
            await refresh(auth, token)
        assert refused(failure) == OVER


async def test_a_revoked_session_cannot_be_refreshed(auth: Stub) -> None:
    session = await registered_and_signed_in(auth)
    for _ in range(2):
        revoked = await call(auth.RevokeSession, auth_pb2.RevokeSessionRequest(), token=session.access_token)
        assert revoked.session_id == session.session_id
    with pytest.raises(ServiceError) as failure:
        await refresh(auth, session.refresh_token)
    assert refused(failure) == OVER


async def test_one_session_may_end_another_of_the_same_person(auth: Stub) -> None:
    first = await registered_and_signed_in(auth)
    second = await sign_in(auth, first.account.email)
    request = auth_pb2.RevokeSessionRequest(session_id=second.session_id)
    await call(auth.RevokeSession, request, token=first.access_token)
    with pytest.raises(ServiceError):
        await refresh(auth, second.refresh_token)
    await refresh(auth, first.refresh_token)


async def test_a_foreign_session_is_not_found_and_goes_on(auth: Stub, auth_address: str) -> None:
    victim = await registered_and_signed_in(auth)
    stranger = await register_account(auth_address, Role.HOTELIER)
    request = auth_pb2.RevokeSessionRequest(session_id=victim.session_id)
    with pytest.raises(ServiceError) as failure:
        await call(auth.RevokeSession, request, token=stranger.token)
    assert refused(failure) == ("NOT_FOUND", grpc.StatusCode.NOT_FOUND, ("sessionId",))
    await refresh(auth, victim.refresh_token)


@pytest.mark.parametrize("caller", ["anonymous", "system"])
async def test_nobody_but_a_person_has_sessions_and_an_account(auth: Stub, auth_address: str, caller: str) -> None:
    victim = await registered_and_signed_in(auth)
    token = "" if caller == "anonymous" else await service_token(auth_address)
    expected = "UNAUTHENTICATED" if caller == "anonymous" else "PERMISSION_DENIED"
    with pytest.raises(ServiceError) as failure:
        await call(auth.RevokeSession, auth_pb2.RevokeSessionRequest(session_id=victim.session_id), token=token)
    assert failure.value.code == expected
    with pytest.raises(ServiceError) as failure:
        await call(auth.GetAccount, auth_pb2.GetAccountRequest(), token=token)
    assert failure.value.code == expected
    await refresh(auth, victim.refresh_token)


async def test_an_old_password_hash_is_made_anew_at_the_next_sign_in(auth: Stub, auth_database: Database) -> None:
    account = await call(auth.Register, registration(), token="")
    weak = PasswordHash((Argon2Hasher(memory_cost=1024, time_cost=1, parallelism=1),)).hash(PERSON_PASSWORD)
    async with auth_database.transaction() as connection:
        await connection.execute("UPDATE account SET password_hash = $2 WHERE id = $1", uuid.UUID(account.id), weak)
    for _ in range(2):
        await sign_in(auth, account.email)
    async with auth_database.reading() as connection:
        stored = await connection.fetchval("SELECT password_hash FROM account WHERE id = $1", uuid.UUID(account.id))
    assert "m=19456,t=2,p=1" in stored


async def test_a_password_that_is_replaced_while_it_is_checked_opens_no_session(
    auth: Stub, auth_database: Database
) -> None:
    account = await call(auth.Register, registration(), token="")
    identifier = uuid.UUID(account.id)

    async def waits() -> bool:
        async with auth_database.reading() as connection:
            return bool(await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))

    async with auth_database.transaction() as connection:
        await connection.execute("SELECT FROM account WHERE id = $1 FOR UPDATE", identifier)
        signing_in = asyncio.create_task(sign_in(auth, account.email))
        async with asyncio.timeout(30):
            while not await waits():
                await asyncio.sleep(0.02)
        await connection.execute("UPDATE account SET password_hash = 'another' WHERE id = $1", identifier)
        await queries.REVOKE_SESSIONS.fetch(connection, account_id=identifier, but=uuid.UUID(int=0))
    with pytest.raises(ServiceError) as refusal:
        await signing_in
    assert refusal.value.retryable
    async with auth_database.reading() as connection:
        assert await connection.fetchval("SELECT count(*) FROM session WHERE account_id = $1", identifier) == 0


async def test_what_a_device_calls_itself_is_made_fit_to_show(auth: Stub, auth_database: Database) -> None:
    account = await call(auth.Register, registration(), token="")
    request = auth_pb2.CreateSessionRequest(
        email=account.email, password=PERSON_PASSWORD, device="\x00Fire\nfox " + "x" * 500
    )
    session = await call(auth.CreateSession, request, token="")
    async with auth_database.reading() as connection:
        device = await connection.fetchval("SELECT device FROM session WHERE id = $1", uuid.UUID(session.session_id))
    assert device.startswith("Firefox xx")
    assert len(device) == 120


async def test_sessions_without_a_living_token_are_forgotten_and_others_kept(
    auth: Stub, auth_database: Database
) -> None:
    old, living = await registered_and_signed_in(auth), await registered_and_signed_in(auth)
    async with auth_database.transaction() as connection:
        await connection.execute(
            "UPDATE refresh_token SET expires_at = now() WHERE session_id = $1", uuid.UUID(old.session_id)
        )
        await connection.execute("UPDATE session SET last_seen_at = now() - interval '40 days'")
        await queries.FORGET_OLD_REFRESH_TOKENS.execute(connection)
        await queries.FORGET_OLD_SESSIONS.execute(connection, days=30)
        left = await connection.fetch("SELECT id FROM session")
    assert uuid.UUID(old.session_id) not in {row["id"] for row in left}
    await refresh(auth, living.refresh_token)
