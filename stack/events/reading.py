"""Topics as they are: every record, from the beginning or from now on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from runtime.event_bus import PARTITIONS, open_reader
from runtime.settings import KafkaSection

StoredRecord: TypeAlias = "ConsumerRecord[bytes, bytes]"
_MOST_RECORDS = 500
_QUIET_MS = 300
_MORE_SECONDS = 2.0


async def read_to_the_end(settings: KafkaSection, topics: Sequence[str]) -> AsyncGenerator[StoredRecord, None]:
    """What there is when it is called, and perhaps some of what comes meanwhile.

    The embedded broker counts a batch as one record when it says where a partition ends, so that a little more is
    read than it says.
    """
    async with open_reader(settings, auto_offset_reset="earliest") as consumer:
        partitions = _assign(consumer, topics)
        begins: dict[TopicPartition, int] = await consumer.beginning_offsets(partitions)
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        missing = {partition for partition in partitions if ends[partition] > begins[partition]}
        began_to_end, quiet = 0.0, False
        while missing or not (quiet or time.monotonic() - began_to_end > _MORE_SECONDS):
            batches = await consumer.getmany(timeout_ms=_QUIET_MS, max_records=_MOST_RECORDS)
            quiet = not batches
            for partition, records in batches.items():
                for record in records:
                    yield record
                if records[-1].offset >= ends[partition] - 1:
                    missing.discard(partition)
            if not missing and not began_to_end:
                began_to_end = time.monotonic()


async def read_on(
    settings: KafkaSection, topics: Sequence[str], *, from_beginning: bool, stop: asyncio.Event
) -> AsyncGenerator[StoredRecord, None]:
    async with open_reader(settings, auto_offset_reset="earliest") as consumer:
        partitions = _assign(consumer, topics)
        if from_beginning:
            await consumer.seek_to_beginning(*partitions)
        else:
            await consumer.seek_to_end(*partitions)
        while not stop.is_set():
            for records in (await consumer.getmany(timeout_ms=200, max_records=_MOST_RECORDS)).values():
                for record in records:
                    yield record


def _assign(consumer: AIOKafkaConsumer, topics: Sequence[str]) -> list[TopicPartition]:
    partitions = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
    consumer.assign(partitions)
    return partitions
