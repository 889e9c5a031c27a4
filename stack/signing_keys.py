"""`python -m stack keys list`, `keys rotate [--soon]` and `keys retire KID`: the keys that sign access tokens."""

from __future__ import annotations

import asyncio
import sys

from contracts.auth.v1 import signing_key_pb2, signing_key_pb2_grpc
from runtime.channels import call, open_channel
from runtime.clock import from_timestamp
from runtime.errors import ServiceError
from runtime.request_context import begin_request
from runtime.settings import BrokenSettings, StackSettings, load
from stack.operator_client import open_operator
from stack.ports import Ports


def signing_keys(action: str, *, kid: str = "", soon: bool = False) -> int:
    """The exit code: 0 when all went well."""
    begin_request()
    try:
        return asyncio.run(_act(load(StackSettings), action, kid, soon))
    except (BrokenSettings, OSError, ServiceError) as failure:
        sys.stderr.write(f"keys: {failure}\n")
        return 2


def line_of(key: signing_key_pb2.SigningKey) -> str:
    state = signing_key_pb2.SigningKeyState.Name(key.state).removeprefix("SIGNING_KEY_STATE_").lower()
    until = f"{from_timestamp(key.published_until):%Y-%m-%d %H:%M}" if key.HasField("published_until") else "-"
    return f"{key.kid}  {state:<8} signs from {from_timestamp(key.signs_from):%Y-%m-%d %H:%M}  published until {until}"


async def _act(settings: StackSettings, action: str, kid: str, soon: bool) -> int:
    async with (
        open_operator(settings) as operator,
        open_channel(Ports(settings.first_port).grpc_address("auth"), signing_key_pb2.DESCRIPTOR) as channel,
    ):
        keys: signing_key_pb2_grpc.SigningKeyServiceAsyncStub = signing_key_pb2_grpc.SigningKeyServiceStub(channel)
        token = await operator.token()
        if action == "rotate":
            rotating = signing_key_pb2.RotateSigningKeyRequest(soon=soon)
            print(line_of(await call(keys.RotateSigningKey, rotating, token=token)))
        elif action == "retire":
            await call(keys.RetireSigningKey, signing_key_pb2.RetireSigningKeyRequest(kid=kid), token=token)
            print(f"{kid} is retired: what it signed is refused everywhere within a minute.")
        else:
            listed = await call(keys.ListSigningKeys, signing_key_pb2.ListSigningKeysRequest(), token=token)
            print(*map(line_of, listed.keys), sep="\n")
    return 0
