"""The gRPC services of payment, each put together of the use cases of its contract."""

from __future__ import annotations

import grpc

from contracts.payment.v1 import bank_pb2_grpc, payee_pb2_grpc, payment_pb2_grpc, webhook_pb2_grpc
from grpc_services.payment.bank_servicer import BankMethods
from grpc_services.payment.faulty_answers import with_faults
from grpc_services.payment.parts import Parts
from grpc_services.payment.payee_servicer import PayeeMethods
from grpc_services.payment.payment_servicer import PaymentMethods
from grpc_services.payment.refund_servicer import RefundMethods
from grpc_services.payment.webhook_servicer import WebhookMethods


class PaymentServicer(PaymentMethods, RefundMethods, payment_pb2_grpc.PaymentServiceServicer):
    pass


class PayeeServicer(PayeeMethods, payee_pb2_grpc.PayeeServiceServicer):
    pass


class WebhookServicer(WebhookMethods, webhook_pb2_grpc.WebhookServiceServicer):
    pass


class BankServicer(BankMethods, bank_pb2_grpc.BankServiceServicer):
    pass


def add_servicers(server: grpc.aio.Server, parts: Parts) -> None:
    payments = with_faults(PaymentServicer(parts), parts.faults)
    payment_pb2_grpc.add_PaymentServiceServicer_to_server(payments, server)
    payee_pb2_grpc.add_PayeeServiceServicer_to_server(PayeeServicer(parts), server)
    webhook_pb2_grpc.add_WebhookServiceServicer_to_server(WebhookServicer(parts), server)
    bank_pb2_grpc.add_BankServiceServicer_to_server(BankServicer(parts), server)
