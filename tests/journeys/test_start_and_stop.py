"""The stack's own life: it keeps its data, leaves nothing behind, and says in one line what is wrong."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

import httpx
import pytest

from stack.embedded.broker import EmbeddedBroker
from stack.embedded.postgres import EmbeddedPostgres
from stack.embedded.valkey import EmbeddedValkey
from tests.journeys.running_stack import START_SECONDS, RunningStack, free_block, living_processes, start_stack
from tests.journeys.test_first_journey import ask
from tests.parts import free_port

SIGN_IN = """mutation ($input: SessionCreateInput!) { sessionCreate(input: $input) {
  ... on SessionCreated { accessToken viewer { bookings { nodes { reference state } } } } } }"""
GUEST = {"email": "guest@innkeeper.example", "password": "innkeeper-demo"}


async def last_line(stack: RunningStack) -> str:
    async with asyncio.timeout(START_SECONDS):
        await stack.process.wait()
        await stack.reading
    return [line for line in stack.text.splitlines() if line.startswith("make up:")][-1]


async def test_a_second_start_finds_its_data_again_and_nothing_is_left_behind(stack: RunningStack) -> None:
    booked = await book_at_the_hotel(stack)
    before = await told_of(stack, booked)
    processes = stack.descendants()
    assert len(processes) >= 16
    await stack.stop(signal.SIGINT)
    assert stack.process.returncode == 0
    assert not processes & living_processes()
    await stack.start()
    await stack.said("Ctrl-C ends everything")
    viewer = await guest(stack)
    assert {"reference": booked, "state": "CONFIRMED"} in viewer["bookings"]["nodes"]  # type: ignore[index]
    # The broker forgot everything; its events came again and told nobody twice.
    assert (await told_of(stack, booked)) == before
    found = await ask(stack, SEARCH, input=search_input())
    assert found["searchHotels"]["totalCount"] == 12  # type: ignore[index]


SEARCH = "query ($input: HotelSearchInput!) { searchHotels(input: $input) { totalCount nodes { hotel { id } } } }"


def search_input() -> dict[str, object]:
    return {
        "place": {"city": "paris"},
        "checkIn": "2027-05-10",
        "checkOut": "2027-05-12",
        "rooms": [{"adults": 1}],
    }


async def guest(stack: RunningStack) -> dict[str, object]:
    session = (await ask(stack, SIGN_IN, input=GUEST))["sessionCreate"]
    assert isinstance(session, dict)
    viewer = session["viewer"]
    assert isinstance(viewer, dict)
    return viewer


async def token_of_the_guest(stack: RunningStack) -> str:
    session = (await ask(stack, SIGN_IN, input=GUEST))["sessionCreate"]
    return str(session["accessToken"])  # type: ignore[index]


async def told_of(stack: RunningStack, reference: str) -> list[object]:
    """The notifications about a booking, once there are any."""
    token = await token_of_the_guest(stack)
    for _ in range(1200):
        data = await ask(stack, "{ viewer { notifications { nodes { id kind booking { reference } } } } }", token=token)
        inbox = data["viewer"]["notifications"]["nodes"]  # type: ignore[index]
        if told := [one for one in inbox if (one["booking"] or {}).get("reference") == reference]:
            return told
        await asyncio.sleep(0.1)
    raise AssertionError("no notification came")


async def book_at_the_hotel(stack: RunningStack) -> str:
    """Books a room that is paid at the hotel, so confirmed at once; answers the reference."""
    token = await token_of_the_guest(stack)
    found = await ask(stack, SEARCH, input=search_input())
    hotel_id = found["searchHotels"]["nodes"][0]["hotel"]["id"]  # type: ignore[index]
    offers = """query ($id: ID!) { hotel(id: $id) { offers(checkIn: "2027-05-10", checkOut: "2027-05-12",
      rooms: [{adults: 1}]) { roomType { id } ratePlan { id paymentTiming } } } }"""
    hotel = (await ask(stack, offers, id=hotel_id))["hotel"]
    offer = next(o for o in hotel["offers"] if o["ratePlan"]["paymentTiming"] == "AT_HOTEL")  # type: ignore[index]
    room = {"roomTypeId": offer["roomType"]["id"], "ratePlanId": offer["ratePlan"]["id"], "adults": 1}
    stay = {"hotelId": hotel_id, "checkIn": "2027-05-10", "checkOut": "2027-05-12", "rooms": [room]}
    quote = "mutation ($input: QuoteCreateInput!) { quoteCreate(input: $input) { ... on Quote { id } } }"
    quote_id = (await ask(stack, quote, input=stay))["quoteCreate"]["id"]  # type: ignore[index]
    book = """mutation ($input: BookingCreateInput!) { bookingCreate(input: $input) {
      ... on BookingCreated { booking { reference state } } } }"""
    wanted = {
        "quoteId": quote_id,
        "idempotencyKey": "start-and-stop",
        "guest": {"name": "Grace Guest", "email": "guest@innkeeper.example"},
    }
    booking = (await ask(stack, book, token=token, input=wanted))["bookingCreate"]["booking"]  # type: ignore[index]
    assert booking["state"] == "CONFIRMED"
    return str(booking["reference"])


async def test_a_taken_port_is_named_in_one_line(tmp_path: Path) -> None:
    ports = free_block()
    with socket.create_server(("127.0.0.1", ports.gateway)):
        async with start_stack(tmp_path / ".stack", ports) as stack:
            line = await last_line(stack)
    assert stack.process.returncode == 1
    assert f"port {ports.gateway} (gateway) is taken" in line


async def test_a_second_stack_on_the_same_data_is_refused(stack: RunningStack) -> None:
    async with start_stack(stack.directory, free_block()) as second:
        line = await last_line(second)
    assert second.process.returncode == 1
    assert "already runs" in line
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{stack.gateway}/health/ready")).status_code == 200


@pytest.mark.parametrize(("name", "value"), [("INNKEEPER_FRIST_PORT", "9000"), ("INNKEEPER_DEMO_HOTELS", "many")])
async def test_a_broken_setting_is_named_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    async with start_stack(tmp_path / ".stack", free_block(), environment={name: value}) as stack:
        line = await last_line(stack)
    assert stack.process.returncode == 1
    assert name in line


async def test_a_part_that_cannot_start_is_named_in_one_line(tmp_path: Path) -> None:
    nowhere = f"postgresql://nobody:nothing@127.0.0.1:{free_port()}/nowhere"
    async with start_stack(tmp_path / ".stack", free_block(), environment={"DATABASE_URL": nowhere}) as stack:
        line = await last_line(stack)
    assert stack.process.returncode == 1
    assert "PostgreSQL" in line
    assert "nothing" not in line


async def test_a_process_that_dies_is_named_and_started_again(stack: RunningStack) -> None:
    os.kill(stack.pid_of("grpc_services.hotel"), signal.SIGKILL)
    await stack.said("hotel was killed by SIGKILL")
    async with httpx.AsyncClient() as client:
        for _ in range(1200):
            answer = await client.get(f"{stack.gateway}/health/ready")
            if answer.status_code == 200:
                break
            await asyncio.sleep(0.1)
    assert answer.json()["parts"]["hotel"] == "ready"
    assert (await ask(stack, SEARCH, input=search_input()))["searchHotels"]["totalCount"] == 12  # type: ignore[index]


async def test_servers_of_ones_own_replace_the_embedded_ones(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    postgres = EmbeddedPostgres(tmp_path, free_port(), "own", log_file=logs / "postgres.log", durable=False)
    valkey = EmbeddedValkey(tmp_path, free_port(), "own", log_file=logs / "valkey.log")
    broker = EmbeddedBroker(free_port(), log_file=logs / "broker.log", home=tmp_path)
    for part in (postgres, valkey, broker):
        await part.start()
    own = {
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "INNKEEPER_KAFKA_IDEMPOTENT_PRODUCER": "false",
    }
    try:
        async with start_stack(tmp_path / "house" / ".stack", free_block(), hotels=2, environment=own) as stack:
            await stack.said("Ctrl-C ends everything")
            assert "PostgreSQL 17" not in stack.text
            assert not (tmp_path / "house" / ".stack" / "postgres").exists()
            found = await ask(stack, SEARCH, input=search_input())
            assert found["searchHotels"]["totalCount"] == 2  # type: ignore[index]
            processes = stack.descendants()
            await stack.stop(signal.SIGTERM)
            assert stack.process.returncode == 0
            assert not processes & living_processes()
    finally:
        for part in (postgres, valkey, broker):
            await part.stop()
