"""Sends the mails of accounts: verifications, new passwords, news of changes.

What is to be sent is the auth service's truth, and it writes each mail when it is claimed, so that its one-time token
is nowhere before. A job that dies leaves a claim that runs out.
"""

from __future__ import annotations

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

_AT_ONCE = 20

ACCOUNT_MAILS = Counter("innkeeper_account_mails_total", "Attempts to send a mail of an account", ("outcome",))


async def send_account_mails(ctx: dict[str, Any]) -> int:
    """arq job and cron job. Claims what is due until nothing is; answers how many were sent."""
    begin_request()
    accounts: account_pb2_grpc.AccountServiceAsyncStub = ctx["accounts"]
    identity: ServiceIdentity = ctx["identity"]
    sent = 0
    try:
        while True:
            claim = account_pb2.ClaimAccountMailsRequest(first=_AT_ONCE)
            mails = (await call(accounts.ClaimAccountMails, claim, token=await identity.token())).mails
            if not mails:
                return sent
            for mail in mails:
                begin_request(mail.request_id)
                finish = await _attempt(ctx, mail)
                await call(accounts.FinishAccountMail, finish, token=await identity.token())
                sent += finish.sent
    except ServiceError as failure:
        log.warning("account_mails.put_off", reason=failure.code)
        return sent


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
