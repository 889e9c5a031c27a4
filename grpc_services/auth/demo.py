"""The people of the demonstration stack. No service imports this."""

from __future__ import annotations

import contextlib
import uuid

from grpc_services.auth import queries
from grpc_services.auth.passwords import Passwords
from grpc_services.auth.rules import email_key
from runtime.database import Database
from runtime.identity import Role

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "innkeeper.example")
_PEOPLE = (
    ("guest@innkeeper.example", "Grace Guest", Role.GUEST),
    ("hotelier@innkeeper.example", "Henri Hotelier", Role.HOTELIER),
    ("master@innkeeper.example", "Marie Master", Role.MASTER),
    ("admin@innkeeper.example", "Ada Admin", Role.ADMIN),
)


async def ensure_demo_accounts(database: Database, password: str) -> dict[str, uuid.UUID]:
    """Makes the demo accounts, or gives the existing ones this password; returns address → account id."""
    ids: dict[str, uuid.UUID] = {}
    with contextlib.closing(Passwords()) as passwords:
        for email, name, role in _PEOPLE:
            ids[email] = uuid.uuid5(_NAMESPACE, email)
            password_hash = await passwords.hash(password)
            async with database.transaction() as connection:
                await queries.SET_DEMO_ACCOUNT.execute(
                    connection,
                    id=ids[email],
                    email=email,
                    email_key=email_key(email),
                    name=name,
                    role=role.value,
                    locale="en",
                    password_hash=password_hash,
                )
    return ids
