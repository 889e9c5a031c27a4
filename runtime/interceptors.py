"""What surrounds every servicer method: request id, trace, identity, typed errors, masked faults, metrics."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import grpc
import structlog
from opentelemetry import context as otel_context
from opentelemetry import propagate, trace
from prometheus_client import Histogram

from contracts.access.v1 import access_pb2
from runtime.channels import incoming_metadata
from runtime.database import TRANSIENT
from runtime.errors import STATUS_DETAILS_KEY, InternalFault, ServiceError, Unavailable
from runtime.identity import ANONYMOUS, Caller, TokenVerifier, check_machine, set_current_caller
from runtime.request_context import MAX_DEADLINE_SECONDS, REQUEST_ID_HEADER, begin_request

log = structlog.get_logger()
tracer = trace.get_tracer("innkeeper.grpc")

RPC_SECONDS = Histogram(
    "innkeeper_rpc_seconds",
    "Time in a servicer method",
    ("method", "code"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
Context = grpc.aio.ServicerContext[Any, Any]
_NO_MACHINES = access_pb2.Machines()
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"  # generic only for type checkers


class ServiceInterceptor(grpc.aio.ServerInterceptor):
    """Wraps each method of our services; health and reflection pass untouched.

    `reads` are the methods free of side effects: they leave a line in the log only when they are refused.
    `machines` says of each method which machine tokens it answers; where it says nothing, none.
    """

    def __init__(
        self, verifier: TokenVerifier | None, reads: frozenset[str], machines: Mapping[str, access_pb2.Machines]
    ) -> None:
        self._verifier = verifier
        self._reads = reads
        self._machines = machines

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not method.startswith("/innkeeper."):
            return handler
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(
                self._unary(method, handler.unary_unary), handler.request_deserializer, handler.response_serializer
            )
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(method, handler.unary_stream), handler.request_deserializer, handler.response_serializer
            )
        raise TypeError(f"{method}: client streams are not used on this platform")

    def _unary(self, method: str, behaviour: Callable[..., Any]) -> Callable[[Any, Context], Awaitable[Any]]:
        async def handle(request: Any, context: Context) -> Any:
            started = time.perf_counter()
            outcome = "OK"
            parent, caller_token = self._begin(context)
            with tracer.start_as_current_span(method, context=parent, kind=trace.SpanKind.SERVER):
                try:
                    set_current_caller(await self._caller(method, caller_token))
                    return await behaviour(request, context)
                except ServiceError as refusal:
                    outcome = refusal.code
                    await _refuse(context, refusal)
                except TRANSIENT as outage:
                    outcome = Unavailable.code
                    await _refuse(context, _outage(method, outage))
                except Exception:
                    outcome = "INTERNAL"
                    await _refuse(context, _masked(method))
                finally:
                    seconds = time.perf_counter() - started
                    RPC_SECONDS.labels(method, outcome).observe(seconds)
                    if outcome != "OK" or method not in self._reads:
                        log.info("rpc.done", method=method, outcome=outcome, milliseconds=round(seconds * 1000, 1))

        return handle

    def _stream(self, method: str, behaviour: Callable[..., Any]) -> Callable[[Any, Context], AsyncIterator[Any]]:
        async def handle(request: Any, context: Context) -> AsyncIterator[Any]:
            parent, caller_token = self._begin(context, has_deadline=False)
            attached = otel_context.attach(parent)
            try:
                set_current_caller(await self._caller(method, caller_token))
                async for response in behaviour(request, context):
                    yield response
            except ServiceError as refusal:
                await _refuse(context, refusal)
            except TRANSIENT as outage:
                await _refuse(context, _outage(method, outage))
            except Exception:
                await _refuse(context, _masked(method))
            finally:
                otel_context.detach(attached)

        return handle

    def _begin(self, context: Context, *, has_deadline: bool = True) -> tuple[otel_context.Context, str]:
        metadata = incoming_metadata(context)
        remaining = context.time_remaining()
        limit = MAX_DEADLINE_SECONDS if remaining is None else min(remaining, MAX_DEADLINE_SECONDS)
        begin_request(metadata.get(REQUEST_ID_HEADER), seconds_left=limit if has_deadline else None)
        scheme, _, token = metadata.get("authorization", "").partition(" ")
        return propagate.extract(metadata), token if scheme.lower() == "bearer" else ""

    async def _caller(self, method: str, token: str) -> Caller:
        if not token or self._verifier is None:
            return ANONYMOUS
        caller = await self._verifier.verify(token)
        check_machine(caller, self._machines.get(method, _NO_MACHINES))
        return caller


def _outage(method: str, outage: Exception) -> ServiceError:
    """The database is away, or too many wanted the same at once: the caller may try again."""
    log.warning("rpc.outage", method=method, failure=type(outage).__name__)
    return Unavailable("A part of the platform is not answering; please try again.")


def _masked(method: str) -> ServiceError:
    reference = uuid.uuid4().hex[:12]
    log.exception("rpc.fault", method=method, reference=reference)
    return InternalFault("Something went wrong on our side.", details={"reference": reference})


async def _refuse(context: Context, refusal: ServiceError) -> None:
    details = ((STATUS_DETAILS_KEY, refusal.to_status().SerializeToString()),)
    await context.abort(refusal.status, refusal.message, details)
