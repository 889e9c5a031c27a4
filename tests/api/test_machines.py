"""What a hotelier's own systems may do: what their scopes name, and nothing else."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from api.node_ids import encode_id
from contracts.access.v1 import access_pb2
from runtime.identity import Scope
from stack.tour_client import document
from tests.api.client import Client, wish
from tests.api.house import ApiHouse
from tests.api.sockets import open_socket

BOOKING = "query ($id: ID!) { booking(id: $id) { state } }"
NOTE = """
mutation ($input: BookingNoteAddInput!) {
  bookingNoteAdd(input: $input) { __typename ... on UserError { code message } }
}
"""


async def machine(house: ApiHouse, client: Client, *scopes: Scope) -> Client:
    """A system of the hotelier whose houses these are."""
    return Client(client.http, client.url, token=await house.machine_token(house.hotelier, *scopes))


def note(booking: dict[str, Any]) -> dict[str, Any]:
    return {"bookingId": booking["id"], "text": "Late arrival", "idempotencyKey": str(uuid.uuid4())}


def test_the_contracts_and_the_code_know_the_same_scopes() -> None:
    names = {name.removeprefix("SCOPE_") for name in access_pb2.Scope.keys()} - {"UNSPECIFIED"}  # noqa: SIM118
    assert names == set(Scope.__members__)


async def test_a_scope_lets_a_machine_read_what_its_hotelier_sees(
    house: ApiHouse, guest: Client, nobody: Client
) -> None:
    booking = await guest.book(house.houses["Grand House"])
    reader = await machine(house, nobody, Scope.READ_BOOKINGS)
    assert (await reader.data(BOOKING, {"id": booking["id"]}))["booking"] == {"state": "HELD"}
    async with open_socket(house.url, token=reader.token) as socket:
        await socket.follow(booking["id"])
        assert (await socket.receive())["type"] == "next"


async def test_without_the_scope_the_service_itself_refuses(house: ApiHouse, guest: Client, nobody: Client) -> None:
    booking = await guest.book(house.houses["Grand House"])
    other = await machine(house, nobody, Scope.READ_HOTELS, Scope.WRITE_BOOKINGS)
    assert (await other.refusal(BOOKING, {"id": booking["id"]}))["code"] == "PERMISSION_DENIED"


async def test_writing_needs_its_own_scope_and_nothing_is_written_without(
    house: ApiHouse, guest: Client, nobody: Client
) -> None:
    booking = await guest.book(house.houses["Grand House"])
    reader = await machine(house, nobody, Scope.READ_BOOKINGS)
    before = await house.rows()
    notes = await house.database.fetchval("SELECT count(*) FROM booking.booking_note")
    answer = await reader.mutate(NOTE, note(booking))
    assert answer == {
        "__typename": "NotPermitted",
        "code": "PERMISSION_DENIED",
        "message": "This needs the scope write:bookings.",
    }
    assert await house.rows() == before
    assert await house.database.fetchval("SELECT count(*) FROM booking.booking_note") == notes
    writer = await machine(house, nobody, Scope.WRITE_BOOKINGS)
    assert (await writer.mutate(NOTE, note(booking)))["__typename"] == "BookingNoteAdded"


@pytest.mark.usefixtures("nothing_changes")
async def test_what_is_for_people_is_not_for_machines_whatever_their_scopes(house: ApiHouse, nobody: Client) -> None:
    almighty = await machine(house, nobody, *Scope)
    quote = encode_id("Quote", str(uuid.uuid4()))
    answer = await almighty.mutate(document("6_book"), wish(quote, "a@example.org"))
    assert (answer["__typename"], answer["code"]) == ("NotPermitted", "PERMISSION_DENIED")
    refusal = await almighty.refusal("{ viewer { unreadNotifications } }")
    assert refusal["code"] == "PERMISSION_DENIED"


async def test_a_machine_without_scopes_reads_what_anybody_reads(house: ApiHouse, nobody: Client) -> None:
    poor = await machine(house, nobody)
    hotel = encode_id("Hotel", str(house.houses["Grand House"].id))
    found = await poor.data("query ($id: ID!) { hotel(id: $id) { name } }", {"id": hotel})
    assert found["hotel"] == {"name": "Grand House"}
    assert (await poor.refusal("{ viewer { email } }"))["code"] == "PERMISSION_DENIED"
