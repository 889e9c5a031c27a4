"""Where a request came from, also behind proxies that we know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

Network = IPv4Network | IPv6Network
UNKNOWN = "unknown"


def trusted_networks(proxies: Iterable[str]) -> tuple[Network, ...]:
    """Of addresses or networks in CIDR form; raises ValueError naming one that is neither."""
    return tuple(ip_network(proxy, strict=False) for proxy in proxies)


def client_address(scope: Scope, trusted: Sequence[Network]) -> str:
    """The last address of `X-Forwarded-For` that is not a proxy of ours: what stands before it anybody can write.

    Without trusted proxies it is whoever holds the connection.
    """
    peer = scope["client"][0] if scope.get("client") else UNKNOWN
    if not _within(peer, trusted):
        return peer
    written = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
    for hop in reversed([hop.strip() for hop in written.split(",") if hop.strip()]):
        if not _is_address(hop):
            return peer
        if not _within(hop, trusted):
            return hop
        peer = hop
    return peer


def household(address: str) -> str:
    """What counts as one address: of IPv6 the network of 64 bits that a connection is given whole."""
    if not _is_address(address):
        return address
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
    return str(parsed)


def _within(address: str, networks: Sequence[Network]) -> bool:
    return bool(networks) and _is_address(address) and any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
