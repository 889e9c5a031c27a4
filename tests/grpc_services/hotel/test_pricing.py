"""What a stay costs, asked of the running service."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import Any, TypeAlias

import numpy as np
import pytest

from contracts.hotel.v1 import rate_pb2, rate_pb2_grpc
from runtime.channels import call, stream
from runtime.clock import utc_now
from runtime.database import Database
from tests.grpc_services.hotel.catalogue import House, HouseInput, Kind, Plan, Rule, add_house
from tests.house import SignedIn, refused

Rates: TypeAlias = "rate_pb2_grpc.RateServiceAsyncStub"
DAY = dt.timedelta(days=1)
ARRIVAL = utc_now().date() + 30 * DAY
NIGHT = rate_pb2.PRICE_LINE_KIND_NIGHT
CITY_TAX = rate_pb2.PRICE_LINE_KIND_CITY_TAX


@pytest.fixture(scope="module")
async def house(hotel_database: Database, owner: SignedIn) -> House:
    return await add_house(
        hotel_database,
        HouseInput(
            owner.account_id,
            kinds=(Kind(price=9_999), Kind("Suite", 31_415, 1, 4, 2), Kind("Cheap", 3_333, 1, 1, 0)),
            plans=(Plan(basis_points=-733), Plan("Breakfast", "AT_HOTEL", 1777)),
            rules=(
                Rule(1234, weekdays=0b1100000),
                Rule(-1500, ARRIVAL + 3 * DAY, ARRIVAL + 12 * DAY),
                Rule(777, ARRIVAL, ARRIVAL + 30 * DAY, 0b0011111, kind=1),
            ),
        ),
    )


def stay(house: House, *rooms: rate_pb2.RoomRequest, start: int = 0, nights: int = 2) -> rate_pb2.PriceStayRequest:
    return rate_pb2.PriceStayRequest(
        hotel_id=str(house.id),
        check_in=(ARRIVAL + start * DAY).isoformat(),
        check_out=(ARRIVAL + (start + nights) * DAY).isoformat(),
        rooms=rooms or [house.room()],
    )


async def test_lines_sum_exactly_to_the_total_and_are_the_catalogues_nights(rates: Rates, house: House) -> None:
    draw = random.Random(11)
    first = utc_now().date()
    request = rate_pb2.StreamCatalogueRequest(first_night=first.isoformat(), nights=500, hotel_ids=[str(house.id)])
    (entry,) = [entry async for entry in stream(rates.StreamCatalogue, request, token="")]
    nightly = {
        (p.room_type_id, p.rate_plan_id): np.frombuffer(p.nightly_prices, "<i4").tolist() for p in entry.products
    }
    assert len(nightly) == 6
    for _ in range(60):
        start = draw.randrange(-30, 400)
        nights = draw.randrange(1, 61)
        rooms = [
            house.room(draw.randrange(2), draw.randrange(2), draw.randrange(1, 3), [draw.randrange(18)])
            for _ in range(draw.randrange(1, 5))
        ]
        priced = await call(rates.PriceStay, stay(house, *rooms, start=start, nights=nights), token="")
        assert list(priced.rooms[0].request.children_ages) == list(rooms[0].children_ages)
        total = 0
        for asked, room in zip(rooms, priced.rooms, strict=True):
            offset = (ARRIVAL - first).days + start
            catalogue = nightly[asked.room_type_id, asked.rate_plan_id][offset : offset + nights]
            assert [line.amount.minor_units for line in room.lines if line.kind == NIGHT] == list(catalogue)
            assert [line.night for line in room.lines if line.kind == NIGHT] == [
                (ARRIVAL + (start + number) * DAY).isoformat() for number in range(nights)
            ]
            taxed = asked.adults + sum(age >= 18 for age in asked.children_ages)
            assert [line.amount.minor_units for line in room.lines if line.kind == CITY_TAX] == [250 * taxed * nights]
            assert room.total.minor_units == sum(line.amount.minor_units for line in room.lines)
            total += room.total.minor_units
        assert priced.total.minor_units == total
        assert priced.total.currency == "EUR"


async def test_offers_come_cheapest_first_and_cost_what_the_stay_costs(rates: Rates, house: House) -> None:
    draw = random.Random(12)
    for _ in range(20):
        start, nights = draw.randrange(0, 60), draw.randrange(1, 20)
        parties = [
            rate_pb2.Occupancy(adults=draw.randrange(1, 3), children_ages=[9] * draw.randrange(2))
            for _ in range(draw.randrange(1, 4))
        ]
        asked = stay(house, start=start, nights=nights)
        request = rate_pb2.PriceOffersRequest(
            hotel_id=asked.hotel_id, check_in=asked.check_in, check_out=asked.check_out, rooms=parties
        )
        offers = (await call(rates.PriceOffers, request, token="")).offers
        totals = [offer.total.minor_units for offer in offers]
        assert totals == sorted(totals)
        assert len(offers) >= 4
        for offer in offers:
            asked.ClearField("rooms")
            for party in parties:
                asked.rooms.add(
                    room_type_id=offer.room_type_id,
                    rate_plan_id=offer.rate_plan_id,
                    adults=party.adults,
                    children_ages=party.children_ages,
                )
            assert (await call(rates.PriceStay, asked, token="")).total == offer.total


async def test_offers_leave_out_rooms_that_do_not_fit(rates: Rates, house: House) -> None:
    asked = stay(house)
    request = rate_pb2.PriceOffersRequest(
        hotel_id=asked.hotel_id,
        check_in=asked.check_in,
        check_out=asked.check_out,
        rooms=[rate_pb2.Occupancy(adults=1), rate_pb2.Occupancy(adults=3)],
    )
    offers = (await call(rates.PriceOffers, request, token="")).offers
    assert {offer.room_type_id for offer in offers} == {house.room_types[1]}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"hotel_id": "x"}, ("hotelId",)),
        ({"check_in": ""}, ("checkIn",)),
        ({"check_in": "2027-02-30"}, ("checkIn",)),
        ({"check_in": (utc_now().date() - 2 * DAY).isoformat()}, ("checkIn",)),
        ({"check_out": "x"}, ("checkOut",)),
        ({"check_out": ARRIVAL.isoformat()}, ("checkOut",)),
        ({"check_out": (ARRIVAL - DAY).isoformat()}, ("checkOut",)),
        ({"check_out": (ARRIVAL + 61 * DAY).isoformat()}, ("checkOut",)),
        (
            {
                "check_in": (utc_now().date() + 498 * DAY).isoformat(),
                "check_out": (utc_now().date() + 503 * DAY).isoformat(),
            },
            ("checkOut",),
        ),
    ],
)
async def test_what_makes_no_stay_is_refused_naming_its_field(
    rates: Rates, house: House, change: dict[str, Any], path: tuple[str, ...]
) -> None:
    priced = stay(house)
    offered = rate_pb2.PriceOffersRequest(
        hotel_id=priced.hotel_id,
        check_in=priced.check_in,
        check_out=priced.check_out,
        rooms=[rate_pb2.Occupancy(adults=1)],
    )
    for name, value in change.items():
        setattr(priced, name, value)
        setattr(offered, name, value)
    for refusal in (
        await refused(call(rates.PriceStay, priced, token="")),
        await refused(call(rates.PriceOffers, offered, token="")),
    ):
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", path)


async def test_guests_that_do_not_fit_are_refused_naming_the_room(rates: Rates, house: House) -> None:
    foreign = str(uuid.uuid4())
    for room, path in (
        (rate_pb2.RoomRequest(room_type_id=foreign, rate_plan_id=house.plans[0], adults=1), "roomTypeId"),
        (rate_pb2.RoomRequest(room_type_id=house.room_types[0], rate_plan_id=foreign, adults=1), "ratePlanId"),
        (house.room(adults=0), "adults"),
        (house.room(adults=-1), "adults"),
        (house.room(adults=21), "adults"),
        (house.room(adults=3), "adults"),
        (house.room(adults=2, children_ages=[1, 2]), "adults"),
        (house.room(adults=1, children_ages=[18]), "childrenAges"),
        (house.room(adults=1, children_ages=[-1]), "childrenAges"),
    ):
        refusal = await refused(call(rates.PriceStay, stay(house, room), token=""))
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("rooms", "0", path))
    refusal = await refused(call(rates.PriceStay, stay(house, house.room(), house.room(adults=9)), token=""))
    assert refusal.path == ("rooms", "1", "adults")


async def test_a_stay_may_begin_today_at_the_hotel(rates: Rates, hotel_database: Database, owner: SignedIn) -> None:
    for zone, offset in (("Pacific/Kiritimati", 14), ("Pacific/Pago_Pago", -11)):
        house = await add_house(hotel_database, HouseInput(owner.account_id, time_zone=zone))
        today = (utc_now() + dt.timedelta(hours=offset)).date()
        request = stay(house)
        request.check_in, request.check_out = today.isoformat(), (today + DAY).isoformat()
        assert (await call(rates.PriceStay, request, token="")).total.minor_units == 10_250
        request.check_in = (today - DAY).isoformat()
        assert (await refused(call(rates.PriceStay, request, token=""))).path == ("checkIn",)
