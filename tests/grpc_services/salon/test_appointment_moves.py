"""Moving appointments: the time is released and taken at once, at the price and policy that were booked."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from contracts.salon.v1 import salon_pb2
from runtime.channels import call
from runtime.errors import ServiceError
from tests.grpc_services.salon.appointment_desk import DAY, AppointmentDesk, at, clock_times, local, wanted
from tests.grpc_services.salon.parlour import Shop, salon_fields, terms, tiers
from tests.house import SignedIn, refused


@pytest.fixture(scope="module")
async def shop(desk: AppointmentDesk, owner: SignedIn) -> Shop:
    return await desk.parlour.shop(owner, masters=2)


async def test_a_moved_appointment_leaves_its_old_time_free(
    desk: AppointmentDesk, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await desk.parlour.shop(owner, masters=1)
    booked = await desk.book(shop, guest, at("10:00"))
    assert "10:30" not in clock_times(await desk.slots(shop))
    assert "10:30" in clock_times(await desk.slots(shop, token=guest.token, moving=booked.id))
    moved = await desk.move(booked, guest, at("10:30"))
    assert (local(moved.starts_at), local(moved.ends_at), moved.version) == ("10:30", "11:30", 2)
    assert (moved.state, moved.total) == (booked.state, booked.total)
    assert clock_times(await desk.slots(shop))[:3] == ["09:00", "09:30", "11:30"]
    assert await desk.story(booked) == ["AppointmentConfirmed", "AppointmentMoved"]
    assert await desk.events(booked) == ["AppointmentConfirmed", "AppointmentMoved"]


async def test_another_master_does_it_at_the_same_price(
    desk: AppointmentDesk, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await desk.parlour.shop(owner, masters=2)
    booked = await desk.book(shop, guest, at("10:00"), wanted(shop.services[0], shop.masters[0]))
    moved = await desk.move(booked, guest, at("10:00"), shop.masters[1])
    assert (moved.services[0].master_name, moved.total.minor_units) == ("Master 2", 6000)
    assert "10:00" in clock_times(await desk.slots(shop, wanted(shop.services[0], shop.masters[0])))
    other = await desk.parlour.shop(owner, masters=1)
    refusal = await refused(desk.move(moved, guest, at("10:00"), other.masters[0]))
    assert (refusal.code, refusal.path) == ("NOT_FOUND", ("masterIds", "0"))


async def test_a_taken_start_is_refused_and_nothing_is_released(
    desk: AppointmentDesk, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await desk.parlour.shop(owner, masters=1)
    booked, _ = await desk.book(shop, guest, at("10:00")), await desk.book(shop, guest, at("12:00"))
    before = await desk.everything()
    refusal = await refused(desk.move(booked, guest, at("12:30")))
    assert refusal.code == "SLOT_UNAVAILABLE"
    assert refusal.details["next_starts"].startswith(f"{at('13:00'):%Y-%m-%dT%H:%M:%SZ}")
    assert (await refused(desk.move(booked, guest, at("13:00"), version=9))).details == {"current_version": "1"}
    two = desk.move(booked, guest, at("13:00"), *shop.masters, *shop.masters)
    assert (await refused(two)).path == ("masterIds",)
    assert await desk.everything() == before


async def test_the_same_key_moves_once(desk: AppointmentDesk, shop: Shop, guest: SignedIn) -> None:
    booked = await desk.book(shop, guest, at("15:00"))
    moved = await desk.move(booked, guest, at("16:00"), key="once")
    assert await desk.move(booked, guest, at("16:00"), key="once") == moved


@pytest.mark.usefixtures("real_time")
async def test_the_client_moves_while_cancelling_is_free_and_the_salon_always(
    desk: AppointmentDesk, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await desk.parlour.shop(owner, masters=1)
    booked = await desk.book(shop, guest, at("10:00"))
    desk.clock.moment = at("10:00", DAY - dt.timedelta(days=1))
    before = await desk.everything()
    assert (await refused(desk.move(booked, guest, at("14:00")))).code == "ILLEGAL_STATE"
    assert await desk.everything() == before
    moved = await desk.move(booked, owner, at("14:05"))
    assert local(moved.starts_at) == "14:05", "the salon is not bound to its starts"
    assert (await refused(desk.move(moved, owner, at("17:30")))).code == "SLOT_UNAVAILABLE", "but to working time"
    desk.clock.moment = at("15:10")
    done = await desk.complete(moved, owner)
    assert (await refused(desk.move(done, owner, at("16:00")))).details["state"] == "COMPLETED"


async def test_the_policy_of_the_booking_goes_along(desk: AppointmentDesk, owner: SignedIn, guest: SignedIn) -> None:
    shop = await desk.parlour.shop(owner, masters=1)
    booked = await desk.book(shop, guest, at("10:00"))
    strict = salon_fields(terms=terms(cancellation_policy=tiers((0, 100))))
    request = salon_pb2.UpdateSalonRequest(id=shop.salon.id, expected_version=shop.salon.version, fields=strict)
    await call(desk.parlour.salons.UpdateSalon, request, token=owner.token)
    moved = await desk.move(booked, guest, at("12:00"))
    assert moved.cancellation_policy == booked.cancellation_policy
    assert (await desk.preview(moved, guest)).penalty.minor_units == 0


async def test_two_who_move_to_one_start_at_once_do_not_both_get_it(
    desk: AppointmentDesk, owner: SignedIn, guest: SignedIn
) -> None:
    shop = await desk.parlour.shop(owner, masters=1)
    booked = [await desk.book(shop, guest, at(time)) for time in ("09:00", "10:00", "11:00", "12:00")]
    answers = await asyncio.gather(*(desk.move(one, guest, at("15:00")) for one in booked), return_exceptions=True)
    refusals = [answer.code for answer in answers if isinstance(answer, ServiceError)]
    assert refusals == ["SLOT_UNAVAILABLE"] * 3
