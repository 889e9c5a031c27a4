"""Lists of houses: every row becomes a house or is skipped with a reason, once."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from contracts.hotel.v1 import hotel_import_pb2, hotel_import_pb2_grpc, hotel_pb2, hotel_pb2_grpc
from grpc_services.hotel.importing import UNCLAIMED, Skipped, read_row
from runtime.channels import call, open_channel
from runtime.database import Database, open_database
from runtime.identity import Role
from tests.house import SignedIn, refused, register_account, service_token
from tests.parts import Parts

if TYPE_CHECKING:
    Hotels = hotel_pb2_grpc.HotelServiceAsyncStub
    Imports = hotel_import_pb2_grpc.HotelImportServiceAsyncStub


@pytest.fixture(scope="module")
async def imports(hotel_address: str) -> AsyncIterator[Imports]:
    async with open_channel(hotel_address, hotel_import_pb2.DESCRIPTOR) as channel:
        yield hotel_import_pb2_grpc.HotelImportServiceStub(channel)


@pytest.fixture(scope="module")
async def database(parts: Parts) -> AsyncIterator[Database]:
    async with open_database(parts.database_url("hotel"), pool_size=2, application_name="tests") as opened:
        yield opened


@pytest.fixture(scope="module")
async def hotelier(auth_address: str) -> SignedIn:
    return await register_account(auth_address, Role.HOTELIER)


def row(line: int = 2, /, **changes: str) -> hotel_import_pb2.ImportRow:
    fields = {
        "name": "HÔTEL DU PORT",
        "stars": "3",
        "address": f"{line} quai des Essais",
        "postal_code": "35400",
        "city": "SAINT-MALO",
        "country": "FR",
        "latitude": "48.65",
        "longitude": "-2.01",
        "rooms": "20",
        "guests": "40",
        "website": "www.port.example",
        **changes,
    }
    return hotel_import_pb2.ImportRow(line=line, **fields)


def test_a_row_is_read_as_people_write_it() -> None:
    listed = read_row(row())
    assert (listed.name, listed.city, listed.website) == ("Hôtel du Port", "Saint-Malo", "http://www.port.example")
    assert (listed.time_zone, listed.currency, listed.remarks) == ("Europe/Paris", "EUR", ())


@pytest.mark.parametrize(
    ("postal_code", "country", "latitude", "longitude", "zone"),
    [
        ("97413", "FR", "-21.13", "55.47", "Indian/Reunion"),
        ("97190", "FR", "16.21", "-61.52", "America/Guadeloupe"),
        ("97300", "FR", "4.93", "-52.33", "America/Cayenne"),
        ("28013", "ES", "40.42", "-3.70", "Europe/Madrid"),
        ("35001", "ES", "28.1", "-15.4", "Atlantic/Canary"),
        ("1100-148", "PT", "38.71", "-9.13", "Europe/Lisbon"),
    ],
)
def test_the_time_zone_comes_from_country_and_position(
    postal_code: str, country: str, latitude: str, longitude: str, zone: str
) -> None:
    changes = {"postal_code": postal_code, "country": country, "latitude": latitude, "longitude": longitude}
    assert read_row(row(**changes)).time_zone == zone


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "  "),
        ("name", "x" * 201),
        ("name", "HÔTEL\x00"),
        ("name", "H\ufffdTEL"),
        ("stars", "6"),
        ("stars", "three"),
        ("address", ""),
        ("postal_code", "1" * 19),
        ("city", ""),
        ("country", "France"),
        ("country", "XX"),
        ("country", "JP"),
        ("latitude", "north"),
        ("latitude", "91"),
        ("longitude", "nan"),
        ("rooms", "0"),
        ("rooms", "-3"),
        ("rooms", "2.5"),
        ("rooms", "10001"),
    ],
)
def test_a_row_that_makes_no_house_says_which_column_is_at_fault(column: str, value: str) -> None:
    with pytest.raises(Skipped) as why:
        read_row(row(**{column: value}))
    assert why.value.field == column
    assert why.value.reason


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({"stars": ""}, "not classified"),
        ({"guests": "0"}, "guest capacity"),
        ({"guests": "7"}, "Fewer guests"),
        ({"website": "someone@port.example"}, "website"),
    ],
)
def test_odd_values_that_do_no_harm_are_remarked_on(changes: dict[str, str], remark: str) -> None:
    listed = read_row(row(**changes))
    assert len(listed.remarks) == 1
    assert remark in listed.remarks[0]
    assert "@" not in listed.website


async def test_good_rows_become_houses_and_bad_ones_are_told_row_by_row(
    imports: Imports, hotels: Hotels, hotelier: SignedIn
) -> None:
    rows = [row(2), row(3, rooms="none"), row(4, guests="0"), row(5, rooms="2"), row(4)]
    request = hotel_import_pb2.ImportHotelsRequest(rows=rows, publish=True)
    answer = await call(imports.ImportHotels, request, token=hotelier.token)
    assert [(one.line, one.outcome, one.field) for one in answer.rows] == [
        (2, hotel_import_pb2.IMPORT_OUTCOME_IMPORTED, ""),
        (3, hotel_import_pb2.IMPORT_OUTCOME_SKIPPED, "rooms"),
        (4, hotel_import_pb2.IMPORT_OUTCOME_IMPORTED, ""),
        (4, hotel_import_pb2.IMPORT_OUTCOME_ALREADY_THERE, ""),
        (5, hotel_import_pb2.IMPORT_OUTCOME_IMPORTED, ""),
    ]
    assert list(answer.rows[2].remarks) == ["The guest capacity is not told: taken from the rooms."]
    ids = [answer.rows[0].hotel_id, answer.rows[4].hotel_id]
    houses = (await call(hotels.GetHotels, hotel_pb2.GetHotelsRequest(ids=ids), token="")).hotels
    by_id = {house.id: house for house in houses}
    assert [sum(kind.number_of_rooms for kind in by_id[one].room_types) for one in ids] == [20, 2]
    assert [len(by_id[one].room_types) for one in ids] == [3, 2]
    assert {house.owner_id for house in houses} == {str(hotelier.account_id)}


async def test_a_list_imported_again_at_once_or_later_makes_no_second_house(
    imports: Imports, database: Database, auth_address: str
) -> None:
    someone = await register_account(auth_address, Role.HOTELIER)
    request = hotel_import_pb2.ImportHotelsRequest(rows=[row(line) for line in range(2, 12)])
    answers = await asyncio.gather(*(call(imports.ImportHotels, request, token=someone.token) for _ in range(4)))
    answers.append(await call(imports.ImportHotels, request, token=someone.token))
    outcomes = [one.outcome for answer in answers for one in answer.rows]
    assert outcomes.count(hotel_import_pb2.IMPORT_OUTCOME_IMPORTED) == 10
    assert outcomes.count(hotel_import_pb2.IMPORT_OUTCOME_ALREADY_THERE) == 40
    async with database.reading() as connection:
        houses = await connection.fetch("SELECT id, state FROM hotel.hotel WHERE owner_id = $1", someone.account_id)
        assert [house["state"] for house in houses] == ["DRAFT"] * 10
        ids = [house["id"] for house in houses]
        announced = await connection.fetchval(
            "SELECT count(*) FROM hotel.outbox_event AS o JOIN hotel.room_type AS t ON t.id::text = o.aggregate_id"
            " WHERE t.hotel_id = ANY ($1)",
            ids,
        )
        assert announced == 30
        logged = await connection.fetch(
            "SELECT action, actor_id FROM hotel.change_entry WHERE hotel_id = ANY ($1)", ids
        )
    assert [(entry["action"], entry["actor_id"]) for entry in logged] == [("imported", someone.account_id)] * 10


async def test_the_same_row_of_two_hoteliers_and_of_the_register_makes_three_houses(
    imports: Imports, hotels: Hotels, hotelier: SignedIn, auth_address: str
) -> None:
    other = await register_account(auth_address, Role.HOTELIER)
    request = hotel_import_pb2.ImportHotelsRequest(rows=[row(2, name="DREIMAL")])
    tokens = [hotelier.token, other.token, await service_token(auth_address, "operator")]
    answers = [await call(imports.ImportHotels, request, token=token) for token in tokens]
    assert len({answer.rows[0].hotel_id for answer in answers}) == 3
    shown = await call(
        hotels.GetHotels, hotel_pb2.GetHotelsRequest(ids=[answers[2].rows[0].hotel_id]), token=hotelier.token
    )
    assert not shown.hotels  # a draft of nobody's
    assert hotelier.account_id != UNCLAIMED


async def test_guests_and_strangers_import_nothing(imports: Imports, database: Database, auth_address: str) -> None:
    guest = await register_account(auth_address, Role.GUEST)
    hotelier = await register_account(auth_address, Role.HOTELIER)
    name = f"NOT {uuid.uuid4().hex}"
    rows = [row(2, name=name)]
    for token, code in (("", "UNAUTHENTICATED"), (guest.token, "PERMISSION_DENIED")):
        refusal = await refused(
            call(imports.ImportHotels, hotel_import_pb2.ImportHotelsRequest(rows=rows), token=token)
        )
        assert refusal.code == code
    for_another = hotel_import_pb2.ImportHotelsRequest(rows=rows, owner_id=str(uuid.uuid4()))
    refusal = await refused(call(imports.ImportHotels, for_another, token=hotelier.token))
    assert (refusal.code, refusal.path) == ("PERMISSION_DENIED", ("ownerId",))
    async with database.reading() as connection:
        assert not await connection.fetchval("SELECT count(*) FROM hotel.hotel WHERE name ILIKE $1", name)


@pytest.mark.parametrize("number", [0, 501])
async def test_a_call_takes_1_to_500_rows(imports: Imports, hotelier: SignedIn, number: int) -> None:
    request = hotel_import_pb2.ImportHotelsRequest(rows=[row(line) for line in range(number)])
    refusal = await refused(call(imports.ImportHotels, request, token=hotelier.token))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("rows",))
