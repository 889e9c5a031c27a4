"""The whole of it: guests at a stack as `make up` starts one, kills, calm, and the count."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx

from tests.chaos.guests import Guest, Witness
from tests.chaos.killer import VICTIMS, Killer
from tests.chaos.verdict import Verdict, judge
from tests.journeys.running_stack import RunningStack

GUESTS = 6
HOTELS_OF_PARIS = """query ($input: HotelSearchInput!) { searchHotels(input: $input, first: 12) {
  nodes { hotel { id } } } }"""


@dataclass(frozen=True)
class Chaos:
    seed: int
    seconds: float
    pauses: tuple[float, float] = (5.0, 15.0)
    guests: int = GUESTS
    victims: Sequence[str] = VICTIMS


@dataclass
class Played:
    chaos: Chaos
    witness: Witness
    verdict: Verdict
    kills: Counter[str] = field(default_factory=Counter)

    def figures(self) -> list[str]:
        witness, verdict = self.witness, self.verdict
        kills = ", ".join(f"{name} {times}" for name, times in sorted(self.kills.items()))
        lines = {
            "seed": f"{self.chaos.seed}, {self.chaos.seconds:.0f} s, {self.chaos.guests} guests",
            "kills": f"{self.kills.total()} ({kills})",
            "bookings": f"{len(witness.held)} acknowledged, {len(witness.confirmed)} confirmed, "
            f"{len(witness.cancelled)} cancelled; {witness.repeats} requests repeated",
            "lost": f"{len(verdict.bookings_lost)} {verdict.bookings_lost[:5] or ''}",
            "double": f"{verdict.nights_oversold} nights oversold, {witness.two_answers} keys with two answers, "
            f"{verdict.bookings_nobody_knows} bookings that nobody was told of",
            "notifications": f"{verdict.notifications} stored, {verdict.notifications_twice} twice, "
            f"{verdict.notifications_missing} missing",
            "worst outage": f"a guest waited {witness.longest_wait:.1f} s for an answer",
            "calm": f"clean after {verdict.seconds_until_clean:.1f} s: {verdict.discrepancies} discrepancies, "
            f"{verdict.events_waiting} events waiting",
            "besides": f"refusals {dict(witness.refusals)}, faults {dict(witness.faults)}",
        }
        return [f"{name + ':':<15} {words}" for name, words in lines.items()]


async def play(chaos: Chaos, stack: RunningStack, say: Callable[[str], None]) -> Played:
    witness, stop = Witness(), asyncio.Event()
    hotels = await _hotels(stack)
    killer = Killer(stack, chaos.seed, say, chaos.victims)
    async with asyncio.TaskGroup() as tasks:
        for number in range(chaos.guests):
            draw = random.Random(f"guest {number} of {chaos.seed}")
            tasks.create_task(Guest(stack.gateway, hotels, witness, draw).live(stop))
        await killer.work(seconds=chaos.seconds, pauses=chaos.pauses)
        stop.set()
    say("calm; counting")
    verdict = await judge(stack, witness)
    return Played(chaos, witness, verdict, killer.kills)


async def _hotels(stack: RunningStack) -> list[str]:
    wanted = {"place": {"city": "Paris"}, "rooms": [{"adults": 1}], "checkIn": "2027-05-10", "checkOut": "2027-05-12"}
    async with httpx.AsyncClient(timeout=30) as http:
        answer = await http.post(
            f"{stack.gateway}/graphql", json={"query": HOTELS_OF_PARIS, "variables": {"input": wanted}}
        )
    return [node["hotel"]["id"] for node in answer.json()["data"]["searchHotels"]["nodes"]]
