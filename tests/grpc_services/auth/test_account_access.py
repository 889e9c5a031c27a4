"""Addresses and passwords: verified, reset and changed by mails whose tokens work once."""

from __future__ import annotations

import asyncio
import uuid
from typing import TypeAlias

import pytest

from contracts.auth.v1 import account_pb2, account_pb2_grpc, auth_pb2
from grpc_services.auth.mail_tokens import token_hash
from runtime.channels import call
from runtime.database import Database
from runtime.errors import ServiceError
from tests.grpc_services.auth.mailbox import Mailbox
from tests.grpc_services.auth.people import (
    Stub,
    hashes_done,
    refresh,
    registered_and_signed_in,
    registration,
    sign_in,
)
from tests.house import PERSON_PASSWORD, refused

Accounts: TypeAlias = "account_pb2_grpc.AccountServiceAsyncStub"
NEW_PASSWORD = "another long enough secret"


async def own(auth: Stub, token: str) -> auth_pb2.Account:
    return await call(auth.GetAccount, auth_pb2.GetAccountRequest(), token=token)


async def verify(accounts: Accounts, token: str) -> account_pb2.VerifyEmailResponse:
    return await call(accounts.VerifyEmail, account_pb2.VerifyEmailRequest(token=token), token="")


async def ask_reset(accounts: Accounts, email: str) -> account_pb2.MailAsked:
    return await call(accounts.RequestPasswordReset, account_pb2.RequestPasswordResetRequest(email=email), token="")


async def reset(accounts: Accounts, token: str, password: str = NEW_PASSWORD) -> account_pb2.ResetPasswordResponse:
    request = account_pb2.ResetPasswordRequest(token=token, new_password=password)
    return await call(accounts.ResetPassword, request, token="")


async def test_a_new_address_is_verified_by_its_mail_once(auth: Stub, accounts: Accounts, mailbox: Mailbox) -> None:
    session = await registered_and_signed_in(auth)
    assert not (await own(auth, session.access_token)).email_verified
    token = await mailbox.token_to(session.account.email)
    await verify(accounts, token)
    assert (await own(auth, session.access_token)).email_verified
    assert (await refused(verify(accounts, token))).code == "TOKEN_SPENT"


@pytest.mark.parametrize("locale", ["en", "fr", "ru"])
async def test_mails_speak_the_accounts_language_and_lead_to_the_gateway(
    auth: Stub, mailbox: Mailbox, locale: str
) -> None:
    account = await call(auth.Register, registration(locale=locale), token="")
    (mail,) = await mailbox.to(account.email)
    subjects = {"en": "Please verify", "fr": "Vérifiez", "ru": "Подтвердите"}
    assert mail.subject.startswith(subjects[locale])
    assert (mail.locale, f'<html lang="{locale}">' in mail.html) == (locale, True)
    assert "http://gateway.test/account/verify?token=" in mail.text


async def test_no_token_stands_in_the_database(auth: Stub, mailbox: Mailbox, auth_database: Database) -> None:
    account = await call(auth.Register, registration(), token="")
    token = await mailbox.token_to(account.email)
    async with auth_database.reading() as connection:
        row = await connection.fetchrow(
            "SELECT mail::text AS whole, token_hash FROM account_mail AS mail WHERE account_id = $1",
            uuid.UUID(account.id),
        )
    assert row is not None
    assert token not in row["whole"]
    assert row["token_hash"] == token_hash(token)


async def test_a_lost_password_is_replaced_and_every_session_ends(
    auth: Stub, accounts: Accounts, mailbox: Mailbox
) -> None:
    session = await registered_and_signed_in(auth)
    await ask_reset(accounts, session.account.email.upper())
    token = await mailbox.token_to(session.account.email)
    await reset(accounts, token)
    assert (await refused(refresh(auth, session.refresh_token))).code == "UNAUTHENTICATED"
    assert (await refused(sign_in(auth, session.account.email))).code == "INVALID_CREDENTIALS"
    assert (await own(auth, (await sign_in(auth, session.account.email, NEW_PASSWORD)).access_token)).email_verified
    assert (await refused(reset(accounts, token))).code == "TOKEN_SPENT"
    assert [mail.subject for mail in await mailbox.to(session.account.email)][-1] == "Your password was changed"


