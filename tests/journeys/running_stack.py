"""`python -m stack up` as a person runs it: a process of its own, on ports and data of its own."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stack.embedded.child_process import port_is_free
from stack.ports import Ports

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 300
STOP_SECONDS = 120


@dataclass
class RunningStack:
    """Starts on what is in its directory: nothing, or the data of an earlier stack."""

    ports: Ports
    directory: Path
    environment: Mapping[str, str]
    process: asyncio.subprocess.Process = field(init=False)
    reading: asyncio.Task[None] = field(init=False)
    output: list[str] = field(default_factory=list)

    @property
    def gateway(self) -> str:
        return self.ports.url(self.ports.gateway)

    @property
    def mail(self) -> str:
        return self.ports.url(self.ports.mail_page)

    @property
    def text(self) -> str:
        return "".join(self.output)

    async def start(self) -> None:
        """Does not wait until it is up; see `said`."""
        self.output.clear()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "stack", "up"),
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.output.append(line.decode())

    async def said(self, words: str, *, seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.text:
            assert self.process.returncode is None, f"the stack ended: {self.text}"
            assert time.monotonic() < deadline, f"the stack never said {words!r}: {self.text}"
            await asyncio.sleep(0.1)

    def children(self) -> list[int]:
        """The processes that the stack itself looks after."""
        return _children_by_parent().get(self.process.pid, [])

    def descendants(self) -> set[int]:
        """Every process that the stack has started, however deep."""
        children = _children_by_parent()
        found: set[int] = set()
        waiting = [self.process.pid]
        while waiting:
            for child in children.get(waiting.pop(), ()):
                found.add(child)
                waiting.append(child)
        return found

    def pid_of(self, module: str) -> int:
        for pid in self.descendants():
            if f"\0{module}\0" in Path(f"/proc/{pid}/cmdline").read_text():
                return pid
        raise AssertionError(f"no process runs {module}")

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        async with asyncio.timeout(STOP_SECONDS):
            await self.process.wait()
            await self.reading


def _children_by_parent() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    return children


def living_processes() -> set[int]:
    return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}


def free_block() -> Ports:
    """Forty ports in a row that nobody has."""
    for _ in range(200):
        ports = Ports(random.randrange(20_000, 30_000, 50))
        if all(port_is_free(ports.first + offset) for offset in range(40)):
            return ports
    raise AssertionError("no block of free ports was found")


@asynccontextmanager
async def start_stack(
    directory: Path, ports: Ports, *, hotels: int = 12, environment: Mapping[str, str] | None = None
) -> AsyncIterator[RunningStack]:
    """Starts a stack, perhaps on data that an earlier one left."""
    settings = {
        "INNKEEPER_FIRST_PORT": str(ports.first),
        "INNKEEPER_STACK_DIR": str(directory),
        "INNKEEPER_DEMO_HOTELS": str(hotels),
        **(environment or {}),
    }
    stack = RunningStack(ports, directory, settings)
    await stack.start()
    try:
        yield stack
    finally:
        if stack.process.returncode is None:
            await stack.stop()
        await stack.reading
