"""Fetching from addresses that strangers gave us: only public ones, only the address that was checked."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from runtime.outbound_http import OutboundFailed, OutboundHttp, OutboundRefused, is_public, open_outbound_http

LARGEST = 1000


@dataclass
class WebServer:
    """Answers every request with `answer`, and remembers what it was asked."""

    port: int = 0
    answer: bytes = b'HTTP/1.1 200 OK\r\ncontent-length: 5\r\netag: "one"\r\n\r\nhello'
    pause: float = 0.0
    asked: list[str] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
            await asyncio.sleep(self.pause)
            writer.write(self.answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def web_server(secure: ssl.SSLContext | None = None) -> AsyncIterator[WebServer]:
    running = WebServer()
    if secure is not None:
        secure.sni_callback = lambda _socket, name, _context: running.names.append(name)
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0, ssl=secure)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
        await server.wait_closed()


@dataclass(frozen=True)
class Certificate:
    server: Path
    authority: Path

    def of_server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server)
        return context

    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """For calendar.example, made by an authority that only we trust."""
    folder = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "calendar.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("calendar.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    server, authority = folder / "server.pem", folder / "authority.pem"
    server.write_bytes(private + chain)
    authority.write_bytes(chain)
    return Certificate(server, authority)


class Names:
    """A resolver that answers what it was told and counts how often it was asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        if not self.addresses:
            raise OSError("no such host")
        return self.addresses


async def get(outbound: OutboundHttp, url: str, seconds: float = 5.0, **headers: str) -> tuple[int, bytes]:
    answer = await outbound.request("GET", url, headers=headers, seconds=seconds, largest=LARGEST)
    return answer.status, answer.body


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("0.0.0.0", False),  # noqa: S104
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("192.0.2.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::ffff:93.184.216.34", False),
        ("::ffff:127.0.0.1", False),
        ("::127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:53aa:64c:0:0:80ff:fffe", False),
        ("2001:db8::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("fc00::1", False),
        ("ff02::1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"])
async def test_a_host_that_leads_inside_is_never_connected_to(address: str, certificate: Certificate) -> None:
    async with (
        web_server(certificate.of_server()) as server,
        open_outbound_http(
            allow_private_addresses=False, resolve=Names("93.184.216.34", address), trusted=certificate.trusted()
        ) as outbound,
    ):
        with pytest.raises(OutboundRefused):
            await get(outbound, f"https://calendar.example:{server.port}/")
        assert server.asked == server.names == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "2130706433", "0x7f.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_no_spelling_of_this_machine_gets_through(host: str) -> None:
    async with web_server() as server, open_outbound_http(allow_private_addresses=False) as outbound:
        with pytest.raises((OutboundRefused, OutboundFailed)):
            await get(outbound, f"https://{host}:{server.port}/")
        assert server.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://calendar.example/",
        "ftp://calendar.example/",
        "file:///etc/passwd",
        "https://me@calendar.example/",
        "https://me:secret@calendar.example/",
        "https://",
        "calendar.example",
        "https://calendar.example:0/",
        "https://" + "x" * 2048,
        "https://calendar.example:port/",
    ],
)
async def test_addresses_of_other_kinds_are_refused_before_anybody_is_asked(url: str) -> None:
    names = Names("93.184.216.34")
    async with open_outbound_http(allow_private_addresses=False, resolve=names) as outbound:
        with pytest.raises(OutboundRefused):
            await get(outbound, url)
    assert names.asked == []


async def test_the_address_that_was_checked_is_asked_under_the_right_name(certificate: Certificate) -> None:
    names = Names("127.0.0.1")
    async with (
        web_server(certificate.of_server()) as server,
        open_outbound_http(allow_private_addresses=True, resolve=names, trusted=certificate.trusted()) as outbound,
    ):
        assert await get(outbound, f"https://calendar.example:{server.port}/a?b=c#d", accept="text/calendar") == (
            200,
            b"hello",
        )
    assert names.asked == [("calendar.example", server.port)], "resolved once"
    assert server.names == ["calendar.example"]
    (request,) = server.asked
    assert request.startswith("GET /a?b=c HTTP/1.1\r\n")
    lines = request.lower().split("\r\n")
    assert f"host: calendar.example:{server.port}" in lines
    assert "accept-encoding: identity" in lines
    assert "accept: text/calendar" in lines


async def test_a_certificate_of_another_name_or_authority_is_refused(certificate: Certificate) -> None:
    async with web_server(certificate.of_server()) as server:
        for host, trusted in (("other.example", certificate.trusted()), ("calendar.example", None)):
            async with open_outbound_http(
                allow_private_addresses=True, resolve=Names("127.0.0.1"), trusted=trusted
            ) as outbound:
                with pytest.raises(OutboundFailed, match="certificate"):
                    await get(outbound, f"https://{host}:{server.port}/")
        assert server.asked == []


async def test_the_next_address_is_tried_when_one_cannot_be_connected_to() -> None:
    async with (
        web_server() as server,
        open_outbound_http(allow_private_addresses=True, resolve=Names("127.0.0.2", "127.0.0.1")) as outbound,
    ):
        assert await get(outbound, f"http://calendar.example:{server.port}/") == (200, b"hello")


async def test_redirects_are_not_followed() -> None:
    async with (
        web_server() as server,
        open_outbound_http(allow_private_addresses=True, resolve=Names("127.0.0.1")) as outbound,
    ):
        server.answer = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n"
        assert await get(outbound, f"http://calendar.example:{server.port}/") == (302, b"")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n" + b"x" * 1001,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"1f4\r\n" + (b"x" * 500 + b"\r\n1f4\r\n") * 4,
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbroken off",
        b"this is no web server\r\n\r\n",
        b"",
    ],
    ids=["too long", "too long in pieces", "compressed", "broken off", "not http", "nothing"],
)
async def test_answers_that_cannot_be_used_fail_with_a_reason(answer: bytes) -> None:
    async with (
        web_server() as server,
        open_outbound_http(allow_private_addresses=True, resolve=Names("127.0.0.1")) as outbound,
    ):
        server.answer = answer
        with pytest.raises(OutboundFailed) as failure:
            await get(outbound, f"http://calendar.example:{server.port}/")
        assert str(failure.value).endswith(".")


async def test_a_server_that_takes_its_time_is_left() -> None:
    async with (
        web_server() as server,
        open_outbound_http(allow_private_addresses=True, resolve=Names("127.0.0.1")) as outbound,
    ):
        server.pause = 3600
        began = time.monotonic()
        with pytest.raises(OutboundFailed, match="seconds"):
            await get(outbound, f"http://calendar.example:{server.port}/", seconds=0.2)
        assert time.monotonic() - began < 60
        for task in asyncio.all_tasks():
            if "WebServer.serve" in repr(task):
                task.cancel()


async def test_hosts_that_do_not_exist_or_do_not_listen_fail_with_a_reason() -> None:
    for names in (Names(), Names("127.0.0.1")):
        async with open_outbound_http(allow_private_addresses=True, resolve=names) as outbound:
            with pytest.raises(OutboundFailed):
                await get(outbound, "http://calendar.example:1/")
