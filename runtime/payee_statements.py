"""The payment system's statements of a payee, by month on the payee's calendar, for the services whose houses are paid.

Calls carry our API key and nobody's token: the payment system knows no people.
"""

from __future__ import annotations

import datetime as dt

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payee_pb2, payee_pb2_grpc
from contracts.payout.v1 import payout_pb2
from runtime.channels import call_provider
from runtime.clock import to_timestamp
from runtime.months import month_bounds

_THE_BEGINNING = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class PayeeStatements:
    def __init__(self, stub: payee_pb2_grpc.PayeeServiceAsyncStub, api_key: str) -> None:
        self._stub = stub
        self._key = (("x-api-key", api_key),)

    async def month(self, house_id: str, house_name: str, month: str, time_zone: str) -> payout_pb2.PayoutStatement:
        """Raises InvalidInput for what is no month."""
        since, until = month_bounds(month, time_zone)
        before = {totals.currency: totals for totals in await self._totals(house_id, _THE_BEGINNING, since)}
        during = {totals.currency: totals for totals in await self._totals(house_id, since, until)}
        return payout_pb2.PayoutStatement(
            house_id=house_id,
            house_name=house_name,
            month=month,
            time_zone=time_zone,
            since=to_timestamp(since),
            until=to_timestamp(until),
            totals=[
                _totals(
                    during.get(currency) or _nothing(currency),
                    before[currency].net.minor_units if currency in before else 0,
                )
                for currency in sorted({*before, *during})
            ],
        )

    async def entries(
        self, house_id: str, month: str, time_zone: str, *, first: int, after: str
    ) -> payout_pb2.ListPayoutEntriesResponse:
        since, until = month_bounds(month, time_zone)
        request = payee_pb2.ListPayeeEntriesRequest(
            payee_id=house_id, since=to_timestamp(since), until=to_timestamp(until), first=first, after=after
        )
        page = await call_provider(self._stub.ListPayeeEntries, request, self._key)
        return payout_pb2.ListPayoutEntriesResponse(entries=page.entries, next_cursor=page.next_cursor)

    async def _totals(self, house_id: str, since: dt.datetime, until: dt.datetime) -> list[payee_pb2.PayeeTotals]:
        request = payee_pb2.GetPayeeStatementRequest(
            payee_id=house_id, since=to_timestamp(since), until=to_timestamp(until)
        )
        return list((await call_provider(self._stub.GetPayeeStatement, request, self._key)).totals)


def _totals(month: payee_pb2.PayeeTotals, opening: int) -> payout_pb2.PayoutTotals:
    return payout_pb2.PayoutTotals(
        month=month,
        opening=money_pb2.Money(minor_units=opening, currency=month.currency),
        closing=money_pb2.Money(minor_units=opening + month.net.minor_units, currency=month.currency),
    )


def _nothing(currency: str) -> payee_pb2.PayeeTotals:
    none = money_pb2.Money(currency=currency)
    return payee_pb2.PayeeTotals(
        currency=currency,
        gross=none,
        commission=none,
        refunds=none,
        commission_returned=none,
        disputes=none,
        net=none,
    )
