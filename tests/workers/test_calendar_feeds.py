"""From a channel's web server to nights that are not sold here."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from contracts.booking.v1 import calendar_pb2
from grpc_services.booking.service import booking_service
from runtime.channels import open_service_identity
from runtime.identity import Role
from runtime.outbound_http import open_outbound_http
from tests.grpc_services.booking.desk import ARRIVAL, open_desk
from tests.grpc_services.booking.inventory_desk import Backoffice, backoffice
from tests.house import booking_settings, register_account, worker_settings
from tests.parts import Parts, free_port
from tests.workers.test_busy_nights import calendar
from workers.calendar_feeds import LARGEST_CALENDAR, fetch_calendar_feeds

BUSY = f"DTSTART;VALUE=DATE:{ARRIVAL:%Y%m%d}\nDTEND;VALUE=DATE:{ARRIVAL + dt.timedelta(days=2):%Y%m%d}"


@dataclass
class Channel:
    """A channel's web server; answers one request a connection."""

    port: int = 0
    status: str = "200 OK"
    headers: str = 'etag: "v1"\r\n'
    body: bytes = calendar(BUSY)
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/calendar.ics"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode().lower())
        length = f"content-length: {len(self.body)}\r\n" if "304" not in self.status else ""
        writer.write(f"HTTP/1.1 {self.status}\r\n{self.headers}{length}\r\n".encode() + self.body)
        try:
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@dataclass
class Fetching:
    office: Backoffice
    channel: Channel
    context: dict[str, Any]

    async def fetch(self) -> calendar_pb2.CalendarFeed:
        """The feed as it is after the job has run; it is made due before."""
        async with self.office.desk.database.reading() as connection:
            await connection.execute(
                "UPDATE booking.calendar_feed SET fetched_at = NULL WHERE room_type_id = $1::uuid",
                self.office.room_type_id,
            )
        await fetch_calendar_feeds(self.context)
        (feed,) = (await self.office.feeds()).feeds
        return feed

    async def free(self) -> list[int]:
        return await self.office.desk.free(self.office.house)


@asynccontextmanager
async def serving(channel: Channel) -> AsyncIterator[Channel]:
    server = await asyncio.start_server(channel.serve, "127.0.0.1", 0)
    channel.port = server.sockets[0].getsockname()[1]
    try:
        yield channel
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
async def fetching(
    parts: Parts, auth_address: str, hotel_address: str, payment_address: str
) -> AsyncIterator[Fetching]:
    places = {"hotel_address": hotel_address, "payment_address": payment_address}
    lenient = booking_settings(parts, auth_address, allow_private_addresses=True, **places)
    settings = worker_settings(parts, auth_address, booking_address="", notification_address="", smtp_port=free_port())
    async with (
        serving(Channel()) as channel,
        booking_service(lenient) as server,
        open_desk(parts, auth_address, server.address) as desk,
        open_service_identity(auth_address, settings) as identity,
        open_outbound_http(allow_private_addresses=True) as outbound,
    ):
        async with desk.database.reading() as connection:  # what other tests left would be fetched as well
            await connection.execute("UPDATE booking.calendar_feed SET fetched_at = now()")
        office = await backoffice(desk, await register_account(auth_address, Role.HOTELIER))
        await office.feed(channel.url)
        yield Fetching(office, channel, {"calendars": desk.calendars, "identity": identity, "outbound": outbound})


async def test_what_a_channel_sold_is_blocked_and_asked_for_again_by_its_etag(fetching: Fetching) -> None:
    assert await fetching.free() == [0, 0], "nothing is sold before it was heard"
    feed = await fetching.fetch()
    assert (feed.failure, feed.stale, feed.etag) == ("", False, '"v1"')
    assert await fetching.free() == [2, 2]
    assert await fetch_calendar_feeds(fetching.context) == 0, "it is not due"
    fetching.channel.status, fetching.channel.body = "304 Not Modified", b""
    feed = await fetching.fetch()
    assert (feed.failure, feed.etag) == ("", '"v1"')
    assert 'if-none-match: "v1"' in fetching.channel.asked[-1]
    assert await fetching.free() == [2, 2]
    fetching.channel.status, fetching.channel.headers, fetching.channel.body = "200 OK", "", calendar()
    assert (await fetching.fetch()).etag == ""
    assert await fetching.free() == [3, 3]


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        ("404 Not Found", b"", "The channel answered 404."),
        ("302 Found", b"", "The calendar has moved; please give its new address."),
        ("304 Not Modified", b"", ""),
        ("200 OK", b"<html>Sign in</html>", "This is not a calendar that can be read."),
        ("200 OK", b"x" * (LARGEST_CALENDAR + 1), "The answer has more than 2,097,152 bytes."),
        ("200 OK", calendar("RRULE:FREQ=DAILY\n" + BUSY), "An event repeats itself; only single events can be read."),
    ],
)
async def test_a_failure_is_told_in_words_and_the_known_nights_stay(
    fetching: Fetching, status: str, body: bytes, failure: str
) -> None:
    await fetching.fetch()
    fetching.channel.status, fetching.channel.body = status, body
    feed = await fetching.fetch()
    assert (feed.failure, feed.stale) == (failure, False)
    assert await fetching.free() == [2, 2]


async def test_one_broken_channel_does_not_keep_others_from_being_heard(fetching: Fetching) -> None:
    await fetching.office.feed(f"http://127.0.0.1:{free_port()}/nobody.ics")
    await fetch_calendar_feeds(fetching.context)
    feeds = (await fetching.office.feeds()).feeds
    assert [(feed.failure, feed.stale) for feed in feeds] == [("", False), ("The host cannot be connected to.", True)]
    assert await fetching.free() == [0, 0], "the silent one might have sold anything"


async def test_in_production_no_channel_leads_inside(fetching: Fetching) -> None:
    async with open_outbound_http(allow_private_addresses=False) as outbound:
        fetching.context["outbound"] = outbound
        feed = await fetching.fetch()
    assert feed.failure == "The address must begin with https://."
    assert fetching.channel.asked == []
