"""`python -m stack jobs dead` and `… replay ID|all`: background jobs that failed for good, and trying them again."""

from __future__ import annotations

import asyncio
import sys

from redis.exceptions import RedisError

from runtime.settings import BrokenSettings, StackSettings, load
from stack.operator_client import open_stack_jobs

ALL = "all"


def dead_jobs(replay: str | None) -> int:
    """Lists dead jobs, or enqueues one or all of them again. The exit code: 0 when all went well."""
    try:
        return asyncio.run(_dead_jobs(load(StackSettings), replay))
    except (BrokenSettings, OSError, RedisError) as failure:
        sys.stderr.write(f"jobs: {failure}\n")
        return 2


async def _dead_jobs(settings: StackSettings, replay: str | None) -> int:
    async with open_stack_jobs(settings) as jobs:
        dead = await jobs.dead_jobs()
        if replay is None:
            for job in dead:
                print(f"{job.died_at}  {job.job:<24} {job.cause:<20} after {job.tries} tries\n    {job.id}")
            print(f"{len(dead)} dead" if dead else "No job is dead.")
            return 0
        wanted = [job.id for job in dead if replay in (ALL, job.id)]
        for job_id in wanted:
            await jobs.replay(job_id)
            print(f"{job_id}: on its way")
        if replay != ALL and not wanted:
            sys.stderr.write("jobs: no such job is dead\n")
            return 2
    return 0
