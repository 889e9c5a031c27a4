"""python -m migrations provision | upgrade | downgrade | check | revision SERVICE MESSAGE

DATABASE_URL must belong to a role that may create roles and schemas. `provision` makes one role and one
schema a service (passwords from INNKEEPER_ROLE_PASSWORDS, JSON: role → password); `upgrade` and `downgrade`
run every history to its end or its beginning; `check` fails when models and migrations disagree.
"""

from __future__ import annotations

import argparse
import asyncio

from migrations.commands import check, downgrade, provision, revision, upgrade
from migrations.histories import SERVICES
from runtime.settings import BrokenSettings, MigrationSettings, exit_with, load


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m migrations")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("provision", help="make roles and schemas")
    for name in ("upgrade", "downgrade", "check"):
        commands.add_parser(name).add_argument("services", nargs="*", choices=(*SERVICES, []))
    draft = commands.add_parser("revision", help="draft a migration from the models")
    draft.add_argument("service", choices=SERVICES)
    draft.add_argument("message")
    options = parser.parse_args()
    try:
        settings = load(MigrationSettings)
    except BrokenSettings as broken:
        exit_with(f"migrations: {broken}")
    url = settings.database_url.get_secret_value()
    services = tuple(getattr(options, "services", ()) or SERVICES)
    if options.command == "provision":
        asyncio.run(provision(url, {role: word.get_secret_value() for role, word in settings.role_passwords.items()}))
    elif options.command == "upgrade":
        asyncio.run(upgrade(url, services))
    elif options.command == "downgrade":
        asyncio.run(downgrade(url, services))
    elif options.command == "check":
        asyncio.run(check(url, services))
    else:
        asyncio.run(revision(url, options.service, options.message))


if __name__ == "__main__":
    main()
