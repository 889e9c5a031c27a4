"""python -m runtime.health_probe against real servers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import pytest
from starlette.responses import PlainTextResponse

from runtime.grpc_server import GrpcServer, grpc_server
from runtime.http_server import http_server
from tests.parts import free_port


@pytest.fixture
async def server() -> AsyncIterator[GrpcServer]:
    async with grpc_server("127.0.0.1:0", ("test.Service",), lambda _server: None, verifier=None) as running:
        yield running


async def probe(*arguments: str) -> tuple[int | None, str]:
    """Its exit code and what it says on standard error."""
    asked = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "runtime.health_probe", *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, said = await asked.communicate()
    return asked.returncode, said.decode().strip()


async def test_a_serving_server_is_well(server: GrpcServer) -> None:
    assert await probe("grpc", server.address) == (0, "")


async def test_a_server_that_is_not_ready_is_not_well(server: GrpcServer) -> None:
    await server.set_ready(False)
    assert await probe("grpc", server.address) == (1, f"{server.address}: NOT_SERVING")


async def test_where_nobody_listens_nobody_is_well() -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    assert await probe("grpc", nowhere) == (1, f"{nowhere}: UNAVAILABLE")
    assert await probe("http", f"http://{nowhere}/") == (1, f"http://{nowhere}/: URLError")


@pytest.mark.parametrize(("status", "code"), [(200, 0), (204, 0), (404, 1), (503, 1)])
async def test_a_page_is_well_when_it_answers_with_success(status: int, code: int) -> None:
    async with http_server(PlainTextResponse("", status_code=status), "127.0.0.1", 0) as address:
        exit_code, said = await probe("http", f"{address}/health/ready")
    assert exit_code == code
    assert said == ("" if code == 0 else f"{address}/health/ready: status {status}")


async def test_a_page_that_does_not_answer_in_time_is_not_well() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()

    listener = await asyncio.start_server(silent, "127.0.0.1", 0)
    host, port = listener.sockets[0].getsockname()
    async with listener:
        assert await probe("http", f"http://{host}:{port}/") == (1, f"http://{host}:{port}/: TimeoutError")


async def test_a_mistyped_command_says_how_it_goes() -> None:
    code, said = await probe("smoke", "signals")
    assert code == 2
    assert "usage: python -m runtime.health_probe" in said
