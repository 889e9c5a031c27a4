"""Making, reading and calling off appointments: what is taken, what is told, and who may."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import appointment_pb2
from contracts.settlement.v1 import settlement_pb2
from runtime.channels import call
from runtime.clock import from_timestamp, utc_now
from runtime.identity import Role
from tests.grpc_services.salon.appointment_desk import (
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    DAY,
    EXPIRED,
    HELD,
    NO_SHOW,
    REQUESTED,
    AppointmentDesk,
    at,
    clock_times,
    local,
    wanted,
)
from tests.grpc_services.salon.parlour import DRAFT, Shop, terms
from tests.house import SignedIn, refused, register_account

PREPAID = {"payment_timing": hotel_pb2.PAYMENT_TIMING_PREPAID}


@pytest.fixture(scope="module")
async def shop(desk: AppointmentDesk, owner: SignedIn) -> Shop:
    """Two masters, a cut of an hour, and a colour of 30 minutes with 15 to clean up that is prepaid."""
    colour = {"name": "Colour", "duration_minutes": 30, "buffer_after_minutes": 15, "price_minor_units": 4001}
    return await desk.parlour.shop(owner, masters=2, services=[{}, {**colour, **PREPAID}])


@pytest.fixture(scope="module")
async def stranger(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.GUEST)


async def test_what_is_booked_is_no_longer_offered(desk: AppointmentDesk, owner: SignedIn, guest: SignedIn) -> None:
    shop = await desk.parlour.shop(owner, masters=1)
    assert clock_times(await desk.slots(shop))[:3] == ["09:00", "09:30", "10:00"]
    booked = await desk.book(shop, guest, at("10:00"))
    assert (booked.state, booked.version, booked.total.minor_units) == (CONFIRMED, 1, 6000)
    assert clock_times(await desk.slots(shop))[:3] == ["09:00", "11:00", "11:30"]
    (one,) = booked.services
    assert (one.service_name, one.master_name, local(one.starts_at), local(one.ends_at)) == (
        "Cut",
        "Master 1",
        "10:00",
        "11:00",
    )
    assert len(booked.reference) == 8
    assert await desk.story(booked) == ["AppointmentConfirmed"]
    assert await desk.events(booked) == ["AppointmentConfirmed"]


async def test_a_taken_time_is_refused_with_the_next_free_starts(
    desk: AppointmentDesk, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await desk.parlour.shop(owner, masters=1)
    await desk.book(shop, guest, at("16:00"))
    before = await desk.everything()
    refusal = await refused(desk.book(shop, guest, at("16:30")))
    assert (refusal.code, refusal.path) == ("SLOT_UNAVAILABLE", ("startsAt",))
    tomorrow = DAY + dt.timedelta(days=1)
    nexts = [at("17:00"), *(at(time, tomorrow) for time in ("09:00", "09:30", "10:00", "10:30"))]
    assert refusal.details["next_starts"] == ";".join(f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in nexts)
    assert await desk.everything() == before


@pytest.mark.parametrize("time", ["09:10", "07:00", "17:30"])
async def test_a_start_that_is_not_offered_is_refused(
    desk: AppointmentDesk, shop: Shop, guest: SignedIn, time: str
) -> None:
    """Off the salon's starts, before work begins, over its end."""
    assert (await refused(desk.book(shop, guest, at(time)))).code == "SLOT_UNAVAILABLE"


@pytest.mark.usefixtures("real_time")
async def test_a_start_too_soon_or_too_far_away_is_neither_offered_nor_booked(
    desk: AppointmentDesk, shop: Shop, guest: SignedIn
) -> None:
    desk.clock.moment = at("09:31")
    assert clock_times(await desk.slots(shop))[:1] == ["11:00"], "an hour before at least"
    assert (await refused(desk.book(shop, guest, at("10:30")))).code == "SLOT_UNAVAILABLE"
    last = DAY + dt.timedelta(days=90)
    assert await desk.slots(shop, day=last)
    assert not await desk.slots(shop, day=last + dt.timedelta(days=1))
    assert (await refused(desk.book(shop, guest, at("10:00", last + dt.timedelta(days=1))))).code == "SLOT_UNAVAILABLE"


