"""Fetching from addresses that strangers gave us, without being sent to places that only we can reach.

A host is resolved once, every address it has must be a public one, and the connection goes to the very address
that was checked, under the right name: answering differently the next time (DNS rebinding) gains nothing.
Redirects are not followed, proxies of the environment are not used, answers are limited in size and time.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import httpx

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_MOST_TRIES = 3  # addresses of one host
_LONGEST_URL = 2048
_NO_LIMIT = httpx.Timeout(None)  # the whole exchange has one
# Public by the registry, but each leads to an IPv4 address that is written in it.
_IPV4_IN_IPV6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "::/96",
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
    )
)


class OutboundRefused(Exception):
    """The address is not one we go to; the message is for the person who gave it."""


class OutboundFailed(Exception):
    """Nothing usable came back in time; the message is for the person who gave the address."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: httpx.Headers
    body: bytes


class OutboundHttp:
    """`allow_private_addresses` is for development and tests: private networks, and http besides https."""

    def __init__(
        self, client: httpx.AsyncClient, *, allow_private_addresses: bool, resolve: Resolver | None = None
    ) -> None:
        self._client = client
        self._allow_private = allow_private_addresses
        self._resolve = resolve or _resolve

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        seconds: float,
        largest: int,
    ) -> Answer:
        """One exchange within `seconds`; the answer's body has at most `largest` bytes. Raises OutboundRefused
        or OutboundFailed."""
        target = self._check_url(url)
        try:
            async with asyncio.timeout(seconds):
                addresses = await self._public_addresses(target)
                return await self._exchange(method, target, addresses, headers or {}, content, largest)
        except TimeoutError:
            raise OutboundFailed(f"There was no whole answer within {seconds:g} seconds.") from None
        except ssl.SSLError:
            raise OutboundFailed("The connection is not secure: its certificate cannot be trusted.") from None
        except (httpx.HTTPError, OSError) as failure:
            raise OutboundFailed(_reason(failure)) from None

    def _check_url(self, url: str) -> httpx.URL:
        try:
            target = httpx.URL(url) if len(url) <= _LONGEST_URL else None
        except (httpx.InvalidURL, ValueError):
            target = None
        if target is None or not target.host or target.port == 0:
            raise OutboundRefused("This is not an address.")
        if target.scheme not in (("https", "http") if self._allow_private else ("https",)):
            raise OutboundRefused("The address must begin with https://.")
        if target.userinfo:
            raise OutboundRefused("The address must not have a user name.")
        return target

    async def _public_addresses(self, target: httpx.URL) -> Sequence[_Address]:
        """Every address of the host, or OutboundRefused when any of them is not public."""
        try:
            found = await self._resolve(target.raw_host.decode("ascii"), _port(target))
            addresses = [ipaddress.ip_address(text) for text in found]
        except (OSError, UnicodeError, ValueError):
            addresses = []
        if not addresses:
            raise OutboundFailed("There is no such host.")
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise OutboundRefused("This host is not on the public internet.")
        return addresses[:_MOST_TRIES]

    async def _exchange(
        self,
        method: str,
        target: httpx.URL,
        addresses: Sequence[_Address],
        headers: Mapping[str, str],
        content: bytes | None,
        largest: int,
    ) -> Answer:
        """With the first of the addresses that can be connected to."""
        host = target.raw_host.decode("ascii")
        # The body as it is sent: what unpacks to more than it weighs is of no use to us.
        given = {**headers, "host": target.netloc.decode("ascii"), "accept-encoding": "identity", "connection": "close"}
        for address in addresses:
            request = self._client.build_request(
                method,
                target.copy_with(host=str(address), fragment=None),
                headers=given,
                content=content,
                extensions={"sni_hostname": host, "timeout": _NO_LIMIT.as_dict()},
            )
            try:
                response = await self._client.send(request, stream=True, follow_redirects=False)
            except httpx.ConnectError:
                if address == addresses[-1]:
                    raise
                continue
            try:
                return Answer(response.status_code, response.headers, await _limited_body(response, largest))
            finally:
                await response.aclose()
        raise AssertionError("a host without addresses was refused before")


def is_public(address: _Address) -> bool:
    """Whether everybody on the internet reaches the same host under it."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    return not address.is_site_local and not any(address in network for network in _IPV4_IN_IPV6)


@asynccontextmanager
async def open_outbound_http(
    *, allow_private_addresses: bool, resolve: Resolver | None = None, trusted: ssl.SSLContext | None = None
) -> AsyncIterator[OutboundHttp]:
    """`trusted` replaces the usual certificate authorities. Connections are never used twice, as one address
    may be that of several hosts."""
    async with httpx.AsyncClient(
        verify=trusted or ssl.create_default_context(),
        trust_env=False,
        follow_redirects=False,
        limits=httpx.Limits(max_keepalive_connections=0),
        headers={"user-agent": "Innkeeper"},
    ) as client:
        yield OutboundHttp(client, allow_private_addresses=allow_private_addresses, resolve=resolve)


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def _limited_body(response: httpx.Response, largest: int) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise OutboundFailed("The answer is compressed, though we asked for it plain.")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > largest:
            raise OutboundFailed(f"The answer has more than {largest:,} bytes.")
    return bytes(body)


def _port(target: httpx.URL) -> int:
    return target.port or (443 if target.scheme == "https" else 80)


def _reason(failure: Exception) -> str:
    if isinstance(failure, httpx.ConnectError):
        secure = "certificate" in str(failure).lower() or "ssl" in str(failure).lower()
        return (
            "The connection is not secure: its certificate cannot be trusted."
            if secure
            else "The host cannot be connected to."
        )
    return "The host did not answer as a web server does."
