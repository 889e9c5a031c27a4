"""How the commands of `python -m stack` speak to a running stack: in the operator's own name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from runtime.channels import ServiceIdentity, open_service_identity
from runtime.job_queue import JobQueue, open_job_queue
from runtime.settings import RedisSection, ServiceClientSection, StackSettings
from stack.ports import HOST, Ports
from stack.secret_store import OPERATOR, SecretStore
from stack.wiring import stack_directory


@asynccontextmanager
async def open_operator(settings: StackSettings) -> AsyncIterator[ServiceIdentity]:
    secrets = SecretStore(stack_directory(settings))
    client = ServiceClientSection.model_validate(
        {"service_client_id": OPERATOR, "service_client_secret": secrets.client_secrets()[OPERATOR]}
    )
    async with open_service_identity(Ports(settings.first_port).grpc_address("auth"), client) as identity:
        yield identity


@asynccontextmanager
async def open_stack_jobs(settings: StackSettings) -> AsyncIterator[JobQueue]:
    """The job queue of the running stack. Raises OSError when its Redis cannot be reached."""
    password = SecretStore(stack_directory(settings)).of("valkey")
    embedded = f"redis://:{password}@{HOST}:{Ports(settings.first_port).valkey}/0"
    url = settings.redis_url or SecretStr(embedded)
    async with open_job_queue(RedisSection.model_validate({"REDIS_URL": url})) as jobs:
        yield jobs
