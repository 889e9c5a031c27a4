"""The merchant's side of the payment service."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

import grpc

from contracts.payment.v1 import payment_pb2, payment_pb2_grpc
from grpc_services.payment import queries
from grpc_services.payment.errors import RefundExceedsPayment
from grpc_services.payment.input_rules import check_payment_input, check_refund_input, expiry_of
from grpc_services.payment.ledger import Change, Ledger, read_payment
from grpc_services.payment.messages import payment_message, refund_message
from grpc_services.payment.policies import require_api_key
from grpc_services.payment.rules import PaymentFacts, PaymentState, VoidDecision, decide_void
from grpc_services.payment.webhook_events import EventType
from runtime.database import Database
from runtime.errors import IllegalState, InvalidInput, NotFound
from runtime.identifiers import parse_id
from runtime.settings import PaymentSettings


class PaymentServicer(payment_pb2_grpc.PaymentServiceServicer):
    def __init__(
        self, settings: PaymentSettings, database: Database, ledger: Ledger, clock: Callable[[], dt.datetime]
    ) -> None:
        self._settings = settings
        self._api_key = settings.payment_api_key.get_secret_value()
        self._database = database
        self._ledger = ledger
        self._clock = clock

    async def CreatePayment(
        self,
        request: payment_pb2.CreatePaymentRequest,
        context: grpc.aio.ServicerContext[payment_pb2.CreatePaymentRequest, payment_pb2.Payment],
    ) -> payment_pb2.Payment:
        require_api_key(context, self._api_key)
        check_payment_input(request, self._settings.allowed_return_origins)
        expires_at = expiry_of(request.expires_at if request.HasField("expires_at") else None, self._clock())
        async with self._ledger.change() as change:
            payment = await change.open_payment(request, expires_at)
        return payment_message(payment, self._settings.public_url)

    async def GetPayment(
        self,
        request: payment_pb2.GetPaymentRequest,
        context: grpc.aio.ServicerContext[payment_pb2.GetPaymentRequest, payment_pb2.Payment],
    ) -> payment_pb2.Payment:
        require_api_key(context, self._api_key)
        payment_id = parse_id(request.id, path=("id",))
        async with self._database.reading() as connection:
            row = await queries.PAYMENT_BY_ID.fetch_row(connection, id=payment_id)
        if row is None:
            raise NotFound("There is no such payment.", path=("id",))
        return payment_message(read_payment(row), self._settings.public_url)

    async def VoidPayment(
        self,
        request: payment_pb2.VoidPaymentRequest,
        context: grpc.aio.ServicerContext[payment_pb2.VoidPaymentRequest, payment_pb2.Payment],
    ) -> payment_pb2.Payment:
        require_api_key(context, self._api_key)
        payment_id = parse_id(request.id, path=("id",))
        async with self._ledger.change() as change:
            payment = await _locked(change, payment_id, field="id")
            decision = decide_void(payment.state)
            if decision is VoidDecision.TOO_LATE:
                raise IllegalState(
                    "This payment is captured; it can be refunded, not voided.", details={"state": payment.state.value}
                )
            if decision is VoidDecision.VOID:
                payment = await change.move(payment, PaymentState.VOIDED, EventType.VOIDED)
        return payment_message(payment, self._settings.public_url)

    async def CreateRefund(
        self,
        request: payment_pb2.CreateRefundRequest,
        context: grpc.aio.ServicerContext[payment_pb2.CreateRefundRequest, payment_pb2.Refund],
    ) -> payment_pb2.Refund:
        require_api_key(context, self._api_key)
        payment_id = parse_id(request.payment_id, path=("paymentId",))
        check_refund_input(request)
        async with self._ledger.change() as change:
            payment = await _locked(change, payment_id, field="paymentId")
            refund = await change.known_refund(request)
            if refund is None:
                _check_refundable(payment, request)
                refund = await change.refund(payment, request)
        return refund_message(refund)


async def _locked(change: Change, payment_id: uuid.UUID, *, field: str) -> PaymentFacts:
    row = await queries.LOCK_PAYMENT.fetch_row(change.connection, id=payment_id)
    if row is None:
        raise NotFound("There is no such payment.", path=(field,))
    return read_payment(row)


def _check_refundable(payment: PaymentFacts, request: payment_pb2.CreateRefundRequest) -> None:
    if payment.state is not PaymentState.CAPTURED:
        raise IllegalState("Only a captured payment can be refunded.", details={"state": payment.state.value})
    if request.amount.currency != payment.currency:
        raise InvalidInput("A refund is in the currency of its payment.", path=("amount", "currency"))
    if request.amount.minor_units > payment.refundable_minor_units:
        raise RefundExceedsPayment(
            "More would be given back than is left of this payment.",
            path=("amount", "minorUnits"),
            details={"refundable_minor_units": str(payment.refundable_minor_units), "currency": payment.currency},
        )
