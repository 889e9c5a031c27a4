"""What a page asks when its guest comes back from the checkout page: how did it go?

The webhook may be late or lost; this asks the payment system itself and settles, as the webhook would.
"""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.appointments import Appointment, appointment
from api.bookings import Booking, booking
from api.context import Info
from api.errors import InvalidInput, NotFound, NotPermitted, RefusalsAsResults
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from contracts.booking.v1 import booking_pb2
from contracts.salon.v1 import appointment_pb2
from runtime.channels import call


@strawberry.input(description="Whose payment to look at.")
class PaymentRefreshInput:
    booking_id: strawberry.ID = strawberry.field(description="A booking of yours or of your house.")


@strawberry.input(description="Whose payment to look at.")
class AppointmentPaymentRefreshInput:
    appointment_id: strawberry.ID = strawberry.field(description="An appointment of yours or of your salon.")


@strawberry.type(description="The payment system was asked.")
class PaymentRefreshed:
    booking: Booking = strawberry.field(description="The booking as it stands now: confirmed, if it was paid.")


@strawberry.type(description="The payment system was asked.")
class AppointmentPaymentRefreshed:
    appointment: Appointment = strawberry.field(description="As it stands now: confirmed, if it was paid.")


PaymentRefreshResult = Annotated[
    PaymentRefreshed | NotFound | NotPermitted | InvalidInput,
    strawberry.union("PaymentRefreshResult", description="The booking, or why nobody was asked."),
]
AppointmentPaymentRefreshResult = Annotated[
    AppointmentPaymentRefreshed | NotFound | NotPermitted | InvalidInput,
    strawberry.union("AppointmentPaymentRefreshResult", description="The appointment, or why nobody was asked."),
]


@strawberry.type
class PaymentRefreshMutations:
    @strawberry.mutation(
        description="For the page to which the guest comes back from the checkout: asks the payment system how the"
        " newest payment went and settles it, so that nobody who has paid is shown a pending payment because a"
        " webhook is late. Harmless to repeat.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def payment_refresh(
        self,
        info: Info,
        input: Annotated[PaymentRefreshInput, strawberry.argument(description="Whose payment.")],  # noqa: A002
    ) -> PaymentRefreshResult:
        request = booking_pb2.RefreshPaymentRequest(
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",))
        )
        return PaymentRefreshed(booking=booking(await call(info.context.services.bookings.RefreshPayment, request)))

    @strawberry.mutation(
        description="The same for an appointment.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def appointment_payment_refresh(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            AppointmentPaymentRefreshInput, strawberry.argument(description="Whose payment.")
        ],
    ) -> AppointmentPaymentRefreshResult:
        request = appointment_pb2.RefreshAppointmentPaymentRequest(
            appointment_id=decode_id("Appointment", input.appointment_id, path=("appointmentId",))
        )
        refreshed = await call(info.context.services.appointments.RefreshAppointmentPayment, request)
        return AppointmentPaymentRefreshed(appointment=appointment(refreshed))
