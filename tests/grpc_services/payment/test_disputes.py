"""The guest's bank takes the money back, and it is decided who is right."""

from __future__ import annotations

from contracts.payment.v1 import bank_pb2, payment_pb2
from runtime.settings import PaymentSettings
from tests.grpc_services.payment.house import DISPUTED, House, refused, running_house, shares, until
from tests.parts import Parts

OPEN, CAPTURED = payment_pb2.PAYMENT_STATE_DISPUTED, payment_pb2.PAYMENT_STATE_CAPTURED


async def test_the_disputed_card_is_disputed_seconds_after_it_paid(house: House) -> None:
    payment = await house.paid(DISPUTED)
    assert payment.state == CAPTURED
    house.clock.forward(seconds=6)

    async def is_disputed() -> bool:
        return (await house.get(payment)).state == OPEN

    await until(is_disputed)
    (dispute,) = (await house.get(payment)).disputes
    assert (dispute.amount.minor_units, dispute.reason) == (24_050, "PRODUCT_NOT_RECEIVED")
    told = (await house.receiver.has(payment.id, 3))[-1]
    assert (told.type, told.data["dispute_id"], told.data["state"]) == ("payment.disputed", dispute.id, "DISPUTED")
    assert told.data["dispute_amount"] == {"minor_units": 24_050, "currency": "EUR"}


async def test_while_disputed_money_is_held_and_a_won_dispute_gives_it_back(house: House) -> None:
    payment = await house.paid(shares=shares(("a", 20_000, 1_000), ("b", 4_050, 1_000)))
    await house.refund(payment, 5_000)
    before = await house.ledger_of(payment)
    dispute = await house.dispute(payment)
    assert dispute == await house.dispute(payment), "one at a time"
    assert dispute.amount.minor_units == 19_050
    assert await house.ledger_of(payment) == {"CARD_NETWORK": -19_050, "DISPUTES": 19_050}
    assert (await refused(house.refund(payment, 1))).details == {"state": "DISPUTED"}
    assert (await refused(house.void(payment))).code == "ILLEGAL_STATE"
    won = await house.resolve(dispute, "WON")
    assert won == await house.resolve(dispute, "WON")
    assert won.state == payment_pb2.DISPUTE_STATE_WON
    assert await house.ledger_of(payment) == before
    after = await house.get(payment)
    assert (after.state, after.refundable.minor_units) == (CAPTURED, 19_050)
    assert [one.type for one in await house.receiver.has(payment.id, 5)][-2:] == ["payment.disputed", "dispute.won"]
    assert (await refused(house.resolve(dispute, "LOST"))).details == {"state": "WON"}


async def test_a_lost_dispute_takes_the_money_for_good(house: House) -> None:
    payment = await house.paid(shares=shares(("a", 24_050, 1_000)))
    await house.resolve(await house.dispute(payment), "LOST")
    after = await house.get(payment)
    assert (after.state, after.refundable.minor_units) == (OPEN, 0)
    assert await house.ledger_of(payment) == {}
    totals = (await house.statement("a"))["EUR"]
    assert totals.disputes.minor_units >= 24_050
    assert (await house.receiver.has(payment.id, 4))[-1].type == "dispute.lost"
    assert (await refused(house.refund(payment, 1))).code == "ILLEGAL_STATE"
    assert (await refused(house.dispute(payment))).code == "ILLEGAL_STATE"


async def test_what_was_never_taken_or_is_all_given_back_cannot_be_disputed(house: House) -> None:
    fresh, empty = await house.create(), await house.paid()
    await house.refund(empty, 24_050)
    for payment in (fresh, empty):
        assert (await refused(house.dispute(payment))).code == "ILLEGAL_STATE"
        assert await house.rows("dispute", payment) == []


async def test_a_refund_that_fails_during_a_dispute_is_free_again_once_it_is_won(house: House) -> None:
    payment = await house.paid("4000000000007726")
    refund = await house.refund(payment, 4_050)
    dispute = await house.dispute(payment)
    await house.settle_refund(refund, "FAILED")
    assert (await house.get(payment)).state == OPEN
    await house.resolve(dispute, "WON")
    assert (await house.get(payment)).refundable.minor_units == 24_050
    assert await house.discrepancies() == []


async def test_in_production_nobody_plays_the_bank(parts: Parts, house: House) -> None:
    payment = await house.paid()

    def in_production(settings: PaymentSettings) -> PaymentSettings:
        return settings.model_copy(update={"environment": "production"})

    async with running_house(parts, house.receiver, adjust=in_production) as strict:
        refusal = await refused(strict.dispute(payment))
        assert refusal.code == "PERMISSION_DENIED"
        request = bank_pb2.SettleRefundRequest(refund_id=payment.id, outcome=payment_pb2.REFUND_STATE_FAILED)
        assert (await refused(strict.call(strict.bank.SettleRefund, request))).code == "PERMISSION_DENIED"
    assert await house.rows("dispute", payment) == []
