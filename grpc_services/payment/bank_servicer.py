"""The imitated bank, by hand: for operators who try things and for tests."""

from __future__ import annotations

import grpc

from contracts.payment.v1 import bank_pb2, payment_pb2
from grpc_services.payment import refund_queries
from grpc_services.payment.bank import DEFAULT_DISPUTE
from grpc_services.payment.disputing import open_dispute, resolve_dispute
from grpc_services.payment.faults import BadPlan, read_plan
from grpc_services.payment.input_rules import LONGEST_REFERENCE, check_text
from grpc_services.payment.messages import dispute_message
from grpc_services.payment.parts import Equipped
from grpc_services.payment.policies import require_api_key, require_imitation
from grpc_services.payment.reading import found, locked, whole_refund
from grpc_services.payment.refunding import settle_refund
from grpc_services.payment.rules import DisputeState, RefundState
from runtime.errors import IllegalState, InvalidInput
from runtime.identifiers import parse_id

_OUTCOMES = {payment_pb2.DISPUTE_STATE_WON: DisputeState.WON, payment_pb2.DISPUTE_STATE_LOST: DisputeState.LOST}
_REFUND_OUTCOMES = {
    payment_pb2.REFUND_STATE_SUCCEEDED: RefundState.SUCCEEDED,
    payment_pb2.REFUND_STATE_FAILED: RefundState.FAILED,
    payment_pb2.REFUND_STATE_REVERSED: RefundState.REVERSED,
}


class BankMethods(Equipped):
    async def OpenDispute(
        self,
        request: bank_pb2.OpenDisputeRequest,
        context: grpc.aio.ServicerContext[bank_pb2.OpenDisputeRequest, payment_pb2.Dispute],
    ) -> payment_pb2.Dispute:
        require_api_key(context, self._api_key)
        require_imitation(self._settings)
        payment_id = parse_id(request.payment_id, path=("paymentId",))
        check_text(request.reason, "reason", longest=LONGEST_REFERENCE)
        async with self._moves.change() as change:
            payment = await locked(change, payment_id, field="paymentId")
            row = await refund_queries.OPEN_DISPUTE.fetch_row(change.connection, payment_id=payment_id)
            if row is None:
                if not payment.refundable_minor_units:
                    raise IllegalState(
                        "Only captured money can be disputed, and there is none.",
                        details={"state": payment.state.value},
                    )
                row = await open_dispute(change, payment, request.reason or DEFAULT_DISPUTE)
        return dispute_message(row)

    async def ResolveDispute(
        self,
        request: bank_pb2.ResolveDisputeRequest,
        context: grpc.aio.ServicerContext[bank_pb2.ResolveDisputeRequest, payment_pb2.Dispute],
    ) -> payment_pb2.Dispute:
        require_api_key(context, self._api_key)
        require_imitation(self._settings)
        dispute_id = parse_id(request.dispute_id, path=("disputeId",))
        outcome = _OUTCOMES.get(request.outcome)
        if outcome is None:
            raise InvalidInput("A dispute is won or lost.", path=("outcome",))
        async with self._moves.change() as change:
            row = await found(change.connection, refund_queries.DISPUTE_BY_ID, dispute_id, field="disputeId")
            payment = await locked(change, row["payment_id"])
            row = await found(change.connection, refund_queries.DISPUTE_BY_ID, dispute_id, field="disputeId")
            if row["state"] == DisputeState.OPENED:
                row = await resolve_dispute(change, payment, row, outcome)
            elif row["state"] != outcome:
                raise IllegalState("This dispute was decided otherwise.", details={"state": row["state"]})
        return dispute_message(row)

    async def SetFaults(
        self,
        request: bank_pb2.SetFaultsRequest,
        context: grpc.aio.ServicerContext[bank_pb2.SetFaultsRequest, bank_pb2.Faults],
    ) -> bank_pb2.Faults:
        require_api_key(context, self._api_key)
        require_imitation(self._settings)
        try:
            self._faults.follow(read_plan(request.plan))
        except BadPlan as fault:
            raise InvalidInput(f"This is no plan of faults: {fault}.", path=("plan",)) from None
        return bank_pb2.Faults(plan=self._faults.plan.written())

    async def GetFaults(
        self,
        request: bank_pb2.GetFaultsRequest,
        context: grpc.aio.ServicerContext[bank_pb2.GetFaultsRequest, bank_pb2.Faults],
    ) -> bank_pb2.Faults:
        require_api_key(context, self._api_key)
        return bank_pb2.Faults(plan=self._faults.plan.written())

    async def SettleRefund(
        self,
        request: bank_pb2.SettleRefundRequest,
        context: grpc.aio.ServicerContext[bank_pb2.SettleRefundRequest, payment_pb2.Refund],
    ) -> payment_pb2.Refund:
        require_api_key(context, self._api_key)
        require_imitation(self._settings)
        refund_id = parse_id(request.refund_id, path=("refundId",))
        outcome = _REFUND_OUTCOMES.get(request.outcome)
        if outcome is None:
            raise InvalidInput("A refund succeeds, fails or is reversed.", path=("outcome",))
        async with self._moves.change() as change:
            row = await found(change.connection, refund_queries.REFUND_BY_ID, refund_id, field="refundId")
            payment = await locked(change, row["payment_id"])
            row = await found(change.connection, refund_queries.REFUND_BY_ID, refund_id, field="refundId")
            if row["state"] != outcome:
                settled = await settle_refund(change, payment, row, outcome)
                if settled is None:
                    raise IllegalState("This refund cannot go there any more.", details={"state": row["state"]})
                row = settled
            return await whole_refund(change.connection, row)
