"""A hotelier's own list, uploaded through GraphQL."""

from __future__ import annotations

import uuid

import httpx
import pytest

from runtime.identity import Role
from tests.api.client import Client
from tests.api.house import ApiHouse
from tests.house import register_account

IMPORT = """
    mutation ($input: HotelsImportInput!) {
      hotelsImport(input: $input) {
        __typename
        ... on HotelsImported {
          importedCount alreadyThereCount skippedCount
          rows { line outcome hotelId column reason remarks }
        }
        ... on UserError { code message path }
      }
    }
"""
HEADER = "name;stars;address;postal_code;city;country;latitude;longitude;rooms;guests;website"


@pytest.fixture
async def importer(house: ApiHouse, http: httpx.AsyncClient) -> Client:
    """A hotelier of their own: other tests count the shared one's houses."""
    person = await register_account(house.auth_address, Role.HOTELIER)
    return Client(http, house.url, token=person.token, email=person.email)


def listed(*rows: str) -> str:
    return "\n".join([HEADER, *rows])


def line(name: str, rooms: str = "12") -> str:
    return f"{name};3;1 rue du Test;35400;SAINT-MALO;FR;48.65;-2.01;{rooms};20;"


async def test_a_list_becomes_houses_that_its_hotelier_finds_and_publishes(importer: Client) -> None:
    name = f"MAISON {uuid.uuid4().hex[:8]}".upper()
    csv = listed(line(name), line("KEINS", rooms="viele"), line(name))
    imported = await importer.mutate(IMPORT, {"csv": csv})
    assert [imported[key] for key in ("importedCount", "alreadyThereCount", "skippedCount")] == [1, 1, 1]
    first, refused, again = imported["rows"]
    assert (first["outcome"], again["outcome"], again["hotelId"]) == ("IMPORTED", "ALREADY_THERE", first["hotelId"])
    assert (refused["line"], refused["outcome"], refused["column"], refused["hotelId"]) == (3, "SKIPPED", "rooms", None)
    house = "query ($id: ID!) { hotel(id: $id) { name state roomTypes { numberOfRooms } ratePlans { name } } }"
    seen = (await importer.data(house, {"id": first["hotelId"]}))["hotel"]
    assert seen["state"] == "DRAFT"
    assert sum(kind["numberOfRooms"] for kind in seen["roomTypes"]) == 12
    assert len(seen["ratePlans"]) == 3
    repeated = await importer.mutate(IMPORT, {"csv": csv})
    assert [repeated[key] for key in ("importedCount", "alreadyThereCount", "skippedCount")] == [0, 2, 1]


@pytest.mark.parametrize("csv", ["", "what is this", HEADER, listed(*[line(f"H{n}") for n in range(2001)])])
async def test_a_text_that_is_no_list_is_refused_whole(importer: Client, nothing_changes: None, csv: str) -> None:
    refusal = await importer.mutate(IMPORT, {"csv": csv})
    assert (refusal["__typename"], refusal["path"]) == ("InvalidInput", ["csv"])


async def test_guests_and_strangers_import_nothing(house: ApiHouse, http: httpx.AsyncClient, guest: Client) -> None:
    name = f"NOT {uuid.uuid4().hex}"
    for client in (Client(http, house.url), guest):
        refusal = await client.mutate(IMPORT, {"csv": listed(line(name))})
        assert refusal["__typename"] == "NotPermitted"
    assert not await house.database.fetchval("SELECT count(*) FROM hotel.hotel WHERE name ILIKE $1", name)
