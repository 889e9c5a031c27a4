"""Loads the demo accounts and houses into a database that is already migrated: python -m stack.load_demo

For stacks that `make up` does not start, such as the one of docker-compose.yml. DATABASE_URL says where the
database is, INNKEEPER_ROLE_PASSWORDS holds the passwords of the roles innkeeper_auth and innkeeper_hotel.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from urllib.parse import quote, urlsplit, urlunsplit

from grpc_services.auth.demo import ensure_demo_accounts
from migrations.histories import role_of
from runtime.clock import utc_now
from runtime.database import open_database
from runtime.settings import BrokenSettings, MigrationSettings, exit_with, load
from stack.demo_data import load_demo_houses

DEMO_PASSWORD = "innkeeper-demo"  # noqa: S105  # known to everybody, and only in stacks for demonstration
DEMO_HOTELIER = "hotelier@innkeeper.example"


async def load_demo(url_of: Callable[[str], str], *, limit: int = sys.maxsize) -> int:
    """Makes the accounts, and the houses if there are none; answers how many houses it made.

    `url_of` gives the address of the database for a role.
    """
    async with open_database(url_of(role_of("auth")), pool_size=2, application_name="innkeeper-demo") as database:
        accounts = await ensure_demo_accounts(database, DEMO_PASSWORD)
    async with open_database(url_of(role_of("hotel")), pool_size=2, application_name="innkeeper-demo") as database:
        return await load_demo_houses(
            database, hotelier_id=accounts[DEMO_HOTELIER], limit=limit, today=utc_now().date()
        )


def main() -> None:
    try:
        settings = load(MigrationSettings)
    except BrokenSettings as broken:
        exit_with(f"demo: {broken}")
    address = urlsplit(settings.database_url.get_secret_value())
    passwords = {role: password.get_secret_value() for role, password in settings.role_passwords.items()}

    def url_of(role: str) -> str:
        host = address.netloc.rpartition("@")[2]
        return urlunsplit(address._replace(netloc=f"{role}:{quote(passwords[role], safe='')}@{host}"))

    missing = sorted({role_of("auth"), role_of("hotel")} - set(passwords))
    if missing:
        exit_with(f"demo: INNKEEPER_ROLE_PASSWORDS lacks {', '.join(missing)}")
    made = asyncio.run(load_demo(url_of))
    sys.stdout.write(f"{made} houses loaded; every demo account has the password {DEMO_PASSWORD}\n")


if __name__ == "__main__":
    main()
