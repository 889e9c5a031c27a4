"""Every attack of bench/attacks.py is refused; how fast, the command tells against a running stack."""

from __future__ import annotations

import httpx
import pytest

from bench.attacks import Attack, attacks, strike, was_refused
from tests.api.house import ApiHouse

UNNOTICED_SECONDS = 30.0  # what is not refused at once would take for ever


@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: attack.name)
async def test_an_attack_is_refused(house: ApiHouse, http: httpx.AsyncClient, attack: Attack) -> None:
    answer, seconds = await strike(http, house.url, attack)
    assert was_refused(answer), answer.text[:300]
    assert seconds < UNNOTICED_SECONDS
    assert len(answer.content) < 20_000
