"""`python -m stack payments parked` and `… replay ID`: webhooks that did not fit, and working one off once more."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from contracts.settlement.v1 import settlement_pb2, settlement_pb2_grpc
from runtime.channels import call, open_channel
from runtime.errors import IllegalState, ServiceError
from runtime.request_context import begin_request
from runtime.settings import BrokenSettings, StackSettings, load
from stack.operator_client import open_operator
from stack.ports import Ports

SERVICES = ("booking", "salon")
_PROVIDER = "innkeeper-payments"


def parked_payments(replay: str | None) -> int:
    """Lists what is parked, or replays one event. The exit code: 0 when all went well, 1 when it is parked again."""
    begin_request()
    try:
        settings = load(StackSettings)
        return asyncio.run(_replay(settings, replay) if replay else _list(settings))
    except (BrokenSettings, OSError, ServiceError) as failure:
        sys.stderr.write(f"payments: {failure}\n")
        return 2


async def _list(settings: StackSettings) -> int:
    found = 0
    async with open_operator(settings) as operator:
        for service in SERVICES:
            async with _settlement(settings, service) as settlement:
                async for event in _parked(settlement, await operator.token()):
                    found += 1
                    moment = event.parked_at.ToDatetime().isoformat(" ", "seconds")
                    print(
                        f"{moment}  {service:<8} {event.reason:<16} {event.type or '-':<22}"
                        f" payment {event.payment_id or '-'}\n    {event.event_id}"
                    )
    print(f"{found} parked" if found else "Nothing is parked.")
    return 0


async def _replay(settings: StackSettings, event_id: str) -> int:
    request = settlement_pb2.ReplayPaymentEventRequest(provider=_PROVIDER, event_id=event_id)
    async with open_operator(settings) as operator:
        for service in SERVICES:
            async with _settlement(settings, service) as settlement:
                try:
                    answer = await call(settlement.ReplayPaymentEvent, request, token=await operator.token())
                except ServiceError as refusal:
                    if refusal.code == IllegalState.code:
                        continue
                    raise
                outcome = settlement_pb2.SettlementOutcome.Name(answer.outcome).removeprefix("SETTLEMENT_OUTCOME_")
                print(f"{service}: {outcome}")
                return 1 if answer.outcome == settlement_pb2.SETTLEMENT_OUTCOME_PARKED else 0
    sys.stderr.write("payments: no such event is parked\n")
    return 2


async def _parked(
    settlement: settlement_pb2_grpc.SettlementServiceAsyncStub, token: str
) -> AsyncIterator[settlement_pb2.ParkedPaymentEvent]:
    after = ""
    while True:
        request = settlement_pb2.ListParkedPaymentEventsRequest(first=100, after=after)
        page = await call(settlement.ListParkedPaymentEvents, request, token=token)
        for event in page.events:
            yield event
        if not page.has_next_page:
            return
        after = page.cursors[-1]


@asynccontextmanager
async def _settlement(
    settings: StackSettings, service: str
) -> AsyncIterator[settlement_pb2_grpc.SettlementServiceAsyncStub]:
    address = Ports(settings.first_port).grpc_address(service)
    async with open_channel(address, settlement_pb2.DESCRIPTOR) as channel:
        yield settlement_pb2_grpc.SettlementServiceStub(channel)