async def test_a_visit_of_two_services_is_taken_whole_or_not_at_all(
    desk: AppointmentDesk, owner: SignedIn, guest: SignedIn
) -> None:
    services = [{}, {"name": "Colour", "duration_minutes": 30, "buffer_after_minutes": 30}]
    shop = await desk.parlour.shop(owner, masters=2, services=services)
    first, second = shop.masters
    visit = [wanted(shop.services[1], first), wanted(shop.services[0], second)]
    booked = await desk.book(shop, guest, at("10:00"), *visit)
    assert [(one.master_name, local(one.starts_at), local(one.ends_at)) for one in booked.services] == [
        ("Master 1", "10:00", "10:30"),
        ("Master 2", "10:30", "11:30"),
    ]
    await desk.book(shop, guest, at("15:00"), wanted(shop.services[0], second))
    before = await desk.everything()
    assert (await refused(desk.book(shop, guest, at("14:30"), *visit))).code == "SLOT_UNAVAILABLE"
    assert await desk.everything() == before, "the first master's time alone is not taken"
    same = [wanted(shop.services[1], first), wanted(shop.services[0], first)]
    alone = await desk.book(shop, guest, at("12:00"), *same)
    assert [local(one.starts_at) for one in alone.services] == ["12:00", "13:00"], "the buffer lies between"


async def test_whoever_has_least_to_do_is_chosen(desk: AppointmentDesk, owner: SignedIn, guest: SignedIn) -> None:
    shop = await desk.parlour.shop(owner, masters=3)
    times = [at(time) for time in ("09:00", "09:00", "09:00", "11:00", "13:00", "15:00")]
    chosen = [(await desk.book(shop, guest, time)).services[0].master_name for time in times]
    assert sorted(chosen[:3]) == sorted(chosen[3:]) == ["Master 1", "Master 2", "Master 3"]


async def test_a_wanted_master_is_the_one_who_does_it_and_another_salons_is_nobody(
    desk: AppointmentDesk, owner: SignedIn, shop: Shop, guest: SignedIn
) -> None:
    other = await desk.parlour.shop(owner, masters=1)
    booked = await desk.book(shop, guest, at("12:00"), wanted(shop.services[0], shop.masters[1]))
    assert booked.services[0].master_name == "Master 2"
    refusal = await refused(desk.book(shop, guest, at("13:00"), wanted(shop.services[0], other.masters[0])))
    assert (refusal.code, refusal.path) == ("NOT_FOUND", ("services", "0", "masterId"))
    refusal = await refused(desk.book(shop, guest, at("13:00"), wanted(other.services[0])))
    assert (refusal.code, refusal.path) == ("NOT_FOUND", ("services", "0", "serviceId"))


async def test_the_same_key_answers_the_same_appointment(desk: AppointmentDesk, shop: Shop, guest: SignedIn) -> None:
    first = await desk.book(shop, guest, at("14:00"), key="the-same-key")
    again = await desk.book(shop, guest, at("14:00"), key="the-same-key")
    assert again == first
    other = await refused(desk.book(shop, guest, at("14:30"), key="the-same-key"))
    assert other.code == "IDEMPOTENCY_CONFLICT"


async def test_nobody_books_at_their_own_salon_or_with_themselves(
    desk: AppointmentDesk, owner: SignedIn, auth_address: str
) -> None:
    shop = await desk.parlour.shop(owner, masters=2)
    master = await register_account(auth_address, Role.GUEST)
    await desk.parlour.join(owner, shop.masters[0], master)
    before = await desk.everything()
    assert (await refused(desk.book(shop, owner, at("10:00")))).code == "PERMISSION_DENIED"
    with_themselves = desk.book(shop, master, at("10:00"), wanted(shop.services[0], shop.masters[0]))
    assert (await refused(with_themselves)).code == "PERMISSION_DENIED"
    assert await desk.everything() == before
    booked = await desk.book(shop, master, at("10:00"))
    assert booked.services[0].master_id == shop.masters[1].id, "a colleague does it"


async def test_strangers_cannot_book_and_drafts_cannot_be_booked(
    desk: AppointmentDesk, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await desk.parlour.shop(owner, masters=1)
    request = appointment_pb2.CreateAppointmentRequest(idempotency_key="key", salon_id=shop.salon.id)
    assert (await refused(call(desk.appointments.CreateAppointment, request, token=""))).code == "UNAUTHENTICATED"
    await desk.parlour.move(owner, shop.salon, DRAFT)
    assert (await refused(desk.book(shop, guest, at("10:00")))).code == "NOT_FOUND"
    assert (await refused(desk.slots(shop, token=guest.token))).code == "NOT_FOUND"
    assert await desk.slots(shop, token=owner.token)


async def test_bad_input_names_the_field(desk: AppointmentDesk, shop: Shop, guest: SignedIn) -> None:
    before = await desk.everything()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"client": {"name": " ", "email": "ada@example.org"}}, "client.name"),
        ({"client": {"name": "Ada", "email": "nobody"}}, "client.email"),
        ({"client": {"name": "Ada", "email": ""}}, "client.email"),
        ({"client": {"name": "Ada", "email": "ada@example.org", "phone": "call me"}}, "client.phone"),
        ({"note": "x" * 1001}, "note"),
        ({"note": "\x07"}, "note"),
        ({"services": [wanted(shop.services[0])] * 7}, "services"),
        ({"services": []}, "services"),
        ({"services": [{"service_id": "x"}]}, "services.0.serviceId"),
        ({"salon_id": "x"}, "salonId"),
        ({"starts_at": None}, "startsAt"),
        ({"starts_at": {"seconds": 300_000_000_000}}, "startsAt"),
        ({"idempotency_key": ""}, "idempotencyKey"),
    ]
    for changes, path in cases:
        refusal = await refused(desk.book(shop, guest, at("10:00"), **changes))
        assert (refusal.code, ".".join(refusal.path)) == ("INVALID_INPUT", path), changes
    assert await desk.everything() == before


