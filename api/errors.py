"""How refusals reach clients: members of result unions where the schema says so, typed errors elsewhere.

Anything unexpected is logged with a reference and reaches the client as that reference only.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.extensions import FieldExtension
from strawberry.types.field import StrawberryField
from strawberry.types.union import StrawberryUnion

from api.context import Info
from api.error_codes import ErrorCode
from api.money import Money
from api.node_ids import encode_id
from api.request_errors import placed
from api.scalars import BigInt, CurrencyCode
from api.unavailable_nights import NightUnavailable, refused_nights
from runtime.errors import InternalFault, ServiceError

if TYPE_CHECKING:
    from api.quotes import Quote

LazyQuote = Annotated["Quote", strawberry.lazy("api.quotes")]
log = structlog.get_logger()

MASKED = "Something went wrong on our side."


@strawberry.interface(description="A refusal that a client can act on.")
class UserError:
    code: ErrorCode = strawberry.field(description="For programs.")
    message: str = strawberry.field(description="For people, in English.")
    path: list[str] | None = strawberry.field(description="The input field at fault, from the input object down.")


@strawberry.type(description="An input field has a value that cannot be used; `path` names it.")
class InvalidInput(UserError):
    pass


@strawberry.type(description="What an id names does not exist, or is not yours to see.")
class NotFound(UserError):
    pass


@strawberry.type(description="You are not signed in, or your account may not do this.")
class NotPermitted(UserError):
    pass


@strawberry.type(description="The address or the password is wrong.")
class InvalidCredentials(UserError):
    pass


@strawberry.type(description="There is already an account with this e-mail address.")
class EmailTaken(UserError):
    pass


@strawberry.type(description="The rooms are not free on these nights, or the house does not sell this stay.")
class RoomUnavailable(UserError):
    room_type_id: strawberry.ID = strawberry.field(description="The room type that cannot be had.")
    nights: list[str] = strawberry.field(description="The nights at fault, as dates.")
    reasons: list[NightUnavailable] = strawberry.field(description="Why, night by night.")


@strawberry.type(description="The quote's 15 minutes are over; nothing was booked.")
class QuoteExpired(UserError):
    new_quote_id: strawberry.Private[str]

    @strawberry.field(description="The same stay at the same price for another 15 minutes; null: ask for a new one.")
    async def new_quote(self, info: Info) -> LazyQuote | None:
        return await _quote_of(info, self.new_quote_id) if self.new_quote_id else None


@strawberry.type(description="The quote's 15 minutes are over, and the stay has another price now; nothing was booked.")
class PriceChanged(UserError):
    old: Money = strawberry.field(description="The total that was quoted.")
    new: Money = strawberry.field(description="The total now.")
    new_quote_id: strawberry.Private[str]

    @strawberry.field(description="The same stay at the new price, for another 15 minutes.")
    async def new_quote(self, info: Info) -> LazyQuote | None:
        return await _quote_of(info, self.new_quote_id)


@strawberry.type(description="What would be sent back is not what you expect; nothing was done.")
class RefundChanged(UserError):
    expected: Money = strawberry.field(description="What you expect.")
    actual: Money = strawberry.field(description="What would be sent back now.")


@strawberry.type(description="Somebody else, or a repair, has this room on some of these nights.")
class DoorTaken(UserError):
    nights: list[dt.date] = strawberry.field(description="The nights at fault.")


@strawberry.type(description="The bill is not settled yet.")
class PaymentDue(UserError):
    due: Money = strawberry.field(description="What is still to be paid.")


@strawberry.type(description="A night on which fewer rooms would be left than are taken.")
class NightBelowSold:
    night: dt.date = strawberry.field(description="The night.")
    held: int = strawberry.field(description="Rooms held for a payment.")
    sold: int = strawberry.field(description="Rooms sold.")
    blocked: int = strawberry.field(description="Rooms that other channels sold.")
    out_of_order: int = strawberry.field(description="Rooms that would be out of order.")


@strawberry.type(description="More rooms are held or sold than would be left; nothing was written.")
class CapacityBelowSold(UserError):
    nights: list[NightBelowSold] = strawberry.field(description="Every such night.")


@strawberry.type(description="A master is not free then; nothing was done.")
class SlotUnavailable(UserError):
    next_starts: list[dt.datetime] = strawberry.field(description="Free starts nearby, if you asked for one.")
    appointment_ids: list[strawberry.ID] = strawberry.field(
        description="Appointments that stand there; told to those who work at the salon."
    )


@strawberry.enum(description="Why a review cannot be written or edited.")
class ReviewRefusal(enum.Enum):
    NOT_COMPLETED = strawberry.enum_value("NOT_COMPLETED", description="The stay or appointment is not completed.")
    TOO_LATE = strawberry.enum_value("TOO_LATE", description="The visit, or the review to be edited, is too long ago.")
    ALREADY_REVIEWED = strawberry.enum_value("ALREADY_REVIEWED", description="You did already, perhaps deleting it.")


@strawberry.type(description="This visit cannot be reviewed, or this review cannot be edited any more.")
class ReviewNotAllowed(UserError):
    why: ReviewRefusal = strawberry.field(description="Why not.")


@strawberry.type(description="What you ask for cannot be done in the state that things are in.")
class IllegalState(UserError):
    state: str = strawberry.field(description="The state it is in.")
    allowed: list[str] = strawberry.field(description="The states it could move to.")


@strawberry.type(description="Somebody else changed it meanwhile. Read it again, then decide; nothing was written.")
class VersionConflict(UserError):
    current_version: int = strawberry.field(description="The version that it has now.")


@strawberry.type(description="This idempotency key was used before, for other input.")
class IdempotencyConflict(UserError):
    pass


@strawberry.type(description="Too many attempts failed, or too much was asked for; wait before the next one.")
class TooManyAttempts(UserError):
    retry_after: int = strawberry.field(description="In how many seconds; the header Retry-After says the same.")


@strawberry.type(description="The token of this mail was used, has run out, or never was; ask for another mail.")
class TokenSpent(UserError):
    pass


_PLAIN: dict[str, type[UserError]] = {
    "INVALID_INPUT": InvalidInput,
    "NOT_FOUND": NotFound,
    "UNAUTHENTICATED": NotPermitted,
    "PERMISSION_DENIED": NotPermitted,
    "INVALID_CREDENTIALS": InvalidCredentials,
    "EMAIL_TAKEN": EmailTaken,
    "TOKEN_SPENT": TokenSpent,
    "IDEMPOTENCY_CONFLICT": IdempotencyConflict,
}
_ABOUT_AMOUNTS = frozenset({"QUOTE_EXPIRED", "PRICE_CHANGED", "REFUND_CHANGED", "PAYMENT_DUE"})


def as_user_error(refusal: ServiceError) -> UserError | None:
    """The member of a result union that a refusal stands for; None when it stands for none."""
    path = list(refusal.path) or None
    if refusal.code == "ROOM_UNAVAILABLE":
        return RoomUnavailable(
            code=ErrorCode.ROOM_UNAVAILABLE,
            message=refusal.message,
            path=path,
            room_type_id=strawberry.ID(encode_id("RoomType", refusal.details["room_type_id"])),
            nights=_listed(refusal.details.get("nights", "")),
            reasons=refused_nights(refusal.details.get("reasons", ""), refusal.details["room_type_id"]),
        )
    if refusal.code == "CAPACITY_BELOW_SOLD":
        return CapacityBelowSold(
            code=ErrorCode.CAPACITY_BELOW_SOLD,
            message=refusal.message,
            path=path,
            nights=_nights_below_sold(refusal.details.get("counts", "")),
        )
    if refusal.code == "SLOT_UNAVAILABLE":
        return SlotUnavailable(
            code=ErrorCode.SLOT_UNAVAILABLE,
            message=refusal.message,
            path=path,
            next_starts=[
                dt.datetime.fromisoformat(start) for start in refusal.details.get("next_starts", "").split(";") if start
            ],
            appointment_ids=[
                strawberry.ID(encode_id("Appointment", identifier))
                for identifier in _listed(refusal.details.get("appointments", ""))
            ],
        )
    if refusal.code == "ILLEGAL_STATE":
        return IllegalState(
            code=ErrorCode.ILLEGAL_STATE,
            message=refusal.message,
            path=path,
            state=refusal.details.get("state", ""),
            allowed=_listed(refusal.details.get("allowed", "")),
        )
    if refusal.code == "REVIEW_NOT_ALLOWED":
        return ReviewNotAllowed(
            code=ErrorCode.REVIEW_NOT_ALLOWED,
            message=refusal.message,
            path=path,
            why=ReviewRefusal(refusal.details["why"]),
        )
    if refusal.code == "DOOR_TAKEN":
        return DoorTaken(
            code=ErrorCode.DOOR_TAKEN,
            message=refusal.message,
            path=path,
            nights=[dt.date.fromisoformat(night) for night in _listed(refusal.details["nights"])],
        )
    if refusal.code in _ABOUT_AMOUNTS:
        return _about_amounts(refusal, path)
    if refusal.code == "VERSION_CONFLICT":
        return VersionConflict(
            code=ErrorCode.VERSION_CONFLICT,
            message=refusal.message,
            path=path,
            current_version=int(refusal.details["current_version"]),
        )
    if refusal.code == "TOO_MANY_ATTEMPTS":
        return TooManyAttempts(
            code=ErrorCode.TOO_MANY_ATTEMPTS,
            message=refusal.message,
            path=path,
            retry_after=int(refusal.details["retry_after"]),
        )
    kind = _PLAIN.get(refusal.code)
    return kind(code=ErrorCode(refusal.code), message=refusal.message, path=path) if kind else None


def _about_amounts(refusal: ServiceError, path: list[str] | None) -> UserError:
    if refusal.code == "QUOTE_EXPIRED":
        return QuoteExpired(
            code=ErrorCode.QUOTE_EXPIRED,
            message=refusal.message,
            path=path,
            new_quote_id=refusal.details.get("new_quote_id", ""),
        )
    if refusal.code == "PRICE_CHANGED":
        return PriceChanged(
            code=ErrorCode.PRICE_CHANGED,
            message=refusal.message,
            path=path,
            old=_amount(refusal.details["old"], refusal.details["old_currency"]),
            new=_amount(refusal.details["new"], refusal.details["new_currency"]),
            new_quote_id=refusal.details["new_quote_id"],
        )
    if refusal.code == "REFUND_CHANGED":
        return RefundChanged(
            code=ErrorCode.REFUND_CHANGED,
            message=refusal.message,
            path=path,
            expected=_amount(refusal.details["expected"], refusal.details["expected_currency"]),
            actual=_amount(refusal.details["actual"], refusal.details["currency"]),
        )
    return PaymentDue(
        code=ErrorCode.PAYMENT_DUE,
        message=refusal.message,
        path=path,
        due=_amount(refusal.details["due"], refusal.details["currency"]),
    )


class RefusalsAsResults(FieldExtension):
    """Makes a refusal the member of the mutation's result union that stands for it."""

    def __init__(self) -> None:
        self._members: Sequence[Any] = ()

    def apply(self, field: StrawberryField) -> None:
        if not isinstance(field.type, StrawberryUnion):
            raise TypeError(f"{field.python_name} must answer a result union")
        self._members = field.type.types

    async def resolve_async(self, next_: Any, source: Any, info: strawberry.Info, **arguments: Any) -> Any:
        try:
            return await next_(source, info, **arguments)
        except ServiceError as refusal:
            member = as_user_error(refusal)
            if member is None or type(member) not in self._members:
                raise
            if isinstance(member, TooManyAttempts):
                info.context.response_headers.append((b"retry-after", str(member.retry_after).encode()))
            return member


