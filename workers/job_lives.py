"""How a job ends: done, tried again later for a cause that may pass, or dead and listed for an operator."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import random
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from arq import Retry
from prometheus_client import Counter, Gauge
from redis.exceptions import RedisError

from runtime.errors import ServiceError
from runtime.job_queue import JobQueue

log = structlog.get_logger()

JOB_SECONDS = 20.0  # after this a job is given up; arq itself would forget one that it ends
MOST_TRIES = 10
_LONGEST_PAUSE_SECONDS = 30.0

JOBS = Counter("innkeeper_jobs_total", "Runs of background jobs", ["name", "outcome"])
DEAD_JOBS = Gauge("innkeeper_jobs_dead", "Background jobs that failed for good and were not replayed")

Job = Callable[..., Awaitable[Any]]


def with_a_good_end(job: Job, *, at_once: int | None = None) -> Job:
    """What arq runs: it retries with growing pauses while the cause may pass, and else buries the job. `at_once` is
    how many of this job may run beside each other; None: as many as the worker takes."""
    name = job.__name__
    turns = asyncio.Semaphore(at_once) if at_once else contextlib.nullcontext()

    @functools.wraps(job)
    async def run(ctx: dict[str, Any], *arguments: str) -> Any:
        try:
            async with asyncio.timeout(JOB_SECONDS), turns:
                result = await job(ctx, *arguments)
        except Retry:
            raise
        except Exception as failure:
            if _may_pass(failure) and ctx["job_try"] < MOST_TRIES:
                JOBS.labels(name, "retried").inc()
                raise Retry(defer=pause_before_try(ctx["job_try"] + 1)) from None
            return await _bury(ctx, name, arguments, failure)
        JOBS.labels(name, "done").inc()
        await _forget(ctx)
        return result

    return run


async def count_dead_jobs(ctx: dict[str, Any]) -> int:
    """arq cron job."""
    jobs: JobQueue = ctx["jobs"]
    dead = await jobs.count_dead()
    DEAD_JOBS.set(dead)
    return dead


def pause_before_try(number: int) -> float:
    """Seconds before the second, third, … try: doubling, with jitter so that many do not come back at once."""
    longest = min(2.0 ** (number - 1), _LONGEST_PAUSE_SECONDS)
    return random.uniform(longest / 2, longest)  # noqa: S311  # no secret


def _may_pass(failure: Exception) -> bool:
    if isinstance(failure, ServiceError):
        return failure.retryable
    return isinstance(failure, (OSError, TimeoutError, RedisError))


async def _bury(ctx: dict[str, Any], name: str, arguments: tuple[str, ...], failure: Exception) -> str:
    cause = failure.code if isinstance(failure, ServiceError) else type(failure).__name__
    JOBS.labels(name, "dead").inc()
    log.error("job.dead", job=name, job_id=ctx["job_id"], cause=cause, tries=ctx["job_try"], exc_info=failure)
    jobs: JobQueue = ctx["jobs"]
    try:
        await jobs.bury(name, arguments, job_id=ctx["job_id"], cause=cause, tries=ctx["job_try"])
    except (RedisError, OSError) as away:
        log.warning("job.not_listed", job_id=ctx["job_id"], failure=type(away).__name__)
    return "dead"


async def _forget(ctx: dict[str, Any]) -> None:
    jobs: JobQueue = ctx["jobs"]
    try:
        await jobs.forget_dead(ctx["job_id"])
    except (RedisError, OSError) as away:
        log.warning("job.still_listed", job_id=ctx["job_id"], failure=type(away).__name__)