async def test_of_parallel_uses_of_one_token_one_counts(auth: Stub, accounts: Accounts, mailbox: Mailbox) -> None:
    account = await call(auth.Register, registration(), token="")
    await ask_reset(accounts, account.email)
    token = await mailbox.token_to(account.email)
    outcomes = await asyncio.gather(*(reset(accounts, token) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(outcome, account_pb2.ResetPasswordResponse) for outcome in outcomes) == 1
    assert {outcome.code for outcome in outcomes if isinstance(outcome, ServiceError)} == {"TOKEN_SPENT"}


async def test_asking_for_a_reset_tells_nobody_whether_there_is_an_account(
    auth: Stub, accounts: Accounts, mailbox: Mailbox, auth_database: Database
) -> None:
    account = await call(auth.Register, registration(), token="")
    nobody = registration().email
    written = []
    for email in (account.email, nobody):
        before = hashes_done()
        assert await ask_reset(accounts, email) == account_pb2.MailAsked(address=email)
        assert hashes_done() == before
        async with auth_database.reading() as connection:
            row = await connection.fetchrow(
                "SELECT account_id, purpose, locale FROM account_mail WHERE address = $1 AND purpose LIKE 'RESET%'",
                email,
            )
        assert row is not None
        written.append(dict(row.items()))  # type: ignore[attr-defined]
    assert written[0] == written[1]  # the same work: whose it is, is looked up later
    assert len(await mailbox.to(account.email)) == 2
    assert await mailbox.to(nobody) == []
    async with auth_database.reading() as connection:
        kept = await connection.fetchval("SELECT count(*) FROM account_mail WHERE address = $1", nobody)
    assert kept == 0


async def test_a_token_that_ran_out_or_never_was_opens_nothing(
    auth: Stub, accounts: Accounts, mailbox: Mailbox, auth_database: Database
) -> None:
    account = await call(auth.Register, registration(), token="")
    await ask_reset(accounts, account.email)
    token = await mailbox.token_to(account.email)
    async with auth_database.transaction() as connection:
        await connection.execute("UPDATE account_mail SET expires_at = now() WHERE token_hash = $1", token_hash(token))
    for bad in (token, "never-given-out", ""):
        assert (await refused(reset(accounts, bad))).code == "TOKEN_SPENT"
    await sign_in(auth, account.email)


async def test_a_verification_token_resets_no_password(auth: Stub, accounts: Accounts, mailbox: Mailbox) -> None:
    account = await call(auth.Register, registration(), token="")
    token = await mailbox.token_to(account.email)
    assert (await refused(reset(accounts, token))).code == "TOKEN_SPENT"
    await sign_in(auth, account.email)


async def test_a_bad_new_password_leaves_the_token_for_a_better_one(
    auth: Stub, accounts: Accounts, mailbox: Mailbox
) -> None:
    account = await call(auth.Register, registration(), token="")
    await ask_reset(accounts, account.email)
    token = await mailbox.token_to(account.email)
    for bad in ("short", account.email, f"xx{account.email}xx", "password2026"):
        refusal = await refused(reset(accounts, token, bad))
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("newPassword",))
    await reset(accounts, token)


async def test_a_lost_password_may_be_replaced_by_one_with_an_at_sign(
    auth: Stub, accounts: Accounts, mailbox: Mailbox
) -> None:
    account = await call(auth.Register, registration(), token="")
    await ask_reset(accounts, account.email)
    await reset(accounts, await mailbox.token_to(account.email), "seven@nine for ever")
    await sign_in(auth, account.email, "seven@nine for ever")


