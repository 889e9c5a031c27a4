"""Cards tried on one payment, as the merchant sees them."""

from __future__ import annotations

import pytest

from contracts.payment.v1 import payment_pb2
from tests.grpc_services.payment.house import (
    CONFIRM,
    CONFIRM_DECLINED,
    DECLINED,
    GOOD,
    NO_ANSWER,
    House,
    until,
)

Attempts = list[tuple[str, str, str]]


def attempts_of(payment: payment_pb2.Payment) -> Attempts:
    return [
        (
            one.card_last4,
            payment_pb2.PaymentAttemptState.Name(one.state).removeprefix("PAYMENT_ATTEMPT_STATE_"),
            one.failure_code,
        )
        for one in payment.attempts
    ]


@pytest.mark.parametrize(
    ("card", "code", "words"),
    [
        ("4000000000000002", "CARD_DECLINED", "declined the card"),
        ("4000000000009995", "INSUFFICIENT_FUNDS", "not enough money"),
        ("4000000000009987", "LOST_CARD", "declined the card"),
        ("4000000000000069", "EXPIRED_CARD", "has expired"),
        ("4000000000000127", "WRONG_SECURITY_CODE", "security code"),
    ],
)
async def test_a_declined_card_says_why(house: House, card: str, code: str, words: str) -> None:
    payment = await house.create()
    page = await house.guest(payment).pay(card)
    assert words in page.text
    after = await house.get(payment)
    assert attempts_of(after) == [(card[-4:], "FAILED", code)]
    assert (after.failure_code, after.state) == (code, payment_pb2.PAYMENT_STATE_CREATED)


async def test_every_card_tried_is_an_attempt_and_nothing_more_is_known_of_it(house: House) -> None:
    payment = await house.create()
    guest = house.guest(payment)
    await guest.pay(DECLINED)
    await guest.pay(CONFIRM)
    assert attempts_of(await house.get(payment))[-1] == ("3220", "ACTION_REQUIRED", "")
    await guest.answer_bank("refuse")
    await guest.pay(GOOD)
    after = await house.get(payment)
    assert attempts_of(after) == [
        ("0002", "FAILED", "CARD_DECLINED"),
        ("3220", "FAILED", "CONFIRMATION_REFUSED"),
        ("4242", "SUCCEEDED", ""),
    ]
    assert {one.card_brand for one in after.attempts} == {"Visa"}
    for secret in (GOOD, "Lovelace", "123456"):
        assert secret not in str(after)


async def test_a_card_may_be_declined_after_it_was_confirmed(house: House) -> None:
    payment = await house.create()
    guest = house.guest(payment)
    await guest.pay(CONFIRM_DECLINED)
    await guest.answer_bank("approve")
    after = await house.get(payment)
    assert attempts_of(after) == [("1629", "FAILED", "CARD_DECLINED")]
    assert after.state == payment_pb2.PAYMENT_STATE_CREATED


async def test_a_bank_that_does_not_answer_charges_nothing_and_another_card_may_follow(house: House) -> None:
    payment = await house.create()
    guest, second_tab = house.guest(payment), house.guest(payment)
    await second_tab.look()
    page = await guest.pay(NO_ANSWER)
    assert "Your bank has not answered yet" in page.text
    assert 'http-equiv="refresh"' in page.text
    assert (await second_tab.send_card(GOOD)).status_code == 303
    assert attempts_of(await house.get(payment)) == [("6017", "PROCESSING", "")], "one card at a time"
    house.clock.forward(seconds=6)

    async def has_failed() -> bool:
        return attempts_of(await house.get(payment)) == [("6017", "FAILED", "BANK_DID_NOT_ANSWER")]

    await until(has_failed)
    assert "did not answer" in (await guest.look()).text
    await guest.pay(GOOD)
    assert (await house.get(payment)).state == payment_pb2.PAYMENT_STATE_CAPTURED


async def test_a_void_takes_the_card_that_is_being_tried_with_it(house: House) -> None:
    for card in (NO_ANSWER, CONFIRM):
        payment = await house.create()
        await house.guest(payment).pay(card)
        after = await house.void(payment)
        assert attempts_of(after) == [(card[-4:], "CANCELLED", "")]
        house.clock.forward(seconds=6)
        assert (await house.get(payment)).state == payment_pb2.PAYMENT_STATE_VOIDED
