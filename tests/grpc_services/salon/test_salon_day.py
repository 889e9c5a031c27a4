"""The day at a salon: who sees which appointments, and what its figures say."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from prometheus_client import REGISTRY

from contracts.salon.v1 import appointment_pb2, schedule_pb2
from grpc_services.salon.audit_metric import count_discrepancies
from runtime.channels import call
from runtime.clock import to_timestamp
from runtime.identity import Role
from tests.grpc_services.salon.appointment_desk import (
    CANCELLED,
    DAY,
    AppointmentDesk,
    at,
    local,
    wanted,
)
from tests.grpc_services.salon.parlour import Shop
from tests.house import SignedIn, refused, register_account

TOMORROW = DAY + dt.timedelta(days=1)


async def day_of(desk: AppointmentDesk, shop: Shop, who: SignedIn, **asked: Any) -> list[appointment_pb2.Appointment]:
    fields = {"salon_id": shop.salon.id, "first_day": DAY.isoformat(), "last_day": DAY.isoformat()}
    request = appointment_pb2.ListSalonAppointmentsRequest(**fields | asked)
    return list((await call(desk.appointments.ListSalonAppointments, request, token=who.token)).appointments)


async def figures_of(desk: AppointmentDesk, shop: Shop, who: SignedIn) -> appointment_pb2.SalonFigures:
    request = appointment_pb2.GetSalonFiguresRequest(
        salon_id=shop.salon.id, first_day=DAY.isoformat(), last_day=TOMORROW.isoformat()
    )
    return await call(desk.appointments.GetSalonFigures, request, token=who.token)


async def test_the_owner_sees_the_whole_day_and_a_master_their_own(
    desk: AppointmentDesk, owner: SignedIn, rival: SignedIn, guest: SignedIn, auth_address: str
) -> None:
    shop = await desk.parlour.shop(owner, masters=2)
    first, second = shop.masters
    person = await register_account(auth_address, Role.GUEST)
    await desk.parlour.join(owner, second, person)
    for time, master in (("12:00", second), ("10:00", first), ("09:00", second)):
        await desk.book(shop, guest, at(time), wanted(shop.services[0], master))
    await desk.book(shop, guest, at("09:00", TOMORROW), wanted(shop.services[0], second))
    gone = await desk.book(shop, guest, at("15:00"), wanted(shop.services[0], first))
    await desk.cancel(gone, owner)
    assert [local(one.starts_at) for one in await day_of(desk, shop, owner)] == ["09:00", "10:00", "12:00", "15:00"]
    assert [local(one.starts_at) for one in await day_of(desk, shop, person)] == ["09:00", "12:00"]
    assert [local(one.starts_at) for one in await day_of(desk, shop, owner, master_id=first.id)] == ["10:00", "15:00"]
    assert [one.id for one in await day_of(desk, shop, owner, states=[CANCELLED])] == [gone.id]
    assert len(await day_of(desk, shop, owner, last_day=TOMORROW.isoformat())) == 5
    for nobody in (rival, guest):
        assert (await refused(day_of(desk, shop, nobody))).code == "NOT_FOUND"
        assert (await refused(figures_of(desk, shop, nobody))).code == "NOT_FOUND"
    too_long = day_of(desk, shop, owner, last_day=(DAY + dt.timedelta(days=31)).isoformat())
    assert (await refused(too_long)).path == ("lastDay",)


@pytest.mark.usefixtures("real_time")
async def test_figures_add_up(desk: AppointmentDesk, owner: SignedIn, guest: SignedIn, auth_address: str) -> None:
    shop = await desk.parlour.shop(owner, masters=2)
    first, second = shop.masters
    other = await register_account(auth_address, Role.GUEST)
    person = await register_account(auth_address, Role.GUEST)
    await desk.parlour.join(owner, second, person)
    block = schedule_pb2.BlockTimeRequest(
        idempotency_key="figures-block",
        master_id=first.id,
        starts_at=to_timestamp(at("13:00")),
        ends_at=to_timestamp(at("14:30")),
    )
    await call(desk.parlour.schedules.BlockTime, block, token=owner.token)
    cut = shop.services[0]
    came = await desk.book(shop, guest, at("09:00"), wanted(cut, first))
    await desk.book(shop, guest, at("10:00", TOMORROW), wanted(cut, second))
    missed = await desk.book(shop, other, at("10:00"), wanted(cut, first))
    await desk.cancel(await desk.book(shop, other, at("11:00"), wanted(cut, first)), other)
    await desk.book(shop, other, at("15:00"), wanted(cut, second), wanted(cut, first))
    desk.clock.moment = at("11:00")
    await desk.complete(came, owner)
    await desk.no_show(missed, owner)
    found = await figures_of(desk, shop, owner)
    of_first, of_second = found.masters
    assert (of_first.working_minutes, of_second.working_minutes) == (2 * 540 - 90, 2 * 540)
    assert (of_first.booked_minutes, of_second.booked_minutes) == (120, 120)
    assert of_first.utilisation_basis_points == 120 * 10_000 // 990
    assert (of_first.revenue.minor_units, of_second.revenue.minor_units) == (6000, 0)
    assert (of_first.appointments, of_first.cancelled, of_first.no_shows) == (2, 1, 1)
    assert (found.all.appointments, found.all.booked_minutes, found.all.working_minutes) == (3, 240, 2070)
    assert (found.all.clients, found.all.rebooked_clients) == (2, 1), "the first client came twice"
    assert (of_second.clients, of_second.rebooked_clients) == (2, 0)
    (own,) = (await figures_of(desk, shop, person)).masters
    assert own == of_second


async def test_the_standing_proof_finds_lost_time_and_made_up_money(
    desk: AppointmentDesk, owner: SignedIn, guest: SignedIn
) -> None:

    def found(kind: str) -> float | None:
        return REGISTRY.get_sample_value("innkeeper_salon_discrepancies", {"kind": kind})

    shop = await desk.parlour.shop(owner, masters=1)
    booked = await desk.book(shop, guest, at("10:00"))
    await count_discrepancies(desk.database)
    assert (found("NONE"), found("TIME"), found("TOTAL")) == (0, None, None)
    shift = "UPDATE salon.master_time SET during = tstzrange(lower(during), upper(during) {} interval '5 minutes')"
    price = "UPDATE salon.appointment SET total_minor_units = total_minor_units {} 100"
    for sign, expected in (("+", (1, 1)), ("-", (None, None))):
        async with desk.database.transaction() as connection:
            await connection.execute(shift.format(sign) + " WHERE appointment_id = $1::uuid", booked.id)
            await connection.execute(price.format(sign) + " WHERE id = $1::uuid", booked.id)
        await count_discrepancies(desk.database)
        assert (found("TIME"), found("TOTAL")) == expected
