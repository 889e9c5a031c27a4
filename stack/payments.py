"""`python -m stack payments …`: what an operator looks at and does at the payment system of a running stack."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

import grpc

from contracts.payment.v1 import bank_pb2, bank_pb2_grpc, payment_pb2, webhook_pb2, webhook_pb2_grpc
from runtime.channels import call, open_channel
from runtime.clock import from_timestamp
from runtime.errors import ServiceError
from runtime.request_context import begin_request
from runtime.settings import BrokenSettings, StackSettings, load
from stack.ports import Ports
from stack.secret_store import SecretStore
from stack.wiring import stack_directory

_NEWEST = 50
_PATIENCE_SECONDS = 60.0


def payments(command: str, subject: str) -> int:
    """The exit code."""
    begin_request(seconds_left=_PATIENCE_SECONDS)
    try:
        settings = load(StackSettings)
        api_key = SecretStore(stack_directory(settings)).of("payment api key")
        address = Ports(settings.first_port).grpc_address("payment")
        lines = asyncio.run(PaymentDesk.told(address, api_key, command, subject))
    except (BrokenSettings, OSError) as failure:
        sys.stderr.write(f"payments: {failure}\n")
        return 2
    except ServiceError as refusal:
        sys.stderr.write(f"payments: {refusal.message}\n")
        return 1
    print("\n".join(lines))
    return 0


class PaymentDesk:
    def __init__(self, channel: grpc.aio.Channel, api_key: str) -> None:
        self._webhooks: webhook_pb2_grpc.WebhookServiceAsyncStub = webhook_pb2_grpc.WebhookServiceStub(channel)
        self._bank: bank_pb2_grpc.BankServiceAsyncStub = bank_pb2_grpc.BankServiceStub(channel)
        self._key = (("x-api-key", api_key),)

    @classmethod
    async def told(cls, address: str, api_key: str, command: str, subject: str) -> list[str]:
        """The lines that a command prints; raises ServiceError."""
        async with open_channel(address, webhook_pb2.DESCRIPTOR, bank_pb2.DESCRIPTOR) as channel:
            desk = cls(channel, api_key)
            commands: dict[str, Callable[[str], Awaitable[list[str]]]] = {
                "webhooks": desk.webhooks,
                "redeliver": desk.redeliver,
                "enable": desk.enable,
                "faults": desk.faults,
                "dispute": desk.dispute,
                "won": desk.won,
                "lost": desk.lost,
            }
            return await commands[command](subject)

    async def webhooks(self, webhook_id: str) -> list[str]:
        if webhook_id:
            request = webhook_pb2.GetDeliveryRequest(id=webhook_id)
            one = await call(self._webhooks.GetDelivery, request, token="", extra_metadata=self._key)
            return [_delivery(one), *map(_attempt, one.attempts)]
        endpoint = await call(
            self._webhooks.GetEndpoint, webhook_pb2.GetEndpointRequest(), token="", extra_metadata=self._key
        )
        listed = await call(
            self._webhooks.ListDeliveries,
            webhook_pb2.ListDeliveriesRequest(first=_NEWEST),
            token="",
            extra_metadata=self._key,
        )
        return [_endpoint(endpoint), *map(_delivery, listed.deliveries)]

    async def redeliver(self, webhook_id: str) -> list[str]:
        request = webhook_pb2.RedeliverRequest(id=webhook_id)
        return [_delivery(await call(self._webhooks.Redeliver, request, token="", extra_metadata=self._key))]

    async def enable(self, _subject: str) -> list[str]:
        request = webhook_pb2.EnableEndpointRequest()
        return [_endpoint(await call(self._webhooks.EnableEndpoint, request, token="", extra_metadata=self._key))]

    async def faults(self, plan: str) -> list[str]:
        if plan:
            wanted = bank_pb2.SetFaultsRequest(plan="" if plan == "calm" else plan)
            told = await call(self._bank.SetFaults, wanted, token="", extra_metadata=self._key)
        else:
            told = await call(self._bank.GetFaults, bank_pb2.GetFaultsRequest(), token="", extra_metadata=self._key)
        return [told.plan or "calm: nothing goes wrong on purpose"]

    async def dispute(self, payment_id: str) -> list[str]:
        request = bank_pb2.OpenDisputeRequest(payment_id=payment_id)
        return [_dispute(await call(self._bank.OpenDispute, request, token="", extra_metadata=self._key))]

    async def won(self, dispute_id: str) -> list[str]:
        return await self._resolved(dispute_id, payment_pb2.DISPUTE_STATE_WON)

    async def lost(self, dispute_id: str) -> list[str]:
        return await self._resolved(dispute_id, payment_pb2.DISPUTE_STATE_LOST)

    async def _resolved(self, dispute_id: str, outcome: payment_pb2.DisputeState.ValueType) -> list[str]:
        request = bank_pb2.ResolveDisputeRequest(dispute_id=dispute_id, outcome=outcome)
        return [_dispute(await call(self._bank.ResolveDispute, request, token="", extra_metadata=self._key))]


def _endpoint(endpoint: webhook_pb2.WebhookEndpoint) -> str:
    state = "enabled"
    if endpoint.HasField("disabled_at"):
        state = f"DISABLED since {from_timestamp(endpoint.disabled_at):%Y-%m-%d %H:%M:%S} UTC"
    return f"{endpoint.url}  {state}  {endpoint.waiting} waiting"


def _delivery(one: webhook_pb2.WebhookDelivery) -> str:
    state = webhook_pb2.WebhookDeliveryState.Name(one.state).removeprefix("WEBHOOK_DELIVERY_STATE_")
    return (
        f"{one.id}  {from_timestamp(one.created_at):%Y-%m-%d %H:%M:%S}  {one.type:<24} payment {one.payment_id}"
        f"  {state:<9} {one.attempt_count} attempts  {one.fault}"
    ).rstrip()


def _attempt(attempt: webhook_pb2.WebhookAttempt) -> str:
    answer = str(attempt.status_code or attempt.failure)
    return f"  {from_timestamp(attempt.at):%Y-%m-%d %H:%M:%S}  {answer:<18} {attempt.duration_ms} ms"


def _dispute(dispute: payment_pb2.Dispute) -> str:
    state = payment_pb2.DisputeState.Name(dispute.state).removeprefix("DISPUTE_STATE_")
    return (
        f"{dispute.id}  payment {dispute.payment_id}  {dispute.amount.minor_units} {dispute.amount.currency}"
        f"  {dispute.reason}  {state}"
    )
