"""python -m stack events tail | replay | dead-letters: carries out what was asked, on the running stack."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import uuid
from collections.abc import Sequence

from aiokafka.errors import KafkaError

from migrations.histories import RELAY_ROLE
from runtime.database import open_database
from runtime.settings import BrokenSettings, StackSettings, load
from stack.events.dead_letters import DeadLetters, Letter
from stack.events.lines import Choice
from stack.events.outbox_replay import replay
from stack.events.tail import tail
from stack.secret_store import SecretStore
from stack.wiring import OUTBOX_SCHEMAS, kafka_of_running_stack, stack_directory, url_of_running_database


class Refused(Exception):
    """What was asked cannot be done; the message is for the person who asked."""


def events(options: argparse.Namespace) -> int:
    """The exit code."""
    try:
        return asyncio.run(_carry_out(options, load(StackSettings)))
    except (BrokenSettings, Refused, OSError, KafkaError) as failure:
        sys.stderr.write(f"events {options.verb}: {failure}\n")
        return 1


async def _carry_out(options: argparse.Namespace, settings: StackSettings) -> int:
    if options.verb == "tail":
        return await _tail(options, settings)
    if options.verb == "replay":
        return await _replay(options, settings)
    return await _see_to_letters(options, DeadLetters(kafka_of_running_stack(settings)))


async def _tail(options: argparse.Namespace, settings: StackSettings) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await tail(
        kafka_of_running_stack(settings),
        _choice(options),
        from_beginning=options.from_beginning or options.since is not None,
        follow=not options.no_follow,
        personal=options.show_personal_data,
        say=say,
        stop=stop,
    )
    return 0


async def _replay(options: argparse.Namespace, settings: StackSettings) -> int:
    choice, ids = _choice(options), _ids(options.id)
    if choice == Choice() and not ids:
        raise Refused("say which: --id, --aggregate, --topic, --type, --since or --until")
    url = url_of_running_database(settings, RELAY_ROLE, SecretStore(stack_directory(settings)))
    async with open_database(url, pool_size=1, application_name="innkeeper-events") as database:
        number = await replay(
            database,
            OUTBOX_SCHEMAS,
            choice,
            ids,
            really=options.yes,
            personal=options.show_personal_data,
            say=say,
        )
    tell(f"{number} events are published again" if options.yes else f"{number} events; --yes publishes them again")
    return 0


async def _see_to_letters(options: argparse.Namespace, letters: DeadLetters) -> int:
    if options.action == "list":
        found = await (letters.every() if options.all else letters.open())
        for letter in found:
            say(letter.line(personal=options.show_personal_data))
        tell(f"{len(found)} dead letters")
    elif options.action == "show":
        say((await _named(letters, options.letter)).line(personal=options.show_personal_data))
    elif options.action == "discard":
        await letters.discard(await _still_open(letters, options.letter), options.reason)
        tell("discarded")
    else:
        if bool(options.letter) == options.all:
            raise Refused("name a letter, or ask for --all")
        chosen = await letters.open() if options.all else [await _still_open(letters, options.letter)]
        await letters.replay(chosen)
        tell(f"{len(chosen)} replayed")
    return 0


async def _named(letters: DeadLetters, name: str) -> Letter:
    letter = await letters.find(name)
    if letter is None:
        raise Refused(f"there is no dead letter {name}")
    return letter


async def _still_open(letters: DeadLetters, name: str) -> Letter:
    letter = await _named(letters, name)
    if letter.outcome:
        raise Refused(f"{name} was seen to already: {letter.outcome}")
    return letter


def _choice(options: argparse.Namespace) -> Choice:
    return Choice(
        topic=options.topic or "",
        kind=options.type or "",
        aggregate=options.aggregate or "",
        since=options.since,
        until=options.until,
    )


def _ids(texts: Sequence[str]) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(text) for text in texts]
    except ValueError:
        raise Refused("an event's id is a UUID") from None


def say(line: str) -> None:
    print(line, flush=True)


def tell(line: str) -> None:
    """Beside the lines of JSON, which a program may read."""
    print(line, file=sys.stderr, flush=True)
