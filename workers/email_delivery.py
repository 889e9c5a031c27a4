"""Sends the e-mails that the notification service has stored.

What is to be sent, and whether it was, is that service's truth. A job that dies leaves a lease that runs
out, and the sweeper finds the e-mail again; every try carries the same Message-ID.
"""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from typing import Any

import aiosmtplib
import structlog
from email_validator import validate_email
from prometheus_client import Counter

from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc
from runtime.channels import ServiceIdentity, call
from runtime.errors import ServiceError
from runtime.job_queue import DELIVER_EMAIL, JobQueue
from runtime.request_context import begin_request
from runtime.settings import WorkerSettings

log = structlog.get_logger()

SMTP_SECONDS = 15.0
REQUEST_ID_HEADER = "X-Innkeeper-Request-Id"
_SWEEP_PAGE = 100

EMAILS = Counter("innkeeper_emails_total", "Attempts to hand an e-mail to the mail server", ("outcome",))


class NotSent(Exception):
    """The mail server did not take it. `reason` names no address; a permanent refusal is not tried again."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


async def deliver_email(ctx: dict[str, Any], delivery_id: str) -> str:
    """arq job. Claims the delivery, hands it to the mail server, and says how that went."""
    begin_request()
    notifications: notification_pb2_grpc.NotificationServiceAsyncStub = ctx["notifications"]
    identity: ServiceIdentity = ctx["identity"]
    try:
        claim = notification_pb2.ClaimDeliveryRequest(delivery_id=delivery_id)
        claimed = await call(notifications.ClaimDelivery, claim, token=await identity.token())
        if not claimed.HasField("email"):
            return "nothing to send"
        begin_request(claimed.email.request_id)
        finish = await _attempt(ctx, delivery_id, claimed.email)
        await call(notifications.FinishDelivery, finish, token=await identity.token())
        if finish.sent and claimed.email.booking_id:
            await _tell_booking(ctx, delivery_id, claimed.email)
    except ServiceError as failure:
        log.warning("email.put_off", delivery_id=delivery_id, reason=failure.code)
        return "put off"
    outcome = "sent" if finish.sent else "refused" if finish.permanent else "failed"
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
    ctx: dict[str, Any], delivery_id: str, email: notification_pb2.EmailMessage
) -> notification_pb2.FinishDeliveryRequest:
    try:
        calendar = b""
        if email.with_calendar or not email.to_address:
            calendar = await _from_booking(ctx, email)
        await _send(ctx["settings"], email, calendar)
    except NotSent as refusal:
        return notification_pb2.FinishDeliveryRequest(
            delivery_id=delivery_id, failure=refusal.reason, permanent=refusal.permanent
        )
    return notification_pb2.FinishDeliveryRequest(delivery_id=delivery_id, sent=True)


async def _from_booking(ctx: dict[str, Any], email: notification_pb2.EmailMessage) -> bytes:
    """Fills in the address of a guest without an account; answers the stay's calendar file if it goes along."""
    bookings: booking_pb2_grpc.BookingServiceAsyncStub = ctx["bookings"]
    identity: ServiceIdentity = ctx["identity"]
    try:
        asked = booking_pb2.GetBookingsRequest(ids=[email.booking_id])
        found = (await call(bookings.GetBookings, asked, token=await identity.token())).bookings
        if not email.to_address:
            if not found or not found[0].guest.email:
                raise NotSent("nobody to write to", permanent=True)
            email.to_address = found[0].guest.email
        if not (found and email.with_calendar):
            return b""
        document = booking_pb2.ReadDocumentRequest(secret=found[0].document_secret)
        return (await call(bookings.ReadDocument, document, token="")).calendar
    except ServiceError as failure:
        raise NotSent(f"booking answered {failure.code}", permanent=False) from None


async def _tell_booking(ctx: dict[str, Any], delivery_id: str, email: notification_pb2.EmailMessage) -> None:
    """For the booking's timeline. The mail is out, so a booking that does not hear of it changes nothing."""
    bookings: booking_pb2_grpc.BookingServiceAsyncStub = ctx["bookings"]
    identity: ServiceIdentity = ctx["identity"]
    recipient = booking_pb2.NOTICE_RECIPIENT_HOTELIER if email.to_hotelier else booking_pb2.NOTICE_RECIPIENT_GUEST
    told = booking_pb2.RecordNoticeRequest(
        booking_id=email.booking_id, delivery_id=delivery_id, kind=email.kind, recipient=recipient
    )
    try:
        await call(bookings.RecordNotice, told, token=await identity.token())
    except ServiceError as failure:
        log.warning("email.not_on_the_timeline", delivery_id=delivery_id, reason=failure.code)


async def _send(settings: WorkerSettings, email: notification_pb2.EmailMessage, calendar: bytes) -> None:
    try:
        await aiosmtplib.send(
            compose(settings.mail_from, email, calendar),
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username or None,
            password=settings.smtp_password.get_secret_value() or None,
            start_tls=settings.smtp_start_tls,
            timeout=SMTP_SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as refusal:
        raise _judged(refusal.recipients[0]) from None
    except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as refusal:
        raise _judged(refusal) from None
    except aiosmtplib.SMTPNotSupported:
        raise NotSent("the mail server does not take such addresses", permanent=True) from None
    except (aiosmtplib.SMTPException, OSError) as failure:  # it is not the mail that is at fault
        raise NotSent(type(failure).__name__, permanent=False) from None
    except ValueError:
        raise NotSent("this cannot be written as a mail", permanent=True) from None


def _judged(refusal: aiosmtplib.SMTPResponseException) -> NotSent:
    """5xx is final, 4xx is for now (RFC 5321, section 4.2.1). The server's words are left out: they name people."""
    return NotSent(f"SMTP {refusal.code}", permanent=refusal.code >= 500)


def compose(mail_from: str, email: notification_pb2.EmailMessage, calendar: bytes = b"") -> EmailMessage:
    """The mail as it goes over the wire: text and HTML, one recipient, perhaps a calendar file."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(*parseaddr(mail_from))
    message["To"] = _address(email.to_name, email.to_address)
    message["Subject"] = email.subject
    message["Date"] = formatdate()
    message["Message-ID"] = email.message_id
    message["Auto-Submitted"] = "auto-generated"
    message[REQUEST_ID_HEADER] = email.request_id
    message.set_content(email.text)
    message.add_alternative(email.html, subtype="html")
    if calendar:
        message.add_attachment(calendar, maintype="text", subtype="calendar", filename="stay.ics")
    message["Content-Language"] = email.locale  # before the parts are there it would become the first one's
    return message


def _address(name: str, address: str) -> Address:
    """A foreign domain is written in ASCII, which every server takes; a foreign local part has no such form."""
    spelling = validate_email(address, check_deliverability=False)
    username, _, domain = (spelling.ascii_email or spelling.normalized).rpartition("@")
    return Address(display_name=name, username=username, domain=domain)
