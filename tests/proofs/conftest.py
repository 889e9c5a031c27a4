"""Proofs run at a desk of their own and end with the standing proof.

Desk and people are new for every test: their tokens end after ten minutes, and the full size takes longer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from grpc_services.booking.service import booking_service
from runtime.database import open_database
from runtime.identity import Role
from tests.grpc_services.booking.desk import Desk, check_standing_proof, open_desk
from tests.grpc_services.booking.moves import MoveDesk, open_move_desk
from tests.grpc_services.booking.payments import Payments, running_payments
from tests.house import SignedIn, booking_settings, register_account
from tests.parts import Parts
from tests.proofs.figures import FIGURES, Tell, write_figures
from tests.proofs.gateways import Gateways, open_gateways


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    write_figures(terminalreporter)


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    return lambda **figures: record_property(FIGURES, figures)


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether every round was asked for."""
    return bool(request.config.getoption("--full-proofs"))


@pytest.fixture(scope="package", autouse=True)
async def _standing_proof(parts: Parts) -> AsyncIterator[None]:
    yield
    await check_standing_proof(parts)


@pytest.fixture(autouse=True)
async def no_deadlocks(parts: Parts) -> AsyncIterator[None]:
    """By PostgreSQL's own count: a client that repeats what was not answered would never notice one."""
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    async with open_database(parts.database_url("booking"), pool_size=1, application_name="tests") as database:
        async with database.reading() as connection:
            before = await connection.fetchval(query)
        yield
        async with database.reading() as connection:
            assert await connection.fetchval(query) == before


@pytest.fixture(scope="package")
async def payments(parts: Parts, payment_address: str) -> AsyncIterator[Payments]:
    async with running_payments(parts, payment_address) as running:
        yield running


@pytest.fixture
async def desk(parts: Parts, auth_address: str, booking_address: str) -> AsyncIterator[Desk]:
    async with open_desk(parts, auth_address, booking_address, patient=True) as opened:
        yield opened


@pytest.fixture(scope="package")
async def gateways(
    parts: Parts, auth_address: str, hotel_address: str, payment_address: str, booking_address: str
) -> AsyncIterator[Gateways]:
    """Two gateways, over two booking servers with one database."""
    places = {"hotel_address": hotel_address, "payment_address": payment_address}
    async with (
        booking_service(booking_settings(parts, auth_address, **places)) as second,
        open_gateways(
            parts,
            {"auth_address": auth_address, "hotel_address": hotel_address},
            (booking_address, second.address),
        ) as opened,
    ):
        yield opened


@pytest.fixture
async def moves(
    parts: Parts, auth_address: str, hotel_address: str, payment_address: str, payments: Payments
) -> AsyncIterator[MoveDesk]:
    config = booking_settings(parts, auth_address, hotel_address=hotel_address, payment_address=payment_address)
    async with open_move_desk(parts, auth_address, config, payments, patient=True) as opened:
        yield opened


@pytest.fixture
async def owner(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.HOTELIER)


@pytest.fixture
async def guests(auth_address: str) -> list[SignedIn]:
    return [await register_account(auth_address, Role.GUEST) for _ in range(5)]
