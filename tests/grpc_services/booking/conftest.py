"""A desk at the running booking service, the payment system, and people. At the end the standing proof."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from runtime.identity import Role
from tests.grpc_services.booking.desk import Desk, check_standing_proof, open_desk
from tests.grpc_services.booking.moves import MoveDesk, open_move_desk
from tests.grpc_services.booking.payments import Payments, running_payments
from tests.house import SignedIn, booking_settings, register_account
from tests.parts import Parts


@pytest.fixture(scope="package", autouse=True)
async def _standing_proof(parts: Parts) -> AsyncIterator[None]:
    yield
    await check_standing_proof(parts)


@pytest.fixture(scope="package")
async def payments(parts: Parts, payment_address: str) -> AsyncIterator[Payments]:
    async with running_payments(parts, payment_address) as running:
        yield running


@pytest.fixture(scope="module")
async def desk(parts: Parts, auth_address: str, booking_address: str) -> AsyncIterator[Desk]:
    async with open_desk(parts, auth_address, booking_address) as opened:
        yield opened


@pytest.fixture(scope="module")
async def moves(
    parts: Parts, auth_address: str, hotel_address: str, payment_address: str, payments: Payments
) -> AsyncIterator[MoveDesk]:
    """A booking process whose days at the hotel a test chooses."""
    settings = booking_settings(parts, auth_address, hotel_address=hotel_address, payment_address=payment_address)
    async with open_move_desk(parts, auth_address, settings, payments) as opened:
        yield opened


@pytest.fixture(scope="module")
async def owner(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.HOTELIER)


@pytest.fixture(scope="module")
async def guest(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.GUEST)


@pytest.fixture(scope="module")
async def stranger(auth_address: str) -> SignedIn:
    """Another guest, who must see nothing of the first one's."""
    return await register_account(auth_address, Role.GUEST)


@pytest.fixture(scope="module")
async def other_owner(auth_address: str) -> SignedIn:
    """A hotelier of other houses."""
    return await register_account(auth_address, Role.HOTELIER)
