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


class TooManyAttempts(ServiceError):
    """`details` say after how many seconds the next attempt is heard."""

    code = "TOO_MANY_ATTEMPTS"
    status = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            f"Too many attempts failed. Please try again in {retry_after} seconds.",
            details={"retry_after": str(retry_after)},
        )


class WrongPassword(ServiceError):
    """The signed-in person's own password, asked again."""

    code = "INVALID_CREDENTIALS"
    status = grpc.StatusCode.PERMISSION_DENIED

    def __init__(self) -> None:
        super().__init__("The password is not right.", path=("password",))


class TokenSpent(ServiceError):
    """The token of a mail is unknown, was used, or has run out; it is not said which."""

    code = "TOKEN_SPENT"
    status = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self) -> None:
        super().__init__("This link was used before or has run out. Please ask for a new one.", path=("token",))
