"""A hotelier's money in the public schema: what the platform took for a house in a month, and what is theirs."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import strawberry

from api.context import Info
from api.money import Money, money
from api.node_ids import decode_id
from api.nodes import Node
from api.paging import Connection, at_least_one, edges, page_info
from api.scalars import CurrencyCode
from api.signed_links import PayoutLink
from contracts.payment.v1 import payee_pb2
from contracts.payout.v1 import payout_pb2, payout_pb2_grpc
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.cursors import encode_cursor

_Month = Annotated[str, strawberry.argument(description="Such as 2027-05, on the calendar of the place.")]


@strawberry.enum(description="What an entry of a payout statement tells.")
class PayoutEntryKind(enum.Enum):
    GROSS = strawberry.enum_value("GROSS", description="A guest's payment.")
    COMMISSION = strawberry.enum_value("COMMISSION", description="What the platform keeps of it.")
    REFUND = strawberry.enum_value(
        "REFUND", description="Sent back to the guest; positive where a refund failed and the money is yours again."
    )
    COMMISSION_RETURNED = strawberry.enum_value(
        "COMMISSION_RETURNED", description="The platform's part of a refund or dispute, given back to you."
    )
    DISPUTE = strawberry.enum_value(
        "DISPUTE", description="Taken back by the guest's bank; positive where the dispute was won."
    )


@strawberry.type(description="One movement of money.")
class PayoutEntry:
    at: dt.datetime = strawberry.field(description="When it was written.")
    kind: PayoutEntryKind = strawberry.field(description="What it tells.")
    reference: str = strawberry.field(description="The reference of the booking or appointment.")
    amount: Money = strawberry.field(description="What you gain by it; negative for what you give.")


@strawberry.type(
    description=(
        "The sums of a month in one currency. `net` is `gross` less `commission`, `refunds` and `disputes`, with "
        "`commissionReturned`; `closing` is `opening` and `net`: to the minor unit."
    )
)
class PayoutTotals:
    currency: CurrencyCode = strawberry.field(description="The currency.")
    opening: Money = strawberry.field(description="The net of all months before.")
    gross: Money = strawberry.field(description="Paid by guests.")
    commission: Money = strawberry.field(description="Kept of it by the platform.")
    refunds: Money = strawberry.field(description="Sent back to guests.")
    commission_returned: Money = strawberry.field(description="Given back to you with refunds and disputes.")
    disputes: Money = strawberry.field(description="Taken back by guests' banks.")
    net: Money = strawberry.field(description="What is yours of this month.")
    closing: Money = strawberry.field(description="What is yours at its end.")


@strawberry.type(description="What guests paid for a house through the platform in a month, by the payment ledger.")
class PayoutStatement:
    month: str = strawberry.field(description="Such as 2027-05.")
    time_zone: str = strawberry.field(description="IANA; the month begins and ends in it.")
    since: dt.datetime = strawberry.field(description="When it begins.")
    until: dt.datetime = strawberry.field(description="When it is over.")
    totals: list[PayoutTotals] = strawberry.field(description="By currency; none where nothing was ever paid.")
    link: strawberry.Private[PayoutLink]

    @strawberry.field(description="What the totals are made of, oldest first.")
    async def entries(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[PayoutEntry]:
        response = await call(
            payouts_of(info, self.link.kind).ListPayoutEntries,
            payout_pb2.ListPayoutEntriesRequest(
                house_id=self.link.house_id, month=self.month, first=at_least_one(first), after=after or ""
            ),
        )
        cursors = [encode_cursor(int(entry.id)) for entry in response.entries]
        return Connection(
            edges=edges([payout_entry(entry) for entry in response.entries], cursors),
            page_info=page_info(cursors, has_next_page=bool(response.next_cursor), after=after),
        )

    @strawberry.field(description="The statement as a page that prints well. The address works for an hour.")
    def page_url(self, info: Info) -> str:
        return info.context.services.links.address(self.link, "statement")

    @strawberry.field(description="The statement as CSV, for a spreadsheet. The address works for an hour.")
    def csv_url(self, info: Info) -> str:
        return info.context.services.links.address(self.link, "statement.csv")


@strawberry.type
class HotelPayouts(Node):
    """The part of Hotel that its hotelier reads about money."""

    @strawberry.field(description="What guests paid for it through the platform in a month; for its hotelier only.")
    async def payouts(self, info: Info, month: _Month) -> PayoutStatement | None:
        return await _statement(info, PayoutLink("Hotel", decode_id("Hotel", self.id, path=("id",)), month))


@strawberry.type
class SalonPayouts(Node):
    """The part of Salon that its hotelier reads about money."""

    @strawberry.field(description="What clients paid for it through the platform in a month; for its hotelier only.")
    async def payouts(self, info: Info, month: _Month) -> PayoutStatement | None:
        return await _statement(info, PayoutLink("Salon", decode_id("Salon", self.id, path=("id",)), month))


def payouts_of(info: Info, kind: str) -> payout_pb2_grpc.PayoutServiceAsyncStub:
    services = info.context.services
    return services.hotel_payouts if kind == "Hotel" else services.salon_payouts


def payout_entry(message: payee_pb2.PayeeEntry) -> PayoutEntry:
    return PayoutEntry(
        at=from_timestamp(message.at),
        kind=PayoutEntryKind(payee_pb2.PayeeEntryKind.Name(message.kind).removeprefix("PAYEE_ENTRY_KIND_")),
        reference=message.booking_reference,
        amount=money(message.amount),
    )


async def _statement(info: Info, link: PayoutLink) -> PayoutStatement:
    request = payout_pb2.GetPayoutStatementRequest(house_id=link.house_id, month=link.month)
    found = await call(payouts_of(info, link.kind).GetPayoutStatement, request)
    return PayoutStatement(
        month=found.month,
        time_zone=found.time_zone,
        since=from_timestamp(found.since),
        until=from_timestamp(found.until),
        totals=[_totals(one) for one in found.totals],
        link=link,
    )


def _totals(message: payout_pb2.PayoutTotals) -> PayoutTotals:
    month = message.month
    return PayoutTotals(
        currency=CurrencyCode(month.currency),
        opening=money(message.opening),
        gross=money(month.gross),
        commission=money(month.commission),
        refunds=money(month.refunds),
        commission_returned=money(month.commission_returned),
        disputes=money(month.disputes),
        net=money(month.net),
        closing=money(message.closing),
    )
