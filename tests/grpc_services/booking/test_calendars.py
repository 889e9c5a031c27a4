"""Calendars: ours under a secret address, and those of other channels that block our nights."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from contracts.booking.v1 import calendar_pb2
from runtime.channels import call
from runtime.clock import utc_now
from runtime.identity import Role
from tests.grpc_services.booking.desk import ARRIVAL, Desk
from tests.grpc_services.booking.inventory_desk import DAY, Backoffice, backoffice, change
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused, register_account


async def test_the_calendar_names_the_nights_without_a_free_room(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    office = await backoffice(desk, owner, Kind(rooms=1))
    secret = await office.share()
    assert list((await office.read(secret)).periods) == []
    before = (await office.read(secret)).as_of
    await desk.booked(office.house, guest, nights=2)
    await desk.booked(office.house, guest, arrival=ARRIVAL + 2 * DAY, nights=1)
    await desk.booked(office.house, guest, arrival=ARRIVAL + 5 * DAY, nights=1)
    read = await office.read(secret)
    assert [(period.first_night, period.end_night) for period in read.periods] == [
        (ARRIVAL.isoformat(), (ARRIVAL + 3 * DAY).isoformat()),
        ((ARRIVAL + 5 * DAY).isoformat(), (ARRIVAL + 6 * DAY).isoformat()),
    ]
    assert read.as_of.ToDatetime() > before.ToDatetime()
    assert (await office.read(secret)).as_of == read.as_of, "asking changes nothing"


async def test_the_secret_stays_until_it_is_rotated(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    secrets = await asyncio.gather(*(office.share() for _ in range(4)))
    assert len(set(secrets)) == 1
    assert len(secrets[0]) == 32, "192 bits in base64"
    rotated = await office.share(rotate=True)
    assert rotated != secrets[0]
    assert (await refused(office.read(secrets[0]))).code == "NOT_FOUND"
    assert (await office.read(rotated)).room_type_id == office.room_type_id
    for wrong in ("", "nonsense", "x" * 65, "a\x00b"):
        assert (await refused(office.read(wrong))).code == "NOT_FOUND"


async def test_a_silent_channel_does_not_close_the_shared_calendar(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    secret = await office.share()
    await office.feed()
    assert await desk.free(office.house) == [0, 0]
    assert list((await office.read(secret)).periods) == []


async def test_what_other_channels_sold_is_not_sold_here(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    one, two = await office.feed(name="One"), await office.feed(name="Two")
    await office.heard(one, (ARRIVAL, 2), (ARRIVAL, 1), etag='"a"')
    heard = await office.heard(two, (ARRIVAL + DAY, 1))
    assert list(heard.conflicts) == []
    assert await desk.free(office.house, nights=3) == [1, 1, 3]
    assert await office.nights("blocked", nights=3) == [2, 2, 0]
    await office.heard(one, (ARRIVAL + 2 * DAY, 1))
    assert await desk.free(office.house, nights=3) == [3, 2, 2]
    await office.forget(two)
    assert await desk.free(office.house, nights=3) == [3, 3, 2]
    await office.forget(one)
    assert await desk.free(office.house, nights=3) == [3, 3, 3]
    assert [entry.action for entry in (await office.log()).changes] == ["feed_deleted"] * 2 + ["feed_created"] * 2


async def test_nights_sold_twice_are_conflicts_until_a_room_comes_free(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    office = await backoffice(desk, owner, Kind(rooms=2))
    await desk.booked(office.house, guest, office.house.room(plan=1), nights=1)
    feed = await office.feed()
    heard = await office.heard(feed, (ARRIVAL, 2), (ARRIVAL, 1))
    assert [(one.night, one.rooms) for one in heard.conflicts] == [(ARRIVAL.isoformat(), 1)]
    assert await office.nights("blocked") == [1, 1]
    (listed,) = (await office.feeds()).feeds
    assert listed.conflicts == heard.conflicts
    refusal = await refused(office.update(number_of_rooms=1))
    assert refusal.details["counts"] == f"{ARRIVAL}|0|1|1|0"
    await office.update(change(ARRIVAL, capacity=5))
    assert await office.nights("blocked") == [2, 1], "the room that came free was sold elsewhere already"
    assert await desk.free(office.house) == [2, 1]
    assert list((await office.feeds()).feeds[0].conflicts) == []


async def test_an_expired_hold_makes_room_for_what_was_sold_elsewhere(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    office = await backoffice(desk, owner, Kind(rooms=1))
    held = await desk.booked(office.house, guest, nights=1)
    feed = await office.feed()
    assert len((await office.heard(feed, (ARRIVAL, 1))).conflicts) == 1
    await desk.run_out(held)
    await desk.expire()
    again = await office.heard(feed, unchanged=True)
    assert list(again.conflicts) == []
    assert await desk.free(office.house) == [0, 1]


async def test_a_failure_leaves_the_known_nights_blocked(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    feed = await office.feed()
    assert feed.stale
    heard = await office.heard(feed, (ARRIVAL, 1), etag='"v1"')
    assert (heard.stale, heard.failure, heard.etag) == (False, "", '"v1"')
    failed = await office.heard(feed, failure="The channel answered 500." + "x" * 500)
    assert (len(failed.failure), failed.etag, failed.stale) == (300, '"v1"', False)
    assert failed.succeeded_at == heard.succeeded_at
    assert failed.fetched_at.ToDatetime() > heard.fetched_at.ToDatetime()
    assert await desk.free(office.house) == [2, 3]
    unchanged = await office.heard(feed, unchanged=True)
    assert (unchanged.failure, unchanged.etag) == ("", '"v1"')
    assert await desk.free(office.house) == [2, 3]


async def test_going_silent_and_being_heard_again_are_announced(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    feed = await office.feed()
    assert len(await office.announced()) == 1
    for step, announced in (
        ({"failure": "never"}, 1),
        ({}, 2),
        ({"unchanged": True}, 2),
        ({"failure": "once"}, 2),
    ):
        await office.heard(feed, **step)
        assert len(await office.announced()) == announced, step
    await office.not_heard_for(feed, 10_801)
    async with desk.database.reading() as connection:
        await connection.execute(
            "UPDATE booking.calendar_feed SET fetched_at = succeeded_at + interval '2 hours' WHERE id = $1::uuid",
            feed.id,
        )
    for step, announced in (
        ({"failure": "now stale"}, 3),
        ({"failure": "still stale"}, 3),
        ({"unchanged": True}, 4),
    ):
        await office.heard(feed, **step)
        assert len(await office.announced()) == announced, step


async def test_feeds_are_due_when_new_after_a_quarter_of_an_hour_and_when_they_go_stale(
    desk: Desk, owner: SignedIn
) -> None:
    office = await backoffice(desk, owner)
    feed = await office.feed()

    async def is_due() -> bool:
        request = calendar_pb2.ListDueCalendarFeedsRequest(first=100)
        due = await call(desk.calendars.ListDueCalendarFeeds, request, token=desk.system)
        return feed.id in {one.id for one in due.feeds}

    assert await is_due()
    await office.heard(feed)
    assert not await is_due()
    await office.not_heard_for(feed, 901)
    assert await is_due()
    await office.heard(feed, failure="away")
    assert not await is_due()
    for stale_since, due in (("10 minutes", False), ("1 minute", True)):
        async with desk.database.reading() as connection:
            await connection.execute(
                "UPDATE booking.calendar_feed SET fetched_at = now() - interval '2 minutes',"
                " succeeded_at = now() - interval '3 hours' - $2::text::interval WHERE id = $1::uuid",
                feed.id,
                stale_since,
            )
        assert await is_due() is due, f"tried two minutes ago, stale since {stale_since}"


async def test_nights_beyond_the_horizon_and_those_that_are_over_are_not_kept(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    feed = await office.feed()
    await office.heard(feed, (utc_now().date() - 900 * DAY, 5000))
    async with desk.database.reading() as connection:
        query = "SELECT min(night), max(night), count(*) FROM booking.calendar_feed_night WHERE feed_id = $1::uuid"
        row = await connection.fetchrow(query, feed.id)
    assert row is not None
    assert (row["min"], row["max"], row["count"]) == (
        utc_now().date() - DAY,
        utc_now().date() + 500 * DAY,
        502,
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://channel.example/a.ics",
        "ftp://channel.example/a.ics",
        "channel.example/a.ics",
        "https://",
        "https:///a.ics",
        "https://user@channel.example/a.ics",
        "https://user:secret@channel.example/a.ics",
        "https://channel.example:99999/a.ics",
        "https://channel.example/a b.ics",
        "https://channel.example/a\n.ics",
        "https://[::1/a.ics",
        "https://channel.example/" + "x" * 2000,
        "",
    ],
)
async def test_addresses_that_are_none_are_refused(desk: Desk, owner: SignedIn, url: str) -> None:
    office = await backoffice(desk, owner)
    before = await desk.everything()
    refusal = await refused(office.feed(url or " "))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("url",))
    assert await desk.everything() == before


async def test_a_calendar_is_imported_once_and_not_without_end(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    feeds = [await office.feed(f"https://channel.example/{number}.ics") for number in range(20)]
    before = await desk.everything()
    assert (await refused(office.feed(feeds[0].url))).path == ("url",)
    assert (await refused(office.feed())).code == "ILLEGAL_STATE"
    for name in ("", "  ", "x" * 81, "a\tb"):
        assert (await refused(office.feed(name=name))).path == ("name",)
    for wrong in (
        calendar_pb2.BusyPeriod(first_night="soon", end_night="2030-01-01"),
        calendar_pb2.BusyPeriod(first_night="2030-01-01", end_night="2030-01-01"),
    ):
        put = calendar_pb2.PutCalendarFeedRequest(id=feeds[0].id, busy=[wrong])
        assert (await refused(call(desk.calendars.PutCalendarFeed, put, token=desk.system))).code == "INVALID_INPUT"
    assert await desk.everything() == before
    page = await office.feeds(first=15)
    rest = await office.feeds(first=15, after=page.cursors[-1], room_type_id=office.room_type_id)
    assert [one.id for one in (*page.feeds, *rest.feeds)] == [one.id for one in feeds]
    assert (page.has_next_page, rest.has_next_page) == (True, False)


async def test_the_log_keeps_no_secret_address(desk: Desk, owner: SignedIn) -> None:
    office = await backoffice(desk, owner)
    feed = await office.feed("https://channel.example/ical/very-secret.ics?token=hush")
    await office.forget(feed)
    for entry in (await office.log()).changes:
        assert "channel.example" in entry.before_json + entry.after_json
        assert "secret" not in entry.before_json + entry.after_json


async def test_only_its_hotelier_and_admins_share_and_import_calendars(
    desk: Desk, owner: SignedIn, guest: SignedIn, auth_address: str
) -> None:
    office = await backoffice(desk, owner)
    feed = await office.feed()
    secret = await office.share()
    other = await register_account(auth_address, Role.HOTELIER)
    before = await desk.everything()
    listing = calendar_pb2.ListCalendarFeedsRequest(hotel_id=str(office.house.id))
    for token, code in ((other.token, "NOT_FOUND"), (guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        stranger = Backoffice(desk, SignedIn(uuid.uuid4(), "", token), office.house)
        for attempt in (
            stranger.share(rotate=True),
            stranger.feed(),
            stranger.forget(feed),
            call(desk.calendars.ListCalendarFeeds, listing, token=token),
        ):
            assert (await refused(attempt)).code == code
    assert (await refused(office.forget(calendar_pb2.CalendarFeed(id=str(uuid.uuid4()))))).code == "NOT_FOUND"
    assert await desk.everything() == before
    assert await office.share() == secret
