"""Calendars through GraphQL, and ours as other channels read it."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Iterator

import httpx
import pytest
from icalendar import Calendar

from api.node_ids import encode_id
from tests.api.backoffice import NIGHT, Backoffice, add_backoffice
from tests.api.client import Client
from tests.api.house import ApiHouse
from tests.api.test_inventory import UPDATE, nights, update

SHARE = """
mutation ($input: CalendarShareInput!) {
  calendarShare(input: $input) {
    __typename ... on CalendarShared { roomTypeId url } ... on UserError { code path }
  }
}
"""
CREATE = """
mutation ($input: CalendarFeedCreateInput!) {
  calendarFeedCreate(input: $input) {
    __typename
    ... on CalendarFeedCreated { feed { id name url triedAt heardAt failure stale conflicts { night rooms } } }
    ... on UserError { code path }
  }
}
"""
DELETE = """
mutation ($input: CalendarFeedDeleteInput!) {
  calendarFeedDelete(input: $input) {
    __typename ... on CalendarFeedDeleted { roomTypeId } ... on UserError { code path }
  }
}
"""
FEEDS = "calendarFeeds { nodes { id name url stale roomTypeId } }"


@pytest.fixture
async def office(house: ApiHouse) -> Backoffice:
    return await add_backoffice(house)


async def shared(office: Backoffice, hotelier: Client, **wanted: bool) -> str:
    answer = await hotelier.mutate(SHARE, {"roomTypeId": office.room_type_id, **wanted})
    assert answer["__typename"] == "CalendarShared", answer
    url: str = answer["url"]
    return url


async def test_a_channel_reads_the_nights_without_a_free_room(
    office: Backoffice, hotelier: Client, http: httpx.AsyncClient, house: ApiHouse
) -> None:
    url = await shared(office, hotelier)
    assert url.startswith(f"{house.url}/calendars/")
    assert Calendar.from_ical((await http.get(url)).content).events == []
    await hotelier.mutate(UPDATE, update(office, changes=[nights(0, 2, capacity=0), nights(4, 4, capacity=0)]))
    answer = await http.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.headers["cache-control"] == "private, max-age=60"
    assert b"Quiet House" not in answer.content
    calendar = Calendar.from_ical(answer.content)
    assert (str(calendar["VERSION"]), bool(calendar["PRODID"])) == ("2.0", True)
    day = dt.timedelta(days=1)
    assert [(event.start, event.end) for event in calendar.events] == [
        (NIGHT, NIGHT + 3 * day),
        (NIGHT + 4 * day, NIGHT + 5 * day),
    ]
    uids = [str(event["UID"]) for event in calendar.events]
    assert len(set(uids)) == 2
    await hotelier.mutate(UPDATE, update(office, 2, changes=[nights(4, 5, capacity=0)]))
    again = Calendar.from_ical((await http.get(url)).content)
    assert [str(event["UID"]) for event in again.events] == uids, "an event keeps its name while it lasts"


async def test_what_a_channel_knows_already_is_not_sent_again(
    office: Backoffice, hotelier: Client, http: httpx.AsyncClient
) -> None:
    url = await shared(office, hotelier)
    first = await http.get(url)
    for headers in (
        {"if-none-match": first.headers["etag"]},
        {"if-none-match": f'"other", {first.headers["etag"]}'},
        {"if-modified-since": first.headers["last-modified"]},
    ):
        answer = await http.get(url, headers=headers)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == first.headers["etag"]
    for headers in (
        {"if-none-match": '"other"', "if-modified-since": first.headers["last-modified"]},
        {"if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"if-modified-since": "yesterday"},
    ):
        assert (await http.get(url, headers=headers)).status_code == 200
    await hotelier.mutate(UPDATE, update(office, changes=[nights(capacity=0)]))
    changed = await http.get(url, headers={"if-none-match": first.headers["etag"]})
    assert (changed.status_code, changed.headers["etag"] != first.headers["etag"]) == (200, True)


async def test_secrets_that_are_none_are_all_answered_alike(
    office: Backoffice, hotelier: Client, http: httpx.AsyncClient, house: ApiHouse
) -> None:
    old = await shared(office, hotelier)
    new = await shared(office, hotelier, rotate=True)
    assert await shared(office, hotelier) == new != old
    assert (await http.get(new)).status_code == 200
    answers = [
        await http.get(address)
        for address in (
            old,
            new.removesuffix(".ics")[:-1] + ".ics",
            f"{house.url}/calendars/nonsense.ics",
            f"{house.url}/calendars/{'x' * 500}.ics",
            f"{house.url}/calendars/%00.ics",
        )
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, "There is no such calendar.\n")}


class Everything(logging.Handler):
    """All that would be written if every logger wrote everything."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(("httpx", "httpcore")):  # the client of this test
            self.lines.append(record.getMessage())


