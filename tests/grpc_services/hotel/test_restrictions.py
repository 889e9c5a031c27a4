"""Which stays a house sells: each restriction refuses a quote, leaves an offer out and says so."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import numpy as np
import pytest

from contracts.hotel.v1 import rate_pb2
from grpc_services.hotel.night_rates import RESTRICTIONS, UNSET, nothing_written
from grpc_services.hotel.restrictions import PlanRestrictions, effective, reasons_against
from grpc_services.hotel.rules import Stay, today_at
from runtime.channels import call, stream
from runtime.clock import utc_now
from runtime.database import Database
from tests.grpc_services.hotel.rate_desk import DAY, MONDAY, RateDesk, Rates, day, rate_desk
from tests.house import SignedIn, refused

CLOSED = rate_pb2.UNAVAILABLE_REASON_CLOSED
AHEAD = (MONDAY - today_at("Europe/Paris", utc_now())).days


@pytest.fixture(scope="module")
async def desk(rates: Rates, hotel_database: Database, owner: SignedIn) -> RateDesk:
    """Every week under other rules; the first has none."""
    desk = await rate_desk(rates, hotel_database, owner.account_id, owner.token)
    await desk.update(
        desk.change(9, 10, closed=True),
        desk.change(16, 16, closed_to_arrival=True),
        desk.change(23, 23, closed_to_departure=True),
        desk.change(30, 30, min_stay=3),
        desk.change(37, 37, max_stay=2),
        desk.change(44, 44, min_advance_days=AHEAD + 45),
        desk.change(51, 51, max_advance_days=AHEAD + 50),
        desk.change(58, 59, closed=True, closed_to_arrival=True, min_stay=2),
    )
    return desk


# First night, nights, and what stands against that stay: night, reason, limit.
_STAYS: list[tuple[int, int, list[tuple[int, str, int]]]] = [
    (0, 7, []),
    (7, 2, []),
    (8, 2, [(9, "CLOSED", 0)]),
    (7, 7, [(9, "CLOSED", 0), (10, "CLOSED", 0)]),
    (11, 2, []),
    (16, 2, [(16, "CLOSED_TO_ARRIVAL", 0)]),
    (15, 3, []),
    (21, 2, [(23, "CLOSED_TO_DEPARTURE", 0)]),
    (21, 3, []),
    (23, 1, []),
    (30, 2, [(30, "MIN_STAY", 3)]),
    (30, 3, []),
    (29, 2, []),
    (37, 2, []),
    (37, 3, [(37, "MAX_STAY", 2)]),
    (36, 5, []),
    (44, 1, [(44, "TOO_LATE", AHEAD + 45)]),
    (43, 2, []),
    (51, 1, [(51, "TOO_EARLY", AHEAD + 50)]),
    (50, 2, []),
    (58, 1, [(58, "CLOSED", 0), (58, "CLOSED_TO_ARRIVAL", 0), (58, "MIN_STAY", 2)]),
]


@pytest.mark.parametrize(("first", "nights", "reasons"), _STAYS)
async def test_a_restriction_holds_for_quotes_offers_and_reasons_alike(
    desk: RateDesk, first: int, nights: int, reasons: list[tuple[int, str, int]]
) -> None:
    request = desk.stay(first, nights)
    place = {"hotel_id": request.hotel_id, "check_in": request.check_in, "check_out": request.check_out}
    offered = rate_pb2.PriceOffersRequest(**place, rooms=[rate_pb2.Occupancy(adults=1)])
    offers = {
        (offer.room_type_id, offer.rate_plan_id)
        for offer in (await call(desk.stub.PriceOffers, offered, token="")).offers
    }
    listed = await call(desk.stub.ListStayRestrictions, rate_pb2.ListStayRestrictionsRequest(**place), token="")
    kinds, plans = desk.house.room_types, desk.house.plans
    told = [
        (rule.room_type_id, rule.rate_plan_id, rule.night, _name(rule.reason), rule.limit)
        for rule in listed.restrictions
    ]
    assert told == [
        (kinds[0], plans[plan], day(night), name, limit) for plan in (0, 2) for night, name, limit in reasons
    ]
    sold = {(kind, plan) for kind in kinds for plan in plans}
    assert offers == (sold - {(kinds[0], plans[0]), (kinds[0], plans[2])} if reasons else sold)
    if not reasons:
        assert (await call(desk.stub.PriceStay, request, token="")).rooms
        return
    refusal = await refused(call(desk.stub.PriceStay, request, token=""))
    assert (refusal.code, refusal.path) == ("ROOM_UNAVAILABLE", ("rooms", "0"))
    assert refusal.details == {
        "room_type_id": kinds[0],
        "nights": ",".join(sorted({day(night) for night, _, _ in reasons})),
        "reasons": ";".join(f"{day(night)}|{name}|{limit or ''}" for night, name, limit in reasons),
    }


async def test_one_forbidden_room_refuses_the_whole_stay(desk: RateDesk) -> None:
    request = desk.stay(8, 2, desk.house.room(1), desk.house.room(0, 1), desk.house.room(0, 2))
    refusal = await refused(call(desk.stub.PriceStay, request, token=""))
    assert (refusal.code, refusal.path) == ("ROOM_UNAVAILABLE", ("rooms", "2"))


async def test_the_catalogue_tells_restrictions_in_runs_of_alike_nights(desk: RateDesk) -> None:
    request = rate_pb2.StreamCatalogueRequest(first_night=day(8), nights=54, hotel_ids=[str(desk.house.id)])
    (entry,) = [entry async for entry in stream(desk.stub.StreamCatalogue, request, token="")]
    runs = {
        (product.room_type_id, product.rate_plan_id): [
            (run.first_offset + 8, run.nights, run.restrictions) for run in product.restrictions
        ]
        for product in entry.products
    }
    kinds, plans = desk.house.room_types, desk.house.plans
    assert runs[kinds[0], plans[0]][:2] == [
        (9, 2, rate_pb2.NightRestrictions(closed=True)),
        (16, 1, rate_pb2.NightRestrictions(closed_to_arrival=True)),
    ]
    assert len(runs[kinds[0], plans[0]]) == 8
    assert runs[kinds[0], plans[2]] == runs[kinds[0], plans[0]]
    assert [runs[key] for key in runs if key not in ((kinds[0], plans[0]), (kinds[0], plans[2]))] == [[]] * 4


async def test_the_catalogue_tells_what_the_calendar_tells(
    rates: Rates, hotel_database: Database, owner: SignedIn
) -> None:
    """Random edits, read back both ways."""
    desk = await rate_desk(rates, hotel_database, owner.account_id, owner.token)
    draw = random.Random(7)
    for _ in range(4):
        await desk.update(*(_random_change(desk, draw) for _ in range(8)))
    request = rate_pb2.StreamCatalogueRequest(first_night=day(0), nights=62, hotel_ids=[str(desk.house.id)])
    (entry,) = [entry async for entry in stream(rates.StreamCatalogue, request, token="")]
    calendar = await desk.rates(62)
    for product in entry.products:
        kind, plan = desk.house.room_types.index(product.room_type_id), desk.house.plans.index(product.rate_plan_id)
        prices = np.frombuffer(product.nightly_prices, "<i4").tolist()
        assert prices == [calendar[kind, plan, night].price.minor_units for night in range(62)]
        held = [rate_pb2.NightRestrictions()] * 62
        for run in product.restrictions:
            held[run.first_offset : run.first_offset + run.nights] = [run.restrictions] * run.nights
        assert held == [calendar[kind, plan, night].restrictions for night in range(62)]


def _random_change(desk: RateDesk, draw: random.Random) -> rate_pb2.RateChange:
    first = draw.randrange(62)
    fields: dict[str, Any] = {
        "price_minor_units": draw.randrange(20_000),
        "closed": draw.random() < 0.5,
        "closed_to_arrival": draw.random() < 0.5,
        "min_stay": draw.randrange(1, 4),
        "max_stay": draw.randrange(4, 9),
        "max_advance_days": draw.randrange(100, 400),
        "clear": [draw.randrange(1, 9)],
    }
    chosen = {name: fields[name] for name in draw.sample(sorted(fields), 3)}
    cleared = {1: "price_minor_units"} | dict(enumerate(RESTRICTIONS, 2))
    for number in chosen.get("clear", []):
        chosen.pop(cleared[number], None)
    return desk.change(
        first,
        min(first + draw.randrange(20), 61),
        kinds=draw.sample([0, 1], draw.randrange(1, 3)),
        plans=draw.sample([0, 1, 2], draw.randrange(1, 4)),
        weekdays=draw.sample(range(1, 8), draw.randrange(8)),
        **chosen,
    )


def test_a_derived_plan_takes_over_written_restrictions_but_not_the_other_plans_own_days() -> None:
    written = nothing_written(1, 2, 3)
    written[4, 0, 0, 1] = 5  # min stay of the original's second night
    written[6, 0, 0, 1] = 9  # its days in advance
    written[4, 0, 1, 2] = 2
    held = effective(written, [PlanRestrictions(None, 4, None), PlanRestrictions(0, None, 30)])
    assert held[3, 0].tolist() == [[UNSET, 5, UNSET], [UNSET, 5, 2]]
    assert held[5, 0].tolist() == [[4, 9, 4], [UNSET, 9, UNSET]]
    assert held[6, 0].tolist() == [[UNSET] * 3, [30] * 3]


@pytest.mark.parametrize("ahead", [0, 1, 5])
def test_days_in_advance_are_counted_from_today_at_the_hotel(ahead: int) -> None:
    held = np.full((len(RESTRICTIONS), 2), UNSET, dtype=np.int32)
    held[5], held[6] = 1, 1
    reasons = reasons_against(held, Stay(MONDAY, MONDAY + DAY), MONDAY - ahead * DAY)
    assert [_name(reason.kind) for reason in reasons] == {0: ["TOO_LATE"], 1: [], 5: ["TOO_EARLY"]}[ahead]


def test_today_is_the_day_at_the_hotel() -> None:
    moment = dt.datetime(2027, 5, 1, 11, tzinfo=dt.UTC)
    assert today_at("Pacific/Kiritimati", moment).day == 2
    assert today_at("Pacific/Pago_Pago", dt.datetime(2027, 5, 1, 10, tzinfo=dt.UTC)).day == 30


def _name(reason: rate_pb2.UnavailableReason.ValueType) -> str:
    return rate_pb2.UnavailableReason.Name(reason).removeprefix("UNAVAILABLE_REASON_")
