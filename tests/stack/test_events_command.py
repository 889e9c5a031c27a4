"""What operators do with events: follow them, publish them again, see to the dead letters."""

from __future__ import annotations

import argparse
import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from contracts.events.v1 import events_pb2
from grpc_services.booking.models import outbox as outbox_rows
from runtime.database import open_database
from runtime.event_bus import BOOKING_TOPIC, HOTEL_TOPIC, consume, ensure_topics, open_producer
from runtime.outbox import Outbox
from runtime.settings import KafkaSection
from stack.events.dead_letters import DeadLetters, Letter
from stack.events.lines import MASK, Choice
from stack.events.options import add_options
from stack.events.outbox_replay import replay
from stack.events.tail import tail
from tests.house import kafka_fields, relay_settings
from tests.parts import Parts
from workers import outbox_relay

TOPIC = "operators.events"
_outbox = Outbox(outbox_rows, BOOKING_TOPIC)


@pytest.fixture
def kafka(parts: Parts) -> KafkaSection:
    return KafkaSection.model_validate(kafka_fields(parts))


@pytest.fixture
async def relay(parts: Parts) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(outbox_relay.serve(relay_settings(parts), stop))
    yield
    stop.set()
    await running


async def publish(parts: Parts, aggregate: str, *names: str) -> list[str]:
    """Events of a booking, with their guests' names; their ids."""
    async with (
        open_database(parts.database_url("booking"), pool_size=1, application_name="tests") as database,
        database.transaction() as connection,
    ):
        return [
            await _outbox.publish(
                connection,
                events_pb2.BookingConfirmed(
                    booking=events_pb2.BookingSnapshot(
                        booking_id=aggregate, guest_name=name, hotel_name="Hôtel du Nord"
                    )
                ),
                aggregate_id=aggregate,
                aggregate_version=version,
            )
            for version, name in enumerate(names, start=1)
        ]


async def seen(kafka: KafkaSection, choice: Choice, *, personal: bool = False) -> list[dict[str, Any]]:
    """What the topics hold of this choice now."""
    lines: list[str] = []
    await tail(
        kafka,
        choice,
        from_beginning=True,
        follow=False,
        personal=personal,
        say=lines.append,
        stop=asyncio.Event(),
    )
    return [json.loads(line) for line in lines]


