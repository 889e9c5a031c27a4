"""Whoever is cancelled ends, also when a library does not hear it the first time."""

from __future__ import annotations

import asyncio

from runtime.waiting import cancel_until_done


async def test_a_loop_that_missed_its_cancellation_is_cancelled_again() -> None:
    missed = []

    async def loop() -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                missed.append(True)
                if len(missed) > 2:
                    raise

    task = asyncio.create_task(loop())
    await asyncio.sleep(0)
    await cancel_until_done(task, patience_seconds=0.01)
    assert task.cancelled()
    assert len(missed) == 3


async def test_what_ends_at_once_is_cancelled_once_and_may_clean_up() -> None:
    cleaned = []

    async def work() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.05)
            cleaned.append(True)

    tasks = [asyncio.create_task(work()), asyncio.create_task(work())]
    await asyncio.sleep(0)
    await cancel_until_done(*tasks, patience_seconds=30)
    assert cleaned == [True, True]