@pytest.fixture
def everything() -> Iterator[Everything]:
    root, handler = logging.getLogger(), Everything()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.setLevel(level)
    root.removeHandler(handler)


async def test_the_secret_is_written_into_no_log(
    office: Backoffice,
    hotelier: Client,
    http: httpx.AsyncClient,
    capfd: pytest.CaptureFixture[str],
    everything: Everything,
) -> None:
    url = await shared(office, hotelier)
    secret = url.rpartition("/")[2].removesuffix(".ics")
    assert (await http.get(url)).status_code == 200
    assert (await http.get(url.replace(secret, secret[::-1]))).status_code == 404
    captured = capfd.readouterr()
    assert everything.lines
    for text in (captured.out, captured.err, *everything.lines):
        assert secret not in text
        assert secret[::-1] not in text


async def test_a_calendar_is_imported_and_forgotten(office: Backoffice, hotelier: Client) -> None:
    wanted = {"roomTypeId": office.room_type_id, "name": "Channel", "url": "https://127.0.0.1:1/a.ics"}
    created = await hotelier.mutate(CREATE, wanted)
    feed = created["feed"]
    assert (feed["name"], feed["stale"], feed["conflicts"], feed["heardAt"]) == ("Channel", True, [], None)
    (listed,) = (await office.of_hotel(hotelier, FEEDS))["calendarFeeds"]["nodes"]
    assert (listed["id"], listed["roomTypeId"], listed["url"]) == (feed["id"], office.room_type_id, wanted["url"])
    for wrong, kind, path in (
        (wanted, "InvalidInput", ["url"]),
        (wanted | {"url": "http://127.0.0.1/a.ics"}, "InvalidInput", ["url"]),
        (wanted | {"name": " "}, "InvalidInput", ["name"]),
        (wanted | {"roomTypeId": encode_id("RoomType", str(uuid.uuid4()))}, "NotFound", ["roomTypeId"]),
    ):
        answer = await hotelier.mutate(CREATE, wrong)
        assert (answer["__typename"], answer["path"]) == (kind, path)
    deleted = await hotelier.mutate(DELETE, {"id": feed["id"]})
    assert deleted == {"__typename": "CalendarFeedDeleted", "roomTypeId": office.room_type_id}
    assert (await hotelier.mutate(DELETE, {"id": feed["id"]}))["__typename"] == "NotFound"
    assert (await office.of_hotel(hotelier, FEEDS))["calendarFeeds"]["nodes"] == []


async def test_calendars_are_nobody_elses_business(office: Backoffice, hotelier: Client, guest: Client) -> None:
    url = await shared(office, hotelier)
    wanted = {"roomTypeId": office.room_type_id, "name": "Channel", "url": "https://127.0.0.1:1/b.ics"}
    feed = (await hotelier.mutate(CREATE, wanted))["feed"]
    before = await office.of_hotel(hotelier, FEEDS)
    other = await Client(guest.http, guest.url).sign_up("HOTELIER")
    for stranger, kind in ((other, "NotFound"), (guest, "NotPermitted")):
        for mutation, asked in (
            (SHARE, {"roomTypeId": office.room_type_id, "rotate": True}),
            (CREATE, wanted | {"url": "https://127.0.0.1:1/c.ics"}),
            (DELETE, {"id": feed["id"]}),
        ):
            assert (await stranger.mutate(mutation, asked))["__typename"] == kind
    assert await office.of_hotel(hotelier, FEEDS) == before
    assert await shared(office, hotelier) == url