async def test_a_mailbox_is_not_filled_by_asking_again_and_again(
    auth: Stub, accounts: Accounts, mailbox: Mailbox
) -> None:
    account = await call(auth.Register, registration(), token="")
    answers = [await ask_reset(accounts, account.email) for _ in range(6)]
    assert answers == [account_pb2.MailAsked(address=account.email)] * 6
    assert len(await mailbox.to(account.email)) == 1 + 3


async def test_a_changed_password_needs_the_old_one_and_ends_the_other_sessions(auth: Stub, accounts: Accounts) -> None:
    session = await registered_and_signed_in(auth)
    other = await sign_in(auth, session.account.email)
    wrong = account_pb2.ChangePasswordRequest(password="not my password", new_password=NEW_PASSWORD)
    refusal = await refused(call(accounts.ChangePassword, wrong, token=session.access_token))
    assert (refusal.code, refusal.path) == ("INVALID_CREDENTIALS", ("password",))
    await refresh(auth, other.refresh_token)
    right = account_pb2.ChangePasswordRequest(password=PERSON_PASSWORD, new_password=NEW_PASSWORD)
    await call(accounts.ChangePassword, right, token=session.access_token)
    await refresh(auth, session.refresh_token)
    living = await call(auth.ListSessions, auth_pb2.ListSessionsRequest(), token=session.access_token)
    assert [(found.id, found.current) for found in living.sessions] == [(session.session_id, True)]
    await sign_in(auth, session.account.email, NEW_PASSWORD)


async def test_an_address_changes_when_the_new_one_answers_and_the_old_one_is_told(
    auth: Stub, accounts: Accounts, mailbox: Mailbox
) -> None:
    session = await registered_and_signed_in(auth)
    new = registration().email
    request = account_pb2.ChangeEmailRequest(password=PERSON_PASSWORD, new_email=new)
    await call(accounts.ChangeEmail, request, token=session.access_token)
    assert (await own(auth, session.access_token)).email == session.account.email
    await verify(accounts, await mailbox.token_to(new))
    changed = await own(auth, session.access_token)
    assert (changed.email, changed.email_verified) == (new, True)
    assert (await mailbox.to(session.account.email))[-1].subject == "Your e-mail address was changed"
    await sign_in(auth, new)
    assert (await refused(sign_in(auth, session.account.email))).code == "INVALID_CREDENTIALS"


async def test_an_address_of_somebody_else_is_not_told_and_not_given(
    auth: Stub, accounts: Accounts, mailbox: Mailbox
) -> None:
    session = await registered_and_signed_in(auth)
    other = await call(auth.Register, registration(), token="")
    await mailbox.to(other.email)
    request = account_pb2.ChangeEmailRequest(password=PERSON_PASSWORD, new_email=other.email)
    assert (await call(accounts.ChangeEmail, request, token=session.access_token)).address == other.email
    assert len(await mailbox.to(other.email)) == 1
    late = registration()
    request = account_pb2.ChangeEmailRequest(password=PERSON_PASSWORD, new_email=late.email)
    await call(accounts.ChangeEmail, request, token=session.access_token)
    token = await mailbox.token_to(late.email)
    await call(auth.Register, late, token="")
    assert (await refused(verify(accounts, token))).code == "EMAIL_TAKEN"
    assert (await own(auth, session.access_token)).email == session.account.email


async def test_mails_are_for_our_own_processes_only(auth: Stub, accounts: Accounts) -> None:
    session = await registered_and_signed_in(auth)
    for token, code in (("", "UNAUTHENTICATED"), (session.access_token, "PERMISSION_DENIED")):
        claim = call(accounts.ClaimAccountMails, account_pb2.ClaimAccountMailsRequest(), token=token)
        assert (await refused(claim)).code == code
        finish = account_pb2.FinishAccountMailRequest(id=str(uuid.uuid4()), sent=True)
        assert (await refused(call(accounts.FinishAccountMail, finish, token=token))).code == code
