"""Mail store, SMTP server and page, wired together. Both servers listen on this machine only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from runtime.http_server import http_server
from runtime.settings import MailCatcherSettings
from stack.mail_catcher.mail_store import MailStore
from stack.mail_catcher.smtp_server import smtp_server
from stack.mail_catcher.web_app import web_app

HOST = "127.0.0.1"


@asynccontextmanager
async def mail_catcher(settings: MailCatcherSettings) -> AsyncIterator[MailStore]:
    """Serves until the block ends; raises OSError with one clear line when a port is taken."""
    store = MailStore(Path(settings.mail_dir))
    async with (
        smtp_server(store, HOST, settings.smtp_listen_port),
        http_server(web_app(store), HOST, settings.http_port),
    ):
        yield store
