"""The life of a gRPC server: listen, say that it is healthy, and leave in order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection

from contracts.access.v1 import access_pb2
from runtime.channels import MAX_MESSAGE_BYTES
from runtime.identity import TokenVerifier
from runtime.interceptors import ServiceInterceptor

GRACE_SECONDS = 4.0
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@dataclass(frozen=True, slots=True)
class GrpcServer:
    """`address` is where it listens, with the port that the system chose when 0 was asked for."""

    address: str
    health: health_aio.HealthServicer
    names: Sequence[str]

    async def set_ready(self, ready: bool) -> None:
        for name in self.names:
            await self.health.set(name, _SERVING if ready else _NOT_SERVING)


@asynccontextmanager
async def grpc_server(
    listen: str,
    service_names: tuple[str, ...],
    register: Callable[[grpc.aio.Server], None],
    *,
    verifier: TokenVerifier | None,
    ready: bool = True,
) -> AsyncIterator[GrpcServer]:
    """Serves gRPC services with health and reflection until the block ends, then lets running calls finish.

    Raises OSError with one clear line when the address is taken.
    """
    server = grpc.aio.server(
        interceptors=[ServiceInterceptor(verifier, reads_of(service_names), machines_of(service_names))],
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.so_reuseport", 0),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ],
    )
    register(server)
    health = health_aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    names = (*service_names, "")
    reflection.enable_server_reflection(
        [*service_names, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name], server
    )
    try:
        port = server.add_insecure_port(listen)
    except RuntimeError:
        raise OSError(f"address {listen} is taken or cannot be used") from None
    await server.start()
    running = GrpcServer(f"{listen.rpartition(':')[0]}:{port}", health, names)
    await running.set_ready(ready)
    try:
        yield running
    finally:
        await health.enter_graceful_shutdown()
        await server.stop(GRACE_SECONDS)


def service_names_of(*contracts: FileDescriptor) -> tuple[str, ...]:
    """Full names of the gRPC services that contracts describe."""
    return tuple(service.full_name for contract in contracts for service in contract.services_by_name.values())


def reads_of(service_names: tuple[str, ...]) -> frozenset[str]:
    """Full names of the services' methods that their contracts mark as free of side effects."""
    return frozenset(
        f"/{name}/{method.name}"
        for name in service_names
        for method in _methods(name)
        if method.GetOptions().idempotency_level == descriptor_pb2.MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS
    )


def machines_of(service_names: tuple[str, ...]) -> dict[str, access_pb2.Machines]:
    """Which machine tokens each of the services' methods answers, by its full name."""
    return {
        f"/{name}/{method.name}": method.GetOptions().Extensions[access_pb2.machines]
        for name in service_names
        for method in _methods(name)
    }


def _methods(service_name: str) -> Sequence[MethodDescriptor]:
    try:
        return descriptor_pool.Default().FindServiceByName(service_name).methods
    except KeyError:  # a server without a contract, such as one that only tells its health
        return ()
