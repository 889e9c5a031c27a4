"""What every test may ask for. Narrower fixtures stand in the conftest of the folder that uses them."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import pytest
from xdist.remote import Producer

from grpc_services.auth.service import auth_service
from grpc_services.booking.service import booking_service
from grpc_services.hotel.service import hotel_service
from grpc_services.review.service import review_service
from grpc_services.salon.service import salon_service
from tests.apache_kafka.server import ApacheKafka, java_with_kafka
from tests.distribution import FromBothEnds, place
from tests.house import auth_settings, booking_settings, hotel_settings, review_settings, salon_settings
from tests.parts import NewBroker, Parts, embedded_broker, free_port, running_parts

# httpcore 1.0 looks for it at every lock of every request, and each time in vain through the whole path: known to be
# missing is found at once.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # what Python itself keeps there


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full-proofs", action="store_true", help="run the proofs with all their rounds")
    parser.addoption("--chaos-payments", type=int, default=0, help="so many payments on the worst day; 0: a few")
    parser.addoption("--chaos-seed", type=int, default=7, help="another number, another worst day")
    parser.addoption("--apache-kafka", action="store_true", help="on Apache Kafka instead of the embedded broker")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FromBothEnds | None:
    return FromBothEnds(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=place)
    if config.getoption("--apache-kafka") and (reason := java_with_kafka().missing):
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def new_broker(request: pytest.FixtureRequest) -> NewBroker:
    return ApacheKafka if request.config.getoption("--apache-kafka") else embedded_broker


@pytest.fixture(scope="session")
async def parts(tmp_path_factory: pytest.TempPathFactory, new_broker: NewBroker) -> AsyncIterator[Parts]:
    async with running_parts(tmp_path_factory.mktemp("parts"), new_broker) as running:
        yield running


@pytest.fixture(scope="session")
async def auth_address(parts: Parts) -> AsyncIterator[str]:
    async with auth_service(auth_settings(parts)) as server:
        yield server.address


@pytest.fixture(scope="session")
async def hotel_address(parts: Parts, auth_address: str) -> AsyncIterator[str]:
    async with hotel_service(hotel_settings(parts, auth_address)) as server:
        yield server.address


@pytest.fixture(scope="session")
def payment_address() -> str:
    """Where booking looks for the payment system. It runs only while tests need it (see `payments` in
    tests/grpc_services/booking/payments.py), as it delivers every webhook of its database."""
    return f"127.0.0.1:{free_port()}"


@pytest.fixture(scope="session")
async def booking_address(
    parts: Parts, auth_address: str, hotel_address: str, payment_address: str, salon_address: str
) -> AsyncIterator[str]:
    settings = booking_settings(
        parts,
        auth_address,
        hotel_address=hotel_address,
        payment_address=payment_address,
        salon_address=salon_address,
        database_pool_size=20,
    )
    async with booking_service(settings) as server:
        yield server.address


@pytest.fixture(scope="session")
async def salon_address(
    parts: Parts, auth_address: str, hotel_address: str, payment_address: str
) -> AsyncIterator[str]:
    settings = salon_settings(
        parts, auth_address, hotel_address=hotel_address, payment_address=payment_address, database_pool_size=20
    )
    async with salon_service(settings) as server:
        yield server.address


@pytest.fixture(scope="session")
async def review_address(
    parts: Parts, auth_address: str, booking_address: str, salon_address: str
) -> AsyncIterator[str]:
    settings = review_settings(parts, auth_address, booking_address=booking_address, salon_address=salon_address)
    async with review_service(settings) as server:
        yield server.address
