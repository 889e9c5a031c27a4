"""Refunds that take their time, fail, or come back."""

from __future__ import annotations

import pytest

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from tests.grpc_services.payment.house import (
    REFUNDS_COME_BACK,
    REFUNDS_FAIL,
    REFUNDS_LATER,
    House,
    refund_request,
    refused,
    shares,
    until,
)


async def until_refund(house: House, refund: payment_pb2.Refund, state: str) -> payment_pb2.Refund:
    async def is_there() -> bool:
        return (await house.get_refund(refund)).state == payment_pb2.RefundState.Value(f"REFUND_STATE_{state}")

    await until(is_there)
    return await house.get_refund(refund)


async def test_a_refund_that_takes_its_time_is_pending_and_then_succeeds(house: House) -> None:
    payment = await house.paid(REFUNDS_LATER)
    refund = await house.refund(payment, 4_000)
    assert refund.state == payment_pb2.REFUND_STATE_PENDING
    assert (await house.get(payment)).refunded.minor_units == 4_000, "what is on its way is not given back twice"
    assert (await house.ledger_of(payment))["REFUNDS_IN_TRANSIT"] == 4_000
    house.clock.forward(seconds=6)
    await until_refund(house, refund, "SUCCEEDED")
    assert await house.ledger_of(payment) == {"CARD_NETWORK": -20_050, "PLATFORM": 20_050}
    assert [one.type for one in await house.receiver.has(payment.id, 4)][2:] == ["refund.pending", "refund.succeeded"]


async def test_a_failed_refund_gives_its_amount_free_again(house: House) -> None:
    payment = await house.paid(REFUNDS_FAIL, shares=shares(("a", 24_050, 1_500)))
    whole = await house.ledger_of(payment)
    refund = await house.refund(payment, 24_050)
    assert (await refused(house.refund(payment, 1))).code == "REFUND_EXCEEDS_PAYMENT"
    house.clock.forward(seconds=6)
    failed = await until_refund(house, refund, "FAILED")
    assert failed.failure_code == "REFUSED_BY_BANK"
    after = await house.get(payment)
    assert (after.refunded.minor_units, after.refundable.minor_units) == (0, 24_050)
    assert await house.ledger_of(payment) == whole
    told = (await house.receiver.has(payment.id, 4))[-1]
    assert (told.type, told.data["refund_id"]) == ("refund.failed", refund.id)
    assert told.data["refunded"]["minor_units"] == 0
    again = await house.refund(payment, 24_050)
    await house.settle_refund(again, "SUCCEEDED")
    assert await house.ledger_of(payment) == {}


async def test_a_refund_that_comes_back_gives_its_amount_free_again(house: House) -> None:
    payment = await house.paid(REFUNDS_COME_BACK, shares=shares(("a", 24_050, 1_500)))
    whole = await house.ledger_of(payment)
    refund = await house.refund(payment, 10_000)
    assert refund.state == payment_pb2.REFUND_STATE_SUCCEEDED
    house.clock.forward(seconds=6)
    await until_refund(house, refund, "REVERSED")
    assert (await house.get(payment)).refunded.minor_units == 0
    assert await house.ledger_of(payment) == whole
    assert (await house.receiver.has(payment.id, 4))[-1].type == "refund.reversed"
    steps = [row["state"] for row in await house.rows("refund_move") if str(row["refund_id"]) == refund.id]
    assert steps == ["REQUESTED", "PENDING", "SUCCEEDED", "REVERSED"]


async def test_the_bank_by_hand_moves_refunds_only_where_they_can_go(house: House) -> None:
    payment = await house.paid(REFUNDS_LATER)
    refund = await house.refund(payment, 100)
    assert (await refused(house.settle_refund(refund, "REVERSED"))).code == "ILLEGAL_STATE"
    assert (await refused(house.settle_refund(refund, "PENDING"))).path == ("outcome",)
    await house.settle_refund(refund, "FAILED")
    assert (await house.settle_refund(refund, "FAILED")).state == payment_pb2.REFUND_STATE_FAILED
    assert (await refused(house.settle_refund(refund, "SUCCEEDED"))).code == "ILLEGAL_STATE"
    house.clock.forward(seconds=6)
    assert (await house.get_refund(refund)).state == payment_pb2.REFUND_STATE_FAILED


async def test_refunds_are_listed_in_their_order_page_by_page(house: House) -> None:
    payment, other = await house.paid(), await house.paid()
    made = [(await house.refund(payment, 100 + number)).id for number in range(5)]
    await house.refund(other, 1)
    listed: list[str] = []
    after = ""
    while True:
        page = await house.call(
            house.stub.ListRefunds, payment_pb2.ListRefundsRequest(payment_id=payment.id, first=2, after=after)
        )
        listed += [one.id for one in page.refunds]
        after = page.next_cursor
        if not after:
            break
    assert listed == made


@pytest.mark.parametrize(
    ("named", "path"),
    [
        ((("a", 60), ("c", 40)), ("shares", "1", "payeeId")),
        ((("a", 60), ("b", 41)), ("shares",)),
        ((("a", 50), ("a", 50)), ("shares", "1", "payeeId")),
        ((("b", 100),), ("shares", "0", "amount", "minorUnits")),
        ((("a", 100), ("b", 0)), ("shares", "1", "amount", "minorUnits")),
    ],
)
async def test_a_bad_share_of_a_refund_names_its_field(
    house: House, named: tuple[tuple[str, int], ...], path: tuple[str, ...]
) -> None:
    payment = await house.paid(shares=shares(("a", 24_000, 1_000), ("b", 50, 0)))
    before = await house.ledger()
    request = refund_request(payment, 100)
    request.shares.extend(
        payment_pb2.RefundShare(payee_id=payee, amount=money_pb2.Money(minor_units=amount, currency="EUR"))
        for payee, amount in named
    )
    assert (await refused(house.call(house.stub.CreateRefund, request))).path == path
    assert await house.ledger() == before
