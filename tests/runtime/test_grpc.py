"""What crosses a call between services: errors, deadlines, request ids; and what a server answers about itself."""

from __future__ import annotations

import asyncio
import re

import grpc
import orjson
import pytest
from google.protobuf.descriptor import FileDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from contracts.auth.v1 import auth_pb2
from contracts.booking.v1 import (
    block_pb2,
    booking_pb2,
    calendar_pb2,
    figures_pb2,
    front_desk_pb2,
    inventory_pb2,
    waitlist_pb2,
)
from contracts.hotel.v1 import hotel_import_pb2, hotel_pb2, hotel_pb2_grpc, rate_pb2
from contracts.notification.v1 import notification_pb2
from contracts.payment.v1 import payment_pb2
from contracts.search.v1 import search_pb2
from contracts.settlement.v1 import settlement_pb2
from grpc_services.auth.service import SERVICE_NAMES as AUTH_NAMES
from grpc_services.booking.errors import QuoteAlreadyBooked, QuoteExpired
from grpc_services.booking.service import SERVICE_NAMES as BOOKING_NAMES
from grpc_services.hotel.service import SERVICE_NAMES as HOTEL_NAMES
from runtime import errors, request_context
from runtime.channels import call, open_channel, outgoing_metadata, retry_policy, stream
from runtime.errors import ServiceError
from runtime.grpc_server import grpc_server
from tests.house import refused
from tests.parts import free_port
from tests.runtime.conftest import SERVICE_NAMES, Probe

REQUEST = hotel_pb2.GetHotelsRequest()
DETAILS = {"state": "HELD", "nights": "2027-01-01,2027-01-02"}


@pytest.mark.parametrize(
    "kind",
    [
        errors.InvalidInput,
        errors.NotFound,
        errors.Unauthenticated,
        errors.PermissionDenied,
        errors.IllegalState,
        errors.IdempotencyConflict,
    ],
)
async def test_each_refusal_crosses_whole(probe: Probe, kind: type[ServiceError]) -> None:
    sent = kind("Words for people: é.", path=("rooms", "0", "adults"), details=DETAILS)
    probe.refuse(sent)
    came = await refused(call(probe.hotels.GetHotels, REQUEST, token=""))
    assert (came.code, came.status, came.message) == (sent.code, sent.status, sent.message)
    assert (came.path, came.details, came.retryable) == (sent.path, sent.details, sent.retryable)


@pytest.mark.parametrize("sent", [QuoteExpired(), QuoteAlreadyBooked()])
async def test_a_services_own_refusal_keeps_its_code(probe: Probe, sent: ServiceError) -> None:
    probe.refuse(sent)
    came = await refused(call(probe.hotels.GetHotels, REQUEST, token=""))
    assert (came.code, came.path, came.message) == (sent.code, sent.path, sent.message)
    probe.refuse(came)
    again = await refused(call(probe.hotels.GetHotels, REQUEST, token=""))
    assert (again.code, again.path, again.status) == (sent.code, sent.path, sent.status)


async def test_an_outage_is_retried_and_stays_retryable(probe: Probe) -> None:
    probe.refuse(errors.Unavailable("Redis is away.", path=("x",)))
    came = await refused(call(probe.hotels.GetHotels, REQUEST, token=""))
    assert isinstance(came, errors.Unavailable)
    assert (came.retryable, came.path) == (True, ("x",))
    assert probe.servicer.calls == 4


async def test_a_fault_crosses_as_a_reference_only(probe: Probe) -> None:
    probe.refuse(ValueError("password=hunter2 for ada@example.org"))
    came = await refused(call(probe.hotels.GetHotels, REQUEST, token=""))
    assert isinstance(came, errors.InternalFault)
    assert re.fullmatch(r"[0-9a-f]{12}", came.details["reference"])
    with pytest.raises(grpc.aio.AioRpcError) as raw:
        await probe.hotels.GetHotels(REQUEST)
    assert "hunter2" not in repr(raw.value)
    assert "ada@" not in repr(raw.value)
    assert probe.servicer.calls == 2, "a fault is not repeated"


async def test_a_stream_refuses_and_masks_as_a_call_does(probe: Probe) -> None:
    async def read() -> None:
        async for _ in stream(probe.rates.StreamCatalogue, rate_pb2.StreamCatalogueRequest(), token=""):
            pass

    probe.refuse(errors.NotFound("No.", path=("id",)))
    assert (await refused(read())).code == "NOT_FOUND"
    probe.refuse(ValueError("hunter2"))
    came = await refused(read())
    assert isinstance(came, errors.InternalFault)
    assert "hunter2" not in str(came)


async def test_a_dead_service_is_unavailable_not_a_fault() -> None:
    async with open_channel(f"127.0.0.1:{free_port()}", hotel_pb2.DESCRIPTOR) as channel:
        stub: hotel_pb2_grpc.HotelServiceAsyncStub = hotel_pb2_grpc.HotelServiceStub(channel)
        came = await refused(call(stub.GetHotels, REQUEST, token=""))
        assert isinstance(came, errors.Unavailable)


