"""What an endpoint may be, when a webhook is tried again, and when nobody listens any more."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest

from contracts.notification.v1 import webhook_pb2
from grpc_services.notification.webhook_rules import (
    DELAYS_SECONDS,
    LASTING,
    MOST_ATTEMPTS,
    Outcome,
    checked_endpoint,
    delay_after,
    disabled_by,
    outcome,
)
from runtime.errors import InvalidInput

NOW = dt.datetime(2027, 5, 1, 12, tzinfo=dt.UTC)


def wanted(**changes: object) -> webhook_pb2.CreateWebhookEndpointRequest:
    fields: dict[str, object] = {"url": "https://pms.example/hooks", "events": ["booking.confirmed"]}
    return webhook_pb2.CreateWebhookEndpointRequest(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "pms.example/hooks",
        "http://pms.example/hooks",
        "ftp://pms.example/hooks",
        "https://user:secret@pms.example/hooks",
        "https://localhost/hooks",
        "https://127.0.0.1/hooks",
        "https://127.1.2.3:8443/hooks",
        "https://10.0.0.1/hooks",
        "https://172.16.5.4/hooks",
        "https://192.168.1.1/hooks",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/hooks",
        "https://0.0.0.0/hooks",
        "https://224.0.0.1/hooks",
        "https://[::1]/hooks",
        "https://[::ffff:127.0.0.1]/hooks",
        "https://[64:ff9b::10.0.0.1]/hooks",
        "https://[fe80::1]/hooks",
        "https://pms.example/\nhooks",
        "https://pms.example/" + "a" * 2000,
    ],
)
def test_an_address_that_is_not_public_https_is_refused_at_once(url: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        checked_endpoint(wanted(url=url), allow_private=False)
    assert refusal.value.path == ("url",)


def test_http_and_private_networks_need_a_setting() -> None:
    assert checked_endpoint(wanted(url="http://127.0.0.1:9000/x"), allow_private=True)["url"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"events": []}, ("events",)),
        ({"events": ["booking.confirmed", "booking.eaten"]}, ("events", "1")),
        ({"events": ["endpoint.ping"]}, ("events", "0")),
        ({"description": "x" * 201}, ("description",)),
        ({"houses": webhook_pb2.WEBHOOK_HOUSES_NAMED}, ("hotelIds",)),
        ({"houses": webhook_pb2.WEBHOOK_HOUSES_ALL, "hotel_ids": ["a"]}, ("hotelIds",)),
        ({"houses": webhook_pb2.WEBHOOK_HOUSES_NAMED, "salon_ids": ["no id"]}, ("salonIds", "0")),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, object], path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        checked_endpoint(wanted(**changes), allow_private=False)
    assert refusal.value.path == path


@pytest.mark.parametrize(
    ("status", "attempts", "expected"),
    [
        (200, 1, Outcome.DELIVERED),
        (299, MOST_ATTEMPTS, Outcome.DELIVERED),
        (302, 1, Outcome.AGAIN),
        (400, 1, Outcome.AGAIN),
        (500, MOST_ATTEMPTS - 1, Outcome.AGAIN),
        (0, MOST_ATTEMPTS, Outcome.GIVEN_UP),
        (410, 1, Outcome.UNWANTED),
    ],
)
def test_what_an_answer_comes_to(status: int, attempts: int, expected: Outcome) -> None:
    assert outcome(status, attempts) is expected


def test_the_pauses_grow_over_days_and_jitter_only_shortens_them() -> None:
    longest = [delay_after(number, 1.0) for number in range(1, MOST_ATTEMPTS)]
    assert all(one <= other for one, other in pairwise(longest))
    assert dt.timedelta(days=3) < sum(longest, dt.timedelta()) < dt.timedelta(days=4)
    for number, seconds in enumerate(DELAYS_SECONDS, 1):
        assert dt.timedelta(seconds=0.8 * seconds) == delay_after(number, 0.0)


@pytest.mark.parametrize(
    ("result", "failing_for", "reason"),
    [
        (Outcome.UNWANTED, None, "GONE"),
        (Outcome.GIVEN_UP, LASTING, "FAILING"),
        (Outcome.GIVEN_UP, LASTING - dt.timedelta(seconds=1), ""),
        (Outcome.AGAIN, LASTING * 2, ""),
        (Outcome.DELIVERED, None, ""),
    ],
)
def test_an_endpoint_is_switched_off_only_when_it_says_so_or_fails_lastingly(
    result: Outcome, failing_for: dt.timedelta | None, reason: str
) -> None:
    failing_since = NOW - failing_for if failing_for else None
    assert disabled_by(result, failing_since, NOW) == reason