async def seen_at_least(kafka: KafkaSection, choice: Choice, number: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(60):
        while len(found := await seen(kafka, choice)) < number:
            await asyncio.sleep(0.1)
    return found


async def test_tail_shows_events_decoded_in_order_and_without_names(
    parts: Parts, kafka: KafkaSection, relay: None
) -> None:
    aggregate = str(uuid.uuid4())
    ids = await publish(parts, aggregate, "Ann Apple", "Bob Berry")
    found = await seen_at_least(kafka, Choice(aggregate=aggregate), 2)
    assert [line["id"] for line in found] == ids
    assert [line["version"] for line in found] == [1, 2]
    first = found[0]
    assert (first["topic"], first["type"], first["schemaVersion"]) == (BOOKING_TOPIC, "BookingConfirmed", 1)
    assert first["payload"]["booking"] == {
        "bookingId": aggregate,
        "guestName": MASK,
        "hotelName": "Hôtel du Nord",
    }
    named = await seen(kafka, Choice(aggregate=aggregate), personal=True)
    assert [line["payload"]["booking"]["guestName"] for line in named] == ["Ann Apple", "Bob Berry"]


@pytest.mark.parametrize(
    ("other", "number"),
    [({"topic": BOOKING_TOPIC}, 1), ({"topic": HOTEL_TOPIC}, 0), ({"kind": "BookingConfirmed"}, 1), ({"kind": "X"}, 0)],
)
async def test_tail_shows_one_topic_or_type(
    parts: Parts, kafka: KafkaSection, relay: None, other: dict[str, str], number: int
) -> None:
    aggregate = str(uuid.uuid4())
    await publish(parts, aggregate, "Ann Apple")
    await seen_at_least(kafka, Choice(aggregate=aggregate), 1)
    assert len(await seen(kafka, Choice(aggregate=aggregate, **other))) == number  # type: ignore[arg-type]


async def test_tail_follows_what_comes_after_it_began(parts: Parts, kafka: KafkaSection, relay: None) -> None:
    aggregate, lines, stop = str(uuid.uuid4()), [], asyncio.Event()  # type: tuple[str, list[str], asyncio.Event]
    following = asyncio.create_task(
        tail(
            kafka,
            Choice(aggregate=aggregate),
            from_beginning=False,
            follow=True,
            personal=False,
            say=lines.append,
            stop=stop,
        )
    )
    async with asyncio.timeout(60):
        while not lines:  # it says nothing of when it stands at the end
            await publish(parts, aggregate, "Ann Apple")
            await asyncio.sleep(0.2)
    stop.set()
    await following
    assert json.loads(lines[0])["aggregate"] == aggregate


@pytest.mark.parametrize("by", ["id", "aggregate"])
async def test_replay_publishes_kept_events_again_under_their_ids(
    parts: Parts, kafka: KafkaSection, relay: None, by: str
) -> None:
    aggregate = str(uuid.uuid4())
    ids = await publish(parts, aggregate, "Ann Apple", "Bob Berry")
    await seen_at_least(kafka, Choice(aggregate=aggregate), 2)
    wanted = [uuid.UUID(ids[0])] if by == "id" else []
    choice = Choice() if by == "id" else Choice(aggregate=aggregate, kind="BookingConfirmed")
    expected = ids[:1] if by == "id" else ids
    told: list[str] = []
    async with open_database(parts.database_url("relay"), pool_size=1, application_name="tests") as database:
        for really in (False, True):
            number = await replay(
                database, ["hotel", "booking"], choice, wanted, really=really, personal=False, say=told.append
            )
            assert number == len(expected)
    assert [json.loads(line)["id"] for line in told] == expected * 2, "the first time it only tells"
    found = await seen_at_least(kafka, Choice(aggregate=aggregate), 2 + len(expected))
    assert [line["id"] for line in found] == [*ids, *expected]


@dataclass
class Group:
    """A consumer that gives up until it is mended."""

    broken: bool = True
    done: list[str] = field(default_factory=list)

    async def handle(self, envelopes: Sequence[events_pb2.Envelope]) -> None:
        if self.broken and any(envelope.type == "Poison" for envelope in envelopes):
            raise ValueError("a fault")
        self.done += [envelope.id for envelope in envelopes]


async def test_a_dead_letter_is_looked_at_replayed_to_its_group_alone_or_discarded(kafka: KafkaSection) -> None:
    giving_up, other, stop = Group(), Group(broken=False), asyncio.Event()
    letters = DeadLetters(kafka, (TOPIC,))
    running = [
        asyncio.create_task(consume(kafka, group=name, topics=(TOPIC,), handle=group.handle, stop=stop))
        for name, group in (("giving-up", giving_up), ("other", other))
    ]
    poison = [
        events_pb2.Envelope(id=uuid.uuid4().hex, type="Poison", aggregate_id=f"aggregate {number}")
        for number in range(2)
    ]
    await ensure_topics(kafka, (TOPIC,))
    async with open_producer(kafka) as producer:
        for one in poison:
            await producer.send_and_wait(TOPIC, value=one.SerializeToString(), key=one.aggregate_id.encode())
    found = {letter_id(letter): letter for letter in await open_letters(letters, 2)}
    line = json.loads(found[poison[0].id].line(personal=False))
    assert (line["group"], line["reason"], line["topic"], line["type"]) == ("giving-up", "ValueError", TOPIC, "Poison")

    giving_up.broken = False
    await letters.discard(found[poison[0].id], "a test")
    await letters.replay([found[poison[1].id]])
    await until_done(giving_up, poison[1].id)
    assert await letters.open() == []
    assert {letter_id(letter): letter.outcome for letter in await letters.every()} == {
        poison[0].id: "discarded: a test",
        poison[1].id: "replayed",
    }
    stop.set()
    await asyncio.gather(*running)
    assert sorted(other.done) == sorted(one.id for one in poison), "whoever managed before is not asked again"
    assert poison[0].id not in giving_up.done


async def open_letters(letters: DeadLetters, number: int) -> list[Letter]:
    async with asyncio.timeout(90):
        while len(found := await letters.open()) < number:
            await asyncio.sleep(0.2)
    return found


async def until_done(group: Group, event_id: str) -> None:
    async with asyncio.timeout(60):
        while event_id not in group.done:
            await asyncio.sleep(0.05)


def letter_id(letter: Letter) -> str:
    return events_pb2.Envelope.FromString(letter.record.value or b"").id


async def test_an_event_of_a_newer_schema_waits_among_the_dead_letters(kafka: KafkaSection) -> None:
    topic, group, stop = "newer.events", Group(broken=False), asyncio.Event()
    letters = DeadLetters(kafka, (topic,))
    running = asyncio.create_task(consume(kafka, group="newer", topics=(topic,), handle=group.handle, stop=stop))
    newer = events_pb2.Envelope(id=uuid.uuid4().hex, type="BookingConfirmed", schema_version=2)
    await ensure_topics(kafka, (topic,))
    async with open_producer(kafka) as producer:
        await producer.send_and_wait(topic, value=newer.SerializeToString(), key=b"k")
    (letter,) = await open_letters(letters, 1)
    assert letter.header("reason") == "newer schema"
    stop.set()
    await running
    assert group.done == []


@pytest.mark.parametrize("words", [["tail", "--since", "soon"], ["dead-letters", "discard", "a/0/1"], ["replay", "7"]])
def test_a_mistyped_command_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser(prog="events")
    add_options(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(words)
    assert capsys.readouterr().err
