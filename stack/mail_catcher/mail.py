"""One mail, taken apart into what a person reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

from stack.mail_catcher.calendar_file import CalendarFile, read_calendar

REQUEST_ID_HEADER = "X-Innkeeper-Request-Id"
RECIPIENT_HEADER = "Delivered-To"  # one for each recipient of the envelope, blind copies included


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes
    text: str | None = None  # what can be read of it on a page; None for pictures, archives and the like

    @property
    def calendar(self) -> CalendarFile | None:
        return read_calendar(self.content)


@dataclass(frozen=True)
class Mail:
    id: str
    sender: str
    recipients: tuple[str, ...]  # bare addresses
    subject: str
    sent_at: dt.datetime
    text: str | None
    html: str | None
    headers: tuple[tuple[str, str], ...]
    attachment_names: tuple[str, ...]

    @property
    def request_id(self) -> str | None:
        wanted = REQUEST_ID_HEADER.lower()
        return next((value for name, value in self.headers if name.lower() == wanted), None)

    def matches(self, words: str) -> bool:
        """Whether recipient or subject contains the words; case does not count."""
        wanted = words.strip().casefold()
        return any(wanted in place.casefold() for place in (self.subject, *self.recipients))


def read_mail(identifier: str, source: bytes, received_at: dt.datetime) -> Mail:
    """Never raises: a broken mail shows what can be made of it."""
    message = _parse(source)
    headers = tuple(_headers(message))
    return Mail(
        id=identifier,
        sender=_first(headers, "From") or _first(headers, "Return-Path"),
        recipients=tuple(value.strip() for name, value in headers if name == RECIPIENT_HEADER),
        subject=_first(headers, "Subject"),
        sent_at=_sent_at(_first(headers, "Date")) or received_at,
        text=_body(message, "plain"),
        html=_body(message, "html"),
        headers=headers,
        attachment_names=tuple(attachment.name for attachment in _attachments(message)),
    )


def read_attachments(source: bytes) -> list[Attachment]:
    return list(_attachments(_parse(source)))


def _parse(source: bytes) -> EmailMessage:
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(source)


def _headers(message: EmailMessage) -> Iterator[tuple[str, str]]:
    for name, raw in message.raw_items():
        written = str(raw).encode("ascii", "surrogateescape").decode("utf-8", "replace")
        try:
            value = str(message.policy.header_fetch_parse(name, written))
        except Exception:  # the standard parser stumbles over some broken headers in ways it does not document
            value = written
        yield name, " ".join(_printable(value).split())


def _first(headers: tuple[tuple[str, str], ...], wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted.lower()), "")


def _sent_at(header: str) -> dt.datetime | None:
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    return None if part is None else _text_of(part)


def _text_of(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return _printable(content.decode(part.get_content_charset("utf-8"), "replace"))
    except LookupError:
        return content.decode("utf-8", "replace")


def _attachments(message: EmailMessage) -> Iterator[Attachment]:
    for number, part in enumerate(message.iter_attachments(), 1):
        name = _printable(part.get_filename() or f"attachment-{number}")
        readable = part.get_content_maintype() == "text" or part.get_content_type() == "message/rfc822"
        content = _content_of(part)
        yield Attachment(name, content, _printable(content.decode("utf-8", "replace")) if readable else None)


def _content_of(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    if isinstance(content, bytes):
        return content
    # A mail attached to a mail is no bytes but a message of its own.
    inner = part.get_payload()
    return b"".join(each.as_bytes() for each in inner if isinstance(each, Message)) if isinstance(inner, list) else b""


def _printable(text: str) -> str:
    """Bytes that are no text arrive as lone surrogates, which no page can carry."""
    return text.encode("utf-8", "replace").decode()
