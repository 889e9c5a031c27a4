"""Schedules: weeks, special days, blocked time, and the appointments that stand in them."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.salon.v1 import salon_pb2, schedule_pb2
from runtime.channels import call
from runtime.clock import to_timestamp, utc_now
from tests.grpc_services.salon.parlour import Parlour, Shop, day_hours, hours
from tests.house import SignedIn, refused, unless_refused

PARIS = ZoneInfo("Europe/Paris")
DAY = (utc_now().astimezone(PARIS) + dt.timedelta(days=10)).date()
HOUR = dt.timedelta(hours=1)


def at(hour: int, day: dt.date = DAY) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), PARIS).astimezone(dt.UTC)


async def schedule(
    parlour: Parlour, shop: Shop, master: salon_pb2.Master | None = None, who: SignedIn | None = None, **days: str
) -> schedule_pb2.Schedule:
    shown: dict[str, Any] = dict(days) or {"first_day": DAY.isoformat(), "last_day": DAY.isoformat()}
    request = schedule_pb2.GetScheduleRequest(salon_id=shop.salon.id, master_id=master.id if master else "", **shown)
    return await call(parlour.schedules.GetSchedule, request, token=who.token if who else "")


async def put_day(
    parlour: Parlour, who: SignedIn, *spans: tuple[str, str], day: dt.date = DAY, reason: str = "", **subject: str
) -> list[str]:
    special = schedule_pb2.SpecialDay(day=day.isoformat(), hours=day_hours(*spans), reason=reason)
    request = schedule_pb2.PutDayRequest(day=special, **subject)
    return list((await call(parlour.schedules.PutDay, request, token=who.token)).appointment_ids)


async def clear_day(parlour: Parlour, who: SignedIn, **subject: str) -> list[str]:
    request = schedule_pb2.ClearDayRequest(day=DAY.isoformat(), **subject)
    return list((await call(parlour.schedules.ClearDay, request, token=who.token)).appointment_ids)


def block_request(
    master: salon_pb2.Master, starts_at: dt.datetime, ends_at: dt.datetime, **changes: Any
) -> schedule_pb2.BlockTimeRequest:
    facts: dict[str, Any] = {
        "idempotency_key": uuid.uuid4().hex,
        "master_id": master.id,
        "starts_at": to_timestamp(starts_at),
        "ends_at": to_timestamp(ends_at),
        "reason": "Training",
    }
    return schedule_pb2.BlockTimeRequest(**facts | changes)


async def block(parlour: Parlour, who: SignedIn, request: schedule_pb2.BlockTimeRequest) -> schedule_pb2.TimeBlock:
    return await call(parlour.schedules.BlockTime, request, token=who.token)


async def blocks(parlour: Parlour, who: SignedIn, shop: Shop, **asked: Any) -> list[schedule_pb2.TimeBlock]:
    span: dict[str, Any] = {"from": to_timestamp(at(0)), "to": to_timestamp(at(0) + 24 * HOUR)}
    request = schedule_pb2.ListTimeBlocksRequest(salon_id=shop.salon.id, **span | asked)
    return list((await call(parlour.schedules.ListTimeBlocks, request, token=who.token)).blocks)


async def test_hours_are_public_where_the_salon_is(parlour: Parlour, owner: SignedIn) -> None:
    shop = await parlour.shop(owner)
    of_salon = await schedule(parlour, shop)
    assert list(of_salon.week) == hours("08:00", "20:00")
    of_master = await schedule(parlour, shop, shop.masters[0])
    assert (list(of_master.week), of_master.version) == (hours("09:00", "18:00"), 2)
    draft = Shop(await parlour.salon(owner), [], [])
    assert (await refused(schedule(parlour, draft))).code == "NOT_FOUND"
    assert list((await schedule(parlour, draft, who=owner)).week) == hours("08:00", "20:00")
    elsewhere = await parlour.shop(owner)
    assert (await refused(schedule(parlour, shop, elsewhere.masters[0]))).path == ("masterId",)


@pytest.mark.parametrize(
    ("days", "path"),
    [
        ({"first_day": "soon", "last_day": "2027-01-01"}, "firstDay"),
        ({"first_day": "2027-01-02", "last_day": "2027-01-01"}, "lastDay"),
        ({"first_day": "2027-01-01", "last_day": "2028-01-03"}, "lastDay"),
    ],
)
async def test_days_asked_for_are_at_most_a_year(
    parlour: Parlour, owner: SignedIn, days: dict[str, Any], path: str
) -> None:
    shop = Shop(await parlour.salon(owner), [], [])
    assert (await refused(schedule(parlour, shop, who=owner, **days))).path == (path,)


async def test_a_week_is_written_by_the_master_or_their_hotelier(
    parlour: Parlour, owner: SignedIn, rival: SignedIn, guest: SignedIn
) -> None:
    shop = await parlour.shop(owner)
    await parlour.join(owner, shop.masters[0], guest)
    early = hours("08:00", "12:00", 1, 2) + hours("13:00", "15:00", 1)
    answer = await parlour.week(guest, shop.masters[0], early, version=2)
    assert [(entry.weekday, getattr(entry, "from")) for entry in answer.schedule.week] == [
        (1, "08:00"),
        (1, "13:00"),
        (2, "08:00"),
    ]
    assert answer.schedule.version == 3
    before = await parlour.everything(shop.salon.id)
    assert await parlour.week(guest, shop.masters[0], early, version=2) == answer  # said again, it is simply so
    assert (await refused(parlour.week(guest, shop.masters[1], early, version=2))).code == "NOT_FOUND"
    assert (await refused(parlour.week(rival, shop.masters[0], early, version=3))).code == "NOT_FOUND"
    assert (await refused(parlour.week(owner, shop.masters[0], [], version=2))).code == "VERSION_CONFLICT"
    overlap = await refused(parlour.week(owner, shop.masters[0], hours("08:00", "12:00", 1, 1), version=3))
    assert ".".join(overlap.path) == "week.1.from"
    assert await parlour.everything(shop.salon.id) == before


async def test_special_days_replace_hours_until_they_are_cleared(parlour: Parlour, owner: SignedIn) -> None:
    shop = await parlour.shop(owner)
    master = shop.masters[0]
    await put_day(parlour, owner, ("10:00", "12:00"), reason="Dentist", master_id=master.id)
    await put_day(parlour, owner, ("13:00", "15:00"), ("10:00", "11:00"), reason="Dentist", master_id=master.id)
    ((special),) = (await schedule(parlour, shop, master, owner)).special_days
    assert (special.day, special.reason) == (DAY.isoformat(), "Dentist")
    assert list(special.hours) == [
        *hours("10:00", "11:00", DAY.isoweekday()),
        *hours("13:00", "15:00", DAY.isoweekday()),
    ]
    ((public),) = (await schedule(parlour, shop, master)).special_days
    assert public.reason == ""  # why a master is away is nobody's business
    before = await parlour.everything(shop.salon.id)
    await put_day(parlour, owner, ("10:00", "11:00"), ("13:00", "15:00"), reason="Dentist", master_id=master.id)
    assert await parlour.everything(shop.salon.id) == before  # said again, it changes nothing
    await clear_day(parlour, owner, master_id=master.id)
    assert not (await schedule(parlour, shop, master, owner)).special_days
    await clear_day(parlour, owner, master_id=master.id)


async def test_a_holiday_of_the_salon_is_its_hoteliers_and_is_told_to_all(
    parlour: Parlour, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await parlour.shop(owner)
    await parlour.join(owner, shop.masters[0], guest)
    assert (await refused(put_day(parlour, guest, salon_id=shop.salon.id))).code == "NOT_FOUND"
    await put_day(parlour, owner, reason="Bastille Day", salon_id=shop.salon.id)
    ((holiday),) = (await schedule(parlour, shop)).special_days
    assert (list(holiday.hours), holiday.reason) == ([], "Bastille Day")
    await put_day(parlour, guest, reason="Away", master_id=shop.masters[0].id)
    await clear_day(parlour, owner, salon_id=shop.salon.id)
    assert not (await schedule(parlour, shop)).special_days
    assert (await schedule(parlour, shop, shop.masters[0], guest)).special_days[0].reason == "Away"


@pytest.mark.parametrize(
    ("days", "spans", "path"),
    [
        (-400, (), "day"),
        (800, (), "day"),
        (0, (("10:00", "09:00"),), "hours.0.to"),
        (0, (("10:00", "12:00"), ("11:00", "13:00")), "hours.1.from"),
        (0, (("10:00", "10:05"),) * 7, "hours"),
    ],
)
async def test_bad_days_are_refused(
    parlour: Parlour, owner: SignedIn, days: int, spans: tuple[tuple[str, str], ...], path: str
) -> None:
    salon = await parlour.salon(owner)
    day = DAY + dt.timedelta(days=days)
    refusal = await refused(put_day(parlour, owner, *spans, day=day, salon_id=salon.id))
    assert (refusal.code, ".".join(refusal.path)) == ("INVALID_INPUT", path)


async def test_a_day_is_a_salons_or_a_masters(parlour: Parlour, owner: SignedIn) -> None:
    shop = await parlour.shop(owner, masters=1)
    both = put_day(parlour, owner, salon_id=shop.salon.id, master_id=shop.masters[0].id)
    for attempt in (both, put_day(parlour, owner)):
        assert (await refused(attempt)).path == ("salonId",)


async def test_appointments_left_outside_new_hours_are_named_and_kept(parlour: Parlour, owner: SignedIn) -> None:
    shop = await parlour.shop(owner)
    first = shop.masters[0]
    morning = await parlour.appointment(shop, at(9))
    noon = await parlour.appointment(shop, at(12), state="REQUESTED")
    other = await parlour.appointment(shop, at(9), master=1)
    await parlour.appointment(shop, at(15), state="CANCELLED")
    await parlour.appointment(shop, at(16), state="HELD", hold_expires_at=utc_now() - HOUR)
    next_day = await parlour.appointment(shop, at(9, DAY + dt.timedelta(days=1)))
    assert await put_day(parlour, owner, ("10:00", "12:30"), master_id=first.id) == [morning, noon]
    assert await clear_day(parlour, owner, master_id=first.id) == []
    assert set(await put_day(parlour, owner, ("12:00", "13:00"), salon_id=shop.salon.id)) == {morning, other}
    assert await clear_day(parlour, owner, salon_id=shop.salon.id) == []
    week = hours("10:00", "18:00")
    answer = await parlour.week(owner, first, week, version=2)
    assert list(answer.appointment_ids) == [morning, next_day]
    assert len((await parlour.everything(shop.salon.id))["taken"]) == 5


async def test_blocked_time_is_taken_once_and_given_back(parlour: Parlour, owner: SignedIn, guest: SignedIn) -> None:
    shop = await parlour.shop(owner)
    own, colleague = shop.masters
    await parlour.join(owner, own, guest)
    request = block_request(own, at(9), at(11))
    made = await block(parlour, guest, request)
    assert await block(parlour, guest, request) == made
    taken = await refused(block(parlour, owner, block_request(own, at(10), at(12))))
    assert (taken.code, taken.path) == ("SLOT_UNAVAILABLE", ("startsAt",))
    touching = await block(parlour, owner, block_request(own, at(11), at(12)))
    elsewhere = await block(parlour, owner, block_request(colleague, at(9), at(10)))
    assert {one.id for one in await blocks(parlour, owner, shop)} == {made.id, touching.id, elsewhere.id}
    assert [one.id for one in await blocks(parlour, guest, shop)] == [made.id, touching.id]
    assert (await refused(blocks(parlour, guest, shop, master_id=colleague.id))).code == "NOT_FOUND"
    ended = schedule_pb2.EndTimeBlockRequest(id=made.id)
    await call(parlour.schedules.EndTimeBlock, ended, token=guest.token)
    assert (await refused(call(parlour.schedules.EndTimeBlock, ended, token=guest.token))).code == "NOT_FOUND"
    foreign = schedule_pb2.EndTimeBlockRequest(id=elsewhere.id)
    assert (await refused(call(parlour.schedules.EndTimeBlock, foreign, token=guest.token))).code == "NOT_FOUND"
    assert [one.id for one in await blocks(parlour, owner, shop)] == [elsewhere.id, touching.id]


async def test_time_with_an_appointment_is_not_blocked(parlour: Parlour, owner: SignedIn) -> None:
    shop = await parlour.shop(owner, masters=1)
    standing = await parlour.appointment(shop, at(9))
    before = await parlour.everything(shop.salon.id)
    refusal = await refused(block(parlour, owner, block_request(shop.masters[0], at(8), at(18))))
    assert (refusal.code, refusal.details["appointments"]) == ("SLOT_UNAVAILABLE", standing)
    assert await parlour.everything(shop.salon.id) == before


async def test_strangers_block_nothing(parlour: Parlour, owner: SignedIn, rival: SignedIn, guest: SignedIn) -> None:
    shop = await parlour.shop(owner, masters=1)
    before = await parlour.everything(shop.salon.id)
    for person in (rival, guest):
        assert (
            await refused(block(parlour, person, block_request(shop.masters[0], at(9), at(10))))
        ).code == "NOT_FOUND"
        assert (await refused(blocks(parlour, person, shop))).code == "NOT_FOUND"
    assert await parlour.everything(shop.salon.id) == before


@pytest.mark.parametrize(
    ("begin", "end", "path"),
    [
        (2 * HOUR, HOUR, "endsAt"),
        (HOUR, 32 * 24 * HOUR, "endsAt"),
        (-3 * HOUR, -HOUR, "endsAt"),
        (800 * 24 * HOUR, 801 * 24 * HOUR, "startsAt"),
    ],
)
async def test_bad_spans_are_refused(
    parlour: Parlour, owner: SignedIn, begin: dt.timedelta, end: dt.timedelta, path: str
) -> None:
    master = await parlour.master(owner, await parlour.salon(owner))
    now = utc_now()
    refusal = await refused(block(parlour, owner, block_request(master, now + begin, now + end)))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", (path,))


async def test_one_of_many_gets_the_time(parlour: Parlour, owner: SignedIn) -> None:
    master = await parlour.master(owner, await parlour.salon(owner))
    requests = [block_request(master, at(9), at(10)) for _ in range(12)]
    attempts = (unless_refused(block(parlour, owner, request), "SLOT_UNAVAILABLE") for request in requests)
    assert sum(made is not None for made in await asyncio.gather(*attempts)) == 1
