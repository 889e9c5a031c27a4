"""Waiting for an event, but not for ever; and for the end of what is cancelled, however long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


async def wait_at_most(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event came within this time.

    Not `asyncio.wait_for`: on Python 3.11 that one swallows a cancellation that arrives together with the event.
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def cancel_until_done(*tasks: asyncio.Task[Any], patience_seconds: float) -> None:
    """Cancels, and again whenever the tasks were given so long for their cleaning up; their outcome is not looked at.

    Once is not enough on Python 3.11: redis-py sends by `asyncio.wait_for` (see `wait_at_most`), and a loop whose
    cancellation was swallowed there goes on for ever.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=patience_seconds)
    await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def running_beside(work: Coroutine[Any, Any, None], *, patience_seconds: float = 2.0) -> AsyncIterator[None]:
    """Work without an end, for as long as the block lasts; see `cancel_until_done`."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await cancel_until_done(task, patience_seconds=patience_seconds)
