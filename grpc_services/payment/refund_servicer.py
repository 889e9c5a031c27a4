"""The merchant gives money back, and asks what became of it."""

from __future__ import annotations

import datetime as dt
import uuid

import grpc

from contracts.payment.v1 import payment_pb2
from grpc_services.payment import ledger_queries, queries, refund_queries
from grpc_services.payment.errors import RefundExceedsPayment
from grpc_services.payment.input_rules import check_refund_input
from grpc_services.payment.messages import refund_message
from grpc_services.payment.parts import Equipped
from grpc_services.payment.policies import require_api_key
from grpc_services.payment.reading import found, locked, whole_refund
from grpc_services.payment.refunding import give_back, known_refund
from grpc_services.payment.rules import PaymentFacts, PaymentState
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.errors import IllegalState, InvalidInput
from runtime.identifiers import parse_id

_THE_BEGINNING = (dt.datetime.min.replace(tzinfo=dt.UTC), uuid.UUID(int=0))


class RefundMethods(Equipped):
    async def CreateRefund(
        self,
        request: payment_pb2.CreateRefundRequest,
        context: grpc.aio.ServicerContext[payment_pb2.CreateRefundRequest, payment_pb2.Refund],
    ) -> payment_pb2.Refund:
        require_api_key(context, self._api_key)
        payment_id = parse_id(request.payment_id, path=("paymentId",))
        check_refund_input(request)
        async with self._moves.change() as change:
            payment = await locked(change, payment_id, field="paymentId")
            refund = await known_refund(change, request)
            if refund is None:
                _check_refundable(payment, request)
                refund = await give_back(change, payment, request)
            return await whole_refund(change.connection, refund)

    async def GetRefund(
        self,
        request: payment_pb2.GetRefundRequest,
        context: grpc.aio.ServicerContext[payment_pb2.GetRefundRequest, payment_pb2.Refund],
    ) -> payment_pb2.Refund:
        require_api_key(context, self._api_key)
        refund_id = parse_id(request.id, path=("id",))
        async with self._database.reading() as connection:
            row = await found(connection, refund_queries.REFUND_BY_ID, refund_id, field="id")
            return await whole_refund(connection, row)

    async def ListRefunds(
        self,
        request: payment_pb2.ListRefundsRequest,
        context: grpc.aio.ServicerContext[payment_pb2.ListRefundsRequest, payment_pb2.ListRefundsResponse],
    ) -> payment_pb2.ListRefundsResponse:
        require_api_key(context, self._api_key)
        payment_id = parse_id(request.payment_id, path=("paymentId",))
        limit = page_size(request.first)
        after_at, after_id = _place(request.after)
        async with self._database.reading() as connection:
            await found(connection, queries.PAYMENT_BY_ID, payment_id, field="paymentId")
            rows = await refund_queries.REFUNDS_OF_PAYMENT.fetch(
                connection, payment_id=payment_id, after_at=after_at, after_id=after_id, limit=limit + 1
            )
            shares = await ledger_queries.SHARES_OF_REFUNDS.fetch(connection, payment_id=payment_id)
        page = rows[:limit]
        return payment_pb2.ListRefundsResponse(
            refunds=[refund_message(row, shares) for row in page],
            next_cursor=encode_cursor(page[-1]["created_at"].isoformat(), str(page[-1]["id"]))
            if len(rows) > limit
            else "",
        )


def _place(cursor: str) -> tuple[dt.datetime, uuid.UUID]:
    if not cursor:
        return _THE_BEGINNING
    at, identifier = decode_cursor(cursor, (str, str))
    try:
        return dt.datetime.fromisoformat(str(at)), uuid.UUID(str(identifier))
    except ValueError:
        raise InvalidInput("This cursor is not one that this list gave out.", path=("after",)) from None


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
