"""Calling other services: one channel an address, a deadline on every call, typed errors back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import grpc
import orjson
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message
from opentelemetry import propagate

from contracts.auth.v1 import auth_pb2, auth_pb2_grpc
from runtime.errors import InternalFault, Unavailable, from_rpc_error
from runtime.identity import TokenVerifier, current_caller
from runtime.request_context import REQUEST_ID_HEADER, request_id, seconds_left
from runtime.revocations import LivingTokens, revocations_of
from runtime.settings import CallerSection, ServiceClientSection

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
MAX_REFUSAL_BYTES = 128 * 1024  # a refusal may name every night of a year and a half
_REPEATABLE = (
    descriptor_pb2.MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS,
    descriptor_pb2.MethodOptions.IdempotencyLevel.IDEMPOTENT,
)


@asynccontextmanager
async def open_channel(address: str, *contracts: FileDescriptor) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to the services of some contracts behind one address. gRPC itself repeats calls that failed as
    UNAVAILABLE, for those methods only that a contract marks as free of side effects or idempotent."""
    options = [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_metadata_size", MAX_REFUSAL_BYTES),
        ("grpc.absolute_max_metadata_size", MAX_REFUSAL_BYTES),
        ("grpc.service_config", retry_policy(*contracts)),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.max_reconnect_backoff_ms", 1_000),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.enable_http_proxy", 0),
    ]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        yield channel


def retry_policy(*contracts: FileDescriptor) -> str:
    """A gRPC service config (JSON) with retries for the repeatable methods of contracts."""
    names = [
        {"service": service.full_name, "method": method.name}
        for contract in contracts
        for service in contract.services_by_name.values()
        for method in service.methods
        if method.GetOptions().idempotency_level in _REPEATABLE
    ]
    policy = {
        "maxAttempts": 4,
        "initialBackoff": "0.05s",
        "maxBackoff": "0.5s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    return orjson.dumps({"methodConfig": [{"name": names, "retryPolicy": policy}]} if names else {}).decode()


async def call(
    method: grpc.aio.UnaryUnaryMultiCallable[Request, Response],
    request: Request,
    *,
    token: str | None = None,
    at_most: float = 5.0,
    extra_metadata: tuple[tuple[str, str], ...] = (),
) -> Response:
    """One call in the name of the current caller (or of `token`), within what is left of the request's time.

    Raises ServiceError, never a gRPC error.
    """
    try:
        return await method(request, timeout=seconds_left(at_most), metadata=outgoing_metadata(token, extra_metadata))
    except grpc.aio.AioRpcError as failure:
        raise from_rpc_error(failure) from None


async def call_provider(
    method: grpc.aio.UnaryUnaryMultiCallable[Request, Response], request: Request, key: tuple[tuple[str, str], ...]
) -> Response:
    """A call to a system with a key of its own and no users of ours. Its faults are not ours to mend and may pass, so
    they are raised as Unavailable; what it did before it failed, an idempotency key finds."""
    try:
        return await call(method, request, token="", extra_metadata=key)
    except InternalFault:
        raise Unavailable("The payment system is not well; please try again.") from None


async def stream(
    method: grpc.aio.UnaryStreamMultiCallable[Request, Response],
    request: Request,
    *,
    token: str | None = None,
    at_most: float = 60.0,
) -> AsyncIterator[Response]:
    """A server stream as an async iterator, with the same rules as `call`."""
    try:
        async for response in method(request, timeout=at_most, metadata=outgoing_metadata(token)):
            yield response
    except grpc.aio.AioRpcError as failure:
        raise from_rpc_error(failure) from None


def outgoing_metadata(token: str | None = None, extra: tuple[tuple[str, str], ...] = ()) -> tuple[tuple[str, str], ...]:
    """Request id, trace context and authorization for a call to another service."""
    bearer = current_caller().token if token is None else token
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    metadata = [(REQUEST_ID_HEADER, request_id()), *carrier.items(), *extra]
    if bearer:
        metadata.append(("authorization", f"Bearer {bearer}"))
    return tuple(metadata)


@asynccontextmanager
async def open_token_verifier(settings: CallerSection) -> AsyncIterator[TokenVerifier]:
    """A verifier that reads the key set from the auth service, and hears in Redis of what was revoked."""
    async with (
        open_channel(settings.auth_address, auth_pb2.DESCRIPTOR) as channel,
        revocations_of(settings.redis_url.get_secret_value()) as revocations,
    ):
        stub: auth_pb2_grpc.AuthServiceAsyncStub = auth_pb2_grpc.AuthServiceStub(channel)

        async def fetch() -> str:
            return (await call(stub.GetJwks, auth_pb2.GetJwksRequest(), token="")).jwks_json

        yield LivingTokens(
            fetch,
            revocations,
            issuer=settings.token_issuer,
            audience=settings.token_audience,
            keys_seconds=settings.token_keys_seconds,
        )


class ServiceIdentity:
    """The SYSTEM token of one of our own processes, fetched when needed and renewed every minute, so that it is signed
    with a key that stays. While auth is away the one that there is goes on until it ends."""

    _FRESH_SECONDS = 60.0
    _RETRY_SECONDS = 5.0
    _LEFT_SECONDS = 10.0  # of its life, for the call that it is for

    def __init__(self, stub: auth_pb2_grpc.AuthServiceAsyncStub, settings: ServiceClientSection) -> None:
        self._stub = stub
        self._settings = settings
        self._token = ""
        self._ends_at = 0.0
        self._renew_at = 0.0
        self._renewing = asyncio.Lock()

    async def token(self) -> str:
        if time.time() < self._renew_at:
            return self._token
        async with self._renewing:
            if time.time() >= self._renew_at:
                try:
                    await self._renew()
                except Unavailable:
                    if time.time() > self._ends_at - self._LEFT_SECONDS:
                        raise
                    self._renew_at = time.time() + self._RETRY_SECONDS
        return self._token

    async def _renew(self) -> None:
        issued = await call(
            self._stub.IssueServiceToken,
            auth_pb2.IssueServiceTokenRequest(
                client_id=self._settings.service_client_id,
                client_secret=self._settings.service_client_secret.get_secret_value(),
            ),
            token="",
        )
        self._token, self._ends_at = issued.access_token, issued.expires_at.seconds
        self._renew_at = min(time.time() + self._FRESH_SECONDS, self._ends_at - self._LEFT_SECONDS)


@asynccontextmanager
async def open_service_identity(auth_address: str, settings: ServiceClientSection) -> AsyncIterator[ServiceIdentity]:
    async with open_channel(auth_address, auth_pb2.DESCRIPTOR) as channel:
        yield ServiceIdentity(auth_pb2_grpc.AuthServiceStub(channel), settings)


def incoming_metadata(context: grpc.aio.ServicerContext[Any, Any]) -> Mapping[str, str]:
    """The text metadata of a call as a plain mapping."""
    return {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
