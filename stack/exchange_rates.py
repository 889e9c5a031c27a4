"""`python -m stack exchange-rates FILE`: reference rates by day (CSV) into a running stack.

Columns: day, currency, rate, source; a rate is so many main units of the currency for one euro. A day goes in whole or
not at all, and the rates of a day that is there never change.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from contracts.auth.v1 import auth_pb2, auth_pb2_grpc
from contracts.hotel.v1 import exchange_rate_pb2, exchange_rate_pb2_grpc
from runtime.channels import ServiceIdentity, call, open_channel
from runtime.errors import ServiceError
from runtime.request_context import begin_request
from runtime.settings import BrokenSettings, ServiceClientSection, StackSettings, load
from stack.exchange_rate_file import days_of
from stack.ports import Ports
from stack.secret_store import OPERATOR, SecretStore
from stack.wiring import stack_directory


def load_exchange_rates(file: Path) -> int:
    """The exit code: 0 when every day of the file is in the stack."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            days = days_of(lines)
        return asyncio.run(_put(days, load(StackSettings)))
    except (BrokenSettings, OSError, ServiceError, UnicodeDecodeError) as failure:
        sys.stderr.write(f"exchange-rates: {failure}\n")
        return 2


async def _put(days: list[exchange_rate_pb2.ExchangeRates], settings: StackSettings) -> int:
    begin_request()
    ports = Ports(settings.first_port)
    operator = ServiceClientSection.model_validate(
        {
            "service_client_id": OPERATOR,
            "service_client_secret": SecretStore(stack_directory(settings)).client_secrets()[OPERATOR],
        }
    )
    refused = 0
    async with (
        open_channel(ports.grpc_address("auth"), auth_pb2.DESCRIPTOR) as auth,
        open_channel(ports.grpc_address("hotel"), exchange_rate_pb2.DESCRIPTOR) as hotel,
    ):
        identity = ServiceIdentity(auth_pb2_grpc.AuthServiceStub(auth), operator)
        rates: exchange_rate_pb2_grpc.ExchangeRateServiceAsyncStub
        rates = exchange_rate_pb2_grpc.ExchangeRateServiceStub(hotel)
        for day in days:
            try:
                answer = await call(rates.PutExchangeRates, day, token=await identity.token())
            except ServiceError as refusal:
                refused += 1
                where = f" ({'.'.join(refusal.path)})" if refusal.path else ""
                sys.stderr.write(f"{day.day}: {refusal.message}{where}\n")
            else:
                print(f"{day.day}: {f'{answer.stored} rates' if answer.stored else 'already there'}")
    return 2 if refused else 0
