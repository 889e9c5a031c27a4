"""The payment system's worst day, small; `make chaos-payments` has a longer one and prints its figures."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.api.client import Client
from tests.api.house import ApiHouse
from tests.api.payment_chaos import Chaos, running_poller

FEW = 6


async def test_on_the_worst_day_no_cent_is_lost_and_all_settles_within_a_minute_of_calm(
    house: ApiHouse, http: httpx.AsyncClient, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    payments = request.config.getoption("--chaos-payments")
    seed = request.config.getoption("--chaos-seed")
    figures = await Chaos(house, http, seed).run(payments or FEW)
    if payments:
        with capsys.disabled():
            sys.stdout.write("\n" + "\n".join(figures.lines()) + "\n")
    assert figures.is_well, figures.lines()


async def test_what_no_webhook_tells_of_is_found_by_asking(
    house: ApiHouse, guest: Client, break_payments: Callable[[str], Awaitable[None]]
) -> None:
    await break_payments("lose=1")
    booking = await guest.book(house.houses["Grand House"], ahead=90)
    await guest.pay(await guest.begin_payment(booking))
    async with running_poller(house):
        await guest.until_confirmed(booking)
