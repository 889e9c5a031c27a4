"""The commands of `python -m stack payments`, against a running service."""

from __future__ import annotations

import pytest

from contracts.payment.v1 import payment_pb2
from runtime.errors import ServiceError
from stack.__main__ import PAYMENT_COMMANDS
from stack.payments import PaymentDesk
from tests.grpc_services.payment.house import API_KEY, House


async def told(house: House, command: str, subject: str = "") -> list[str]:
    return await PaymentDesk.told(house.address, API_KEY, command, subject)


async def test_deliveries_are_listed_and_sent_again(house: House) -> None:
    payment = await house.paid()
    await house.receiver.has(payment.id, 2)
    endpoint, newest, *_ = await told(house, "webhooks")
    assert endpoint.startswith(f"{house.receiver.url}  enabled")
    assert "payment.captured" in newest
    assert payment.id in newest
    webhook_id = newest.split()[0]
    assert "WAITING" in (await told(house, "redeliver", webhook_id))[0]
    await house.receiver.has(payment.id, 3)
    one, *attempts = await told(house, "webhooks", webhook_id)
    assert one.startswith(webhook_id)
    assert attempts
    assert "enabled" in (await told(house, "enable"))[0]


async def test_faults_are_set_and_calmed(house: House) -> None:
    assert (await told(house, "faults"))[0].startswith("calm")
    assert "lose=0.5" in (await told(house, "faults", "seed=2,lose=0.5"))[0]
    assert "lose=0.5" in (await told(house, "faults"))[0]
    assert (await told(house, "faults", "calm"))[0].startswith("calm")
    with pytest.raises(ServiceError):
        await told(house, "faults", "nonsense")


@pytest.mark.parametrize("outcome", ["won", "lost"])
async def test_disputes_are_opened_and_decided(house: House, outcome: str) -> None:
    payment = await house.paid()
    (line,) = await told(house, "dispute", payment.id)
    assert "24050 EUR  PRODUCT_NOT_RECEIVED  OPENED" in line
    assert outcome.upper() in (await told(house, outcome, line.split()[0]))[0]
    state = (await house.get(payment)).state
    assert (state == payment_pb2.PAYMENT_STATE_CAPTURED) == (outcome == "won")


def test_every_command_has_a_meaning() -> None:
    assert all(PAYMENT_COMMANDS.values())
