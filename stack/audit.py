"""`make audit`: the standing proof, printed. Counts every booking anew against nights, payments and refunds."""

from __future__ import annotations

import asyncio
import sys

from grpc_services.booking.audit import Discrepancy, find_discrepancies
from migrations.histories import role_of
from runtime.database import open_database
from runtime.settings import BrokenSettings, StackSettings, load
from stack.secret_store import SecretStore
from stack.wiring import stack_directory, url_of_running_database


def audit() -> int:
    """The exit code: 0 when everything adds up."""
    try:
        found = asyncio.run(_look(load(StackSettings)))
    except (BrokenSettings, OSError) as failure:
        sys.stderr.write(f"make audit: {failure}\n")
        return 2
    for one in found:
        print(f"{one.kind:<12} {one.subject} {one.detail}: expected {one.expected}, found {one.found}")
    print(f"{len(found)} discrepancies" if found else "Everything adds up: no discrepancies.")
    return 1 if found else 0


async def _look(settings: StackSettings) -> list[Discrepancy]:
    url = url_of_running_database(settings, role_of("booking"), SecretStore(stack_directory(settings)))
    async with (
        open_database(url, pool_size=1, application_name="innkeeper-audit") as database,
        database.reading() as connection,
    ):
        return await find_discrepancies(connection)