async def test_an_appointment_is_seen_by_those_whom_it_concerns_and_nobody_else(
    desk: AppointmentDesk, owner: SignedIn, rival: SignedIn, guest: SignedIn, stranger: SignedIn, auth_address: str
) -> None:
    shop = await desk.parlour.shop(owner, masters=2)
    does_it, colleague = [await register_account(auth_address, Role.GUEST) for _ in range(2)]
    for master, person in zip(shop.masters, (does_it, colleague), strict=True):
        await desk.parlour.join(owner, master, person)
    booked = await desk.book(shop, guest, at("10:00"), wanted(shop.services[0], shop.masters[0]))
    assert [await desk.sees(booked, who) for who in (guest, owner, does_it)] == [True, True, True]
    assert [await desk.sees(booked, who) for who in (rival, stranger, colleague)] == [False, False, False]
    before = await desk.everything()
    for who in (rival, stranger, colleague):
        assert (await refused(desk.cancel(booked, who))).code == "NOT_FOUND"
        assert (await refused(desk.preview(booked, who))).code == "NOT_FOUND"
        assert (await refused(desk.move(booked, who, at("11:00")))).code == "NOT_FOUND"
        assert (await refused(desk.complete(booked, who))).code == "NOT_FOUND"
        assert (await refused(desk.start_payment(booked, who))).code == "NOT_FOUND"
    assert (await refused(desk.complete(booked, guest))).code == "NOT_FOUND", "a client completes nothing"
    assert await desk.everything() == before


async def test_clients_list_their_own_appointments_the_latest_first(
    desk: AppointmentDesk, shop: Shop, auth_address: str
) -> None:
    client = await register_account(auth_address, Role.GUEST)
    days = [DAY + dt.timedelta(days=number) for number in (3, 1, 2)]
    booked = [await desk.book(shop, client, at("10:00", day)) for day in days]
    await desk.cancel(booked[1], client)

    async def page(**asked: Any) -> appointment_pb2.ListAppointmentsResponse:
        request = appointment_pb2.ListAppointmentsRequest(**asked)
        return await call(desk.appointments.ListAppointments, request, token=client.token)

    first = await page(first=2)
    assert [one.id for one in first.appointments] == [booked[0].id, booked[2].id]
    assert first.has_next_page
    rest = await page(first=2, after=first.cursors[-1])
    assert ([one.id for one in rest.appointments], rest.has_next_page) == ([booked[1].id], False)
    assert [one.id for one in (await page(states=[CANCELLED])).appointments] == [booked[1].id]


