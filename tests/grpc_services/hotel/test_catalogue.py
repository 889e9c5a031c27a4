"""Who sees which houses."""

from __future__ import annotations

import uuid
from typing import TypeAlias

import pytest

from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc, rate_pb2
from runtime.channels import call, stream
from runtime.clock import utc_now
from runtime.database import Database
from runtime.identity import Role
from tests.grpc_services.hotel.catalogue import HouseInput, add_house
from tests.grpc_services.hotel.test_pricing import Rates, stay
from tests.house import SignedIn, refused, register_account

Hotels: TypeAlias = "hotel_pb2_grpc.HotelServiceAsyncStub"


async def test_an_unpublished_house_is_seen_by_its_owner_only(
    hotels: Hotels, rates: Rates, hotel_database: Database, owner: SignedIn, auth_address: str
) -> None:
    hidden = await add_house(hotel_database, HouseInput(owner.account_id, published=False))
    request = hotel_pb2.GetHotelsRequest(ids=[str(hidden.id)])
    rival = await register_account(auth_address, Role.HOTELIER)
    for token in ("", rival.token):
        assert list((await call(hotels.GetHotels, request, token=token)).hotels) == []
        assert (await refused(call(rates.PriceStay, stay(hidden), token=token))).code == "NOT_FOUND"
    (seen,) = (await call(hotels.GetHotels, request, token=owner.token)).hotels
    assert (seen.id, seen.owner_id) == (str(hidden.id), str(owner.account_id))
    assert (await call(rates.PriceStay, stay(hidden), token=owner.token)).hotel_id == str(hidden.id)
    catalogue = rate_pb2.StreamCatalogueRequest(first_night=utc_now().date().isoformat(), nights=3)
    everything = [entry.hotel.id async for entry in stream(rates.StreamCatalogue, catalogue, token=owner.token)]
    assert str(hidden.id) not in everything
    catalogue.hotel_ids.append(str(hidden.id))
    assert [entry async for entry in stream(rates.StreamCatalogue, catalogue, token=owner.token)] == []


async def test_an_owner_pages_through_their_own_houses_by_name(
    hotels: Hotels, hotel_database: Database, owner: SignedIn, auth_address: str
) -> None:
    person = await register_account(auth_address, Role.HOTELIER)
    names = ["Écu", "Aux Arts", "Zephyr", "Same", "Same", "Same", "Bellevue"]
    mine = [
        (await add_house(hotel_database, HouseInput(person.account_id, name=name, published=name != "Zephyr"))).id
        for name in names
    ]
    await add_house(hotel_database, HouseInput(owner.account_id, name="Not mine"))
    for first in (1, 2, 7, 100):
        found: list[hotel_pb2.Hotel] = []
        after, more = "", True
        while more:
            request = hotel_pb2.ListOwnHotelsRequest(first=first, after=after)
            page = await call(hotels.ListOwnHotels, request, token=person.token)
            assert len(page.hotels) == len(page.cursors) <= first
            found += page.hotels
            more, after = page.has_next_page, page.cursors[-1]
        assert sorted(hotel.id for hotel in found) == sorted(str(identifier) for identifier in mine)
        assert [hotel.name for hotel in found].index("Aux Arts") == 0


async def test_only_hoteliers_list_their_houses(hotels: Hotels, auth_address: str) -> None:
    guest = await register_account(auth_address, Role.GUEST)
    request = hotel_pb2.ListOwnHotelsRequest()
    assert (await refused(call(hotels.ListOwnHotels, request, token=guest.token))).code == "PERMISSION_DENIED"
    assert (await refused(call(hotels.ListOwnHotels, request, token=""))).code == "UNAUTHENTICATED"


async def test_ids_are_checked_and_counted(hotels: Hotels) -> None:
    assert (await refused(call(hotels.GetHotels, hotel_pb2.GetHotelsRequest(ids=["x"]), token=""))).path == ("id",)
    many = hotel_pb2.GetHotelsRequest(ids=[str(uuid.uuid4())] * 201)
    assert (await refused(call(hotels.GetHotels, many, token=""))).path == ("ids",)


@pytest.mark.parametrize(
    ("first_night", "nights", "path"),
    [("soon", 3, "firstNight"), ("2027-01-01", 0, "nights"), ("2027-01-01", 2_000_000_000, "nights")],
)
async def test_a_catalogue_of_senseless_nights_is_refused(
    rates: Rates, first_night: str, nights: int, path: str
) -> None:
    request = rate_pb2.StreamCatalogueRequest(first_night=first_night, nights=nights)

    async def read() -> None:
        async for _ in stream(rates.StreamCatalogue, request, token=""):
            pass

    refusal = await refused(read())
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", (path,))
