"""A parlour at the running salon service, and people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from runtime.identity import Role
from tests.grpc_services.booking.payments import Payments, running_payments
from tests.grpc_services.salon.appointment_desk import AppointmentDesk, check_standing_proof, running_salon
from tests.grpc_services.salon.parlour import Parlour, open_parlour
from tests.house import SignedIn, register_account, salon_settings
from tests.parts import Parts


@pytest.fixture(scope="module")
async def parlour(parts: Parts, salon_address: str) -> AsyncIterator[Parlour]:
    async with open_parlour(parts, salon_address) as opened:
        yield opened


@pytest.fixture(scope="package", autouse=True)
async def _standing_proof(parts: Parts) -> AsyncIterator[None]:
    yield
    await check_standing_proof(parts)


@pytest.fixture(scope="package")
async def payments(parts: Parts, payment_address: str) -> AsyncIterator[Payments]:
    async with running_payments(parts, payment_address) as running:
        yield running


@pytest.fixture(scope="module")
async def desk(
    parts: Parts, auth_address: str, hotel_address: str, payment_address: str
) -> AsyncIterator[AppointmentDesk]:
    """A salon process whose clock a test sets."""
    settings = salon_settings(parts, auth_address, hotel_address=hotel_address, payment_address=payment_address)
    async with running_salon(parts, auth_address, settings) as opened:
        yield opened


@pytest.fixture
def real_time(desk: AppointmentDesk) -> Iterator[None]:
    """The clock runs again after a test that set it."""
    yield
    desk.clock.moment = None


@pytest.fixture(scope="module")
async def owner(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.HOTELIER)


@pytest.fixture(scope="module")
async def rival(auth_address: str) -> SignedIn:
    """A hotelier of other salons."""
    return await register_account(auth_address, Role.HOTELIER)


@pytest.fixture(scope="module")
async def guest(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.GUEST)
