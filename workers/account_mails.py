"""Sends the mails of accounts: verifications, new passwords, news of changes.

What is to be sent is the auth service's truth, and it writes each mail when it is claimed, so that its one-time token
is nowhere before. A job that dies leaves a claim that runs out.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from prometheus_client import Counter

from contracts.auth.v1 import account_pb2, account_pb2_grpc
from contracts.notification.v1 import notification_pb2
from runtime.channels import ServiceIdentity, call
from runtime.errors import ServiceError
from runtime.request_context import begin_request
from workers.email_delivery import NotSent, send_email

log = structlog.get_logger()

_AT_ONCE = 10
_BEGIN_WITHIN_SECONDS = 3.0  # later ones wait for the next run: what a job claims it must also have tried

ACCOUNT_MAILS = Counter("innkeeper_account_mails_total", "Attempts to send a mail of an account", ("outcome",))
for _outcome in ("sent", "refused", "failed"):
    ACCOUNT_MAILS.labels(_outcome)


async def send_account_mails(ctx: dict[str, Any]) -> int:
    """arq job and cron job. Claims what is due until nothing is, or until it is late; answers how many were sent."""
    began = asyncio.get_running_loop().time()
    begin_request()
    accounts: account_pb2_grpc.AccountServiceAsyncStub = ctx["accounts"]
    identity: ServiceIdentity = ctx["identity"]
    claim = account_pb2.ClaimAccountMailsRequest(first=_AT_ONCE)
    sent = 0
    while asyncio.get_running_loop().time() - began < _BEGIN_WITHIN_SECONDS:
        try:
            mails = (await call(accounts.ClaimAccountMails, claim, token=await identity.token())).mails
        except ServiceError as failure:
            log.warning("account_mails.put_off", reason=failure.code)
            break
        if not mails:
            break
        sent += sum(await asyncio.gather(*(_deliver(ctx, mail) for mail in mails)))
    return sent


async def _deliver(ctx: dict[str, Any], mail: account_pb2.AccountMail) -> bool:
    """Whether it was sent. One whose end cannot be told is claimed and sent again, under the same Message-ID."""
    begin_request(mail.request_id)
    accounts: account_pb2_grpc.AccountServiceAsyncStub = ctx["accounts"]
    identity: ServiceIdentity = ctx["identity"]
    finish = await _attempt(ctx, mail)
    try:
        await call(accounts.FinishAccountMail, finish, token=await identity.token())
    except ServiceError as failure:
        log.warning("account_mail.end_not_told", mail_id=mail.id, reason=failure.code)
    return finish.sent


async def _attempt(ctx: dict[str, Any], mail: account_pb2.AccountMail) -> account_pb2.FinishAccountMailRequest:
    message = notification_pb2.EmailMessage(
        to_address=mail.to_address,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        message_id=mail.message_id,
        request_id=mail.request_id,
        locale=mail.locale,
    )
    try:
        await send_email(ctx["settings"], message)
    except NotSent as refusal:
        ACCOUNT_MAILS.labels("refused" if refusal.permanent else "failed").inc()
        log.warning("account_mail.not_sent", mail_id=mail.id, reason=refusal.reason)
        return account_pb2.FinishAccountMailRequest(id=mail.id, permanent=refusal.permanent)
    ACCOUNT_MAILS.labels("sent").inc()
    return account_pb2.FinishAccountMailRequest(id=mail.id, sent=True)
