"""A short run of `make chaos`: what a stack promises under kill -9 of its parts."""

from __future__ import annotations

import uuid

from api.node_ids import encode_id
from tests.chaos.guests import Witness
from tests.chaos.play import Chaos, play
from tests.chaos.verdict import judge
from tests.journeys.running_stack import RunningStack

VICTIMS = ("PostgreSQL", "Valkey", "Kafka broker", "booking", "outbox-relay", "gateway", "notification-consumer")


async def test_killed_processes_lose_no_booking_and_tell_nobody_twice(stack: RunningStack) -> None:
    chaos = Chaos(seed=7, seconds=28, pauses=(3.0, 5.0), guests=4, victims=VICTIMS)
    said: list[str] = []
    played = await play(chaos, stack, said.append)
    words = "\n".join([*said, *played.figures()])
    assert set(played.kills) == set(VICTIMS), words
    assert len(played.witness.held) >= 5, words
    assert played.witness.two_answers == 0, words
    assert played.verdict.faultless, words


async def test_the_count_finds_what_was_lost_and_who_was_not_told(stack: RunningStack) -> None:
    dreamed = encode_id("Booking", str(uuid.uuid4()))
    verdict = await judge(stack, Witness(held={dreamed}, confirmed={dreamed}), within=0)
    assert len(verdict.bookings_lost) == 1
    assert verdict.notifications_missing == 1
    assert not verdict.faultless