async def test_a_prepaid_service_is_held_for_its_payment_and_an_overdue_hold_gives_way(
    desk: AppointmentDesk, owner: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    shop = await desk.parlour.shop(owner, masters=1, services=[PREPAID])
    held = await desk.book(shop, guest, at("10:00"))
    assert held.state == HELD
    lifetime = from_timestamp(held.hold_expires_at) - utc_now()
    assert dt.timedelta(minutes=14) < lifetime <= dt.timedelta(minutes=15)
    assert (await refused(desk.book(shop, stranger, at("10:00")))).code == "SLOT_UNAVAILABLE"
    await desk.run_out(held)
    assert "10:00" in clock_times(await desk.slots(shop)), "an overdue hold keeps nothing from who looks"
    assert (await refused(desk.cancel(held, guest))).details["state"] == "EXPIRED"
    taken = await desk.book(shop, stranger, at("10:00"))
    assert taken.state == HELD
    assert (await desk.get(held)).state == EXPIRED
    assert await desk.story(held) == ["AppointmentHeld", "AppointmentExpired"]
    assert await desk.events(held) == ["AppointmentHeld", "AppointmentExpired"]


async def test_the_sweeper_expires_what_ran_out_and_nothing_else(
    desk: AppointmentDesk, shop: Shop, guest: SignedIn
) -> None:
    over, living = [
        await desk.book(shop, guest, at(time, DAY + dt.timedelta(days=7)), wanted(shop.services[1]))
        for time in ("10:00", "12:00")
    ]
    await desk.run_out(over)
    request = settlement_pb2.ExpireHoldsRequest(limit=100)
    assert (await refused(call(desk.settlement.ExpireHolds, request, token=guest.token))).code == "PERMISSION_DENIED"
    assert await desk.expire() >= 1
    assert [(await desk.get(one)).state for one in (over, living)] == [EXPIRED, HELD]


async def test_a_salon_that_confirms_by_hand_is_asked_first(
    desk: AppointmentDesk, owner: SignedIn, guest: SignedIn, auth_address: str
) -> None:
    shop = await desk.parlour.shop(owner, masters=1, terms=terms(confirms_by_hand=True))
    master = await register_account(auth_address, Role.GUEST)
    await desk.parlour.join(owner, shop.masters[0], master)
    asked = await desk.book(shop, guest, at("10:00"))
    assert asked.state == REQUESTED
    assert "10:00" not in clock_times(await desk.slots(shop)), "its time is taken while it waits"
    assert (await refused(desk.complete(asked, owner))).details["allowed"] == "CANCELLED, CONFIRMED"
    confirmed = await desk.confirm(asked, master)
    assert (confirmed.state, confirmed.version) == (CONFIRMED, 2)
    assert await desk.confirm(asked, master) == confirmed, "asked again, it is done already"
    assert (await refused(desk.confirm(confirmed, master))).code == "ILLEGAL_STATE"
    assert await desk.events(asked) == ["AppointmentRequested", "AppointmentConfirmed"]


@pytest.mark.usefixtures("real_time")
async def test_cancelling_is_free_until_its_deadline_and_costs_a_share_after_it(
    desk: AppointmentDesk, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await desk.parlour.shop(owner, masters=1)
    early, late = await desk.book(shop, guest, at("10:00")), await desk.book(shop, guest, at("12:00"))
    seen = await desk.preview(early, guest)
    deadline = at("10:00", DAY - dt.timedelta(days=1))
    assert [(stage.penalty.minor_units, stage.HasField("until")) for stage in seen.stages] == [(0, True), (3000, False)]
    assert from_timestamp(seen.stages[0].until) == deadline
    desk.clock.moment = deadline - dt.timedelta(seconds=1)
    assert (await desk.cancel(early, guest)).penalty.minor_units == 0
    desk.clock.moment = at("12:00", DAY - dt.timedelta(days=1))
    assert (await desk.preview(late, guest)).penalty.minor_units == 3000
    cancelled = await desk.cancel(late, guest)
    assert (cancelled.state, cancelled.penalty.minor_units, cancelled.refunded.minor_units) == (CANCELLED, 3000, 0)
    assert clock_times(await desk.slots(shop, day=DAY))[:4] == ["09:00", "09:30", "10:00", "10:30"]
    assert (await refused(desk.cancel(late, guest))).details == {"state": "CANCELLED", "allowed": "none"}


@pytest.mark.usefixtures("real_time")
async def test_the_salon_cancels_for_nothing_and_the_client_not_after_the_start(
    desk: AppointmentDesk, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await desk.parlour.shop(owner, masters=1)
    booked = await desk.book(shop, guest, at("10:00"))
    desk.clock.moment = at("10:00")
    assert (await refused(desk.cancel(booked, guest))).code == "ILLEGAL_STATE"
    assert (await desk.cancel(booked, owner, reason="The boiler broke.")).penalty.minor_units == 0


@pytest.mark.usefixtures("real_time")
async def test_an_appointment_is_missed_after_its_start_and_completed_from_half_an_hour_before(
    desk: AppointmentDesk, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await desk.parlour.shop(owner, masters=1)
    came, missed = await desk.book(shop, guest, at("10:00")), await desk.book(shop, guest, at("12:00"))
    desk.clock.moment = at("09:29")
    assert (await refused(desk.complete(came, owner))).code == "ILLEGAL_STATE"
    desk.clock.moment = at("11:59")
    assert (await refused(desk.no_show(missed, owner))).code == "ILLEGAL_STATE"
    desk.clock.moment = at("09:30")
    assert (await refused(desk.complete(came, owner, version=7))).details == {"current_version": "1"}
    assert (await desk.complete(came, owner)).state == COMPLETED
    desk.clock.moment = at("13:00")
    marked = await desk.no_show(missed, owner)
    assert (marked.state, marked.penalty.minor_units) == (NO_SHOW, 3000)
    assert (await refused(desk.no_show(came, owner, version=2))).details == {"state": "COMPLETED", "allowed": "none"}
    assert await desk.events(came) == ["AppointmentConfirmed", "AppointmentCompleted"]
    assert await desk.events(missed) == ["AppointmentConfirmed", "AppointmentMarkedNoShow"]
