"""Profiles, lists of sessions, export tickets, and leaving for good."""

from __future__ import annotations

import uuid
from typing import TypeAlias

import pytest

from contracts.auth.v1 import account_pb2, account_pb2_grpc, auth_pb2
from contracts.events.v1 import events_pb2
from grpc_services.auth.mail_tokens import token_hash
from runtime.channels import call
from runtime.database import Database
from runtime.identity import Role
from tests.grpc_services.auth.mailbox import Mailbox
from tests.grpc_services.auth.people import Stub, refresh, registered_and_signed_in, sign_in
from tests.house import PERSON_PASSWORD, refused, register_account, service_token

Accounts: TypeAlias = "account_pb2_grpc.AccountServiceAsyncStub"


async def events_of(database: Database, account_id: str) -> list[events_pb2.Envelope]:
    async with database.reading() as connection:
        rows = await connection.fetch(
            "SELECT envelope FROM outbox_event WHERE aggregate_id = $1 ORDER BY position", account_id
        )
    return [events_pb2.Envelope.FromString(row["envelope"]) for row in rows]


async def test_a_profile_changes_where_it_is_asked_to(auth: Stub, accounts: Accounts) -> None:
    session = await registered_and_signed_in(auth)
    request = account_pb2.UpdateAccountRequest(phone="+33 (1) 23-45.67 89", time_zone="Europe/Paris")
    changed = await call(accounts.UpdateAccount, request, token=session.access_token)
    assert (changed.phone, changed.time_zone, changed.name) == ("+33123456789", "Europe/Paris", "Mina Harker")
    request = account_pb2.UpdateAccountRequest(name="Mina Murray", locale="ru", phone="")
    changed = await call(accounts.UpdateAccount, request, token=session.access_token)
    assert (changed.phone, changed.time_zone, changed.name, changed.locale) == (
        "",
        "Europe/Paris",
        "Mina Murray",
        "ru",
    )
    assert await call(auth.GetAccount, auth_pb2.GetAccountRequest(), token=session.access_token) == changed


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("name", " ", "name"),
        ("name", "A\u0007", "name"),
        ("locale", "de", "locale"),
        ("phone", "0123456789", "phone"),
        ("phone", "+1234567890123456", "phone"),
        ("time_zone", "Mars/Olympus", "timeZone"),
    ],
)
async def test_a_bad_field_of_a_profile_is_named_and_nothing_changes(
    auth: Stub, accounts: Accounts, field: str, value: str, path: str
) -> None:
    session = await registered_and_signed_in(auth)
    request = account_pb2.UpdateAccountRequest(**{"name": "Somebody Else", field: value})
    refusal = await refused(call(accounts.UpdateAccount, request, token=session.access_token))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", (path,))
    kept = await call(auth.GetAccount, auth_pb2.GetAccountRequest(), token=session.access_token)
    assert kept == session.account


async def test_sessions_are_listed_newest_first_page_by_page_and_the_current_one_is_marked(auth: Stub) -> None:
    first = await registered_and_signed_in(auth)
    second, third = [await sign_in(auth, first.account.email) for _ in range(2)]
    await refresh(auth, first.refresh_token)
    await call(auth.RevokeSession, auth_pb2.RevokeSessionRequest(), token=second.access_token)
    page = await call(auth.ListSessions, auth_pb2.ListSessionsRequest(first=1), token=third.access_token)
    rest = await call(auth.ListSessions, auth_pb2.ListSessionsRequest(after=page.cursors[0]), token=third.access_token)
    assert (page.has_next_page, rest.has_next_page) == (True, False)
    assert [(found.id, found.current, found.device) for found in [*page.sessions, *rest.sessions]] == [
        (first.session_id, False, "tests"),
        (third.session_id, True, "tests"),
    ]


async def test_all_other_sessions_end_at_once_and_it_is_told(auth: Stub, auth_database: Database) -> None:
    first = await registered_and_signed_in(auth)
    others = [await sign_in(auth, first.account.email) for _ in range(2)]
    request = auth_pb2.RevokeOtherSessionsRequest()
    assert (await call(auth.RevokeOtherSessions, request, token=first.access_token)).revoked == 2
    assert (await call(auth.RevokeOtherSessions, request, token=first.access_token)).revoked == 0
    for other in others:
        assert (await refused(refresh(auth, other.refresh_token))).code == "UNAUTHENTICATED"
    await refresh(auth, first.refresh_token)
    (event,) = await events_of(auth_database, first.account.id)
    assert event.type == "SessionsRevoked"
    assert set(events_pb2.SessionsRevoked.FromString(event.payload).session_ids) == {
        other.session_id for other in others
    }


