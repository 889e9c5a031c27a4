"""The payment system's worst day, small; `make chaos-payments` has a longer one and prints its figures."""

from __future__ import annotations

import random
import sys

import httpx
import pytest

from tests.api.house import ApiHouse
from tests.api.payment_chaos import Chaos

FEW = 6


async def test_on_the_worst_day_no_cent_is_lost_and_all_settles_within_a_minute_of_calm(
    house: ApiHouse, http: httpx.AsyncClient, request: pytest.FixtureRequest
) -> None:
    payments = request.config.getoption("--chaos-payments") or FEW
    seed = request.config.getoption("--chaos-seed") or random.SystemRandom().randint(1, 10**6)
    figures = await Chaos(house, http, seed).run(payments)
    sys.stdout.write("\n" + "\n".join(figures.lines()) + "\n")
    assert figures.is_well, figures.lines()
