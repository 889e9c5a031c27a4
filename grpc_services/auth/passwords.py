"""Argon2id, off the event loop and never more than two at once: each costs 19 MiB and tens of milliseconds."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from prometheus_client import Counter
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from grpc_services.auth.password_rules import LONGEST_PASSWORD, normal_password
from runtime.errors import Unavailable

HASHES = Counter("innkeeper_password_hashes_total", "Argon2id operations", ("kind",))

Result = TypeVar("Result")

AT_ONCE = 2
LONGEST_QUEUE = 64

# The second choice of the OWASP Password Storage Cheat Sheet.
_HASHER = Argon2Hasher(memory_cost=19_456, time_cost=2, parallelism=1)


class Passwords:
    """Hashes and verifies. `decoy_hash` belongs to nobody and costs what a real one costs."""

    def __init__(self) -> None:
        self._hashes = PasswordHash((_HASHER,))
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._under_way = 0
        self.decoy_hash = self._hashes.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        HASHES.labels("made").inc()
        return await self._in_a_thread(lambda: self._hashes.hash(normal_password(password)))

    async def verify(self, password: str, known_hash: str) -> tuple[bool, str | None]:
        """Whether it is right, and a new hash where the stored one was made with older parameters."""
        cut = password[: LONGEST_PASSWORD + 1]  # what is longer is nobody's password
        HASHES.labels("verified").inc()
        return await self._in_a_thread(lambda: self._hashes.verify_and_update(normal_password(cut), known_hash))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_a_thread(self, work: Callable[[], Result]) -> Result:
        if self._under_way >= LONGEST_QUEUE:
            raise Unavailable("Too many people are signing in at once; please try again.")
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1
