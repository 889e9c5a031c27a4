"""Mails as .eml files in one folder: the newest are kept, the oldest go."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Sequence
from pathlib import Path

from stack.mail_catcher.mail import RECIPIENT_HEADER, Attachment, Mail, read_attachments, read_mail

KEPT = 500

_IDENTIFIER = re.compile(r"[0-9a-f]{16}")


class MailStore:
    """File names are the moments of receipt, so they sort by age and survive a restart."""

    def __init__(self, folder: Path, *, kept: int = KEPT) -> None:
        self._folder = folder
        self._kept = kept
        folder.mkdir(parents=True, exist_ok=True)
        known = sorted(path.stem for path in folder.glob("*.eml") if _IDENTIFIER.fullmatch(path.stem))
        self._mails = {name: read_mail(name, self._path(name).read_bytes(), _received_at(name)) for name in known}
        self._drop_oldest()

    def add(self, content: bytes, *, sender: str, recipients: Sequence[str]) -> str:
        """Keeps a mail together with its envelope; answers its id."""
        identifier = self._next_identifier()
        trace = [f"Return-Path: <{sender}>", *(f"{RECIPIENT_HEADER}: {recipient}" for recipient in recipients)]
        source = "".join(f"{line}\r\n" for line in trace).encode() + content
        unfinished = self._path(identifier).with_suffix(".part")
        unfinished.write_bytes(source)
        unfinished.rename(self._path(identifier))
        self._mails[identifier] = read_mail(identifier, source, _received_at(identifier))
        self._drop_oldest()
        return identifier

    def newest_first(self) -> list[Mail]:
        return list(reversed(self._mails.values()))

    def find(self, identifier: str) -> Mail | None:
        return self._mails.get(identifier)

    def source_of(self, mail: Mail) -> bytes:
        return self._path(mail.id).read_bytes()

    def attachments_of(self, mail: Mail) -> list[Attachment]:
        return read_attachments(self.source_of(mail))

    def clear(self) -> None:
        for identifier in list(self._mails):
            self._drop(identifier)

    def _drop_oldest(self) -> None:
        for identifier in list(self._mails)[: max(len(self._mails) - self._kept, 0)]:
            self._drop(identifier)

    def _drop(self, identifier: str) -> None:
        del self._mails[identifier]
        self._path(identifier).unlink(missing_ok=True)

    def _path(self, identifier: str) -> Path:
        return self._folder / f"{identifier}.eml"

    def _next_identifier(self) -> str:
        latest = int(next(reversed(self._mails), "0"), 16)
        return f"{max(time.time_ns(), latest + 1):016x}"


def _received_at(identifier: str) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(identifier, 16) / 1e9, tz=dt.UTC)
