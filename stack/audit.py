"""`make audit`: the standing proof, printed. Counts every booking anew against nights, payments and refunds."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from grpc_services.booking.audit import Discrepancy, find_discrepancies
from migrations.histories import role_of
from runtime.database import open_database
from runtime.settings import BrokenSettings, StackSettings, load
from stack.ports import HOST, Ports
from stack.secret_store import SecretStore
from stack.wiring import url_of_role

ROOT = Path(__file__).resolve().parent.parent


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
    role = role_of("booking")
    password = SecretStore((ROOT / settings.stack_dir).resolve()).of(role)
    embedded = f"postgresql://{HOST}:{Ports(settings.first_port).postgres}/innkeeper"
    owner = settings.database_url.get_secret_value() if settings.database_url else embedded
    url = url_of_role(owner, role, password)
    async with (
        open_database(url, pool_size=1, application_name="innkeeper-audit") as database,
        database.reading() as connection,
    ):
        return await find_discrepancies(connection)
