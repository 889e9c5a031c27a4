"""A real, small mail server, and what the e-mail jobs need."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from icalendar import Calendar

from contracts.booking.v1 import booking_pb2_grpc
from contracts.notification.v1 import notification_pb2_grpc, preference_pb2_grpc
from contracts.salon.v1 import appointment_pb2_grpc
from runtime.channels import ServiceIdentity
from runtime.job_queue import JobQueue
from runtime.settings import WorkerSettings


@dataclass
class MailServer:
    """Takes mails over SMTP and keeps them; the answers can be told to it."""

    recipient_answer: str = "250 OK"
    data_answer: str = "250 OK"
    taken: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer.replace("ADDRESS", address)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.data_answer.startswith("250"):
            self.taken.append(message_from_bytes(envelope.original_content or b"", policy=default))
        return self.data_answer

    @asynccontextmanager
    async def running(self) -> AsyncIterator[MailServer]:
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, hostname="mail.test", enable_SMTPUTF8=True), "127.0.0.1", 0
        )
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self


@dataclass
class PostOffice:
    """What the e-mail jobs need, over the running services."""

    notifications: notification_pb2_grpc.NotificationServiceAsyncStub
    preferences: preference_pb2_grpc.PreferenceServiceAsyncStub
    bookings: booking_pb2_grpc.BookingServiceAsyncStub
    appointments: appointment_pb2_grpc.AppointmentServiceAsyncStub
    identity: ServiceIdentity
    settings: WorkerSettings
    jobs: JobQueue
    server: MailServer
    system: str

    def context(self, **changes: Any) -> dict[str, Any]:
        return {
            "notifications": self.notifications,
            "bookings": self.bookings,
            "appointments": self.appointments,
            "identity": self.identity,
            "settings": self.settings,
            "jobs": self.jobs,
            **changes,
        }


def calendar_of(content: str) -> dict[str, str]:
    """The properties of the only event of a calendar file, and the file's method."""
    document = Calendar.from_ical(content)
    (event,) = document.events
    written = {name.lower(): event[name].to_ical() for name in event}
    read = {name: raw.decode() if isinstance(raw, bytes) else str(raw) for name, raw in written.items()}
    return {**read, "method": str(document["method"])}
