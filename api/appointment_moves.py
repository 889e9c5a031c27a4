"""Moves of appointments in the public schema: by the client, and by the salon."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import strawberry

from api.appointments import Appointment, appointment
from api.bookings import Payment
from api.context import Info
from api.errors import (
    IdempotencyConflict,
    IllegalState,
    InvalidInput,
    NotFound,
    NotPermitted,
    RefundChanged,
    RefusalsAsResults,
    SlotUnavailable,
    VersionConflict,
)
from api.moments import sent_moment
from api.money import Money, MoneyInput, money, money_message
from api.node_ids import decode_id
from api.payments import LOCALE_WORDS, checkout_locale
from api.permissions import Demands, Permission
from api.scalars import IdempotencyKey
from contracts.salon.v1 import appointment_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.errors import InternalFault
from runtime.identity import Scope

_VERSION = "The appointment's `version` as you saw it."
_AT_SALON = "An appointment of your salon, or that you do."


@strawberry.type(description="A time in which cancelling costs the same. Stages follow each other without gaps.")
class AppointmentCancellationStage:
    until: dt.datetime | None = strawberry.field(description="When it ends; null: it stays so.")
    penalty: Money = strawberry.field(description="What cancelling costs.")
    refund: Money = strawberry.field(description="What is sent back.")


@strawberry.type(description="What cancelling an appointment costs, now and later.")
class AppointmentCancellationPreview:
    penalty: Money = strawberry.field(description="What cancelling costs you now; nothing as the salon.")
    refund: Money = strawberry.field(description="What would be sent back now; what `appointmentCancel` expects.")
    stages: list[AppointmentCancellationStage] = strawberry.field(description="For the client, by rising moment.")


@strawberry.input(description="What to cancel.")
class AppointmentCancelInput:
    appointment_id: strawberry.ID = strawberry.field(description="Yours, of your salon, or that you do.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every cancellation.")
    expected_refund: MoneyInput = strawberry.field(
        description="What `appointmentCancellationPreview` said is sent back."
    )
    reason: str | None = strawberry.field(default=None, description="Up to 500 characters.")


@strawberry.input(description="Where to move an appointment.")
class AppointmentMoveInput:
    appointment_id: strawberry.ID = strawberry.field(description="Yours, of your salon, or that you do.")
    expected_version: int = strawberry.field(description=_VERSION)
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every move.")
    starts_at: dt.datetime = strawberry.field(description="The new start.")
    master_ids: list[strawberry.ID | None] | None = strawberry.field(
        default=None, description="One a service, null: the same as now; left out: all the same."
    )


@strawberry.input(description="An appointment that the salon confirms.")
class AppointmentConfirmInput:
    appointment_id: strawberry.ID = strawberry.field(description=_AT_SALON)
    expected_version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="An appointment whose client was there.")
class AppointmentCompleteInput:
    appointment_id: strawberry.ID = strawberry.field(description=_AT_SALON)
    expected_version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="An appointment whose client did not come.")
class AppointmentMarkNoShowInput:
    appointment_id: strawberry.ID = strawberry.field(description=_AT_SALON)
    expected_version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="An appointment to pay.")
class AppointmentPaymentCreateInput:
    appointment_id: strawberry.ID = strawberry.field(description="An appointment of yours that is held.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every payment.")
    return_url: str | None = strawberry.field(
        default=None, description="Where the checkout page sends the client afterwards; on an allowed site only."
    )
    locale: str | None = strawberry.field(default=None, description=LOCALE_WORDS)


@strawberry.type(description="The appointment was called off; money goes back by itself.")
class AppointmentCancelled:
    appointment: Appointment = strawberry.field(description="As it stands now.")


@strawberry.type(description="The appointment was moved, at the same price.")
class AppointmentMoved:
    appointment: Appointment = strawberry.field(description="As it stands now.")


@strawberry.type(description="The appointment is confirmed.")
class AppointmentConfirmed:
    appointment: Appointment = strawberry.field(description="As it stands now.")


@strawberry.type(description="The appointment is completed.")
class AppointmentCompleted:
    appointment: Appointment = strawberry.field(description="As it stands now.")


@strawberry.type(description="The client did not come; what the policy leaves goes back by itself.")
class AppointmentMarkedNoShow:
    appointment: Appointment = strawberry.field(description="As it stands now.")


@strawberry.type(description="A payment has begun; send the client to `checkoutUrl`.")
class AppointmentPaymentCreated:
    payment: Payment = strawberry.field(description="The payment.")
    checkout_url: str = strawberry.field(description="The payment system's own page, on which the client pays.")
    appointment: Appointment = strawberry.field(description="The appointment, now PAYMENT_PENDING.")


AppointmentCancelResult = Annotated[
    AppointmentCancelled | RefundChanged | IllegalState | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("AppointmentCancelResult", description="The appointment, or why nothing was cancelled."),
]
AppointmentMoveResult = Annotated[
    AppointmentMoved
    | SlotUnavailable
    | IllegalState
    | VersionConflict
    | IdempotencyConflict
    | NotFound
    | NotPermitted
    | InvalidInput,
    strawberry.union("AppointmentMoveResult", description="The appointment, or why it was not moved."),
]
AppointmentConfirmResult = Annotated[
    AppointmentConfirmed | IllegalState | VersionConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("AppointmentConfirmResult", description="The appointment, or why it was not confirmed."),
]
AppointmentCompleteResult = Annotated[
    AppointmentCompleted | IllegalState | VersionConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("AppointmentCompleteResult", description="The appointment, or why it was not completed."),
]
AppointmentMarkNoShowResult = Annotated[
    AppointmentMarkedNoShow | IllegalState | VersionConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("AppointmentMarkNoShowResult", description="The appointment, or why it was not marked."),
]
AppointmentPaymentCreateResult = Annotated[
    AppointmentPaymentCreated | IllegalState | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("AppointmentPaymentCreateResult", description="A payment, or why there is none."),
]


@strawberry.type
class AppointmentMoveQueries:
    @strawberry.field(description="What cancelling an appointment costs by moment.")
    async def appointment_cancellation_preview(
        self,
        info: Info,
        appointment_id: Annotated[
            strawberry.ID, strawberry.argument(description="Yours, of your salon, or that you do.")
        ],
    ) -> AppointmentCancellationPreview:
        found = await call(
            info.context.services.appointments.PreviewAppointmentCancellation,
            appointment_pb2.PreviewAppointmentCancellationRequest(appointment_id=_decoded(appointment_id)),
        )
        return AppointmentCancellationPreview(
            penalty=money(found.penalty),
            refund=money(found.refund),
            stages=[
                AppointmentCancellationStage(
                    until=from_timestamp(stage.until) if stage.HasField("until") else None,
                    penalty=money(stage.penalty),
                    refund=money(stage.refund),
                )
                for stage in found.stages
            ],
        )


@strawberry.type
class AppointmentMoveMutations:
    @strawberry.mutation(
        description=(
            "Cancels an appointment: by its client at the price of the policy until it begins, by its salon with "
            "everything back."
        ),
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_APPOINTMENTS), RefusalsAsResults()],
    )
    async def appointment_cancel(
        self,
        info: Info,
        input: Annotated[AppointmentCancelInput, strawberry.argument(description="What to cancel.")],  # noqa: A002
    ) -> AppointmentCancelResult:
        request = appointment_pb2.CancelAppointmentRequest(
            appointment_id=_decoded(input.appointment_id),
            idempotency_key=input.idempotency_key,
            expected_refund=money_message(input.expected_refund),
            reason=input.reason or "",
        )
        done = await call(info.context.services.appointments.CancelAppointment, request)
        return AppointmentCancelled(appointment=appointment(done))

    @strawberry.mutation(
        description=(
            "Moves an appointment to another start, or to other masters, at the same price: all of it or nothing. "
            "The client while cancelling would cost nothing, the salon always."
        ),
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_APPOINTMENTS), RefusalsAsResults()],
    )
    async def appointment_move(
        self,
        info: Info,
        input: Annotated[AppointmentMoveInput, strawberry.argument(description="The move.")],  # noqa: A002
    ) -> AppointmentMoveResult:
        request = appointment_pb2.MoveAppointmentRequest(
            appointment_id=_decoded(input.appointment_id),
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            starts_at=sent_moment(input.starts_at, "startsAt"),
            master_ids=[
                decode_id("Master", one, path=("masterIds", str(number))) if one else ""
                for number, one in enumerate(input.master_ids or [])
            ],
        )
        done = await call(info.context.services.appointments.MoveAppointment, request)
        return AppointmentMoved(appointment=appointment(done))

    @strawberry.mutation(
        description="Confirms an appointment that waits for the salon's word.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_APPOINTMENTS), RefusalsAsResults()],
    )
    async def appointment_confirm(
        self,
        info: Info,
        input: Annotated[AppointmentConfirmInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> AppointmentConfirmResult:
        request = appointment_pb2.ConfirmAppointmentRequest(
            appointment_id=_decoded(input.appointment_id), expected_version=input.expected_version
        )
        done = await call(info.context.services.appointments.ConfirmAppointment, request)
        return AppointmentConfirmed(appointment=appointment(done))

    @strawberry.mutation(
        description="The client was there. Not before the appointment has begun.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_APPOINTMENTS), RefusalsAsResults()],
    )
    async def appointment_complete(
        self,
        info: Info,
        input: Annotated[AppointmentCompleteInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> AppointmentCompleteResult:
        request = appointment_pb2.CompleteAppointmentRequest(
            appointment_id=_decoded(input.appointment_id), expected_version=input.expected_version
        )
        done = await call(info.context.services.appointments.CompleteAppointment, request)
        return AppointmentCompleted(appointment=appointment(done))

    @strawberry.mutation(
        description="The client did not come; the strictest tier of the policy is the penalty.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_APPOINTMENTS), RefusalsAsResults()],
    )
    async def appointment_mark_no_show(
        self,
        info: Info,
        input: Annotated[AppointmentMarkNoShowInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> AppointmentMarkNoShowResult:
        request = appointment_pb2.MarkAppointmentNoShowRequest(
            appointment_id=_decoded(input.appointment_id), expected_version=input.expected_version
        )
        done = await call(info.context.services.appointments.MarkAppointmentNoShow, request)
        return AppointmentMarkedNoShow(appointment=appointment(done))

    @strawberry.mutation(
        description="Begins to pay a held appointment; it has at most one live payment.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def appointment_payment_create(
        self,
        info: Info,
        input: Annotated[AppointmentPaymentCreateInput, strawberry.argument(description="What to pay.")],  # noqa: A002
    ) -> AppointmentPaymentCreateResult:
        request = appointment_pb2.StartAppointmentPaymentRequest(
            appointment_id=_decoded(input.appointment_id),
            idempotency_key=input.idempotency_key,
            return_url=input.return_url or "",
            locale=checkout_locale(info, input.locale),
        )
        response = await call(info.context.services.appointments.StartAppointmentPayment, request)
        pending = appointment(response.appointment)
        if pending.payment is None or pending.payment.checkout_url is None:
            raise InternalFault("a started payment has no checkout page")
        return AppointmentPaymentCreated(
            payment=pending.payment, checkout_url=pending.payment.checkout_url, appointment=pending
        )


def _decoded(appointment_id: strawberry.ID) -> str:
    return decode_id("Appointment", appointment_id, path=("appointmentId",))
