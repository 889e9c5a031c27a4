"""python -m stack.mail_catcher"""

from __future__ import annotations

import asyncio

from runtime.process import run_process
from runtime.settings import MailCatcherSettings
from stack.mail_catcher.service import mail_catcher


async def _serve(settings: MailCatcherSettings, stop: asyncio.Event) -> None:
    async with mail_catcher(settings):
        await stop.wait()


if __name__ == "__main__":
    run_process("mail_catcher", MailCatcherSettings, _serve)
