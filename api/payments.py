"""Payments in the public schema: beginning one, and the door where the payment system tells how it went."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.bookings import Booking, Payment, booking
from api.context import Info
from api.errors import IdempotencyConflict, IllegalState, InvalidInput, NotFound, NotPermitted, RefusalsAsResults
from api.invoice import language_of
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from api.scalars import IdempotencyKey
from contracts.booking.v1 import booking_pb2
from runtime.channels import call
from runtime.errors import InternalFault

LOCALE_WORDS = (
    "The language of the checkout page, BCP 47, such as fr-CH; pages are in en, fr and ru, others see en. Null: what"
    " the request's Accept-Language asks for."
)


@strawberry.input(description="What to pay.")
class PaymentCreateInput:
    booking_id: strawberry.ID = strawberry.field(description="A booking of yours that is held, or has more to pay.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every payment.")
    return_url: str | None = strawberry.field(
        default=None, description="Where the checkout page sends the guest afterwards; on an allowed site only."
    )
    locale: str | None = strawberry.field(default=None, description=LOCALE_WORDS)


@strawberry.type(description="A payment has begun; send the guest to `checkoutUrl`.")
class PaymentCreated:
    payment: Payment = strawberry.field(description="The payment.")
    checkout_url: str = strawberry.field(description="The payment system's own page, on which the guest pays.")
    booking: Booking = strawberry.field(description="The booking; a held one is now PAYMENT_PENDING.")


PaymentCreateResult = Annotated[
    PaymentCreated | IllegalState | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("PaymentCreateResult", description="A payment, or why there is none."),
]


@strawberry.type
class PaymentMutations:
    @strawberry.mutation(
        description="Begins the payment of what is due; a booking has at most one live payment.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def payment_create(
        self,
        info: Info,
        input: Annotated[PaymentCreateInput, strawberry.argument(description="What to pay.")],  # noqa: A002
    ) -> PaymentCreateResult:
        request = booking_pb2.StartPaymentRequest(
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",)),
            idempotency_key=input.idempotency_key,
            return_url=input.return_url or "",
            locale=checkout_locale(info, input.locale),
        )
        response = await call(info.context.services.bookings.StartPayment, request)
        paid = booking(response.booking)
        if paid.payment is None or paid.payment.checkout_url is None:
            raise InternalFault("a started payment has no checkout page")
        return PaymentCreated(payment=paid.payment, checkout_url=paid.payment.checkout_url, booking=paid)


def checkout_locale(info: Info, named: str | None) -> str:
    """In which language somebody pays."""
    return named or language_of(info.context.accept_language)
