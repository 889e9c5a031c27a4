"""Rows of the auth service as messages of its contracts."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.access.v1 import access_pb2
from contracts.auth.v1 import api_client_pb2, auth_pb2
from runtime.clock import to_timestamp
from runtime.database import Record
from runtime.identity import Scope


def account_message(account: Record) -> auth_pb2.Account:
    return auth_pb2.Account(
        id=str(account["id"]),
        email=account["email"],
        name=account["name"],
        role=auth_pb2.Role.Value(f"ROLE_{account['role']}"),
        locale=account["locale"],
        created_at=to_timestamp(account["created_at"]),
        email_verified=account["email_verified_at"] is not None,
        phone=account["phone"],
        time_zone=account["time_zone"],
    )


def session_message(session: Record, current: str) -> auth_pb2.Session:
    return auth_pb2.Session(
        id=str(session["id"]),
        device=session["device"],
        created_at=to_timestamp(session["created_at"]),
        last_seen_at=to_timestamp(session["last_seen_at"]),
        current=str(session["id"]) == current,
    )


def client_message(client: Record, secrets: Sequence[Record] = ()) -> api_client_pb2.ApiClient:
    return api_client_pb2.ApiClient(
        id=str(client["id"]),
        name=client["name"],
        scopes=[scope_message(Scope(name)) for name in client["scopes"]],
        created_at=to_timestamp(client["created_at"]),
        last_used_at=to_timestamp(client["last_used_at"]) if client["last_used_at"] else None,
        revoked_at=to_timestamp(client["revoked_at"]) if client["revoked_at"] else None,
        secrets=[
            api_client_pb2.ApiClientSecret(
                hint=secret["hint"],
                created_at=to_timestamp(secret["created_at"]),
                expires_at=to_timestamp(secret["expires_at"]) if secret["expires_at"] else None,
            )
            for secret in secrets
            if secret["client_id"] == client["id"]
        ],
    )


def scope_message(scope: Scope) -> access_pb2.Scope.ValueType:
    return access_pb2.Scope.Value(f"SCOPE_{scope.name}")
