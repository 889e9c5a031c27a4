"""kill -9 of one process of the stack after another, in an order and at pauses that the seed says."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from runtime.waiting import wait_at_most
from stack.processes import PROCESSES, Kind
from tests.journeys.running_stack import RunningStack

SERVERS: Mapping[str, str] = {"PostgreSQL": "/postgres\0", "Valkey": "valkey", "Kafka broker": "tansu\0broker"}
VICTIMS = (*(process.name for process in PROCESSES if process.kind is not Kind.MAIL), *SERVERS)


class Killer:
    """Everybody's turn comes once before anybody's comes again."""

    def __init__(
        self, stack: RunningStack, seed: int, say: Callable[[str], None], victims: Sequence[str] = VICTIMS
    ) -> None:
        self._stack = stack
        self._victims = victims
        self._draw = random.Random(f"kills {seed}")
        self._say = say
        self._bag: list[str] = []
        self.kills: Counter[str] = Counter()

    async def work(self, *, seconds: float, pauses: tuple[float, float]) -> None:
        began, over = time.monotonic(), asyncio.Event()
        while (passed := time.monotonic() - began) < seconds:
            await wait_at_most(over, min(self._draw.uniform(*pauses), seconds - passed))
            if not self._bag:
                self._bag = self._draw.sample(self._victims, len(self._victims))
            name = self._bag.pop()
            if self._kill(name):
                self._say(f"{time.monotonic() - began:6.1f} s  kill -9 {name}")
                self.kills[name] += 1
            else:
                self._say(f"{time.monotonic() - began:6.1f} s  {name} is not there")

    def _kill(self, name: str) -> bool:
        for pid in self._stack.children():
            if name_of(pid) == name:
                os.kill(pid, signal.SIGKILL)
                return True
        return False


def name_of(pid: int) -> str:
    """Of a child of the stack; empty for what is none of its parts."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
    modules = {process.module: process.name for process in PROCESSES}
    for part in command.split("\0"):
        if part in modules:
            return modules[part]
    return next((name for name, sign in SERVERS.items() if sign in command), "")
