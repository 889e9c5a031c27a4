"""Becoming a guest or a hotelier."""

from __future__ import annotations

import asyncio

import grpc
import pytest

from contracts.auth.v1 import auth_pb2
from runtime.channels import call
from runtime.database import Database
from runtime.errors import ServiceError
from tests.grpc_services.auth.people import Stub, refused, registration, sign_in


async def test_a_guest_registers_and_finds_their_account(auth: Stub) -> None:
    account = await call(auth.Register, registration(name="  Zoë Ü  ", locale="fr"), token="")
    session = await sign_in(auth, account.email)
    own = await call(auth.GetAccount, auth_pb2.GetAccountRequest(), token=session.access_token)
    assert own == account == session.account
    assert (own.name, own.locale, own.role) == ("Zoë Ü", "fr", auth_pb2.ROLE_GUEST)


async def test_a_hotelier_registers_and_english_is_the_default(auth: Stub) -> None:
    account = await call(auth.Register, registration(role=auth_pb2.ROLE_HOTELIER), token="")
    assert (account.role, account.locale) == (auth_pb2.ROLE_HOTELIER, "en")


async def test_an_address_is_taken_whatever_its_capitals(auth: Stub) -> None:
    request = registration()
    first = await call(auth.Register, request, token="")
    request.email = request.email.swapcase()
    with pytest.raises(ServiceError) as failure:
        await call(auth.Register, request, token="")
    assert refused(failure) == ("EMAIL_TAKEN", grpc.StatusCode.ALREADY_EXISTS, ("email",))
    assert (await sign_in(auth, request.email)).account.id == first.id


async def test_of_parallel_registrations_with_one_address_one_wins(auth: Stub, auth_database: Database) -> None:
    request = registration()
    outcomes = await asyncio.gather(*(call(auth.Register, request, token="") for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(outcome, auth_pb2.Account) for outcome in outcomes) <= 1
    # a machine that is busy with other things may leave some of them without an answer
    assert {o.code for o in outcomes if isinstance(o, ServiceError)} <= {"EMAIL_TAKEN", "UNAVAILABLE"}
    async with auth_database.reading() as connection:
        assert await connection.fetchval("SELECT count(*) FROM account WHERE email_key = $1", request.email) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", "a b@example.org"),
        ("email", ""),
        ("email", "x\n@example.org"),
        ("password", "short"),
        ("password", "x" * 129),
        ("password", "Password123"),
        ("password", "aaaaaaaaaaaa"),
        ("name", "   "),
        ("name", "n" * 121),
        ("name", "Bobby\r\nBcc: all"),
        ("name", "Nul\x00"),
        ("role", auth_pb2.ROLE_UNSPECIFIED),
        ("role", auth_pb2.ROLE_MASTER),
        ("role", auth_pb2.ROLE_ADMIN),
        ("role", auth_pb2.ROLE_SYSTEM),
        ("locale", "de"),
    ],
)
async def test_a_field_that_will_not_do_is_named_and_nothing_is_stored(
    auth: Stub, auth_database: Database, field: str, value: object
) -> None:
    request = registration(**{field: value})
    async with auth_database.reading() as connection:
        before = await connection.fetchval("SELECT count(*) FROM account")
        with pytest.raises(ServiceError) as failure:
            await call(auth.Register, request, token="")
        assert await connection.fetchval("SELECT count(*) FROM account") == before
    assert refused(failure) == ("INVALID_INPUT", grpc.StatusCode.INVALID_ARGUMENT, (field,))


async def test_a_password_that_is_the_address_is_refused(auth: Stub) -> None:
    request = registration()
    request.password = request.email.upper()
    with pytest.raises(ServiceError) as failure:
        await call(auth.Register, request, token="")
    assert refused(failure)[2] == ("password",)
