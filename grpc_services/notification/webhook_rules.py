"""The decisions about hoteliers' webhooks: what an endpoint may be, and what comes after an attempt. No I/O."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from contracts.notification.v1 import webhook_pb2
from grpc_services.notification.webhook_types import PUBLIC_TYPES
from runtime.errors import InvalidInput
from runtime.field_checks import check_count, checked_line, checked_url
from runtime.identifiers import parse_id
from runtime.outbound_http import is_public

MOST_ENDPOINTS = 20  # of one account
MOST_HOUSES = 200  # that one endpoint names
MOST_REDELIVERIES = 10
LONGEST_DESCRIPTION = 200
LONGEST_FAILURE = 200
KEPT = dt.timedelta(days=30)
OVERLAP = dt.timedelta(hours=24)  # how long the secret before goes on signing
LEASE = dt.timedelta(seconds=40)
LASTING = dt.timedelta(days=2)  # no good attempt for so long when a delivery is given up: nobody listens there
_MINUTE = 60
_HOUR = 60 * _MINUTE
DELAYS_SECONDS = (
    *(5, 30),
    *(2 * _MINUTE, 10 * _MINUTE),
    *(1 * _HOUR, 3 * _HOUR, 8 * _HOUR, 16 * _HOUR, 24 * _HOUR, 24 * _HOUR),
)
MOST_ATTEMPTS = len(DELAYS_SECONDS) + 1
_SHORTEST_SHARE = 0.8  # jitter only shortens a delay
_GONE = 410
GONE, FAILING = DISABLED_REASONS = ("GONE", "FAILING")  # why we switch an endpoint off


class Outcome(enum.Enum):
    DELIVERED = "DELIVERED"
    AGAIN = "AGAIN"
    GIVEN_UP = "GIVEN_UP"
    UNWANTED = "UNWANTED"  # the receiver asks never to be sent anything again


def outcome(status_code: int, attempts: int) -> Outcome:
    """What so many attempts, the last of which ended with this status (0: no answer), have come to."""
    if 200 <= status_code < 300:
        return Outcome.DELIVERED
    if status_code == _GONE:
        return Outcome.UNWANTED
    return Outcome.AGAIN if attempts < MOST_ATTEMPTS else Outcome.GIVEN_UP


def delay_after(attempts: int, jitter: float) -> dt.timedelta:
    """How long to wait after so many failed attempts; `jitter` is from 0 to 1."""
    return dt.timedelta(seconds=DELAYS_SECONDS[attempts - 1] * (_SHORTEST_SHARE + (1 - _SHORTEST_SHARE) * jitter))


def disabled_by(result: Outcome, failing_since: dt.datetime | None, now: dt.datetime) -> str:
    """Why the endpoint is switched off with this outcome; empty when it is not."""
    if result is Outcome.UNWANTED:
        return GONE
    lasting = failing_since is not None and now - failing_since >= LASTING
    return FAILING if result is Outcome.GIVEN_UP and lasting else ""


def checked_endpoint(
    request: webhook_pb2.CreateWebhookEndpointRequest | webhook_pb2.UpdateWebhookEndpointRequest,
    *,
    allow_private: bool,
) -> dict[str, object]:
    """The columns that a hotelier fills in; raises InvalidInput."""
    return {
        "url": _checked_address(request.url, allow_private=allow_private),
        "description": checked_line(request.description, ("description",), longest=LONGEST_DESCRIPTION),
        "events": _checked_events(request.events),
        **_checked_houses(request),
    }


def _checked_address(value: str, *, allow_private: bool) -> str:
    """Names are looked up when something is sent; an address in numbers is judged at once."""
    url = checked_url(value, ("url",), schemes=("http", "https") if allow_private else ("https",), required=True)
    try:
        address = ipaddress.ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return url
    if not allow_private and not is_public(address):
        raise InvalidInput("This host is not on the public internet.", path=("url",))
    return url


def _checked_events(events: Sequence[str]) -> list[str]:
    check_count(events, ("events",), most=len(PUBLIC_TYPES), least=1)
    for number, event in enumerate(events):
        if event not in PUBLIC_TYPES:
            raise InvalidInput("There is no such event.", path=("events", str(number)))
    return sorted(set(events))


def _checked_houses(
    request: webhook_pb2.CreateWebhookEndpointRequest | webhook_pb2.UpdateWebhookEndpointRequest,
) -> dict[str, object]:
    all_houses = request.houses != webhook_pb2.WEBHOOK_HOUSES_NAMED
    named = len(request.hotel_ids) + len(request.salon_ids)
    if all_houses and named:
        raise InvalidInput("Name houses, or take all of them.", path=("hotelIds",))
    if not all_houses and not 1 <= named <= MOST_HOUSES:
        raise InvalidInput(f"Name 1 to {MOST_HOUSES} houses and salons.", path=("hotelIds",))
    return {
        "all_houses": all_houses,
        "hotel_ids": [parse_id(one, path=("hotelIds", str(n))) for n, one in enumerate(request.hotel_ids)],
        "salon_ids": [parse_id(one, path=("salonIds", str(n))) for n, one in enumerate(request.salon_ids)],
    }
