"""Events as they come by."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from google.protobuf.message import DecodeError

from contracts.events.v1 import events_pb2
from runtime.event_bus import TOPICS, ensure_topics
from runtime.settings import KafkaSection
from stack.events.lines import Choice, line_of
from stack.events.reading import StoredRecord, read_on, read_to_the_end


async def tail(
    settings: KafkaSection,
    choice: Choice,
    *,
    from_beginning: bool,
    follow: bool,
    personal: bool,
    say: Callable[[str], None],
    stop: asyncio.Event,
) -> None:
    """Until `stop` is set; without `follow` until everything there is was read."""
    topics = [choice.topic] if choice.topic else list(TOPICS)
    await ensure_topics(settings, topics)
    records = (
        read_on(settings, topics, from_beginning=from_beginning, stop=stop)
        if follow
        else read_to_the_end(settings, topics)
    )
    async with aclosing(records):
        async for record in records:
            if _wanted(record, choice):
                say(line_of(record.topic, record.value or b"", personal=personal, at=_place(record)))


def _place(record: StoredRecord) -> str:
    return f"{record.partition}/{record.offset}"


def _wanted(record: StoredRecord, choice: Choice) -> bool:
    """What cannot be read is shown to whoever asked for everything."""
    try:
        return choice.takes(record.topic, events_pb2.Envelope.FromString(record.value or b""))
    except DecodeError:
        return choice == Choice(topic=choice.topic)
