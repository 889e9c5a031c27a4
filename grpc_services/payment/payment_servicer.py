"""The merchant opens, captures and ends payments."""

from __future__ import annotations

import grpc

from contracts.payment.v1 import payment_pb2
from grpc_services.payment import queries
from grpc_services.payment.capturing import take, void
from grpc_services.payment.input_rules import check_amount, check_payment_input, expiry_of
from grpc_services.payment.parts import Equipped
from grpc_services.payment.payment_moves import read_payment
from grpc_services.payment.policies import require_api_key
from grpc_services.payment.reading import found, locked, whole_payment
from grpc_services.payment.rules import CaptureDecision, VoidDecision, decide_capture, decide_void
from runtime.errors import IdempotencyConflict, IllegalState, InvalidInput
from runtime.identifiers import parse_id


class PaymentMethods(Equipped):
    async def CreatePayment(
        self,
        request: payment_pb2.CreatePaymentRequest,
        context: grpc.aio.ServicerContext[payment_pb2.CreatePaymentRequest, payment_pb2.Payment],
    ) -> payment_pb2.Payment:
        require_api_key(context, self._api_key)
        check_payment_input(request, self._settings.allowed_return_origins)
        expires_at = expiry_of(request.expires_at if request.HasField("expires_at") else None, self._clock())
        async with self._moves.change() as change:
            payment = await change.open_payment(request, expires_at)
            return await whole_payment(change.connection, payment, self._settings.public_url)

    async def GetPayment(
        self,
        request: payment_pb2.GetPaymentRequest,
        context: grpc.aio.ServicerContext[payment_pb2.GetPaymentRequest, payment_pb2.Payment],
    ) -> payment_pb2.Payment:
        require_api_key(context, self._api_key)
        payment_id = parse_id(request.id, path=("id",))
        async with self._database.snapshot() as connection:
            payment = read_payment(await found(connection, queries.PAYMENT_BY_ID, payment_id, field="id"))
            return await whole_payment(connection, payment, self._settings.public_url)

    async def CapturePayment(
        self,
        request: payment_pb2.CapturePaymentRequest,
        context: grpc.aio.ServicerContext[payment_pb2.CapturePaymentRequest, payment_pb2.Payment],
    ) -> payment_pb2.Payment:
        require_api_key(context, self._api_key)
        payment_id = parse_id(request.id, path=("id",))
        if request.HasField("amount"):
            check_amount(request.amount)
        async with self._moves.change() as change:
            payment = await locked(change, payment_id, field="id")
            amount = request.amount.minor_units or payment.amount_minor_units
            if request.HasField("amount") and request.amount.currency != payment.currency:
                raise InvalidInput("A capture is in the currency of its payment.", path=("amount", "currency"))
            if amount > payment.amount_minor_units:
                raise InvalidInput("More than was authorized cannot be taken.", path=("amount", "minorUnits"))
            match decide_capture(payment, amount):
                case CaptureDecision.CAPTURE:
                    payment = await take(change, payment, amount)
                case CaptureDecision.OTHER_AMOUNT:
                    raise IdempotencyConflict(
                        "This payment was captured with another amount.",
                        path=("amount", "minorUnits"),
                        details={"captured_minor_units": str(payment.captured_minor_units)},
                    )
                case CaptureDecision.NOT_AUTHORIZED:
                    raise IllegalState(
                        "Only an authorized payment can be captured.", details={"state": payment.state.value}
                    )
            return await whole_payment(change.connection, payment, self._settings.public_url)

    async def VoidPayment(
        self,
        request: payment_pb2.VoidPaymentRequest,
        context: grpc.aio.ServicerContext[payment_pb2.VoidPaymentRequest, payment_pb2.Payment],
    ) -> payment_pb2.Payment:
        require_api_key(context, self._api_key)
        payment_id = parse_id(request.id, path=("id",))
        async with self._moves.change() as change:
            payment = await locked(change, payment_id, field="id")
            decision = decide_void(payment.state)
            if decision is VoidDecision.TOO_LATE:
                raise IllegalState(
                    "This payment is captured; it can be refunded, not voided.", details={"state": payment.state.value}
                )
            if decision is VoidDecision.VOID:
                payment = await void(change, payment)
            return await whole_payment(change.connection, payment, self._settings.public_url)