async def test_a_call_ends_with_the_request_it_serves(probe: Probe) -> None:
    async def dawdle() -> None:
        await asyncio.sleep(600)

    probe.do(dawdle)

    async def within() -> None:
        request_context.begin_request(seconds_left=0.3)
        refusal = await refused(call(probe.hotels.GetHotels, REQUEST, token="", at_most=600))
        assert isinstance(refusal, errors.Unavailable)

    async with asyncio.timeout(60):
        await asyncio.create_task(within())


async def test_the_callees_own_calls_have_no_more_time_than_the_caller(probe: Probe) -> None:
    left: list[float] = []

    async def look() -> None:
        left.append(request_context.seconds_left())

    probe.do(look)
    await call(probe.hotels.GetHotels, REQUEST, token="", at_most=1.5)
    await probe.hotels.GetHotels(REQUEST)
    await probe.hotels.GetHotels(REQUEST, timeout=3600)
    assert 0.2 < left[0] < 2  # gRPC rounds what is left
    assert 4 < left[1] <= 5
    assert 4 < left[2] <= 5


async def test_the_request_id_goes_along_and_a_bad_one_does_not(probe: Probe) -> None:
    seen: list[str] = []

    async def look() -> None:
        seen.append(request_context.request_id())
        await asyncio.sleep(0)
        assert dict(outgoing_metadata(""))[request_context.REQUEST_ID_HEADER] == seen[-1]

    probe.do(look)

    async def ask(identifier: str) -> str:
        begun = request_context.begin_request(identifier)
        await call(probe.hotels.GetHotels, REQUEST, token="")
        return begun

    assert await asyncio.create_task(ask("a-good-request-id")) == seen[-1] == "a-good-request-id"
    assert await asyncio.create_task(ask("short")) == seen[-1] != "short"
    await probe.hotels.GetHotels(REQUEST, metadata=((request_context.REQUEST_ID_HEADER, "spaces are bad"),))
    assert re.fullmatch("[0-9a-f]{32}", seen[-1])


CONTRACTS = [
    module.DESCRIPTOR
    for module in (
        auth_pb2,
        block_pb2,
        booking_pb2,
        calendar_pb2,
        figures_pb2,
        front_desk_pb2,
        hotel_import_pb2,
        hotel_pb2,
        inventory_pb2,
        notification_pb2,
        payment_pb2,
        rate_pb2,
        search_pb2,
        settlement_pb2,
        waitlist_pb2,
    )
]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_only_repeatable_methods_are_repeated(contract: FileDescriptor) -> None:
    (service,) = contract.services_by_name.values()
    methods = {method.name for method in service.methods}
    never = {"Register", "CreateSession", "RefreshSession", "CreateQuote", "ClaimDelivery"}
    edits = re.compile(r"(Create|Update|Archive|Move|Delete)(Hotel|RoomType|RatePlan|Rooms?|PriceRule|CalendarFeed)")
    never |= {name for name in methods if edits.fullmatch(name)}
    assert repeated_by(retry_policy(contract)) == {(service.full_name, name) for name in methods - never}


def test_a_channel_of_several_contracts_repeats_what_each_of_them_says() -> None:
    each = [repeated_by(retry_policy(contract)) for contract in CONTRACTS]
    assert repeated_by(retry_policy(*CONTRACTS)) == set().union(*each)


def repeated_by(policy: str) -> set[tuple[str, str]]:
    """Services and methods that a service config repeats."""
    (config,) = orjson.loads(policy)["methodConfig"]
    return {(entry["service"], entry["method"]) for entry in config["name"]}


async def test_a_server_that_is_not_ready_says_so() -> None:
    async with (
        grpc_server("127.0.0.1:0", SERVICE_NAMES, lambda _: None, verifier=None, ready=False) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        health = health_pb2_grpc.HealthStub(channel)
        for ready, status in ((None, "NOT_SERVING"), (True, "SERVING"), (False, "NOT_SERVING")):
            if ready is not None:
                await server.set_ready(ready)
            for name in ("", *SERVICE_NAMES):
                answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
                assert answer.status == health_pb2.HealthCheckResponse.ServingStatus.Value(status)


async def test_health_and_reflection_answer_on_each_service(
    auth_address: str, hotel_address: str, booking_address: str
) -> None:
    for names, address in (
        (AUTH_NAMES, auth_address),
        (HOTEL_NAMES, hotel_address),
        (BOOKING_NAMES, booking_address),
    ):
        async with grpc.aio.insecure_channel(address) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            for name in ("", *names):
                well = await health.Check(health_pb2.HealthCheckRequest(service=name))
                assert well.status == health_pb2.HealthCheckResponse.SERVING
            reflected = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
                iter([reflection_pb2.ServerReflectionRequest(list_services="")])
            )
            (answer,) = [one async for one in reflected]
            told = {one.name for one in answer.list_services_response.service}
            assert {name for name in told if name.startswith("innkeeper.")} == set(names)


async def test_a_taken_port_is_one_clear_line(probe: Probe) -> None:
    with pytest.raises(OSError, match=f"address {probe.address} is taken") as taken:
        async with grpc_server(probe.address, SERVICE_NAMES, lambda _: None, verifier=None):
            pass
    assert "\n" not in str(taken.value)
