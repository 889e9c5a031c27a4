"""Enqueuing while Redis takes the question and answers nothing."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from runtime.job_queue import open_job_queue
from runtime.settings import RedisSection
from tests.api.tcp_proxy import wire_to
from tests.parts import Parts


async def test_who_enqueues_does_not_wait_for_a_redis_that_does_not_answer(parts: Parts) -> None:
    redis = urlsplit(parts.redis_url)
    async with wire_to(redis.hostname or "", redis.port or 0) as wire:
        url = redis._replace(netloc=redis.netloc.replace(f":{redis.port}", f":{wire.port}")).geturl()
        section = RedisSection.model_validate({"REDIS_URL": url})
        async with open_job_queue(section, answer_seconds=0.2) as jobs:
            assert await jobs.send_account_mails()
            wire.deaf = True
            async with asyncio.timeout(20):
                assert not await jobs.send_account_mails()
            wire.deaf = False
            assert await jobs.send_account_mails()
