"""Documents and requests that are made to hurt, sent to a running stack: python -m bench.attacks

Each is sent several times while somebody asks for the gateway's health again and again. Prints the worst time of each
attack and the worst wait for a word on health meanwhile; ends with code 1 when an attack was not refused, took a
second, or made health wait for 200 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

MOST_SECONDS = 1.0
MOST_HEALTH_SECONDS = 0.2
_PULSE_SECONDS = 0.01
_HOTEL = 'hotel(id: "x")'
_DOUBLING = "".join(f" fragment F{n} on Hotel {{ ...F{n + 1} ...F{n + 1} }}" for n in range(30))
_TYPES = "types { name fields { name args { name type { name } } type { name } } }"
_VARIABLE = "query ($input: HotelSearchInput!) { searchHotels(input: $input) { totalCount } }"


@dataclass(frozen=True)
class Attack:
    """`content` is the whole body where no document and variables make it up."""

    name: str
    query: str = ""
    variables: dict[str, Any] | None = None
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        return self.content or json.dumps({"query": self.query, "variables": self.variables}).encode()


def _nested(opening: str, closing: str, levels: int) -> str:
    return opening * levels + closing * levels


def attacks() -> list[Attack]:
    nights = {"checkIn": "2030-01-01", "checkOut": "2030-01-02", "place": {"city": "Paris"}}
    return [
        Attack("doubling fragments", f"{{ {_HOTEL} {{ ...F0 }} }}{_DOUBLING} fragment F30 on Hotel {{ name }}"),
        Attack(
            "doubling fragments with fields",
            f"{{ {_HOTEL} {{ ...F0 }} }}"
            + _DOUBLING.replace("{ ...", "{ roomTypes { id } ...")
            + " fragment F30 on Hotel { id }",
        ),
        Attack(
            "circular fragments",
            f"{{ {_HOTEL} {{ ...A }} }} fragment A on Hotel {{ ...B ...B }} fragment B on Hotel {{ ...A ...A }}",
        ),
        Attack("10,000 aliases", "{ " + " ".join(f"a{n}: __typename" for n in range(10_000)) + " }"),
        Attack("30 aliases of all houses", "{ " + " ".join(f"a{n}: viewer {{ id }}" for n in range(31)) + " }"),
        Attack("deep lists in a document", f"{{ hotel(id: {_nested('[', ']', 900)}) {{ id }} }}"),
        Attack("deep lists in a type", f"query ($a: {_nested('[', ']', 450).replace('[]', '[Int]')}) {{ __typename }}"),
        Attack("deep lists in variables", _VARIABLE, None, _nested("[", "]", 100_000).encode()),
        Attack("deep objects in variables", _VARIABLE, {"input": _deep_object(200)}),
        Attack("deep selections", "{ " + "a { " * 600 + "a" + " }" * 600 + " }"),
        Attack("deep inline fragments", f"{{ {_HOTEL} {{ " + "... { " * 600 + "name" + " }" * 600 + " } }"),
        Attack("huge lists of wrong variables", _VARIABLE, {"input": {**nights, "rooms": [{}] * 60_000}}),
        Attack("huge lists of right variables", _VARIABLE, {"input": {**nights, "rooms": [{"adults": 1}] * 15_000}}),
        Attack("many unknown variables", _VARIABLE, {"input": {f"x{n}": n for n in range(15_000)}}),
        Attack("many variables nobody asked for", "{ __typename }", {f"x{n}": n for n in range(15_000)}),
        Attack("huge lists in an unknown variable", "{ __typename }", {"x": [[0] * 100] * 1_000}),
        Attack("right variables at the limit", _VARIABLE, {"input": {**nights, "rooms": [{"adults": 1}] * 990}}),
        Attack(
            "a huge list at the limit", _VARIABLE, {"input": {**nights, "rooms": [], "filter": {"stars": [1] * 9_900}}}
        ),
        Attack("a huge text", _VARIABLE, {"input": {**nights, "rooms": "x" * 240_000}}),
        Attack("a directive flood", "{ __typename " + "@include(if: true) " * 330 + "}"),
        Attack("a flood of unknown directives", "{ __typename " + "@x " * 900 + "}"),
        Attack("many operations", " ".join(f"query Q{n} {{ viewer {{ id }} }}" for n in range(250))),
        Attack("many fragments", "{ __typename }" + "".join(f" fragment F{n} on Hotel {{ id }}" for n in range(250))),
        Attack(
            "many definitions of variables",
            "query (" + " ".join(f"$v{n}: Int" for n in range(490)) + ") { viewer { id } }",
        ),
        Attack("fields that conflict", f"{{ {_HOTEL} {{ " + "a: name a: stars " * 40 + "} }"),
        Attack(
            "20 times the whole schema", "{ " + " ".join(f"a{n}: __schema {{ {_TYPES} }}" for n in range(20)) + " }"
        ),
        Attack(
            "the schema of the schema",
            "{ __schema { types { " + "fields { type { " * 5 + "name" + " } }" * 5 + " } } }",
        ),
        Attack(
            "pages of pages",
            "{ viewer { bookings(first: 100) { nodes { timeline(first: 100) { nodes { kind } } } } } }",
        ),
        Attack(
            "10,000 mutations",
            "mutation { " + 'a: sessionRevoke(input: {sessionId: "x"}) { __typename } ' * 10_000 + "}",
        ),
        Attack("a huge document", "{ __typename }" + "#" * 300_000),
        Attack("a batch", content=json.dumps([{"query": "{ __typename }"}] * 1_000).encode()),
        Attack("a zip bomb", content=gzip.compress(b" " * 50_000_000), headers={"content-encoding": "gzip"}),
        Attack("text that is no JSON", content=b'{"query": "' + b"\\" * 200_000),
    ]


def _deep_object(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"place": value}
    return value


async def strike(http: httpx.AsyncClient, gateway: str, attack: Attack) -> tuple[httpx.Response, float]:
    """The answer, and the seconds that it took."""
    headers = {"content-type": "application/json", "accept": "application/graphql-response+json"} | attack.headers
    began = time.perf_counter()
    answer = await http.post(f"{gateway}/graphql", content=attack.body(), headers=headers)
    return answer, time.perf_counter() - began


def was_refused(answer: httpx.Response) -> bool:
    return answer.status_code < 500 and bool(answer.json().get("errors"))


async def _pulse(http: httpx.AsyncClient, gateway: str, note: Callable[[float], None]) -> None:
    while True:
        began = time.perf_counter()
        (await http.get(f"{gateway}/health/live")).raise_for_status()
        note(time.perf_counter() - began)
        await asyncio.sleep(_PULSE_SECONDS)


async def _run(gateway: str, rounds: int) -> int:
    failed = 0
    worst_time = worst_health = 0.0
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http, httpx.AsyncClient(trust_env=False) as healthy:
        print(f"{'attack':34} {'answer':>7} {'worst ms':>9} {'health ms':>10}")
        for attack in attacks():
            waits: list[float] = [0.0]
            pulse = asyncio.create_task(_pulse(healthy, gateway, waits.append))
            times, answer = [], None
            for _ in range(rounds):
                answer, seconds = await strike(http, gateway, attack)
                times.append(seconds)
            await asyncio.sleep(_PULSE_SECONDS * 3)
            pulse.cancel()
            await asyncio.gather(pulse, return_exceptions=True)
            assert answer is not None
            bad = not was_refused(answer) or max(times) > MOST_SECONDS or max(waits) > MOST_HEALTH_SECONDS
            failed += bad
            worst_time, worst_health = max(worst_time, *times), max(worst_health, *waits)
            mark = "  ← too much" if bad else ""
            print(f"{attack.name:34} {answer.status_code:>7} {max(times) * 1e3:>9.1f} {max(waits) * 1e3:>10.1f}{mark}")
    print(
        f"worst answer {worst_time * 1e3:.0f} ms, worst wait for health {worst_health * 1e3:.0f} ms, failed: {failed}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.attacks")
    parser.add_argument("--gateway", default="http://127.0.0.1:8000")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    sys.exit(asyncio.run(_run(options.gateway.rstrip("/"), options.rounds)))
