"""Keeps the children of the stack running, and ends them in order."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

from runtime.waiting import wait_at_most
from stack.embedded.child_process import ChildProcess, PartFailed

_WATCH_SECONDS = 0.2
_MOST_RESTARTS = 5
_WITHIN_SECONDS = 60.0


class Supervisor:
    """Children are started in the order given and stopped in the opposite order, group by group."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._groups: list[list[ChildProcess]] = []
        self._deaths: dict[str, list[float]] = defaultdict(list)

    def look_after(self, children: Sequence[ChildProcess]) -> None:
        """Adds a group; its members are stopped together."""
        self._groups.append(list(children))

    async def start(self, children: Sequence[ChildProcess]) -> None:
        self.look_after(children)
        await asyncio.gather(*(child.start() for child in children))

    def check(self) -> None:
        """Raises PartFailed when a child has died: for the time in which nothing may."""
        for child in self._children():
            if child.exit_code is not None:
                raise PartFailed(child.obituary())

    async def watch(self, stop: asyncio.Event) -> None:
        """Starts dead children again, saying so; raises PartFailed when one dies over and over."""
        while not stop.is_set():
            for child in self._children():
                if child.exit_code is not None:
                    await self._revive(child)
            await wait_at_most(stop, _WATCH_SECONDS)

    async def stop(self) -> None:
        for group in reversed(self._groups):
            await asyncio.gather(*(child.stop() for child in group))

    async def _revive(self, child: ChildProcess) -> None:
        now = time.monotonic()
        recent = [moment for moment in self._deaths[child.name] if now - moment < _WITHIN_SECONDS]
        self._deaths[child.name] = [*recent, now]
        words = child.obituary()
        if len(recent) >= _MOST_RESTARTS:
            raise PartFailed(f"{words} (for the {len(recent) + 1}th time within a minute)")
        self._say(f"{words}; starting it again")
        await child.start()

    def _children(self) -> list[ChildProcess]:
        return [child for group in self._groups for child in group]


async def until(probe: Callable[[], Awaitable[bool]], supervisor: Supervisor, what: str, *, seconds: float) -> None:
    """Waits for the probe while every child lives; raises PartFailed naming what did not come."""
    deadline = time.monotonic() + seconds
    while not await probe():
        supervisor.check()
        if time.monotonic() > deadline:
            raise PartFailed(f"{what} did not come within {seconds:.0f} s; the logs are in .stack/logs")
        await asyncio.sleep(0.1)
