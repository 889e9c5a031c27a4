"""Refusals that only the review service gives."""

from __future__ import annotations

import enum

import grpc

from runtime.errors import ServiceError


class Why(enum.StrEnum):
    NOT_COMPLETED = "NOT_COMPLETED"
    TOO_LATE = "TOO_LATE"
    ALREADY_REVIEWED = "ALREADY_REVIEWED"


_WORDS = {
    Why.NOT_COMPLETED: "A visit is reviewed once it is completed.",
    Why.TOO_LATE: "The time for this is over.",
    Why.ALREADY_REVIEWED: "This visit was reviewed already.",
}


class ReviewNotAllowed(ServiceError):
    """`details` say why: NOT_COMPLETED, TOO_LATE or ALREADY_REVIEWED."""

    code = "REVIEW_NOT_ALLOWED"
    status = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self, why: Why) -> None:
        super().__init__(_WORDS[why], details={"why": why})