def formatted_error(error: GraphQLError) -> dict[str, Any]:
    """What a client sees of an error while its operation ran: typed and whole if we expected it, masked with a
    reference if not."""
    formatted = placed(error)
    if error.path:
        formatted["path"] = error.path
    cause = error.original_error
    if isinstance(cause, ServiceError) and not isinstance(cause, InternalFault):
        formatted["message"] = cause.message
        formatted["extensions"] = {"code": cause.code}
        if cause.path:
            formatted["extensions"]["field"] = list(cause.path)
    elif isinstance(cause, GraphQLError) and cause.nodes:  # an argument that only its variable's value made wrong
        formatted["extensions"] = {"code": "INVALID_INPUT"}
    else:
        formatted |= masked(cause or error)
    return formatted


def masked(cause: Exception) -> dict[str, Any]:
    """The only thing that is ever said of a fault of ours."""
    return {"message": MASKED, "extensions": {"code": "INTERNAL", "reference": _reference(cause)}}


def _reference(cause: Exception) -> str:
    if isinstance(cause, InternalFault) and cause.details.get("reference"):
        return cause.details["reference"]
    reference = uuid.uuid4().hex[:12]
    log.error("graphql.fault", reference=reference, exc_info=cause)
    return reference


async def _quote_of(info: Info, identifier: str) -> Quote | None:
    from api.quotes import quote  # which knows refusals, and so cannot be known to them from the start

    found = await info.context.load.quote.load(identifier)
    return quote(found) if found else None


def _amount(minor_units: str, currency: str) -> Money:
    return Money(minor_units=BigInt(int(minor_units)), currency=CurrencyCode(currency))


def _nights_below_sold(text: str) -> list[NightBelowSold]:
    """Of `night|held|sold|blocked|out_of_order;…`."""
    found = []
    for part in filter(None, text.split(";")):
        night, held, sold, blocked, out_of_order = part.split("|")
        found.append(
            NightBelowSold(
                night=dt.date.fromisoformat(night),
                held=int(held),
                sold=int(sold),
                blocked=int(blocked),
                out_of_order=int(out_of_order),
            )
        )
    return found


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip() and part.strip() != "none"]
