"""The codes of refusals, for programs."""

from __future__ import annotations

import enum

import strawberry


@strawberry.enum(description="What kind of refusal this is; stable, for programs.")
class ErrorCode(enum.Enum):
    INVALID_INPUT = strawberry.enum_value(
        "INVALID_INPUT", description="A field does not hold what it must; `path` names it."
    )
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="It does not exist, or is not yours to see.")
    UNAUTHENTICATED = strawberry.enum_value("UNAUTHENTICATED", description="Sign in first.")
    PERMISSION_DENIED = strawberry.enum_value("PERMISSION_DENIED", description="Your account may not do this.")
    INVALID_CREDENTIALS = strawberry.enum_value(
        "INVALID_CREDENTIALS", description="E-mail address and password do not belong together."
    )
    EMAIL_TAKEN = strawberry.enum_value("EMAIL_TAKEN", description="Another account has this e-mail address.")
    TOO_MANY_ATTEMPTS = strawberry.enum_value("TOO_MANY_ATTEMPTS", description="Wait before you try again.")
    TOKEN_SPENT = strawberry.enum_value(
        "TOKEN_SPENT", description="The link was used before, has ended or was never given."
    )
    ROOM_UNAVAILABLE = strawberry.enum_value("ROOM_UNAVAILABLE", description="Too few rooms are left on some night.")
    QUOTE_EXPIRED = strawberry.enum_value("QUOTE_EXPIRED", description="The quote has ended; ask for a new one.")
    PRICE_CHANGED = strawberry.enum_value("PRICE_CHANGED", description="The price is another than you saw.")
    DOOR_TAKEN = strawberry.enum_value("DOOR_TAKEN", description="The numbered room is not free on these nights.")
    REFUND_CHANGED = strawberry.enum_value(
        "REFUND_CHANGED", description="Cancelling would give back another amount than you saw."
    )
    PAYMENT_DUE = strawberry.enum_value("PAYMENT_DUE", description="Something has to be paid first.")
    CAPACITY_BELOW_SOLD = strawberry.enum_value(
        "CAPACITY_BELOW_SOLD", description="More rooms are sold than there would be."
    )
    SLOT_UNAVAILABLE = strawberry.enum_value("SLOT_UNAVAILABLE", description="The time is no longer free.")
    REVIEW_NOT_ALLOWED = strawberry.enum_value("REVIEW_NOT_ALLOWED", description="This visit cannot be reviewed.")
    ILLEGAL_STATE = strawberry.enum_value("ILLEGAL_STATE", description="Its state does not allow this.")
    VERSION_CONFLICT = strawberry.enum_value(
        "VERSION_CONFLICT", description="Somebody changed it since you read it; read it again."
    )
    IDEMPOTENCY_CONFLICT = strawberry.enum_value(
        "IDEMPOTENCY_CONFLICT", description="The key came before with another input."
    )
    UNAVAILABLE = strawberry.enum_value(
        "UNAVAILABLE", description="A part of the platform is away; the same request may succeed later."
    )
    INTERNAL = strawberry.enum_value("INTERNAL", description="A fault of ours; the reference finds it in our logs.")
