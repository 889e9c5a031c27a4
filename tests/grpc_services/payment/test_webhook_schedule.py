"""How long a webhook is tried."""

from __future__ import annotations

import datetime as dt

import pytest

from grpc_services.payment.webhook_schedule import DELAYS_SECONDS, delay_after, is_delivered, is_unwanted


def test_the_first_tries_are_quick_and_the_later_ones_patient() -> None:
    delays = [delay_after(attempts, 1.0) for attempts in range(1, len(DELAYS_SECONDS) + 1)]
    seconds = [delay.total_seconds() for delay in delays if delay]
    assert seconds[:3] == [1, 5, 30]
    assert seconds == sorted(seconds)


def test_it_ends_within_three_days() -> None:
    assert dt.timedelta(days=2) < dt.timedelta(seconds=sum(DELAYS_SECONDS)) <= dt.timedelta(days=3)
    assert delay_after(len(DELAYS_SECONDS) + 1, 0.5) is None


@pytest.mark.parametrize("attempts", [1, 4, 10])
def test_jitter_shortens_a_delay_by_a_fifth_at_most(attempts: int) -> None:
    shortest, middle, longest = (delay_after(attempts, jitter) for jitter in (0.0, 0.5, 1.0))
    assert shortest is not None
    assert middle is not None
    assert longest is not None
    assert shortest < middle < longest
    assert shortest == longest * 0.8


@pytest.mark.parametrize(
    ("status", "delivered", "unwanted"),
    [(200, True, False), (204, True, False), (302, False, False), (410, False, True), (500, False, False)],
)
def test_only_2xx_is_success_and_only_410_is_a_farewell(status: int, delivered: bool, unwanted: bool) -> None:
    assert is_delivered(status) == delivered
    assert is_unwanted(status) == unwanted


def test_silence_is_no_success() -> None:
    assert not is_delivered(None)
    assert not is_unwanted(None)
