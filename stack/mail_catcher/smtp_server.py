"""The SMTP side. Two domains let senders practise for bad days:

reject.example  every recipient is refused for good (550)
defer.example   every recipient is refused for now (451)
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from stack.mail_catcher.mail_store import MailStore

MAX_MAIL_BYTES = 10 * 1024 * 1024

_REFUSALS = {
    "reject.example": "550 5.1.1 There is no such mailbox",
    "defer.example": "451 4.3.2 The mailbox is busy, please try again later",
}


class _Handler:
    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = _REFUSALS.get(address.rpartition("@")[2].lower())
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        identifier = self._store.add(content, sender=envelope.mail_from or "", recipients=envelope.rcpt_tos)
        return f"250 2.0.0 Kept as {identifier}"


@asynccontextmanager
async def smtp_server(store: MailStore, host: str, port: int) -> AsyncIterator[None]:
    """Accepts mail until the block ends; raises OSError with one clear line when the port is taken."""
    # aiosmtpd writes every address into its log.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    loop = asyncio.get_running_loop()
    connections: WeakSet[Any] = WeakSet()

    def connect() -> SMTP:
        protocol = SMTP(
            _Handler(store),
            data_size_limit=MAX_MAIL_BYTES,
            enable_SMTPUTF8=True,
            hostname="mail.innkeeper.example",
            ident="Innkeeper mail catcher",
            loop=loop,
        )
        connections.add(protocol)
        return protocol

    try:
        server = await loop.create_server(connect, host, port)
    except OSError as failure:
        reason = "it is taken" if "in use" in str(failure) else failure.strerror
        raise OSError(f"port {port} for SMTP cannot be used: {reason}") from None
    try:
        yield
    finally:
        server.close()
        for protocol in connections:
            if protocol.transport is not None:
                protocol.transport.close()
