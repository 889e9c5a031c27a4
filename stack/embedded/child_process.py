"""Starting a server as a child that never outlives us, and stopping it in order."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import functools
import json
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


class PartFailed(Exception):
    """A part could not start or died; the message is the one line a person needs."""


class ChildProcess:
    """One child in a session of its own, so that Ctrl-C reaches us alone and we stop children in order."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log_file: Path,
        environment: Mapping[str, str],
        directory: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        user: int | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log_file = log_file
        self._environment = dict(environment)
        self._directory = directory
        self._stop_signal = stop_signal
        self._user = user
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                cwd=self._directory,
                env=self._environment,
                start_new_session=True,
                preexec_fn=functools.partial(_begin_child, self._user),
            )

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode if self._process else None

    async def wait(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return await self._process.wait()

    async def stop(self, grace_seconds: float = 6.0) -> None:
        """Asks, waits, then kills."""
        if self._process is None or self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(self._stop_signal)
        try:
            async with asyncio.timeout(grace_seconds):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    async def ready_when(self, probe: Callable[[], Awaitable[bool]], *, seconds: float) -> None:
        """Waits until the probe says yes; raises PartFailed with the last log line if the child dies first."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            if not self.running:
                raise PartFailed(self.obituary())
            if await probe():
                return
            if asyncio.get_running_loop().time() > deadline:
                raise PartFailed(f"{self.name} was not ready after {seconds:.0f} s; its log is {self.log_file}")
            await asyncio.sleep(0.05)

    def obituary(self) -> str:
        """One line that says how a dead child ended."""
        code = self.exit_code or 0
        if code < 0:
            return f"{self.name} was killed by {signal.Signals(-code).name}"
        return f"{self.name} ended with code {code}: {self._last_words()}"

    def _last_words(self) -> str:
        """The last line of the log that says anything; of a line of JSON, what happened."""
        lines = [line.strip() for line in self.log_file.read_text(errors="replace").splitlines() if line.strip()]
        if not lines:
            return f"it said nothing; its log is {self.log_file}"
        try:
            entry = json.loads(lines[-1])
        except ValueError:
            return lines[-1][:300]
        return f"{entry['event']}; its log is {self.log_file}" if isinstance(entry, dict) and "event" in entry else ""


async def listening(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        async with asyncio.timeout(1.0):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _begin_child(user: int | None) -> None:
    """uvloop starts no child as somebody else, so the child does so itself; what ends it with us comes after."""
    if user is not None:
        os.setreuid(user, user)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
