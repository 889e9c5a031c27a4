"""One node of Apache Kafka that is broker and controller, with its data in a folder of ours."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory

from stack.embedded.child_process import ChildProcess, PartFailed, listening
from tests.parts import free_port

POM = Path(__file__).with_name("pom.xml")
MAVEN_SECONDS = 240
OLDEST_JAVA = 17
_CLUSTER = "aW5ua2VlcGVyLXRlc3RzLg"  # any 16 bytes in base64
_SMALL = ("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@dataclass(frozen=True)
class Java:
    """A JVM and where the broker's classes are; `missing` says why there is none."""

    command: str = ""
    classes: str = ""
    missing: str = ""


@cache
def java_with_kafka() -> Java:
    maven, java = shutil.which("mvn"), shutil.which("java")
    if maven is None or java is None:
        return Java(missing=f"no {'Maven' if maven is None else 'Java'} on this machine (Debian: apt install maven)")
    version = run([java, "-XshowSettings:properties", "-version"], capture_output=True, text=True, check=False).stderr
    (major,) = [line.split("=")[1].strip() for line in version.splitlines() if "java.specification.version" in line]
    if float(major) < OLDEST_JAVA:
        return Java(missing=f"Apache Kafka 4 needs Java {OLDEST_JAVA}, and this is Java {major}")
    with TemporaryDirectory() as folder:
        answer = Path(folder) / "classpath"
        asked = [maven, "-B", "-q", "-f", str(POM), "dependency:build-classpath", f"-Dmdep.outputFile={answer}"]
        found = run(asked, capture_output=True, text=True, timeout=MAVEN_SECONDS, check=False)
        if found.returncode or not answer.exists():
            complaints = [line for line in found.stdout.splitlines() if "ERROR" in line]
            return Java(missing=f"Maven cannot bring Apache Kafka: {complaints[:1]}")
        return Java(java, answer.read_text().strip())


class ApacheKafka:
    """Keeps its messages over a restart and gives out producer ids."""

    keeps_messages = True
    gives_producer_ids = True

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "kafka"
        self._java = java_with_kafka()
        self._port, self._controller_port = free_port(), free_port()
        self._properties = self._directory / "server.properties"
        self.child = ChildProcess(
            "Apache Kafka",
            [self._java.command, *_SMALL, "-cp", self._java.classes, "kafka.Kafka", str(self._properties)],
            log_file=self._directory / "kafka.log",
            environment={"PATH": os.defpath},
        )

    @property
    def bootstrap_servers(self) -> str:
        return f"127.0.0.1:{self._port}"

    async def start(self) -> None:
        if not self._properties.exists():
            await self._format()
        await self.child.start()
        await self.child.ready_when(lambda: listening("127.0.0.1", self._port), seconds=120)

    async def stop(self) -> None:
        await self.child.stop(grace_seconds=20)

    async def _format(self) -> None:
        self._directory.mkdir(parents=True)
        self._properties.write_text(
            "process.roles=broker,controller\n"
            "node.id=1\n"
            f"controller.quorum.voters=1@127.0.0.1:{self._controller_port}\n"
            f"listeners=PLAINTEXT://127.0.0.1:{self._port},CONTROLLER://127.0.0.1:{self._controller_port}\n"
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{self._port}\n"
            "controller.listener.names=CONTROLLER\n"
            "inter.broker.listener.name=PLAINTEXT\n"
            f"log.dirs={self._directory / 'data'}\n"
            "offsets.topic.replication.factor=1\n"
            "offsets.topic.num.partitions=3\n"
            "transaction.state.log.replication.factor=1\n"
            "transaction.state.log.min.isr=1\n"
            "group.initial.rebalance.delay.ms=0\n"
            "auto.create.topics.enable=false\n"
        )
        formatting = await asyncio.create_subprocess_exec(
            self._java.command,
            *("-cp", self._java.classes, "kafka.tools.StorageTool"),
            *("format", "-t", _CLUSTER, "-c", str(self._properties)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await formatting.communicate()
        if formatting.returncode:
            raise PartFailed(f"Apache Kafka cannot format its storage: {output.decode()[-300:]}")
