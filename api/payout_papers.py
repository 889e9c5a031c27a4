"""Payout statements over HTTP, as a page and as CSV, under an address that `payouts` gave."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from api.documents import PRIVATE
from api.invoice import CONTENT_POLICY, STYLE, TEMPLATES, language_of
from api.payout_words import WORDS
from api.services import Services
from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payee_pb2
from contracts.payout.v1 import payout_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.errors import ServiceError
from runtime.money_format import decimal_amount, formatted_money

_PAGE = 100
_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class PayoutPapers:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def page(self, request: Request) -> Response:
        read = await self._read(request)
        if isinstance(read, Response):
            return read
        language = language_of(request.headers.get("accept-language", ""))
        headers = PRIVATE | {
            "content-security-policy": CONTENT_POLICY,
            "content-language": language,
            "vary": "accept-language",
        }
        return HTMLResponse(page(*read, language), headers=headers)

    async def table(self, request: Request) -> Response:
        read = await self._read(request)
        if isinstance(read, Response):
            return read
        name = f'attachment; filename="payouts-{read[0].month}.csv"'
        headers = PRIVATE | {"content-disposition": name}
        return Response(table(*read), media_type="text/csv; charset=utf-8", headers=headers)

    async def _read(
        self, request: Request
    ) -> tuple[payout_pb2.PayoutStatement, Sequence[payee_pb2.PayeeEntry]] | Response:
        link = self._services.links.read(request.path_params["token"])
        if link is None:
            return PlainTextResponse("This address is not valid, or no longer.\n", status_code=404, headers=PRIVATE)
        payouts = self._services.hotel_payouts if link.kind == "Hotel" else self._services.salon_payouts
        asked = payout_pb2.GetPayoutStatementRequest(house_id=link.house_id, month=link.month)
        entries: list[payee_pb2.PayeeEntry] = []
        try:
            token = await self._services.identity.token()
            statement = await call(payouts.GetPayoutStatement, asked, token=token)
            listing = payout_pb2.ListPayoutEntriesRequest(house_id=link.house_id, month=link.month, first=_PAGE)
            more = True
            while more:  # a statement that leaves something out does not add up
                found = await call(payouts.ListPayoutEntries, listing, token=token)
                entries += found.entries
                listing.after = found.next_cursor
                more = bool(found.next_cursor)
        except ServiceError:
            return PlainTextResponse(
                "Please try again later.\n", status_code=503, headers=PRIVATE | {"retry-after": "60"}
            )
        return statement, entries


def table(statement: payout_pb2.PayoutStatement, entries: Sequence[payee_pb2.PayeeEntry]) -> str:
    """Amounts are decimal numbers with a point; text that a spreadsheet would take for a formula is quoted."""
    zone = ZoneInfo(statement.time_zone)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["date", "kind", "reference", "amount", "currency"])
    for totals in statement.totals:
        writer.writerow(["", "OPENING", "", *_cells(totals.opening)])
    for entry in entries:
        at = from_timestamp(entry.at).astimezone(zone).isoformat(timespec="seconds")
        writer.writerow([at, _kind(entry), _harmless(entry.booking_reference), *_cells(entry.amount)])
    for totals in statement.totals:
        writer.writerow(["", "CLOSING", "", *_cells(totals.closing)])
    return out.getvalue()


def page(statement: payout_pb2.PayoutStatement, entries: Sequence[payee_pb2.PayeeEntry], language: str) -> str:
    words, locale, zone = WORDS[language], Locale(language), ZoneInfo(statement.time_zone)

    def written(amount: money_pb2.Money, sign: int = 1) -> str:
        return formatted_money(sign * amount.minor_units, amount.currency, locale)

    first_day = from_timestamp(statement.since).astimezone(zone).date()
    sections: list[dict[str, Any]] = []
    for totals in statement.totals:
        month = totals.month
        sections.append(
            {
                "currency": month.currency,
                "opening": written(totals.opening),
                "rows": [
                    {
                        "date": format_date(from_timestamp(entry.at).astimezone(zone).date(), "medium", locale),
                        "text": words.kinds[_kind(entry)],
                        "reference": entry.booking_reference,
                        "amount": written(entry.amount),
                    }
                    for entry in entries
                    if entry.amount.currency == month.currency
                ],
                "sums": [
                    (words.kinds["GROSS"], written(month.gross)),
                    (words.kinds["COMMISSION"], written(month.commission, -1)),
                    (words.kinds["REFUND"], written(month.refunds, -1)),
                    (words.kinds["COMMISSION_RETURNED"], written(month.commission_returned)),
                    (words.kinds["DISPUTE"], written(month.disputes, -1)),
                    (words.net, written(month.net)),
                ],
                "closing": written(totals.closing),
            }
        )
    return TEMPLATES.get_template("payouts.html").render(
        language=language,
        words=words,
        style=STYLE,
        house=statement.house_name,
        month=format_date(first_day, "LLLL y", locale),
        time_zone=statement.time_zone,
        sections=sections,
    )


def _kind(entry: payee_pb2.PayeeEntry) -> str:
    return payee_pb2.PayeeEntryKind.Name(entry.kind).removeprefix("PAYEE_ENTRY_KIND_")


def _cells(amount: money_pb2.Money) -> tuple[str, str]:
    return str(decimal_amount(amount.minor_units, amount.currency)), amount.currency


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_LIKE_A_FORMULA) else text
