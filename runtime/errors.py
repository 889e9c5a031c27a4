"""One typed error that crosses gRPC whole: a stable code, a message for people, the input's path, details.

A service raises subclasses of ServiceError. The server interceptor carries them as google.rpc.Status with
an ErrorInfo; `from_rpc_error` makes them ServiceErrors again at the caller's side. Any other exception is
a fault of ours: it is logged where it happened and leaves the service as INTERNAL with a reference only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

DOMAIN = "innkeeper"
STATUS_DETAILS_KEY = "grpc-status-details-bin"


class ServiceError(Exception):
    """An expected refusal. `path` names the input field, `details` what the caller needs to go on."""

    code: str = "INTERNAL"
    status: grpc.StatusCode = grpc.StatusCode.INTERNAL
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, path: Sequence[str] = (), details: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = tuple(path)
        self.details = dict(details or {})

    def to_status(self) -> status_pb2.Status:
        info = error_details_pb2.ErrorInfo(reason=self.code, domain=DOMAIN, metadata=self.details)
        if self.path:
            info.metadata["path"] = ".".join(self.path)
        packed = any_pb2.Any()
        packed.Pack(info)
        return status_pb2.Status(code=self.status.value[0], message=self.message, details=[packed])


class InvalidInput(ServiceError):
    code = "INVALID_INPUT"
    status = grpc.StatusCode.INVALID_ARGUMENT


class NotFound(ServiceError):
    code = "NOT_FOUND"
    status = grpc.StatusCode.NOT_FOUND


class Unauthenticated(ServiceError):
    code = "UNAUTHENTICATED"
    status = grpc.StatusCode.UNAUTHENTICATED


class PermissionDenied(ServiceError):
    code = "PERMISSION_DENIED"
    status = grpc.StatusCode.PERMISSION_DENIED


class IllegalState(ServiceError):
    code = "ILLEGAL_STATE"
    status = grpc.StatusCode.FAILED_PRECONDITION


class VersionConflict(ServiceError):
    """Somebody else changed it meanwhile; `details` name the version that it has now."""

    code = "VERSION_CONFLICT"
    status = grpc.StatusCode.ABORTED

    def __init__(self, current_version: int, *, path: Sequence[str] = ("expectedVersion",)) -> None:
        super().__init__(
            "This was changed meanwhile; look at it again.",
            path=path,
            details={"current_version": str(current_version)},
        )


class IdempotencyConflict(ServiceError):
    code = "IDEMPOTENCY_CONFLICT"
    status = grpc.StatusCode.ABORTED


class Unavailable(ServiceError):
    """Something we depend on is away; the same call may go through later."""

    code = "UNAVAILABLE"
    status = grpc.StatusCode.UNAVAILABLE
    retryable = True


class RemoteError(ServiceError):
    """A refusal that another service gave; raised again, it keeps its code."""

    def __init__(
        self, code: str, status: grpc.StatusCode, message: str, path: Sequence[str], details: Mapping[str, str]
    ) -> None:
        super().__init__(message, path=path, details=details)
        self.code = code
        self.status = status


class InternalFault(ServiceError):
    """A fault at another service, already logged there; the reference finds it."""


_TRANSIENT = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED}


def from_rpc_error(failure: grpc.aio.AioRpcError) -> ServiceError:
    """The ServiceError that a failed call stands for."""
    for key, value in failure.trailing_metadata() or ():
        if key == STATUS_DETAILS_KEY and isinstance(value, bytes):
            return _from_status(status_pb2.Status.FromString(value), failure.code())
    if failure.code() in _TRANSIENT:
        return Unavailable("A part of the platform is not answering; please try again.")
    return InternalFault("Something went wrong on our side.")


def _from_status(status: status_pb2.Status, code: grpc.StatusCode) -> ServiceError:
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            break
    details = dict(info.metadata)
    path = details.pop("path", "")
    if info.reason == Unavailable.code:
        return Unavailable(status.message, path=path.split(".") if path else ())
    if info.reason in ("", ServiceError.code):
        return InternalFault(status.message, details=details)
    return RemoteError(info.reason, code, status.message, path.split(".") if path else (), details)
