"""Account mails on their way: claimed, written in somebody's language, sent by a worker."""

from __future__ import annotations

import grpc
import structlog

from contracts.auth.v1 import account_pb2
from grpc_services.auth import account_queries, mail_texts, rules
from grpc_services.auth.mail_tokens import MailTokens
from grpc_services.auth.mails import MOST_ATTEMPTS, WITH_TOKEN, Purpose
from runtime.cursors import page_size
from runtime.database import Connection, Database, Record
from runtime.identifiers import parse_id
from runtime.identity import Role, require_role

log = structlog.get_logger()


class AccountMailMethods:
    _database: Database
    _mail_tokens: MailTokens
    _public_url: str
    _mail_domain: str

    async def ClaimAccountMails(
        self,
        request: account_pb2.ClaimAccountMailsRequest,
        context: grpc.aio.ServicerContext[account_pb2.ClaimAccountMailsRequest, account_pb2.ClaimAccountMailsResponse],
    ) -> account_pb2.ClaimAccountMailsResponse:
        require_role(Role.SYSTEM)
        mails = []
        async with self._database.transaction() as connection:
            for row in await account_queries.CLAIM_MAILS.fetch(connection, row_limit=page_size(request.first)):
                recipient = await _recipient(connection, row)
                if recipient is None or not row["alive"] or row["attempts"] > MOST_ATTEMPTS:
                    await account_queries.END_MAIL.execute(connection, id=row["id"])
                else:
                    mails.append(self._written(row, *recipient))
        return account_pb2.ClaimAccountMailsResponse(mails=mails)

    async def FinishAccountMail(
        self,
        request: account_pb2.FinishAccountMailRequest,
        context: grpc.aio.ServicerContext[account_pb2.FinishAccountMailRequest, account_pb2.FinishAccountMailResponse],
    ) -> account_pb2.FinishAccountMailResponse:
        require_role(Role.SYSTEM)
        identifier = parse_id(request.id, path=("id",))
        if request.sent or request.permanent:
            async with self._database.transaction() as connection:
                await account_queries.END_MAIL.execute(connection, id=identifier)
        log.info("account_mail.attempted", mail_id=request.id, sent=request.sent, permanent=request.permanent)
        return account_pb2.FinishAccountMailResponse()

    def _written(self, row: Record, address: str, locale: str) -> account_pb2.AccountMail:
        purpose = Purpose(row["purpose"])
        link = f"{self._public_url}{mail_texts.PAGES[purpose]}"
        if purpose in WITH_TOKEN:
            link += f"?token={self._mail_tokens.of_mail(row['id'])}&lang={locale}"
        text = mail_texts.written(purpose, locale, link)
        return account_pb2.AccountMail(
            id=str(row["id"]),
            to_address=address,
            subject=text.subject,
            text=text.plain,
            html=text.html,
            message_id=f"<account.{row['id'].hex}@{self._mail_domain}>",
            request_id=row["request_id"],
            locale=locale,
        )


async def _recipient(connection: Connection, row: Record) -> tuple[str, str] | None:
    """Address and language; None when there is nobody to write to after all."""
    if row["purpose"] not in (Purpose.RESET_PASSWORD, Purpose.CONFIRM_EMAIL):
        return row["address"], row["locale"]
    account = await account_queries.ACCOUNT_BY_KEY.fetch_row(connection, email_key=rules.email_key(row["address"]))
    if row["purpose"] == Purpose.CONFIRM_EMAIL:
        return (row["address"], row["locale"]) if account is None else None
    if account is None:
        return None
    await account_queries.ADDRESS_MAIL.execute(
        connection, id=row["id"], account_id=account["id"], locale=account["locale"]
    )
    return account["email"], account["locale"]
