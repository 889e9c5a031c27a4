"""Fetches the calendars of other channels that are due, and tells booking what they say.

Booking decides what a calendar not heard of means for sales; nothing there waits for this job.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import structlog

from contracts.booking.v1 import calendar_pb2, calendar_pb2_grpc
from runtime.channels import ServiceIdentity, call
from runtime.clock import utc_now
from runtime.errors import ServiceError
from runtime.outbound_http import OutboundFailed, OutboundHttp, OutboundRefused
from runtime.request_context import begin_request
from workers.busy_nights import UnreadableCalendar, busy_nights

log = structlog.get_logger()

FETCH_SECONDS = 10.0
LARGEST_CALENDAR = 2 * 1024 * 1024
BOOKABLE_NIGHTS = 500
JOB_SECONDS = 55
_BEGIN_WITHIN_SECONDS = 30.0  # later ones wait for the next minute, so that the job ends in time
_AT_ONCE = 16
_BATCH = 100


async def fetch_calendar_feeds(ctx: dict[str, Any]) -> int:
    """arq cron job; answers how many calendars it tried. Those not tried for the longest time come first."""
    begin_request()
    calendars: calendar_pb2_grpc.CalendarServiceAsyncStub = ctx["calendars"]
    identity: ServiceIdentity = ctx["identity"]
    began = asyncio.get_running_loop().time()
    tried: set[str] = set()
    while asyncio.get_running_loop().time() - began < _BEGIN_WITHIN_SECONDS:
        due = await call(
            calendars.ListDueCalendarFeeds,
            calendar_pb2.ListDueCalendarFeedsRequest(first=_BATCH),
            token=await identity.token(),
        )
        feeds = [feed for feed in due.feeds if feed.id not in tried][:_AT_ONCE]
        if not feeds:
            break
        tried |= {feed.id for feed in feeds}
        await asyncio.gather(*(_fetch(ctx, feed) for feed in feeds))
    return len(tried)


async def _fetch(ctx: dict[str, Any], feed: calendar_pb2.CalendarFeed) -> None:
    calendars: calendar_pb2_grpc.CalendarServiceAsyncStub = ctx["calendars"]
    identity: ServiceIdentity = ctx["identity"]
    heard = await _heard(ctx["outbound"], feed)
    try:
        await call(calendars.PutCalendarFeed, heard, token=await identity.token())
    except ServiceError as refusal:  # deleted meanwhile, or booking is away; it stays due
        log.warning("calendar.not_stored", feed_id=feed.id, reason=refusal.code)
        return
    if heard.failure:
        log.info("calendar.failed", feed_id=feed.id, failure=heard.failure)


async def _heard(outbound: OutboundHttp, feed: calendar_pb2.CalendarFeed) -> calendar_pb2.PutCalendarFeedRequest:
    """What the channel says, or why that cannot be known."""
    headers = {"accept": "text/calendar"} | ({"if-none-match": feed.etag} if feed.etag else {})
    try:
        answer = await outbound.request(
            "GET", feed.url, headers=headers, seconds=FETCH_SECONDS, largest=LARGEST_CALENDAR
        )
    except (OutboundRefused, OutboundFailed) as failure:
        return calendar_pb2.PutCalendarFeedRequest(id=feed.id, failure=str(failure))
    if answer.status == 304 and feed.etag:
        return calendar_pb2.PutCalendarFeedRequest(id=feed.id, unchanged=True)
    if 300 <= answer.status < 400:
        return calendar_pb2.PutCalendarFeedRequest(
            id=feed.id, failure="The calendar has moved; please give its new address."
        )
    if answer.status != 200:
        return calendar_pb2.PutCalendarFeedRequest(id=feed.id, failure=f"The channel answered {answer.status}.")
    today = utc_now().date()
    try:
        periods = await asyncio.to_thread(
            busy_nights, answer.body, today - dt.timedelta(days=1), today + dt.timedelta(days=BOOKABLE_NIGHTS + 1)
        )
    except UnreadableCalendar as unreadable:
        return calendar_pb2.PutCalendarFeedRequest(id=feed.id, failure=str(unreadable))
    return calendar_pb2.PutCalendarFeedRequest(
        id=feed.id,
        busy=[
            calendar_pb2.BusyPeriod(first_night=start.isoformat(), end_night=end.isoformat()) for start, end in periods
        ],
        etag=answer.headers.get("etag", ""),
    )