async def test_a_session_that_ends_is_told_once(auth: Stub, auth_database: Database) -> None:
    session = await registered_and_signed_in(auth)
    for _ in range(2):
        await call(auth.RevokeSession, auth_pb2.RevokeSessionRequest(), token=session.access_token)
    assert [event.type for event in await events_of(auth_database, session.account.id)] == ["SessionsRevoked"]


async def test_a_stolen_token_is_told(auth: Stub, auth_database: Database) -> None:
    session = await registered_and_signed_in(auth)
    await refresh(auth, session.refresh_token)
    async with auth_database.transaction() as connection:
        await connection.execute(
            "UPDATE refresh_token SET used_at = used_at - interval '1 minute' WHERE hash = $1",
            token_hash(session.refresh_token),
        )
    await refused(refresh(auth, session.refresh_token))
    assert [event.type for event in await events_of(auth_database, session.account.id)] == ["SessionsRevoked"]


async def test_a_deleted_account_is_gone_and_others_are_told(
    auth: Stub, accounts: Accounts, mailbox: Mailbox, auth_database: Database
) -> None:
    session = await registered_and_signed_in(auth)
    wrong = account_pb2.DeleteAccountRequest(password="not my password")
    assert (await refused(call(accounts.DeleteAccount, wrong, token=session.access_token))).code == (
        "INVALID_CREDENTIALS"
    )
    await refresh(auth, session.refresh_token)
    right = account_pb2.DeleteAccountRequest(password=PERSON_PASSWORD)
    await call(accounts.DeleteAccount, right, token=session.access_token)
    assert (await mailbox.to(session.account.email))[-1].subject == "Your account was deleted"
    assert (await refused(sign_in(auth, session.account.email))).code == "INVALID_CREDENTIALS"
    own = call(auth.GetAccount, auth_pb2.GetAccountRequest(), token=session.access_token)
    assert (await refused(own)).code == "UNAUTHENTICATED"
    assert [event.type for event in await events_of(auth_database, session.account.id)] == [
        "SessionsRevoked",
        "AccountDeleted",
    ]
    async with auth_database.reading() as connection:
        for table in ("account", "account_mail", "session"):
            whole = await connection.fetchval(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} AS t")  # noqa: S608
            assert session.account.email not in whole
            assert session.account.id not in whole


async def test_an_export_ticket_works_once_and_only_while_its_session_lives(auth: Stub, accounts: Accounts) -> None:
    session = await registered_and_signed_in(auth)

    async def ticket() -> account_pb2.RedeemExportTicketRequest:
        made = await call(
            accounts.CreateExportTicket, account_pb2.CreateExportTicketRequest(), token=session.access_token
        )
        return account_pb2.RedeemExportTicketRequest(secret=made.secret)

    used = await ticket()
    redeemed = await call(accounts.RedeemExportTicket, used, token="")
    own = await call(auth.GetAccount, auth_pb2.GetAccountRequest(), token=redeemed.access_token)
    assert own == session.account
    assert (await refused(call(accounts.RedeemExportTicket, used, token=""))).code == "NOT_FOUND"
    unused = await ticket()
    await call(auth.RevokeSession, auth_pb2.RevokeSessionRequest(), token=session.access_token)
    assert (await refused(call(accounts.RedeemExportTicket, unused, token=""))).code == "NOT_FOUND"


async def test_ones_own_account_needs_somebody_signed_in(
    auth: Stub, accounts: Accounts, auth_address: str, auth_database: Database
) -> None:
    victim = await register_account(auth_address, Role.GUEST)
    for token, code in (("", "UNAUTHENTICATED"), (await service_token(auth_address), "PERMISSION_DENIED")):
        for awaited in (
            call(accounts.UpdateAccount, account_pb2.UpdateAccountRequest(name="X"), token=token),
            call(accounts.ChangePassword, account_pb2.ChangePasswordRequest(), token=token),
            call(accounts.ChangeEmail, account_pb2.ChangeEmailRequest(new_email="a@example.org"), token=token),
            call(accounts.SendVerification, account_pb2.SendVerificationRequest(), token=token),
            call(accounts.DeleteAccount, account_pb2.DeleteAccountRequest(), token=token),
            call(accounts.CreateExportTicket, account_pb2.CreateExportTicketRequest(), token=token),
            call(auth.ListSessions, auth_pb2.ListSessionsRequest(), token=token),
            call(auth.RevokeOtherSessions, auth_pb2.RevokeOtherSessionsRequest(), token=token),
        ):
            assert (await refused(awaited)).code == code
    async with auth_database.reading() as connection:
        name = await connection.fetchval("SELECT name FROM account WHERE id = $1", uuid.UUID(str(victim.account_id)))
    assert name == "Test Person"
