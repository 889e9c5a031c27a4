"""What people do with their own account."""

from __future__ import annotations

import uuid

import grpc
import structlog

from contracts.auth.v1 import account_pb2, auth_pb2
from grpc_services.auth import account_queries, api_client_queries, events, password_rules, queries, rules
from grpc_services.auth.errors import EmailTaken, TokenSpent, WrongPassword
from grpc_services.auth.mail_tokens import token_hash
from grpc_services.auth.mails import Mails, Purpose
from grpc_services.auth.messages import account_message
from grpc_services.auth.passwords import Passwords
from grpc_services.auth.sign_in_delays import SignInDelays
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput, Unauthenticated
from runtime.identifiers import parse_id
from runtime.identity import NOBODY, require_account

log = structlog.get_logger()


class AccountMethods:
    _database: Database
    _passwords: Passwords
    _mails: Mails
    _delays: SignInDelays

    async def UpdateAccount(
        self,
        request: account_pb2.UpdateAccountRequest,
        context: grpc.aio.ServicerContext[account_pb2.UpdateAccountRequest, auth_pb2.Account],
    ) -> auth_pb2.Account:
        caller = require_account()
        async with self._database.transaction() as connection:
            account = await _lock(connection, caller.account_id)
            changed = await account_queries.UPDATE_PROFILE.fetch_row(
                connection,
                id=caller.account_id,
                name=rules.check_name(request.name) if request.HasField("name") else account["name"],
                locale=rules.check_locale(request.locale) if request.HasField("locale") else account["locale"],
                phone=rules.check_phone(request.phone) if request.HasField("phone") else account["phone"],
                time_zone=(
                    rules.check_time_zone(request.time_zone) if request.HasField("time_zone") else account["time_zone"]
                ),
            )
        if changed is None:
            raise Unauthenticated("This account no longer exists.")
        return account_message(changed)

    async def ChangePassword(
        self,
        request: account_pb2.ChangePasswordRequest,
        context: grpc.aio.ServicerContext[account_pb2.ChangePasswordRequest, auth_pb2.Account],
    ) -> auth_pb2.Account:
        caller = require_account()
        account = await self._confirmed(caller.account_id, request.password)
        password = password_rules.check_password(request.new_password, account["email_key"], field="newPassword")
        new_hash = await self._passwords.hash(password)
        async with self._database.transaction() as connection:
            account = await _lock(connection, caller.account_id, same_as=account)
            await self._set_password(connection, account, new_hash, but=caller.session_id)
        log.info("account.password_changed", account_id=str(caller.account_id))
        return account_message(account)

    async def ChangeEmail(
        self,
        request: account_pb2.ChangeEmailRequest,
        context: grpc.aio.ServicerContext[account_pb2.ChangeEmailRequest, account_pb2.MailAsked],
    ) -> account_pb2.MailAsked:
        """Whether somebody has the new address is told to nobody but its owner, by no mail."""
        caller = require_account()
        new_email = rules.check_email(request.new_email, field="newEmail")
        account = await self._confirmed(caller.account_id, request.password)
        if rules.email_key(new_email) == account["email_key"]:
            raise InvalidInput("This is your address already.", path=("newEmail",))
        async with self._database.transaction() as connection:
            account = await _lock(connection, caller.account_id, same_as=account)
            await self._spend(connection, caller.account_id, Purpose.CONFIRM_EMAIL)
            if await self._may_be_mailed(new_email):
                await self._mails.ask(
                    connection,
                    Purpose.CONFIRM_EMAIL,
                    account_id=caller.account_id,
                    address=new_email,
                    locale=account["locale"],
                )
        return account_pb2.MailAsked(address=new_email)

    async def SendVerification(
        self,
        request: account_pb2.SendVerificationRequest,
        context: grpc.aio.ServicerContext[account_pb2.SendVerificationRequest, account_pb2.MailAsked],
    ) -> account_pb2.MailAsked:
        caller = require_account()
        async with self._database.transaction() as connection:
            account = await _lock(connection, caller.account_id)
            if account["email_verified_at"] is None and await self._may_be_mailed(account["email"]):
                await self._mails.ask(
                    connection,
                    Purpose.VERIFY_EMAIL,
                    account_id=caller.account_id,
                    address=account["email"],
                    locale=account["locale"],
                )
        return account_pb2.MailAsked(address=account["email"])

    async def VerifyEmail(
        self,
        request: account_pb2.VerifyEmailRequest,
        context: grpc.aio.ServicerContext[account_pb2.VerifyEmailRequest, account_pb2.VerifyEmailResponse],
    ) -> account_pb2.VerifyEmailResponse:
        async with self._database.transaction() as connection:
            mail = await _use(connection, request.token, Purpose.VERIFY_EMAIL, Purpose.CONFIRM_EMAIL)
            account_id, key = mail["account_id"], rules.email_key(mail["address"])
            if mail["purpose"] == Purpose.CONFIRM_EMAIL:
                account = await _lock(connection, account_id)
                if not await account_queries.SET_EMAIL.execute(
                    connection, id=account_id, email=mail["address"], email_key=key
                ):
                    raise EmailTaken("There is already an account with this e-mail address.", path=("token",))
                await self._spend(connection, account_id, Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD)
                await self._mails.ask(
                    connection,
                    Purpose.EMAIL_CHANGED,
                    account_id=account_id,
                    address=account["email"],
                    locale=account["locale"],
                )
            elif not await account_queries.VERIFY_EMAIL.execute(connection, id=account_id, email_key=key):
                raise TokenSpent
        log.info("account.email_verified", account_id=str(account_id))
        return account_pb2.VerifyEmailResponse(account_id=str(account_id))

    async def RequestPasswordReset(
        self,
        request: account_pb2.RequestPasswordResetRequest,
        context: grpc.aio.ServicerContext[account_pb2.RequestPasswordResetRequest, account_pb2.MailAsked],
    ) -> account_pb2.MailAsked:
        """Looks nothing up: whose address it is, is found out when the mail is to be sent."""
        email = rules.check_email(request.email)
        mailbox, asking = self._delays.of_mails(rules.email_key(email), request.address)
        await self._delays.begin(asking)
        if await self._delays.may_go_on((mailbox,)):
            async with self._database.transaction() as connection:
                await self._mails.ask(
                    connection,
                    Purpose.RESET_PASSWORD,
                    account_id=None,
                    address=email,
                    locale=rules.DEFAULT_LOCALE,
                )
        return account_pb2.MailAsked(address=email)

    async def ResetPassword(
        self,
        request: account_pb2.ResetPasswordRequest,
        context: grpc.aio.ServicerContext[account_pb2.ResetPasswordRequest, account_pb2.ResetPasswordResponse],
    ) -> account_pb2.ResetPasswordResponse:
        """A password that will not do leaves the token as it is."""
        password = password_rules.check_password(request.new_password, "", field="newPassword")
        async with self._database.transaction() as connection:
            mail = await _use(connection, request.token, Purpose.RESET_PASSWORD)
            account = await _lock(connection, mail["account_id"])
            password_rules.check_password(password, account["email_key"], field="newPassword")
            new_hash = await self._passwords.hash(password)
            await self._set_password(connection, account, new_hash)
            await account_queries.VERIFY_EMAIL.execute(
                connection, id=account["id"], email_key=rules.email_key(mail["address"])
            )
        await self._delays.succeeded(self._delays.of_sign_in(account["email_key"], "", familiar=False))
        log.info("account.password_reset", account_id=str(account["id"]))
        return account_pb2.ResetPasswordResponse(account_id=str(account["id"]))

    async def DeleteAccount(
        self,
        request: account_pb2.DeleteAccountRequest,
        context: grpc.aio.ServicerContext[account_pb2.DeleteAccountRequest, account_pb2.DeleteAccountResponse],
    ) -> account_pb2.DeleteAccountResponse:
        caller = require_account()
        account = await self._confirmed(caller.account_id, request.password)
        async with self._database.transaction() as connection:
            account = await _lock(connection, caller.account_id, same_as=account)
            await self._end_sessions(connection, caller.account_id)
            for client in await api_client_queries.REVOKE_CLIENTS_OF.fetch(connection, account_id=caller.account_id):
                await events.publish_client_revoked(connection, caller.account_id, client["id"])
            await account_queries.FORGET_MAILS_OF.execute(connection, account_id=caller.account_id)
            await account_queries.DELETE_ACCOUNT.execute(connection, id=caller.account_id)
            await self._mails.ask(
                connection,
                Purpose.ACCOUNT_DELETED,
                account_id=None,
                address=account["email"],
                locale=account["locale"],
            )
            await events.publish_account_deleted(connection, caller.account_id)
        log.info("account.deleted", account_id=str(caller.account_id))
        return account_pb2.DeleteAccountResponse(account_id=str(caller.account_id))

    async def _confirmed(self, account_id: uuid.UUID, password: str) -> Record:
        """The account, whose password this is; guessing it in a session that was left open gets slower too."""
        async with self._database.transaction() as connection:
            account = await _lock(connection, account_id)
        counted = self._delays.of_sign_in(str(account_id), "", familiar=False)
        await self._delays.begin(counted)
        right, _ = await self._passwords.verify(password, account["password_hash"])
        if not right:
            raise WrongPassword
        await self._delays.succeeded(counted)
        return account

    async def _set_password(
        self, connection: Connection, account: Record, password_hash: str, *, but: str = ""
    ) -> None:
        await account_queries.SET_PASSWORD.execute(connection, id=account["id"], password_hash=password_hash)
        await self._spend(connection, account["id"], Purpose.RESET_PASSWORD)
        await self._end_sessions(connection, account["id"], but=but)
        await self._mails.ask(
            connection,
            Purpose.PASSWORD_CHANGED,
            account_id=account["id"],
            address=account["email"],
            locale=account["locale"],
        )

    async def _end_sessions(self, connection: Connection, account_id: uuid.UUID, *, but: str = "") -> None:
        kept = parse_id(but, path=("sessionId",)) if but else NOBODY
        ended = await queries.REVOKE_SESSIONS.fetch(connection, account_id=account_id, but=kept)
        await events.publish_sessions_revoked(connection, account_id, [row["id"] for row in ended])

    async def _spend(self, connection: Connection, account_id: uuid.UUID, *purposes: Purpose) -> None:
        await account_queries.SPEND_TOKENS.execute(connection, account_id=account_id, purposes=list(purposes))

    async def _may_be_mailed(self, address: str) -> bool:
        """Nobody's mailbox is filled by asking again and again."""
        mailbox, _ = self._delays.of_mails(rules.email_key(address), "")
        return await self._delays.may_go_on((mailbox,))


async def _lock(connection: Connection, account_id: uuid.UUID, *, same_as: Record | None = None) -> Record:
    """The account; raises Unauthenticated when it is gone, or has another password than a moment ago."""
    account = await account_queries.LOCK_ACCOUNT.fetch_row(connection, id=account_id)
    if account is None or (same_as is not None and account["password_hash"] != same_as["password_hash"]):
        raise Unauthenticated("This account has changed meanwhile; please sign in again.")
    return account


async def _use(connection: Connection, token: str, *purposes: Purpose) -> Record:
    mail = await account_queries.USE_TOKEN.fetch_row(
        connection, token_hash=token_hash(token), purposes=[purpose.value for purpose in purposes]
    )
    if mail is None:
        raise TokenSpent
    return mail
