"""Registering and signing in, as the tests of this folder do it."""

from __future__ import annotations

import uuid
from typing import TypeAlias

import grpc
import pytest
from prometheus_client import REGISTRY

from contracts.auth.v1 import auth_pb2, auth_pb2_grpc
from runtime.channels import call
from runtime.errors import ServiceError
from tests.house import PERSON_PASSWORD

Stub: TypeAlias = "auth_pb2_grpc.AuthServiceAsyncStub"


def hashes_done() -> list[float]:
    """Password hashes made and verified by this process."""
    name = "innkeeper_password_hashes_total"
    return [REGISTRY.get_sample_value(name, {"kind": kind}) or 0.0 for kind in ("made", "verified")]


def registration(**changes: object) -> auth_pb2.RegisterRequest:
    request = auth_pb2.RegisterRequest(
        email=f"p-{uuid.uuid4().hex[:12]}@example.org",
        password=PERSON_PASSWORD,
        name="Mina Harker",
        role=auth_pb2.ROLE_GUEST,
    )
    for field, value in changes.items():
        setattr(request, field, value)
    return request


async def sign_in(auth: Stub, email: str, password: str = PERSON_PASSWORD) -> auth_pb2.SessionTokens:
    return await call(
        auth.CreateSession, auth_pb2.CreateSessionRequest(email=email, password=password, device="tests"), token=""
    )


async def registered_and_signed_in(auth: Stub) -> auth_pb2.SessionTokens:
    account = await call(auth.Register, registration(), token="")
    return await sign_in(auth, account.email)


async def refresh(auth: Stub, token: str) -> auth_pb2.SessionTokens:
    return await call(auth.RefreshSession, auth_pb2.RefreshSessionRequest(refresh_token=token), token="")


def refused(failure: pytest.ExceptionInfo[ServiceError]) -> tuple[str, grpc.StatusCode, tuple[str, ...]]:
    return failure.value.code, failure.value.status, failure.value.path
