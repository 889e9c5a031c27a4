"""How jobs end: a cause that may pass is tried again with growing pauses, any other is listed until it is replayed."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from arq import Retry
from redis.asyncio import Redis

from runtime.errors import IllegalState, Unavailable
from runtime.job_queue import JobQueue, open_job_queue
from tests.house import worker_settings
from tests.parts import Parts, free_port
from workers.arq_worker import JOB_TIMEOUT_SECONDS
from workers.job_lives import DEAD_JOBS, JOB_SECONDS, MOST_TRIES, count_dead_jobs, pause_before_try, with_a_good_end


@pytest.fixture
async def jobs(parts: Parts) -> AsyncIterator[JobQueue]:
    settings = worker_settings(parts, "", booking_address="", notification_address="", smtp_port=free_port())
    async with open_job_queue(settings) as opened:
        yield opened


def context(jobs: JobQueue, *, job_try: int = 1) -> dict[str, Any]:
    return {"jobs": jobs, "job_id": f"job-{uuid.uuid4().hex}", "job_try": job_try}


async def fall_over(ctx: dict[str, Any], cause: str) -> str:
    match cause:
        case "outage":
            raise Unavailable("away")
        case "silence":
            raise TimeoutError
        case "refusal":
            raise IllegalState("never")
        case "fault":
            raise ZeroDivisionError
    return cause


run = with_a_good_end(fall_over)


@pytest.mark.parametrize("cause", ["outage", "silence"])
async def test_what_may_pass_is_tried_again_and_at_last_listed(jobs: JobQueue, cause: str) -> None:
    with pytest.raises(Retry):
        await run(context(jobs), cause)
    last = context(jobs, job_try=MOST_TRIES)
    assert await run(last, cause) == "dead"
    assert last["job_id"] in {dead.id for dead in await jobs.dead_jobs()}


@pytest.mark.parametrize(("cause", "told"), [("refusal", "ILLEGAL_STATE"), ("fault", "ZeroDivisionError")])
async def test_what_does_not_pass_dies_at_once_and_can_be_replayed(
    jobs: JobQueue, parts: Parts, cause: str, told: str
) -> None:
    ctx = context(jobs)
    assert await run(ctx, cause) == "dead"
    await count_dead_jobs({"jobs": jobs})
    assert next(iter(DEAD_JOBS.collect())).samples[0].value >= 1
    (dead,) = [dead for dead in await jobs.dead_jobs() if dead.id == ctx["job_id"]]
    assert (dead.job, dead.arguments, dead.cause, dead.tries) == ("fall_over", [cause], told, 1)
    assert await jobs.replay(dead.id)
    async with Redis.from_url(parts.redis_url) as redis:
        assert await redis.exists(f"arq:job:{dead.id}")
        await redis.delete(f"arq:job:{dead.id}")
        await redis.zrem("arq:queue", dead.id)
    assert await run(ctx, "well") == "well"
    assert dead.id not in {one.id for one in await jobs.dead_jobs()}, "it succeeded"
    assert not await jobs.replay(dead.id)


async def test_a_job_that_is_cancelled_is_neither_done_nor_dead(jobs: JobQueue) -> None:
    ctx = context(jobs)
    waiting = asyncio.Event()

    async def hang(ctx: dict[str, Any]) -> None:
        waiting.set()
        await asyncio.Event().wait()

    running = asyncio.ensure_future(with_a_good_end(hang)(ctx))
    await waiting.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ctx["job_id"] not in {dead.id for dead in await jobs.dead_jobs()}


def test_pauses_grow_to_half_a_minute_and_no_job_outlives_its_timeout() -> None:
    pauses = [pause_before_try(number) for number in range(2, MOST_TRIES + 1)]
    assert all(0 < pause <= 30 for pause in pauses)
    assert pauses[0] <= 2 < 15 <= pauses[-1]
    assert JOB_SECONDS < JOB_TIMEOUT_SECONDS <= 30


async def test_no_more_of_a_job_run_at_once_than_were_allowed(jobs: JobQueue) -> None:
    running, most, full, go = 0, 0, asyncio.Event(), asyncio.Event()

    async def work(ctx: dict[str, Any]) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 2:
            full.set()
        await go.wait()
        running -= 1

    job = with_a_good_end(work, at_once=2)
    all_of_them = asyncio.gather(*(job(context(jobs)) for _ in range(5)))
    await full.wait()
    go.set()
    await all_of_them
    assert (running, most) == (0, 2)
