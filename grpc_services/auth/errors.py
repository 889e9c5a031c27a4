"""What the auth service refuses, beyond what every service may."""

from __future__ import annotations

import grpc

from runtime.errors import ServiceError


class EmailTaken(ServiceError):
    code = "EMAIL_TAKEN"
    status = grpc.StatusCode.ALREADY_EXISTS


class InvalidCredentials(ServiceError):
    """Says the same whether the address is unknown or the password is wrong."""

    code = "INVALID_CREDENTIALS"
    status = grpc.StatusCode.UNAUTHENTICATED


class InvalidClient(ServiceError):
    code = "INVALID_CLIENT"
    status = grpc.StatusCode.UNAUTHENTICATED
