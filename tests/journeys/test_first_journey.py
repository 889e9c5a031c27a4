"""What a newcomer sees after `make up`: the addresses, the logins, and a journey that works."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping

import httpx

from stack.processes import PROCESSES
from tests.journeys.running_stack import ROOT, RunningStack


async def ask(stack: RunningStack, query: str, token: str = "", **variables: object) -> dict[str, object]:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.post(
            f"{stack.gateway}/graphql", json={"query": query, "variables": variables}, headers=headers
        )
    body: dict[str, object] = answer.json()
    assert "errors" not in body, body
    data = body["data"]
    assert isinstance(data, dict)
    return data


async def test_the_start_tells_every_address_login_and_how_long_each_step_took(
    stack: RunningStack, own_kafka: Mapping[str, str]
) -> None:
    for words in (
        f"{stack.gateway}/graphql",
        f"{stack.gateway}/playground/",
        f"{stack.mail}/",
        f"{stack.gateway}/metrics",
        "guest@innkeeper.example",
        "hotelier@innkeeper.example",
        "master@innkeeper.example",
        "admin@innkeeper.example",
        "innkeeper-demo",
    ):
        assert words in stack.text
    broker = () if own_kafka else ("Kafka broker",)
    for step in ("PostgreSQL 17", "Valkey 9", *broker, "schemas and migrations", "search index filled"):
        line = next(line for line in stack.text.splitlines() if line.strip().startswith(step))
        assert line.split()[-1] == "s"
        float(line.split()[-2])


async def test_the_tour_plays_both_journeys_to_their_ends(stack: RunningStack) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "stack", "tour", "--gateway", stack.gateway, "--mail", stack.mail),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    for words in (
        "version 1, HELD",
        "version 2, PAYMENT_PENDING",
        "version 3, CONFIRMED",
        "Read the mail",
        "The rating is there",
    ):
        assert words in output.decode()


async def test_after_the_journeys_every_room_and_cent_adds_up(stack: RunningStack) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "stack", "audit"),
        cwd=ROOT,
        env={
            **os.environ,
            "INNKEEPER_FIRST_PORT": str(stack.ports.first),
            "INNKEEPER_STACK_DIR": str(stack.directory),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert (process.returncode, output.decode()) == (0, "Everything adds up: no discrepancies.\n")


async def test_the_tour_fails_with_one_line_where_nothing_runs() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "stack", "tour", "--gateway", "http://127.0.0.1:9", "--mail", "http://127.0.0.1:9"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    assert process.returncode == 1
    assert "the stack does not answer" in complaint.decode()


async def test_the_demo_logins_work_and_the_hotelier_owns_houses(stack: RunningStack) -> None:
    sign_in = """mutation ($input: SessionCreateInput!) { sessionCreate(input: $input) {
      ... on SessionCreated { accessToken viewer { role } } } }"""
    for name, role in (("guest", "GUEST"), ("hotelier", "HOTELIER"), ("admin", "ADMIN")):
        account = {"email": f"{name}@innkeeper.example", "password": "innkeeper-demo"}
        session = (await ask(stack, sign_in, input=account))["sessionCreate"]
        assert isinstance(session, dict)
        assert session["viewer"]["role"] == role
        if role == "HOTELIER":
            houses = await ask(stack, "{ viewer { hotels { nodes { name } } } }", token=session["accessToken"])
            assert len(houses["viewer"]["hotels"]["nodes"]) == 12  # type: ignore[index]


async def test_the_gateways_log_is_json_with_request_and_trace_ids(stack: RunningStack) -> None:
    request_id = "a-request-of-the-journey-test"
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{stack.gateway}/webhooks/payments", content=b"{}", headers={"x-request-id": request_id}
        )
    assert answer.status_code == 401
    lines = (stack.directory.parent / "logs" / "gateway.log").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    refused = next(entry for entry in entries if entry.get("request_id") == request_id)
    assert refused["event"] == "webhook.refused"
    assert refused["process"] == "gateway"


async def test_every_process_serves_its_metrics(stack: RunningStack) -> None:
    async with httpx.AsyncClient() as client:
        for position, process in enumerate(PROCESSES):
            answer = await client.get(f"{stack.ports.url(stack.ports.metrics(position))}/metrics")
            assert answer.status_code == 200, process.name
            assert "python_info" in answer.text


async def test_one_request_id_leads_from_the_gateways_log_to_the_services(stack: RunningStack) -> None:
    request_id = "from-browser-to-service-0001"
    hotel_id = (await ask(stack, SEARCH))["searchHotels"]["nodes"][0]["hotel"]["id"]  # type: ignore[index]
    quote = {"hotelId": hotel_id, "checkIn": "2020-01-01", "checkOut": "2020-01-02", "rooms": []}
    document = "mutation Late($input: QuoteCreateInput!) { quoteCreate(input: $input) { __typename } }"
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{stack.gateway}/graphql",
            json={"query": document, "variables": {"input": quote}, "operationName": "Late"},
            headers={"x-request-id": request_id},
        )
    assert answer.headers["x-request-id"] == request_id
    assert answer.json()["data"]["quoteCreate"]["__typename"] == "InvalidInput"
    logs = {
        "gateway": (stack.directory.parent / "logs" / "gateway.log", "graphql.operation"),
        "booking": (stack.directory / "logs" / "booking.log", "rpc.done"),
        "hotel": (stack.directory / "logs" / "hotel.log", "rpc.done"),
    }
    traces = set()
    for process, (file, event) in logs.items():
        lines = [json.loads(line) for line in file.read_text().splitlines() if request_id in line]
        found = [line for line in lines if line["event"] == event]
        assert found, process
        traces.add(found[0]["trace_id"])
    assert len(traces) == 1


SEARCH = """{ searchHotels(input: { place: { city: "Paris" }, checkIn: "2027-05-10", checkOut: "2027-05-12",
  rooms: [{ adults: 1 }] }, first: 1) { nodes { hotel { id } } } }"""
