"""Children: started, watched, revived, given up, and ended in order."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from stack.embedded.child_process import ChildProcess, PartFailed
from stack.supervisor import Supervisor, until

SLEEPER = "import time; time.sleep(60)"
GENTLE = """import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print('up', flush=True)
while True:
    time.sleep(0.01)
"""
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
)


def child(name: str, script: str, folder: Path) -> ChildProcess:
    return ChildProcess(
        name, [sys.executable, "-c", script], log_file=folder / f"{name}.log", environment={"PATH": os.defpath}
    )


async def test_a_killed_child_is_named_and_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    sleeper = child("sleeper", SLEEPER, tmp_path)
    await supervisor.start([sleeper])
    stop = asyncio.Event()
    watching = asyncio.create_task(supervisor.watch(stop))
    first = sleeper.pid
    os.kill(first, signal.SIGKILL)
    while not said:
        await asyncio.sleep(0.02)
    assert said == ["sleeper was killed by SIGKILL; starting it again"]
    assert sleeper.running
    assert sleeper.pid != first
    stop.set()
    await watching
    await supervisor.stop()
    assert not sleeper.running


async def test_a_child_that_dies_over_and_over_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda _line: None)
    await supervisor.start([child("broken", "print('the port is taken'); raise SystemExit(3)", tmp_path)])
    with pytest.raises(PartFailed, match=r"broken ended with code 3: the port is taken \(for the 6th time"):
        await supervisor.watch(asyncio.Event())


async def test_a_child_that_dies_while_others_start_is_told_at_once(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda _line: None)
    await supervisor.start([child("broken", "raise SystemExit('no such setting')", tmp_path)])

    async def never() -> bool:
        return False

    with pytest.raises(PartFailed, match="broken ended with code 1: no such setting"):
        await until(never, supervisor, "anything", seconds=20)
    await supervisor.stop()


async def test_groups_end_in_the_opposite_order_of_their_start(tmp_path: Path) -> None:
    script = GENTLE
    supervisor = Supervisor(lambda _line: None)
    first, second = child("first", script, tmp_path), child("second", script, tmp_path)
    for one in (first, second):
        await supervisor.start([one])
        while not one.log_file.read_text():
            await asyncio.sleep(0.02)
    order: list[str] = []

    async def note(one: ChildProcess) -> None:
        await one.wait()
        order.append(one.name)

    noting = [asyncio.create_task(note(one)) for one in (first, second)]
    await supervisor.stop()
    await asyncio.gather(*noting)
    assert order == ["second", "first"]


async def test_a_child_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    stubborn = child("stubborn", STUBBORN, tmp_path)
    await stubborn.start()
    while "ready" not in stubborn.log_file.read_text():
        await asyncio.sleep(0.02)
    await stubborn.stop(grace_seconds=0.2)
    assert stubborn.exit_code == -signal.SIGKILL
