"""Payments shared between payees: who gets what, what the platform keeps, and the statement that sums it up."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payee_pb2, payment_pb2
from runtime.clock import to_timestamp
from tests.grpc_services.payment.house import House, payment_request, refund_request, refused, shares


def amounts(totals: payee_pb2.PayeeTotals) -> dict[str, int]:
    names = ("gross", "commission", "refunds", "commission_returned", "disputes", "net")
    return {name: getattr(totals, name).minor_units for name in names if getattr(totals, name).minor_units}


async def test_a_capture_pays_the_payees_less_the_commission(house: House) -> None:
    hotel, salon = f"hotel-{uuid.uuid4()}", f"salon-{uuid.uuid4()}"
    payment = await house.paid(shares=shares((hotel, 20_000, 1_500), (salon, 4_050, 999)))
    assert [share.payee_id for share in payment.shares] == [hotel, salon]
    assert await house.ledger_of(payment) == {
        "CARD_NETWORK": -24_050,
        hotel: 17_000,
        salon: 4_050 - 405,
        "PLATFORM": 3_405,
    }
    assert amounts((await house.statement(hotel))["EUR"]) == {"gross": 20_000, "commission": 3_000, "net": 17_000}


async def test_a_refund_takes_from_each_in_proportion_and_returns_the_commission(house: House) -> None:
    hotel, salon = f"hotel-{uuid.uuid4()}", f"salon-{uuid.uuid4()}"
    payment = await house.paid(shares=shares((hotel, 16_033, 1_500), (salon, 8_017, 1_500)))
    refund = await house.refund(payment, 100)
    assert [(share.payee_id, share.amount.minor_units) for share in refund.shares] == [(hotel, 67), (salon, 33)]
    assert (await house.get_refund(refund)).shares == refund.shares
    await house.refund(payment, 23_950)
    assert await house.ledger_of(payment) == {}, "nothing stays with anybody, to the cent"
    assert amounts((await house.statement(hotel))["EUR"]) == {
        "gross": 16_033,
        "commission": 2_405,
        "refunds": 16_033,
        "commission_returned": 2_405,
    }


async def test_a_refund_may_name_who_gives_back(house: House) -> None:
    payment = await house.paid(shares=shares(("h", 20_000, 1_000), ("s", 4_050, 1_000)))
    request = refund_request(payment, 4_050)
    request.shares.append(
        payment_pb2.RefundShare(payee_id="s", amount=money_pb2.Money(minor_units=4_050, currency="EUR"))
    )
    await house.call(house.stub.CreateRefund, request)
    assert await house.ledger_of(payment) == {"CARD_NETWORK": -20_000, "h": 18_000, "PLATFORM": 2_000}


async def test_currencies_are_never_mixed(house: House) -> None:
    payee = f"payee-{uuid.uuid4()}"
    for currency, minor_units in (("EUR", 1_001), ("JPY", 777), ("KWD", 12_345)):
        await house.paid(
            amount=money_pb2.Money(minor_units=minor_units, currency=currency),
            shares=shares((payee, minor_units, 1_000), currency=currency),
        )
    statement = await house.statement(payee)
    assert list(statement) == ["EUR", "JPY", "KWD"]
    assert [statement[code].gross.minor_units for code in statement] == [1_001, 777, 12_345]
    assert [statement[code].commission.minor_units for code in statement] == [100, 78, 1_234]


async def test_entries_sum_to_their_statement_page_by_page_and_only_within_the_time(house: House) -> None:
    payee = f"payee-{uuid.uuid4()}"
    first = await house.paid(shares=shares((payee, 24_050, 1_000)))
    boundary = house.clock() + dt.timedelta(days=30)
    house.clock.forward(days=31)
    await house.refund(first, 5_000)

    def asked(since: dt.datetime, until: dt.datetime, **page: Any) -> payee_pb2.ListPayeeEntriesRequest:
        return payee_pb2.ListPayeeEntriesRequest(
            payee_id=payee, since=to_timestamp(since), until=to_timestamp(until), **page
        )

    end = house.clock() + dt.timedelta(days=1)
    entries: list[payee_pb2.PayeeEntry] = []
    after = ""
    while True:
        page = await house.call(
            house.payees.ListPayeeEntries, asked(boundary - dt.timedelta(days=60), end, first=1, after=after)
        )
        entries += page.entries
        after = page.next_cursor
        if not after:
            break
    assert [(payee_pb2.PayeeEntryKind.Name(one.kind)[17:], one.amount.minor_units) for one in entries] == [
        ("GROSS", 24_050),
        ("COMMISSION", -2_405),
        ("REFUND", -5_000),
        ("COMMISSION_RETURNED", 500),
    ]
    assert {one.payment_id for one in entries} == {first.id}
    assert {one.booking_reference for one in entries} == {"INN-7F3K2Q"}
    later = await house.call(house.payees.ListPayeeEntries, asked(boundary, end))
    assert [one.amount.minor_units for one in later.entries] == [-5_000, 500]
    request = payee_pb2.GetPayeeStatementRequest(payee_id=payee, since=to_timestamp(boundary), until=to_timestamp(end))
    (totals,) = (await house.call(house.payees.GetPayeeStatement, request)).totals
    assert amounts(totals) == {"refunds": 5_000, "commission_returned": 500, "net": -4_500}


async def test_a_payee_never_heard_of_has_an_empty_statement(house: House) -> None:
    assert await house.statement("nobody") == {}


BAD_SHARES: list[tuple[list[payment_pb2.PayeeShare], tuple[str, ...]]] = [
    (shares(("a", 24_049, 0)), ("shares",)),
    (shares(("a", 24_051, 0)), ("shares",)),
    (shares(("a", 12_025, 0), ("a", 12_025, 0)), ("shares", "1", "payeeId")),
    (shares(("", 24_050, 0)), ("shares", "0", "payeeId")),
    (shares(("a" * 101, 24_050, 0)), ("shares", "0", "payeeId")),
    (shares(("a", 24_050, -1)), ("shares", "0", "commissionBasisPoints")),
    (shares(("a", 24_050, 10_001)), ("shares", "0", "commissionBasisPoints")),
    (shares(("a", 24_051, 0), ("b", -1, 0)), ("shares", "1", "amount", "minorUnits")),
    (shares(("a", 24_050, 0), currency="USD"), ("shares", "0", "amount", "currency")),
    (shares(*((f"p{number}", 1, 0) for number in range(51))), ("shares",)),
]


@pytest.mark.parametrize(("bad", "path"), BAD_SHARES)
async def test_a_bad_share_names_its_field_and_opens_nothing(
    house: House, bad: list[payment_pb2.PayeeShare], path: tuple[str, ...]
) -> None:
    request = payment_request(shares=bad)
    refusal = await refused(house.call(house.stub.CreatePayment, request))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", path)
    assert not [row for row in await house.rows("payment") if row["idempotency_key"] == request.idempotency_key]


async def test_payees_are_for_who_holds_the_key(house: House) -> None:
    request = payee_pb2.GetPayeeStatementRequest(payee_id="a")
    assert (await refused(house.call(house.payees.GetPayeeStatement, request, api_key="x"))).code == "UNAUTHENTICATED"
    entries = payee_pb2.ListPayeeEntriesRequest(payee_id="a")
    assert (await refused(house.call(house.payees.ListPayeeEntries, entries, api_key="x"))).code == "UNAUTHENTICATED"
