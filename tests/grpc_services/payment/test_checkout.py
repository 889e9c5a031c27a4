"""A guest pays: each test card to its end, twice, too late, and all at once."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import pytest

from contracts.payment.v1 import payment_pb2
from runtime.clock import to_timestamp, utc_now
from tests.grpc_services.payment.house import CONFIRM, DECLINED, GOOD, LATE, Guest, House

CAPTURED = payment_pb2.PAYMENT_STATE_CAPTURED
CREATED = payment_pb2.PAYMENT_STATE_CREATED
FAILED = payment_pb2.PAYMENT_STATE_FAILED
PAID = ["payment.authorized", "payment.captured"]


async def test_a_good_card_pays_at_once(house: House) -> None:
    payment = await house.create()
    page = await house.guest(payment).pay(GOOD)
    assert "Paid. Thank you!" in page.text
    assert "Visa ending in 4242" in page.text
    assert f'content="5; url={payment.return_url}&amp;payment=done"' in page.text
    paid = await house.get(payment)
    assert (paid.state, paid.version) == (CAPTURED, 3)
    told = await house.receiver.has(payment.id, 2)
    assert [one.type for one in told] == PAID
    assert [one.data["version"] for one in told] == [2, 3]


async def test_without_a_place_to_return_to_the_page_stays(house: House) -> None:
    page = await house.guest(await house.create(return_url="")).pay(GOOD)
    assert "Paid. Thank you!" in page.text
    assert "http-equiv" not in page.text


async def test_a_declined_card_leaves_the_payment_open_for_another_try(house: House) -> None:
    payment = await house.create()
    page = await house.guest(payment).pay(DECLINED)
    assert "Your bank declined the card." in page.text
    assert "2 more times" in page.text
    declined = await house.get(payment)
    assert (declined.state, declined.failure_code) == (CREATED, "CARD_DECLINED")
    await house.guest(payment).pay(GOOD)
    paid = await house.get(payment)
    assert (paid.state, paid.failure_code) == (CAPTURED, "")
    told = await house.receiver.has(payment.id, 3)
    assert [one.type for one in told] == ["payment.attempt_failed", *PAID]
    assert (told[0].data["failure_code"], told[0].data["attempts_left"]) == ("CARD_DECLINED", 2)
    outcomes = [(row["state"], row["card_last4"]) for row in await house.rows("payment_attempt", payment)]
    assert outcomes == [("FAILED", "0002"), ("SUCCEEDED", "4242")]


async def test_three_declined_cards_end_the_payment(house: House) -> None:
    payment = await house.create()
    guest = house.guest(payment)
    pages = [await guest.pay(DECLINED) for _ in range(3)]
    assert "once more" in pages[1].text
    assert "The payment failed" in pages[2].text
    assert (await house.get(payment)).state == FAILED
    assert [one.type for one in await house.receiver.has(payment.id, 4)] == [
        *["payment.attempt_failed"] * 3,
        "payment.failed",
    ]
    before = await house.rows("payment", payment)
    await _send_blind(guest, GOOD)
    assert await house.rows("payment", payment) == before


async def test_a_card_that_needs_its_bank_is_paid_when_approved(house: House) -> None:
    payment = await house.create()
    guest = house.guest(payment)
    page = await guest.pay(CONFIRM)
    assert "<h1>Confirm with your bank</h1>" in page.text
    assert (await house.get(payment)).state == payment_pb2.PAYMENT_STATE_ACTION_REQUIRED
    assert "Paid. Thank you!" in (await guest.answer_bank("approve")).text
    assert (await house.get(payment)).state == CAPTURED
    assert [one.type for one in await house.receiver.has(payment.id, 3)] == ["payment.action_required", *PAID]


async def test_a_card_that_its_bank_did_not_confirm_counts_as_declined(house: House) -> None:
    payment = await house.create()
    guest = house.guest(payment)
    await guest.pay(CONFIRM)
    page = await guest.answer_bank("refuse")
    assert "was not confirmed" in page.text
    refused = await house.get(payment)
    assert (refused.state, refused.failure_code) == (CREATED, "CONFIRMATION_REFUSED")
    assert [one.type for one in await house.receiver.has(payment.id, 2)] == [
        "payment.action_required",
        "payment.attempt_failed",
    ]
    await guest.pay(GOOD)
    assert (await house.get(payment)).state == CAPTURED


async def test_refusing_the_bank_three_times_ends_the_payment(house: House) -> None:
    payment = await house.create()
    guest = house.guest(payment)
    for _ in range(3):
        await guest.pay(CONFIRM)
        await guest.answer_bank("refuse")
    assert (await house.get(payment)).state == FAILED


async def test_an_answer_to_an_older_question_changes_nothing(house: House) -> None:
    payment = await house.create()
    guest = house.guest(payment)
    await guest.pay(CONFIRM)
    older = guest.hidden("attempt")
    await guest.answer_bank("refuse")
    await guest.pay(CONFIRM)
    before = await house.get(payment)
    for attempt in (older, str(uuid.uuid4())):
        sent = await house.browser.post(f"{guest.address}/confirmation", data={"attempt": attempt, "answer": "approve"})
        assert sent.status_code == 303
    assert await house.get(payment) == before


async def test_a_late_card_is_captured_seconds_after_it_was_approved(house: House) -> None:
    payment = await house.create()
    guest = house.guest(payment)
    page = await guest.pay(LATE)
    assert "Your bank has approved the payment" in page.text
    assert 'http-equiv="refresh"' in page.text
    assert (await house.get(payment)).state == payment_pb2.PAYMENT_STATE_AUTHORIZED
    house.clock.forward(minutes=4)
    assert [one.type for one in await house.receiver.has(payment.id, 2)] == PAID
    assert "Paid. Thank you!" in (await guest.look()).text
    row = (await house.rows("payment", payment))[0]
    assert row["updated_at"] > row["expires_at"], "money that was approved in time is taken after it"


async def test_the_same_form_sent_twice_charges_once(house: House) -> None:
    payment = await house.create()
    guest = house.guest(payment)
    await guest.look()
    first, second = await guest.send_card(GOOD), await guest.send_card(GOOD)
    assert (first.status_code, second.status_code) == (303, 303)
    assert (await house.get(payment)).version == 3
    assert len(await house.rows("payment_attempt", payment)) == 1


async def test_a_declined_form_sent_twice_counts_once(house: House) -> None:
    payment = await house.create()
    guest = house.guest(payment)
    await guest.look()
    await asyncio.gather(*(guest.send_card(DECLINED) for _ in range(5)))
    assert (await house.rows("payment", payment))[0]["declined_attempts"] == 1


async def test_twenty_forms_at_once_charge_once(house: House) -> None:
    payment = await house.create()
    guests = [house.guest(payment) for _ in range(20)]
    await asyncio.gather(*(guest.look() for guest in guests))
    assert len({guest.hidden("nonce") for guest in guests}) == 20
    answers = await asyncio.gather(*(guest.send_card(GOOD) for guest in guests))
    assert {answer.status_code for answer in answers} == {303}
    await house.receiver.has(payment.id, 2)
    await asyncio.sleep(0.1)
    assert house.receiver.types(payment.id) == PAID
    assert len(await house.rows("webhook_delivery", payment)) == 2
    assert len(await house.rows("payment_attempt", payment)) == 1
    assert (await house.get(payment)).version == 3


async def test_twenty_answers_to_the_bank_at_once_charge_once(house: House) -> None:
    payment = await house.create()
    guest = house.guest(payment)
    await guest.pay(CONFIRM)
    form = {"attempt": guest.hidden("attempt")}
    await asyncio.gather(
        *(
            house.browser.post(f"{guest.address}/confirmation", data={**form, "answer": answer})
            for answer in ["approve", "refuse"] * 10
        )
    )
    after = await house.get(payment)
    captured = [row for row in await house.rows("webhook_delivery", payment) if row["type"] == "payment.captured"]
    assert len(captured) == (1 if after.state == CAPTURED else 0)
    assert after.version == (4 if after.state == CAPTURED else 3)


async def test_a_void_that_races_with_cards_ends_in_one_truth(house: House) -> None:
    payment = await house.create()
    guests = [house.guest(payment) for _ in range(5)]
    await asyncio.gather(*(guest.look() for guest in guests))
    await asyncio.gather(*(guest.send_card(GOOD) for guest in guests), house.void(payment), return_exceptions=True)
    types = {row["type"] for row in await house.rows("webhook_delivery", payment)}
    assert ("payment.captured" in types) != ("payment.voided" in types)


@pytest.mark.parametrize("card", ["", CONFIRM])
async def test_after_its_time_a_payment_takes_no_money(house: House, card: str) -> None:
    payment = await house.create(expires_at=to_timestamp(utc_now() + dt.timedelta(seconds=60)))
    guest = house.guest(payment)
    page = await (guest.pay(card) if card else guest.look())
    before = (await house.rows("payment", payment), await house.rows("payment_attempt", payment))
    house.clock.forward(seconds=61)
    guest.page = page
    if card:
        after = await guest.answer_bank("approve")
    else:
        assert (await guest.send_card(GOOD)).status_code == 303
        after = await guest.look()
    assert "The time to pay is over" in after.text
    assert (await house.rows("payment", payment), await house.rows("payment_attempt", payment)) == before


async def test_paying_a_paid_payment_again_changes_nothing(house: House) -> None:
    payment = await house.create()
    guest, second_tab = house.guest(payment), house.guest(payment)
    await second_tab.look()
    await guest.pay(GOOD)
    before = await house.ledger()
    assert (await second_tab.send_card(GOOD)).status_code == 303
    assert "You are charged once" in (await second_tab.look()).text
    assert await house.ledger() == before


async def _send_blind(guest: Guest, number: str) -> None:
    """A form that no page gave out."""
    form = {"nonce": "n" * 22, "number": number, "expiry": "12/40", "cvc": "123", "holder": "A"}
    assert (await guest.browser.post(guest.address, data=form)).status_code == 303
