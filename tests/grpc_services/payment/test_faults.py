"""The payment system on its worst day: what it breaks, how often, and that it breaks the same again."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from contracts.payment.v1 import bank_pb2, payment_pb2
from grpc_services.payment.cards import TEST_CARDS
from grpc_services.payment.faults import BadPlan, CallFault, FaultPlan, FaultSimulator, WebhookFault, read_plan
from grpc_services.payment.service import payment_service
from runtime.channels import call
from runtime.settings import PaymentSettings
from tests.grpc_services.payment.conftest import empty_tables
from tests.grpc_services.payment.house import (
    API_KEY,
    GOOD,
    House,
    payment_request,
    payment_settings,
    refused,
    running_house,
    until,
)
from tests.grpc_services.payment.receiver import Receiver
from tests.parts import Parts

PLAN = "seed=7,duplicate=0.2,reorder=0.2,delay=0.2,lose=0.2,corrupt=0.2,error=0.3,hang=0.1"


@pytest.fixture
async def house(parts: Parts, receiver: Receiver) -> AsyncIterator[House]:
    await empty_tables(parts)
    async with running_house(parts, receiver) as running:
        yield running


def card(fault: WebhookFault) -> str:
    return next(card.number for card in TEST_CARDS if card.webhook_fault is fault)


def events_of(simulator: FaultSimulator) -> list[WebhookFault]:
    payments = [uuid.uuid4() for _ in range(60)]
    return [simulator.of_event(payment, WebhookFault.NONE) for payment in payments * 3]


def test_the_same_plan_breaks_the_same_again_and_another_seed_something_else() -> None:
    simulator = FaultSimulator(read_plan(PLAN))
    first, calls = events_of(simulator), [simulator.of_call("GetPayment") for _ in range(50)]
    simulator.follow(read_plan(PLAN))
    assert events_of(simulator) == first
    assert [simulator.of_call("GetPayment") for _ in range(50)] == calls
    simulator.follow(read_plan(PLAN.replace("seed=7", "seed=8")))
    assert events_of(simulator) != first


def test_every_fault_comes_about_as_often_as_the_plan_says() -> None:
    simulator = FaultSimulator(read_plan(PLAN))
    counted = Counter(events_of(simulator))
    assert set(counted) == set(WebhookFault) - {WebhookFault.NONE}
    assert all(20 < number < 55 for number in counted.values())
    calls = Counter(simulator.of_call("checkout POST") for _ in range(1_000))
    assert set(calls) == set(CallFault)
    assert 500 < calls[CallFault.NONE] < 700


def test_without_a_plan_nothing_is_broken_and_in_production_no_card_breaks_anything() -> None:
    assert set(events_of(FaultSimulator())) == {WebhookFault.NONE}
    strict = FaultSimulator(read_plan(PLAN), is_allowed=False)
    assert strict.of_event(uuid.uuid4(), WebhookFault.LOSE) is WebhookFault.NONE
    assert {strict.of_call("GetPayment") for _ in range(50)} == {CallFault.NONE}


def test_a_plan_is_written_as_it_is_read() -> None:
    assert read_plan(read_plan(PLAN).written()) == read_plan(PLAN)
    assert read_plan(" ") == FaultPlan()
    assert FaultPlan(seed=3).written() == ""


@pytest.mark.parametrize(
    "text", ["lose", "lose=much", "lose=2", "lose=-1", "lose=nan", "loose=0.1", "lose=0.6,delay=0.6"]
)
def test_a_plan_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(BadPlan):
        read_plan(text)


@pytest.mark.parametrize(("environment", "plan"), [("production", "lose=0.1"), ("test", "loose=0.1")])
async def test_a_process_that_must_not_or_cannot_break_things_does_not_start(
    parts: Parts, environment: str, plan: str
) -> None:
    settings = payment_settings(parts, "http://127.0.0.1:1/").model_copy(
        update={"environment": environment, "payment_faults": plan}
    )
    with pytest.raises(OSError, match="INNKEEPER_PAYMENT_FAULTS"):
        async with payment_service(settings):
            pass


async def test_duplicated_webhooks_come_twice_under_one_id(house: House) -> None:
    payment = await house.paid(card(WebhookFault.DUPLICATE))
    told = await house.receiver.has(payment.id, 4)
    assert len({one.webhook_id for one in told}) == 2


async def test_lost_webhooks_never_come_until_they_are_sent_by_hand(house: House) -> None:
    payment = await house.paid(card(WebhookFault.LOSE))
    lost = await house.deliveries(payment_id=payment.id)
    assert {one.fault for one in lost} == {"LOSE"}
    other = await house.paid()
    await house.receiver.has(other.id, 2)
    assert house.receiver.about(payment.id) == []
    await house.redeliver(lost[0].id)
    assert [one.type for one in await house.receiver.has(payment.id, 1)] == ["payment.captured"]


async def test_delayed_webhooks_come_late(house: House) -> None:
    payment = await house.paid(card(WebhookFault.DELAY))
    other = await house.paid()
    await house.receiver.has(other.id, 2)
    assert house.receiver.about(payment.id) == []
    house.clock.forward(seconds=61)
    await house.receiver.has(payment.id, 2)


async def test_a_reordered_webhook_is_overtaken(house: House) -> None:
    await house.break_down("reorder=1")
    payment = await house.create()
    await house.guest(payment).pay("4000000000000002")
    await house.break_down("")
    await house.guest(payment).pay(GOOD)
    assert [one.type for one in await house.receiver.has(payment.id, 2)] == ["payment.authorized", "payment.captured"]
    house.clock.forward(seconds=4)
    assert (await house.receiver.has(payment.id, 3))[-1].type == "payment.attempt_failed"


async def test_a_corrupted_webhook_is_refused_by_its_receiver_and_comes_right_later(house: House) -> None:
    before = house.receiver.refused
    payment = await house.paid(card(WebhookFault.CORRUPT))

    async def both_were_refused() -> bool:
        return house.receiver.refused == before + 2

    await until(both_were_refused)
    assert house.receiver.about(payment.id) == []
    house.clock.forward(seconds=2)
    await house.receiver.has(payment.id, 2)


async def test_a_page_that_fails_or_hangs_has_charged_once(house: House) -> None:
    await house.break_down("hang_seconds=0.3")
    for number, status in (("4000000000008062", 500), ("4000000000008070", 303)):
        payment = await house.create()
        guest = house.guest(payment)
        await guest.look()
        began = time.monotonic()
        answer = await guest.send_card(number)
        assert answer.status_code == status
        assert status == 500 or time.monotonic() - began >= 0.3
        assert (await house.get(payment)).state == payment_pb2.PAYMENT_STATE_CAPTURED
        assert (await guest.send_card(number)).status_code == 303
        assert len(await house.rows("ledger_transaction", payment)) == 1


async def test_pages_answer_500_before_or_after_their_work_and_the_same_key_pays_once(house: House) -> None:
    payment = await house.create()
    guest = house.guest(payment)
    await guest.look()
    await house.break_down("seed=3,error=1")
    answers: list[httpx.Response] = [await guest.send_card(GOOD) for _ in range(6)]
    assert {answer.status_code for answer in answers} == {500}
    await house.break_down("")
    assert len(await house.rows("ledger_transaction", payment)) == 1, "some did their work, and only one of them"


async def test_calls_fail_before_or_after_their_work_and_asking_again_with_the_key_answers_it(house: House) -> None:
    await house.break_down("seed=1,error=1")
    request = payment_request()
    codes = [(await refused(house.call(house.stub.CreatePayment, request))).code for _ in range(6)]
    assert set(codes) == {"INTERNAL"}
    await house.break_down("")
    payment = await house.call(house.stub.CreatePayment, request)
    assert len(await house.rows("payment", payment)) == 1


async def test_calls_hang_past_the_patience_of_their_caller(house: House) -> None:
    payment = await house.create()
    await house.break_down("hang=1,hang_seconds=30")
    refusal = await refused(
        call(
            house.stub.GetPayment,
            payment_pb2.GetPaymentRequest(id=payment.id),
            token="",
            at_most=0.3,
            extra_metadata=(("x-api-key", API_KEY),),
        )
    )
    assert refusal.code == "UNAVAILABLE"


async def test_a_plan_can_be_read_and_a_bad_one_names_its_field(house: House) -> None:
    refusal = await refused(house.break_down("loose=1"))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("plan",))
    await house.break_down("seed=2,lose=0.25")
    told = await house.call(house.bank.GetFaults, bank_pb2.GetFaultsRequest())
    assert read_plan(told.plan) == FaultPlan(seed=2, lose=0.25)


async def test_in_production_nobody_sets_faults(parts: Parts, receiver: Receiver) -> None:
    def in_production(settings: PaymentSettings) -> PaymentSettings:
        return settings.model_copy(update={"environment": "production"})

    async with running_house(parts, receiver, adjust=in_production) as strict:
        assert (await refused(strict.break_down("lose=1"))).code == "PERMISSION_DENIED"
