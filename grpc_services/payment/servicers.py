"""The gRPC services of payment, each put together of the use cases of its contract."""

from __future__ import annotations

import grpc

from contracts.payment.v1 import bank_pb2_grpc, payee_pb2_grpc, payment_pb2_grpc
from grpc_services.payment.bank_servicer import BankMethods
from grpc_services.payment.parts import Parts
from grpc_services.payment.payee_servicer import PayeeMethods
from grpc_services.payment.payment_servicer import PaymentMethods
from grpc_services.payment.refund_servicer import RefundMethods


class PaymentServicer(PaymentMethods, RefundMethods, payment_pb2_grpc.PaymentServiceServicer):
    pass


class PayeeServicer(PayeeMethods, payee_pb2_grpc.PayeeServiceServicer):
    pass


class BankServicer(BankMethods, bank_pb2_grpc.BankServiceServicer):
    pass


def add_servicers(server: grpc.aio.Server, parts: Parts) -> None:
    payment_pb2_grpc.add_PaymentServiceServicer_to_server(PaymentServicer(parts), server)
    payee_pb2_grpc.add_PayeeServiceServicer_to_server(PayeeServicer(parts), server)
    bank_pb2_grpc.add_BankServiceServicer_to_server(BankServicer(parts), server)
