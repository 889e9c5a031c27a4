"""The demonstration people."""

from __future__ import annotations

from contracts.auth.v1 import auth_pb2
from grpc_services.auth.demo import ensure_demo_accounts
from runtime.database import Database
from tests.grpc_services.auth.people import Stub, sign_in


async def test_demo_people_keep_their_ids_and_take_the_newest_password(auth: Stub, auth_database: Database) -> None:
    first = await ensure_demo_accounts(auth_database, "first")
    second = await ensure_demo_accounts(auth_database, "second")
    assert first == second
    roles = {
        "guest@innkeeper.example": auth_pb2.ROLE_GUEST,
        "hotelier@innkeeper.example": auth_pb2.ROLE_HOTELIER,
        "master@innkeeper.example": auth_pb2.ROLE_MASTER,
        "admin@innkeeper.example": auth_pb2.ROLE_ADMIN,
    }
    for email, role in roles.items():
        session = await sign_in(auth, email, "second")
        assert (session.account.role, session.account.id) == (role, str(second[email]))
