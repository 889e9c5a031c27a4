"""What the ledger holds for payees."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from contracts.payment.v1 import payee_pb2
from grpc_services.payment import ledger_queries
from grpc_services.payment.input_rules import LONGEST_REFERENCE, check_text
from grpc_services.payment.ledger import EntryKind
from grpc_services.payment.messages import entry_message, money
from grpc_services.payment.parts import Equipped
from grpc_services.payment.policies import require_api_key
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.errors import InvalidInput


class PayeeMethods(Equipped):
    async def GetPayeeStatement(
        self,
        request: payee_pb2.GetPayeeStatementRequest,
        context: grpc.aio.ServicerContext[payee_pb2.GetPayeeStatementRequest, payee_pb2.PayeeStatement],
    ) -> payee_pb2.PayeeStatement:
        require_api_key(context, self._api_key)
        check_text(request.payee_id, "payeeId", longest=LONGEST_REFERENCE, required=True)
        since, until = _moment(request.since, "since"), _moment(request.until, "until")
        async with self._database.reading() as connection:
            rows = await ledger_queries.PAYEE_SUMS.fetch(
                connection, payee_id=request.payee_id, since=since, until=until
            )
        sums: dict[str, dict[str, int]] = defaultdict(dict)
        for row in rows:
            sums[row["currency"]][row["kind"]] = row["amount"]
        totals = [_totals(currency, kinds) for currency, kinds in sums.items()]
        return payee_pb2.PayeeStatement(payee_id=request.payee_id, totals=totals)

    async def ListPayeeEntries(
        self,
        request: payee_pb2.ListPayeeEntriesRequest,
        context: grpc.aio.ServicerContext[payee_pb2.ListPayeeEntriesRequest, payee_pb2.ListPayeeEntriesResponse],
    ) -> payee_pb2.ListPayeeEntriesResponse:
        require_api_key(context, self._api_key)
        check_text(request.payee_id, "payeeId", longest=LONGEST_REFERENCE, required=True)
        since, until = _moment(request.since, "since"), _moment(request.until, "until")
        limit = page_size(request.first)
        (after,) = decode_cursor(request.after, (int,)) if request.after else (0,)
        async with self._database.reading() as connection:
            rows = await ledger_queries.PAYEE_ENTRIES.fetch(
                connection, payee_id=request.payee_id, since=since, until=until, after=after, limit=limit + 1
            )
        page = rows[:limit]
        return payee_pb2.ListPayeeEntriesResponse(
            entries=map(entry_message, page),
            next_cursor=encode_cursor(page[-1]["position"]) if len(rows) > limit else "",
        )


def _totals(currency: str, sums: dict[str, int]) -> payee_pb2.PayeeTotals:
    def gained(kind: EntryKind) -> int:
        return sums.get(kind, 0)

    return payee_pb2.PayeeTotals(
        currency=currency,
        gross=money(gained(EntryKind.GROSS), currency),
        commission=money(-gained(EntryKind.COMMISSION), currency),
        refunds=money(-gained(EntryKind.REFUND), currency),
        commission_returned=money(gained(EntryKind.COMMISSION_RETURNED), currency),
        disputes=money(-gained(EntryKind.DISPUTE), currency),
        net=money(sum(sums.values()), currency),
    )


def _moment(stamp: Timestamp, field: str) -> dt.datetime:
    try:
        return stamp.ToDatetime(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        raise InvalidInput("This is not a moment in time.", path=(field,)) from None
