"""The reference clients of the protocols, under Node.js: installed once, by their lock file."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.settings import plain_environment
from stack.web_build import toolchain

FOLDER = Path(__file__).resolve().parent.parent / "reference_clients"
_PATIENCE_SECONDS = 60.0
_LONGEST_LINE = 1 << 20


@dataclass(frozen=True)
class ReferenceClients:
    node: Path

    async def audits(self, url: str) -> list[dict[str, Any]]:
        """What every audit of GraphQL over HTTP says of an endpoint: its id, name, status and reason."""
        said = await _output_of(str(self.node), "audit.mjs", url)
        results: list[dict[str, Any]] = json.loads(said)
        return results

    @asynccontextmanager
    async def follows(
        self, protocol: str, url: str, query: str, variables: dict[str, Any] | None = None, **asked: Any
    ) -> AsyncIterator[Follower]:
        """One operation by `websocket` or `sse`, in the name of whoever `token` stands for."""
        process = await asyncio.create_subprocess_exec(
            self.node,
            "follow.mjs",
            protocol,
            url,
            json.dumps({"query": query, "variables": variables, **asked}),
            cwd=FOLDER,
            env=plain_environment(),
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
        )
        try:
            yield Follower(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


@dataclass(frozen=True)
class Follower:
    process: asyncio.subprocess.Process

    async def learns(self) -> dict[str, Any]:
        """The next thing that the client tells; empty when it has nothing more to tell."""
        assert self.process.stdout
        async with asyncio.timeout(_PATIENCE_SECONDS):
            line = await self.process.stdout.readline()
        told: dict[str, Any] = json.loads(line or b"{}")
        return told

    async def learns_next(self) -> dict[str, Any]:
        """The data of the next result, whatever comes before it."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while "next" not in (told := await self.learns()):
            assert told, "the client ended"
            assert time.monotonic() < deadline
        data: dict[str, Any] = told["next"]["data"]
        return data


async def installed_clients() -> ReferenceClients:
    """Raises PartFailed where there is no Node.js."""
    tools = await asyncio.to_thread(toolchain)
    lock = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    stamp = FOLDER / "node_modules" / ".installed-from"
    if not stamp.is_file() or stamp.read_text() != lock:
        await _output_of(*tools.npm, "ci", node_folder=tools.node_folder)
        stamp.write_text(lock)
    return ReferenceClients(tools.node_folder / "node")


async def _output_of(*command: str, node_folder: Path | None = None) -> bytes:
    environment = plain_environment()
    if node_folder:
        environment["PATH"] = f"{node_folder}:{environment.get('PATH', '')}"
    process = await asyncio.create_subprocess_exec(
        *command, cwd=FOLDER, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(_PATIENCE_SECONDS):
        said, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return said
