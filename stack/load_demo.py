"""Loads the demo accounts, houses and salons into a database that is already migrated: python -m stack.load_demo

For stacks that `make up` does not start, such as the one of docker-compose.yml. DATABASE_URL says where the
database is, INNKEEPER_ROLE_PASSWORDS holds the passwords of the roles of auth, hotel, salon and review.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from urllib.parse import quote, urlsplit, urlunsplit

from grpc_services.auth.demo import ensure_demo_accounts
from grpc_services.hotel.importing import REGISTER
from migrations.histories import role_of
from runtime.clock import utc_now
from runtime.database import open_database
from runtime.settings import BrokenSettings, MigrationSettings, exit_with, load
from stack.demo_data import HOUSES_OF_THE_DEMO_HOTELIER, load_demo_houses, paris_houses
from stack.demo_rates import load_sample_rates
from stack.demo_salons import load_demo_reviews, load_demo_salons, places

DEMO_PASSWORD = "innkeeper-demo"  # noqa: S105  # known to everybody, and only in stacks for demonstration
DEMO_HOTELIER = "hotelier@innkeeper.example"
DEMO_MASTER = "master@innkeeper.example"
_OWNERS = tuple(map(role_of, ("auth", "hotel", "salon", "review")))


async def load_demo(url_of: Callable[[str], str], *, limit: int = sys.maxsize) -> int:
    """Makes the accounts, and the houses and salons if there are none; answers how many houses it made.

    `url_of` gives the address of the database for a role.
    """
    today = utc_now().date()
    async with open_database(url_of(role_of("auth")), pool_size=2, application_name="innkeeper-demo") as database:
        accounts = await ensure_demo_accounts(database, DEMO_PASSWORD)
    async with open_database(url_of(role_of("hotel")), pool_size=2, application_name="innkeeper-demo") as database:
        made = await load_demo_houses(database, hotelier_id=accounts[DEMO_HOTELIER], limit=limit, today=today)
        await load_sample_rates(database)
    own = [(house.id(REGISTER), house) for _, house in paris_houses()[: min(limit, HOUSES_OF_THE_DEMO_HOTELIER)]]
    async with open_database(url_of(role_of("salon")), pool_size=2, application_name="innkeeper-demo") as database:
        wanted = places(accounts[DEMO_HOTELIER], own)
        opened = await load_demo_salons(database, wanted, accounts[DEMO_MASTER])
    async with open_database(url_of(role_of("review")), pool_size=2, application_name="innkeeper-demo") as database:
        await load_demo_reviews(database, opened, today)
    return made


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

    missing = sorted(set(_OWNERS) - set(passwords))
    if missing:
        exit_with(f"demo: INNKEEPER_ROLE_PASSWORDS lacks {', '.join(missing)}")
    made = asyncio.run(load_demo(url_of))
    sys.stdout.write(f"{made} houses loaded; every demo account has the password {DEMO_PASSWORD}\n")


if __name__ == "__main__":
    main()
