"""Which cookies count, and where a request came from."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from api.client_address import client_address, household, trusted_networks
from api.cross_site import CUSTOM_HEADER, counted_cookies
from tests.api.house import ALLOWED_ORIGIN

OWN = "https://innkeeper.example"
EVIL = "https://evil.example"


def request(method: str = "POST", peer: str = "192.0.2.1", **headers: str) -> Request:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "path": "/", "headers": named, "client": (peer, 1)})


@pytest.mark.parametrize(
    ("headers", "count"),
    [
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "same-origin", "origin": OWN}, True),
        ({"origin": OWN}, True),
        ({CUSTOM_HEADER: "1"}, True),
        ({CUSTOM_HEADER: "1", "origin": OWN}, True),
        ({CUSTOM_HEADER: "1", "origin": ALLOWED_ORIGIN, "sec_fetch_site": "cross-site"}, True),
        ({}, False),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "same-site"}, False),
        ({"sec_fetch_site": "none"}, False),
        ({"origin": EVIL}, False),
        ({"origin": "null"}, False),
        ({"origin": EVIL, CUSTOM_HEADER: "1"}, False),
        ({"origin": EVIL, "sec_fetch_site": "same-origin"}, False),
        ({"origin": ALLOWED_ORIGIN}, False),
        ({"origin": OWN + ".evil.example"}, False),
    ],
)
def test_cookies_count_only_where_no_other_site_can_have_sent_them(headers: dict[str, str], *, count: bool) -> None:
    asked = request(cookie="refresh=secret", **headers)
    assert counted_cookies(asked, OWN, {ALLOWED_ORIGIN}) == ({"refresh": "secret"} if count else {})


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_cookies_never_count_for_what_a_link_can_do(method: str) -> None:
    asked = request(method, cookie="refresh=secret", sec_fetch_site="same-origin", origin=OWN)
    assert counted_cookies(asked, OWN, set()) == {}


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # anybody can write this
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.7, 10.9.9.9", "198.51.100.7"),
        ("10.0.0.1", "10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_the_client_is_who_our_own_proxies_saw(peer: str, forwarded: str, found: str) -> None:
    asked = request(peer=peer, x_forwarded_for=forwarded) if forwarded else request(peer=peer)
    assert client_address(asked.scope, trusted_networks(["10.0.0.0/8", "::1"])) == found


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::7", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unknown", "unknown"),
    ],
)
def test_a_whole_network_of_six_counts_as_one(address: str, counted: str) -> None:
    assert household(address) == counted


def test_a_proxy_that_is_no_address_is_named() -> None:
    with pytest.raises(ValueError, match="no-proxy"):
        trusted_networks(["no-proxy"])
