"""Sends the e-mails that the notification service has stored.

What is to be sent, and whether it was, is that service's truth. A job that dies leaves a lease that runs
out, and the sweeper finds the e-mail again; every try carries the same Message-ID.
"""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from typing import Any, TypeAlias

import aiosmtplib
import structlog
from email_validator import validate_email
from prometheus_client import Counter

from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc
from contracts.salon.v1 import appointment_pb2, appointment_pb2_grpc
from runtime.channels import ServiceIdentity, call
from runtime.errors import ServiceError
from runtime.job_queue import DELIVER_EMAIL, JobQueue
from runtime.request_context import begin_request
from runtime.settings import WorkerSettings

log = structlog.get_logger()

SMTP_SECONDS = 15.0
REQUEST_ID_HEADER = "X-Innkeeper-Request-Id"
_SWEEP_PAGE = 100

EMAILS = Counter("innkeeper_emails_total", "What became of e-mails when their turn came", ("outcome",))
for _outcome in ("sent", "refused", "given up", "failed", "suppressed"):  # from the start: the first is an increase too
    EMAILS.labels(_outcome)

About: TypeAlias = notification_pb2.EmailMessage | notification_pb2.UnsentEmail


class NotSent(Exception):
    """The mail server did not take it. `reason` names no address; a permanent refusal is not tried again;
    `of_address` says that it was the recipient whom it did not take."""

    def __init__(self, reason: str, *, permanent: bool, of_address: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.of_address = of_address


async def deliver_email(ctx: dict[str, Any], delivery_id: str) -> str:
    """arq job. Claims the delivery, hands it to the mail server, and says how that went."""
    begin_request()
    notifications: notification_pb2_grpc.NotificationServiceAsyncStub = ctx["notifications"]
    identity: ServiceIdentity = ctx["identity"]
    try:
        claim = notification_pb2.ClaimDeliveryRequest(delivery_id=delivery_id)
        claimed = await call(notifications.ClaimDelivery, claim, token=await identity.token())
        if claimed.HasField("unsent"):
            return await _not_sent(ctx, delivery_id, claimed.unsent)
        if not claimed.HasField("email"):
            return "nothing to send"
        begin_request(claimed.email.request_id)
        finish = await _attempt(ctx["settings"], delivery_id, claimed.email)
        finished = await call(notifications.FinishDelivery, finish, token=await identity.token())
        given_up = not finish.sent and not finished.HasField("next_attempt_at")
        if finish.sent or given_up:
            await _tell_owner(ctx, delivery_id, claimed.email, failed=given_up)
    except ServiceError as failure:
        log.warning("email.put_off", delivery_id=delivery_id, reason=failure.code)
        return "put off"
    outcome = "sent" if finish.sent else "refused" if finish.permanent else "given up" if given_up else "failed"
    EMAILS.labels(outcome).inc()
    log.info("email.attempted", delivery_id=delivery_id, outcome=outcome, reason=finish.failure)
    return outcome


async def sweep_due_deliveries(ctx: dict[str, Any]) -> int:
    """arq cron job: wakes every delivery that is due, whatever Redis forgot."""
    begin_request()
    notifications: notification_pb2_grpc.NotificationServiceAsyncStub = ctx["notifications"]
    identity: ServiceIdentity = ctx["identity"]
    due = await call(
        notifications.ListDueDeliveries,
        notification_pb2.ListDueDeliveriesRequest(first=_SWEEP_PAGE),
        token=await identity.token(),
    )
    for delivery_id in due.delivery_ids:
        await wake_delivery(ctx["jobs"], delivery_id)
    return len(due.delivery_ids)


async def wake_delivery(jobs: JobQueue, delivery_id: str) -> None:
    await jobs.wake(DELIVER_EMAIL, delivery_id, job_id=f"email:{delivery_id}")


async def _attempt(
    settings: WorkerSettings, delivery_id: str, email: notification_pb2.EmailMessage
) -> notification_pb2.FinishDeliveryRequest:
    try:
        await send_email(settings, email)
    except NotSent as refusal:
        return notification_pb2.FinishDeliveryRequest(
            delivery_id=delivery_id,
            failure=refusal.reason,
            permanent=refusal.permanent,
            address_refused=refusal.permanent and refusal.of_address,
        )
    return notification_pb2.FinishDeliveryRequest(delivery_id=delivery_id, sent=True)


async def _not_sent(ctx: dict[str, Any], delivery_id: str, unsent: notification_pb2.UnsentEmail) -> str:
    """What ended before anybody was written to is counted all the same; a timeline tells of what failed only."""
    begin_request(unsent.request_id)
    failed = unsent.state == notification_pb2.DELIVERY_STATE_FAILED
    outcome = "given up" if failed else "suppressed"
    EMAILS.labels(outcome).inc()
    log.info("email.not_sent", delivery_id=delivery_id, outcome=outcome, reason=unsent.reason)
    if failed:
        await _tell_owner(ctx, delivery_id, unsent, failed=True)
    return outcome


async def _tell_owner(ctx: dict[str, Any], delivery_id: str, email: About, *, failed: bool) -> None:
    """For the timeline of what it is about. What became of the mail stands, also when nobody hears of it."""
    if email.booking_id:
        await _tell_booking(ctx, delivery_id, email, failed=failed)
    if email.appointment_id:
        await _tell_salon(ctx, delivery_id, email, failed=failed)


async def _tell_booking(ctx: dict[str, Any], delivery_id: str, email: About, *, failed: bool) -> None:
    bookings: booking_pb2_grpc.BookingServiceAsyncStub = ctx["bookings"]
    identity: ServiceIdentity = ctx["identity"]
    recipient = booking_pb2.NOTICE_RECIPIENT_HOTELIER if email.to_hotelier else booking_pb2.NOTICE_RECIPIENT_GUEST
    told = booking_pb2.RecordNoticeRequest(
        booking_id=email.booking_id, delivery_id=delivery_id, kind=email.kind, recipient=recipient, failed=failed
    )
    try:
        await call(bookings.RecordNotice, told, token=await identity.token())
    except ServiceError as failure:
        log.warning("email.not_on_the_timeline", delivery_id=delivery_id, reason=failure.code)


async def _tell_salon(ctx: dict[str, Any], delivery_id: str, email: About, *, failed: bool) -> None:
    appointments: appointment_pb2_grpc.AppointmentServiceAsyncStub = ctx["appointments"]
    identity: ServiceIdentity = ctx["identity"]
    told = appointment_pb2.RecordAppointmentNoticeRequest(
        appointment_id=email.appointment_id,
        delivery_id=delivery_id,
        kind=email.kind,
        recipient=appointment_pb2.APPOINTMENT_NOTICE_RECIPIENT_SALON
        if email.to_hotelier
        else appointment_pb2.APPOINTMENT_NOTICE_RECIPIENT_CLIENT,
        failed=failed,
    )
    try:
        await call(appointments.RecordAppointmentNotice, told, token=await identity.token())
    except ServiceError as failure:
        log.warning("email.not_on_the_timeline", delivery_id=delivery_id, reason=failure.code)


async def send_email(settings: WorkerSettings, email: notification_pb2.EmailMessage) -> None:
    try:
        await aiosmtplib.send(
            compose(settings.mail_from, email),
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username or None,
            password=settings.smtp_password.get_secret_value() or None,
            start_tls=settings.smtp_start_tls,
            timeout=SMTP_SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as refusal:
        raise _judged(refusal.recipients[0], of_address=True) from None
    except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as refusal:
        raise _judged(refusal) from None
    except aiosmtplib.SMTPNotSupported:
        raise NotSent("the mail server does not take such addresses", permanent=True) from None
    except (aiosmtplib.SMTPException, OSError) as failure:  # it is not the mail that is at fault
        raise NotSent(type(failure).__name__, permanent=False) from None
    except ValueError:
        raise NotSent("this cannot be written as a mail", permanent=True) from None


def _judged(refusal: aiosmtplib.SMTPResponseException, *, of_address: bool = False) -> NotSent:
    """5xx is final, 4xx is for now (RFC 5321, section 4.2.1). The server's words are left out: they name people."""
    return NotSent(f"SMTP {refusal.code}", permanent=refusal.code >= 500, of_address=of_address)


def compose(mail_from: str, email: notification_pb2.EmailMessage) -> EmailMessage:
    """The mail as it goes over the wire: text and HTML, one recipient, perhaps a calendar file. A mail that can be
    switched off says where: by a page, and by one request of the mail program itself (RFC 8058)."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(*parseaddr(mail_from))
    message["To"] = _address(email.to_name, email.to_address)
    message["Subject"] = email.subject
    message["Date"] = formatdate()
    message["Message-ID"] = email.message_id
    message["Auto-Submitted"] = "auto-generated"
    message[REQUEST_ID_HEADER] = email.request_id
    if email.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{email.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(email.text)
    message.add_alternative(email.html, subtype="html")
    if email.calendar:
        message.add_attachment(
            email.calendar,
            maintype="text",
            subtype="calendar",
            filename=email.calendar_name,
            params={"method": email.calendar_method, "charset": "utf-8"},
        )
    message["Content-Language"] = email.locale  # before the parts are there it would become the first one's
    return message


def _address(name: str, address: str) -> Address:
    """A foreign domain is written in ASCII, which every server takes; a foreign local part has no such form."""
    spelling = validate_email(address, check_deliverability=False)
    username, _, domain = (spelling.ascii_email or spelling.normalized).rpartition("@")
    return Address(display_name=name, username=username, domain=domain)
