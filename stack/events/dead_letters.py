"""Events that a consumer gave up on: look at them, hand them again to that consumer, or say why nothing is done.

A topic cannot forget a single message, so what became of a letter stands behind it on the same partition: a record
whose headers name the letter's offset and what was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from runtime.event_bus import DEAD_LETTERS, ONLY_FOR, TOPICS, ensure_topics, open_producer
from runtime.settings import KafkaSection
from stack.events.lines import line_of
from stack.events.reading import StoredRecord, read_to_the_end

RESOLVES, HOW, WHY = "resolves", "how", "why"


@dataclass
class Letter:
    """`outcome` is empty while nobody has seen to it."""

    record: StoredRecord
    outcome: str = ""

    @property
    def topic(self) -> str:
        """Where it was published and could not be worked off."""
        return str(self.record.topic).removesuffix(DEAD_LETTERS)

    @property
    def name(self) -> str:
        return f"{self.topic}/{self.record.partition}/{self.record.offset}"

    def header(self, name: str) -> str:
        return next((value.decode() for key, value in self.record.headers if key == name), "")

    def line(self, *, personal: bool) -> str:
        outcome = {"outcome": self.outcome} if self.outcome else {}
        return line_of(
            self.topic,
            self.record.value or b"",
            personal=personal,
            letter=self.name,
            group=self.header("group"),
            reason=self.header("reason"),
            **outcome,
        )


class DeadLetters:
    def __init__(self, settings: KafkaSection, topics: Sequence[str] = TOPICS) -> None:
        self._settings = settings
        self._topics = topics

    async def open(self) -> list[Letter]:
        return [letter for letter in await self.every() if not letter.outcome]

    async def every(self) -> list[Letter]:
        """The oldest of a partition first."""
        await ensure_topics(self._settings, self._topics)
        letters: dict[tuple[str, int, int], Letter] = {}
        records = read_to_the_end(self._settings, [topic + DEAD_LETTERS for topic in self._topics])
        async with aclosing(records):
            async for record in records:
                headers = {name: value.decode() for name, value in record.headers}
                if RESOLVES not in headers:
                    letters[(record.topic, record.partition, record.offset)] = Letter(record)
                elif letter := letters.get((record.topic, record.partition, int(headers[RESOLVES]))):
                    letter.outcome = ": ".join(filter(None, (headers[HOW], headers[WHY])))
        return list(letters.values())

    async def find(self, name: str) -> Letter | None:
        return next((letter for letter in await self.every() if letter.name == name), None)

    async def replay(self, letters: Sequence[Letter]) -> None:
        """With the same event id, to nobody but the group that gave up on it."""
        async with open_producer(self._settings) as producer:
            for letter in letters:
                await producer.send_and_wait(
                    letter.topic,
                    value=letter.record.value,
                    key=letter.record.key,
                    headers=[(ONLY_FOR, letter.header("group").encode())],
                )
                await _resolve(producer, letter, "replayed", "")

    async def discard(self, letter: Letter, reason: str) -> None:
        async with open_producer(self._settings) as producer:
            await _resolve(producer, letter, "discarded", reason)


async def _resolve(producer: AIOKafkaProducer, letter: Letter, how: str, why: str) -> None:
    headers = {RESOLVES: str(letter.record.offset), HOW: how, WHY: why}
    await producer.send_and_wait(
        letter.record.topic,
        value=b"",
        key=letter.record.key,
        partition=letter.record.partition,
        headers=[(name, value.encode()) for name, value in headers.items()],
    )
