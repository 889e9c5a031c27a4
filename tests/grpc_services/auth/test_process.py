"""python -m grpc_services.auth: it serves, it leaves in order, and its log keeps secrets."""

from __future__ import annotations

import sys
from pathlib import Path

import orjson
import pytest

from contracts.auth.v1 import auth_pb2, auth_pb2_grpc
from runtime.channels import call, open_channel
from runtime.errors import ServiceError
from runtime.settings import plain_environment
from stack.embedded.child_process import ChildProcess, listening
from tests.grpc_services.auth.people import refresh, registration, sign_in
from tests.house import PERSON_PASSWORD, SERVICE_CLIENTS, SIGNING_KEY_SECRET
from tests.parts import Parts, free_port


async def test_neither_passwords_nor_addresses_nor_tokens_reach_the_log(parts: Parts, tmp_path: Path) -> None:
    port = free_port()
    process = ChildProcess(
        "auth",
        [sys.executable, "-m", "grpc_services.auth"],
        log_file=tmp_path / "auth.log",
        environment={
            **plain_environment(),
            "DATABASE_URL": parts.database_url("auth"),
            "REDIS_URL": parts.redis_url,
            "INNKEEPER_PUBLIC_URL": "http://gateway.test",
            "INNKEEPER_LOG_LEVEL": "DEBUG",
            "INNKEEPER_GRPC_LISTEN": f"127.0.0.1:{port}",
            "INNKEEPER_AUTH_ADDRESS": f"127.0.0.1:{port}",
            "INNKEEPER_SIGNING_KEY_SECRET": SIGNING_KEY_SECRET,
            "INNKEEPER_SERVICE_CLIENTS": orjson.dumps(SERVICE_CLIENTS).decode(),
        },
    )
    await process.start()
    try:
        await process.ready_when(lambda: listening("127.0.0.1", port), seconds=20)
        async with open_channel(f"127.0.0.1:{port}", auth_pb2.DESCRIPTOR) as channel:
            stub: auth_pb2_grpc.AuthServiceAsyncStub = auth_pb2_grpc.AuthServiceStub(channel)
            request = registration(name="Lucy Westenra")
            await call(stub.Register, request, token="")
            with pytest.raises(ServiceError):
                await call(stub.Register, request, token="")
            with pytest.raises(ServiceError):
                await sign_in(stub, request.email, "a-wrong-password")
            session = await sign_in(stub, request.email)
            renewed = await refresh(stub, session.refresh_token)
            await call(stub.RevokeSession, auth_pb2.RevokeSessionRequest(), token=renewed.access_token)
    finally:
        await process.stop()
    assert process.exit_code == 0
    written = process.log_file.read_text()
    assert "account.registered" in written
    assert "session.revoked" in written
    for secret in (
        request.email,
        "Lucy",
        PERSON_PASSWORD,
        "a-wrong-password",
        session.refresh_token,
        renewed.refresh_token,
        renewed.access_token,
        SIGNING_KEY_SECRET,
        SERVICE_CLIENTS["gateway"],
    ):
        assert secret not in written
