"""The demo salons, in a database of services that know nothing of them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator

import pytest

from contracts.review.v1 import review_pb2, review_pb2_grpc
from contracts.salon.v1 import appointment_pb2, appointment_pb2_grpc, salon_pb2, salon_pb2_grpc
from grpc_services.hotel.importing import REGISTER
from runtime.channels import call, open_channel
from runtime.clock import utc_now
from runtime.database import open_database
from runtime.identity import Role
from stack.demo_data import paris_houses
from stack.demo_salons import SALONS_IN_HOTELS, load_demo_reviews, load_demo_salons, places
from tests.house import SignedIn, register_account
from tests.parts import Parts

OPENED = 30


@pytest.fixture(scope="module")
async def hotelier(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.HOTELIER)


@pytest.fixture(scope="module")
async def master(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.GUEST)


@pytest.fixture(scope="module")
async def salons(parts: Parts, salon_address: str, hotelier: SignedIn, master: SignedIn) -> list[salon_pb2.Salon]:
    """All of them, as anybody reads them."""
    houses = [(listed.id(REGISTER), listed) for _, listed in paris_houses()[:SALONS_IN_HOTELS]]
    wanted = places(hotelier.account_id, houses)
    today = utc_now().date()
    async with open_database(parts.database_url("salon"), pool_size=1, application_name="test") as database:
        opened = await load_demo_salons(database, wanted, master.account_id)
        assert await load_demo_salons(database, wanted, master.account_id) == []
    async with open_database(parts.database_url("review"), pool_size=1, application_name="test") as database:
        assert await load_demo_reviews(database, opened, today) > 5 * OPENED
    async with open_channel(salon_address, salon_pb2.DESCRIPTOR) as channel:
        stub: salon_pb2_grpc.SalonServiceAsyncStub = salon_pb2_grpc.SalonServiceStub(channel)
        request = salon_pb2.GetSalonsRequest(ids=[str(one.salon["id"]) for one in opened])
        return list((await call(stub.GetSalons, request, token="")).salons)


@pytest.fixture(scope="module")
async def appointments(salon_address: str) -> AsyncIterator[appointment_pb2_grpc.AppointmentServiceAsyncStub]:
    async with open_channel(salon_address, appointment_pb2.DESCRIPTOR) as channel:
        yield appointment_pb2_grpc.AppointmentServiceStub(channel)


async def test_thirty_salons_are_open_and_some_stand_in_the_demo_hotels(
    salons: list[salon_pb2.Salon], hotelier: SignedIn
) -> None:
    assert len({salon.name for salon in salons}) == OPENED
    assert sum(bool(salon.hotel_id) for salon in salons) == SALONS_IN_HOTELS
    assert sum(salon.owner_id == str(hotelier.account_id) for salon in salons) == SALONS_IN_HOTELS
    assert all(len(salon.masters) >= 2 and len(salon.services) >= 2 for salon in salons)


async def test_every_service_of_every_salon_can_be_booked_within_a_week(
    salons: list[salon_pb2.Salon], appointments: appointment_pb2_grpc.AppointmentServiceAsyncStub
) -> None:
    today = utc_now().date()
    for salon in salons:
        for service in salon.services:
            request = appointment_pb2.FindSlotsRequest(
                salon_id=salon.id,
                services=[appointment_pb2.WantedService(service_id=service.id)],
                first_day=today.isoformat(),
                last_day=(today + dt.timedelta(days=7)).isoformat(),
            )
            assert (await call(appointments.FindSlots, request, token="")).slots, (salon.name, service.name)


async def test_one_salon_is_open_at_any_hour_and_the_demo_master_works_there(
    salons: list[salon_pb2.Salon], appointments: appointment_pb2_grpc.AppointmentServiceAsyncStub, master: SignedIn
) -> None:
    (open_always,) = (salon for salon in salons if salon.opening_hours[0].to == "24:00")
    assert {one.account_id for one in open_always.masters} == {str(master.account_id), ""}
    now = utc_now()
    wanted = appointment_pb2.WantedService(
        service_id=open_always.services[0].id,
        master_id=next(one.id for one in open_always.masters if one.account_id),
    )
    request = appointment_pb2.FindSlotsRequest(
        salon_id=open_always.id,
        services=[wanted],
        first_day=now.date().isoformat(),
        last_day=(now.date() + dt.timedelta(days=1)).isoformat(),
    )
    first = (await call(appointments.FindSlots, request, token="")).slots[0]
    assert first.starts_at.ToDatetime(dt.UTC) - now <= dt.timedelta(minutes=6)


async def test_salons_and_masters_are_rated(review_address: str, salons: list[salon_pb2.Salon]) -> None:
    subjects = [review_pb2.Subject(kind=review_pb2.SUBJECT_KIND_SALON, id=salon.id) for salon in salons] + [
        review_pb2.Subject(kind=review_pb2.SUBJECT_KIND_MASTER, id=master.id)
        for salon in salons
        for master in salon.masters
    ]
    async with open_channel(review_address, review_pb2.DESCRIPTOR) as channel:
        stub: review_pb2_grpc.ReviewServiceAsyncStub = review_pb2_grpc.ReviewServiceStub(channel)
        rated = (await call(stub.GetRatings, review_pb2.GetRatingsRequest(subjects=subjects), token="")).ratings
    assert {uuid.UUID(rating.subject.id) for rating in rated} == {uuid.UUID(subject.id) for subject in subjects}
    assert all(rating.summary.count >= 2 for rating in rated)
