"""Prices and restrictions of nights: written by their hotelier in one go or not at all, read by everybody."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2, rate_pb2
from runtime.channels import call
from runtime.clock import utc_now
from runtime.database import Database
from runtime.identity import Role
from tests.grpc_services.hotel.catalogue import Kind, Plan
from tests.grpc_services.hotel.hotelier import Hotelier, events_of, sides
from tests.grpc_services.hotel.rate_desk import DAY, MONDAY, Hotels, RateDesk, Rates, day, rate_desk, set_columns
from tests.house import SignedIn, refused, register_account, unless_refused

RULES = rate_pb2.PRICE_SOURCE_RULES
NIGHT = rate_pb2.PRICE_SOURCE_NIGHT
DERIVED = rate_pb2.PRICE_SOURCE_DERIVED


@pytest.fixture
async def desk(rates: Rates, hotel_database: Database, owner: SignedIn) -> RateDesk:
    return await rate_desk(rates, hotel_database, owner.account_id, owner.token)


async def test_a_price_holds_on_the_chosen_weekdays_of_a_period_only(desk: RateDesk) -> None:
    answer = await desk.update(desk.change(0, 9, weekdays=[5, 6], price_minor_units=12_345))
    assert (answer.nights_changed, answer.rates_version) == (2, 2)
    assert await desk.prices(nights=14) == [10_000] * 4 + [12_345] * 2 + [10_000] * 8
    assert await desk.prices(kind=1) == [30_000] * 7
    (run,) = answer.changed
    assert (run.first_night, run.last_night) == (day(4), day(5))
    assert not run.before.HasField("price_minor_units")
    assert run.after.price_minor_units == 12_345


async def test_a_derived_plan_follows_the_night_price_of_the_other_one_until_it_has_its_own(desk: RateDesk) -> None:
    await desk.update(desk.change(1, 2, price_minor_units=9_999), desk.change(2, 2, plans=[2], price_minor_units=1))
    assert await desk.prices(plan=2, nights=4) == [8_000, 7_999, 1, 8_000]
    rates = await desk.rates(4)
    assert [rates[0, 2, night].source for night in range(4)] == [DERIVED, DERIVED, NIGHT, DERIVED]
    assert [rates[0, 0, night].source for night in range(4)] == [RULES, NIGHT, NIGHT, RULES]
    await desk.update(desk.change(2, 2, plans=[0, 2], clear=[rate_pb2.RATE_FIELD_PRICE]))
    assert await desk.prices(plan=2, nights=4) == [8_000, 7_999, 8_000, 8_000]


async def test_a_derived_plan_inherits_each_restriction_by_itself_and_may_take_it_back(desk: RateDesk) -> None:
    await desk.update(
        desk.change(0, 3, closed=True, min_stay=3, min_advance_days=2),
        desk.change(1, 1, plans=[2], closed=False),
        desk.change(2, 2, plans=[2], min_stay=1, max_stay=9),
    )
    rates = await desk.rates(5)
    assert rates[0, 2, 0].restrictions == rate_pb2.NightRestrictions(closed=True, min_stay=3, min_advance_days=2)
    assert rates[0, 2, 1].restrictions == rate_pb2.NightRestrictions(closed=False, min_stay=3, min_advance_days=2)
    assert rates[0, 2, 2].restrictions == rate_pb2.NightRestrictions(
        closed=True, min_stay=1, max_stay=9, min_advance_days=2
    )
    assert rates[0, 2, 4].restrictions == rates[0, 1, 0].restrictions == rate_pb2.NightRestrictions()


async def test_a_plans_own_days_in_advance_hold_where_no_night_says_otherwise(desk: RateDesk) -> None:
    await set_columns(desk.database, "rate_plan", desk.house.plans[0], min_advance_days=3, max_advance_days=200)
    await set_columns(desk.database, "rate_plan", desk.house.plans[2], min_advance_days=14)
    await desk.update(desk.change(1, 1, min_advance_days=0))
    rates = await desk.rates(2)
    days = {(plan, night): rates[0, plan, night].restrictions.min_advance_days for plan in (0, 2) for night in range(2)}
    assert days == {(0, 0): 3, (0, 1): 0, (2, 0): 14, (2, 1): 0}
    assert rates[0, 0, 0].restrictions.max_advance_days == 200
    assert not rates[0, 2, 0].restrictions.HasField("max_advance_days")


async def test_changes_work_in_order_and_rows_that_say_nothing_are_gone(desk: RateDesk) -> None:
    await desk.update(desk.change(0, 2, price_minor_units=5_000, closed_to_arrival=True, max_stay=4))
    answer = await desk.update(
        desk.change(0, 1, price_minor_units=6_000),
        desk.change(1, 1, price_minor_units=7_000, closed_to_departure=True),
        desk.change(2, 2, clear=[1, 3, 6]),
    )
    assert answer.nights_changed == 3
    assert [(run.first_night, run.after.price_minor_units) for run in answer.changed] == [
        (day(0), 6_000),
        (day(1), 7_000),
        (day(2), 0),
    ]
    assert answer.changed[2].after == rate_pb2.NightRate()
    rows = (await desk.everything())["rates"]
    assert [(row["night"], row["price_minor_units"], row["closed_to_departure"]) for row in rows] == [
        (day(0), 6_000, None),
        (day(1), 7_000, True),
    ]


async def test_an_edit_is_told_to_followers_and_written_down_with_before_and_after(
    desk: RateDesk, hotels: Hotels, owner: SignedIn
) -> None:
    await desk.update(desk.change(0, 6, price_minor_units=5_000))
    await desk.update(desk.change(2, 4, price_minor_units=8_000, min_stay=2))
    request = hotel_pb2.ListChangesRequest(hotel_id=str(desk.house.id))
    newest, _ = (await call(hotels.ListChanges, request, token=owner.token)).changes
    assert (newest.subject_kind, newest.action, newest.actor_id) == ("Rates", "updated", str(owner.account_id))
    before, after = sides(newest)
    place = {
        "room_type_id": desk.house.room_types[0],
        "rate_plan_id": desk.house.plans[0],
        "first_night": day(2),
        "last_night": day(4),
    }
    assert before == {"nights": [{**place, "price_minor_units": 5_000}]}
    assert after == {"nights": [{**place, "price_minor_units": 8_000, "min_stay": 2}]}
    event = (await events_of(desk.database, str(desk.house.id)))[-1]
    told = events_pb2.RatesChanged.FromString(event.payload)
    assert (event.type, told.hotel_id, told.rates_version) == ("RatesChanged", str(desk.house.id), 3)


async def test_an_edit_that_changes_nothing_leaves_everything_as_it_is(desk: RateDesk) -> None:
    await desk.update(desk.change(0, 2, price_minor_units=5_000, closed=False))
    before = await desk.everything()
    answer = await desk.update(
        desk.change(1, 2, price_minor_units=5_000, closed=False), desk.change(4, 9, clear=[1, 2, 3, 4, 5, 6, 7, 8])
    )
    assert (answer.nights_changed, answer.rates_version, list(answer.changed)) == (0, 2, [])
    assert await desk.everything() == before


async def test_of_two_hoteliers_at_once_one_wins_and_the_other_writes_nothing(desk: RateDesk) -> None:
    wishes = [
        desk.request(desk.change(0, 5, price_minor_units=5_000 + number, min_stay=1 + number)) for number in range(6)
    ]
    answers = await asyncio.gather(
        *(unless_refused(call(desk.stub.UpdateRates, wish, token=desk.token), "VERSION_CONFLICT") for wish in wishes)
    )
    (won,) = [number for number, answer in enumerate(answers) if answer is not None]
    assert await desk.prices(nights=6) == [5_000 + won] * 6
    everything = await desk.everything()
    assert (everything["rates_version"], everything["changes"], everything["events"]) == (2, 1, 1)
    refusal = await refused(call(desk.stub.UpdateRates, desk.request(wishes[0].changes[0]), token=desk.token))
    assert (refusal.code, refusal.path) == ("VERSION_CONFLICT", ("expectedRatesVersion",))
    assert refusal.details["current_version"] == "2"
    assert await desk.everything() == everything


async def test_the_same_key_gives_the_same_answer_to_the_byte_and_writes_once(desk: RateDesk) -> None:
    request = desk.request(desk.change(0, 20, kinds=[0, 1], plans=[0, 1], price_minor_units=7_777, min_stay=2))
    first, again = await asyncio.gather(*(call(desk.stub.UpdateRates, request, token=desk.token) for _ in range(2)))
    everything = await desk.everything()
    later = await call(desk.stub.UpdateRates, request, token=desk.token)
    assert first.SerializeToString() == again.SerializeToString() == later.SerializeToString()
    assert await desk.everything() == everything
    assert everything["events"] == 1
    request.changes[0].price_minor_units = 8_888
    refusal = await refused(call(desk.stub.UpdateRates, request, token=desk.token))
    assert refusal.code == "IDEMPOTENCY_CONFLICT"
    assert await desk.everything() == everything


async def test_nobody_else_edits_a_houses_rates(desk: RateDesk, auth_address: str, rival: Hotelier) -> None:
    guest = await register_account(auth_address, Role.GUEST)
    before = await desk.everything()
    for token, code in ((rival.token, "NOT_FOUND"), (guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        request = desk.request(desk.change(0, 3, price_minor_units=1))
        assert (await refused(call(desk.stub.UpdateRates, request, token=token))).code == code
    assert await desk.everything() == before


async def test_what_belongs_to_another_house_does_not_exist_here(
    desk: RateDesk, rates: Rates, hotel_database: Database, owner: SignedIn
) -> None:
    other = await rate_desk(rates, hotel_database, owner.account_id, owner.token)
    foreign_kind, foreign_plan = desk.change(0, 0, closed=True), desk.change(0, 0, closed=True)
    foreign_kind.room_type_ids.append(other.house.room_types[0])
    foreign_plan.rate_plan_ids[0] = str(uuid.uuid4())
    before = await desk.everything(), await other.everything()
    for change, path in ((foreign_kind, ("roomTypeIds", "1")), (foreign_plan, ("ratePlanIds", "0"))):
        request = desk.request(desk.change(3, 3, closed=True), change)
        refusal = await refused(call(rates.UpdateRates, request, token=owner.token))
        assert (refusal.code, refusal.path) == ("NOT_FOUND", ("changes", "1", *path))
    assert (await desk.everything(), await other.everything()) == before


FAR = (utc_now().date() - MONDAY).days + 532


@pytest.mark.parametrize(
    ("place", "fields", "path"),
    [
        ((3, 2), {"closed": True}, ("lastNight",)),
        ((-60, 0), {"closed": True}, ("firstNight",)),
        ((0, FAR), {"closed": True}, ("lastNight",)),
        ((0, 0), {}, ()),
        ((0, 0), {"price_minor_units": -1}, ("priceMinorUnits",)),
        ((0, 0), {"price_minor_units": 300_000_001}, ("priceMinorUnits",)),
        ((0, 0), {"min_stay": 0}, ("minStay",)),
        ((0, 0), {"max_stay": 61}, ("maxStay",)),
        ((0, 0), {"min_advance_days": -1}, ("minAdvanceDays",)),
        ((0, 0), {"max_advance_days": 501}, ("maxAdvanceDays",)),
        ((0, 0), {"closed": True, "clear": [2]}, ("closed",)),
        ((0, 0), {"clear": [9]}, ("clear",)),
        ((0, 0), {"closed": True, "weekdays": [1, 8]}, ("weekdays", "1")),
        ((0, 0), {"closed": True, "weekdays": [3, 3]}, ("weekdays", "1")),
        ((0, 0), {"closed": True, "kinds": []}, ("roomTypeIds",)),
        ((0, 0), {"closed": True, "plans": []}, ("ratePlanIds",)),
        ((0, 0), {"closed": True, "plans": [0] * 101}, ("ratePlanIds",)),
    ],
)
async def test_senseless_changes_are_refused_naming_their_field_and_write_nothing(
    desk: RateDesk, place: tuple[int, int], fields: dict[str, Any], path: tuple[str, ...]
) -> None:
    before = await desk.everything()
    request = desk.request(desk.change(5, 5, closed=True), desk.change(*place, **fields))
    refusal = await refused(call(desk.stub.UpdateRates, request, token=desk.token))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("changes", "1", *path))
    assert await desk.everything() == before


async def test_more_than_one_call_may_carry_is_refused(desk: RateDesk) -> None:
    change = desk.change(0, 0, closed=True)
    many = desk.request(*[change] * 101)
    wide = desk.request(*[desk.change(0, 300, kinds=[0, 1], plans=[0, 1], closed=True)] * 42)
    for request in (many, wide, desk.request()):
        refusal = await refused(call(desk.stub.UpdateRates, request, token=desk.token))
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("changes",))


async def test_a_night_never_asks_for_a_longer_stay_than_it_allows(desk: RateDesk) -> None:
    await desk.update(desk.change(0, 6, max_stay=4))
    before = await desk.everything()
    refusal = await refused(desk.update(desk.change(2, 3, min_stay=5)))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("changes",))
    assert day(2) in refusal.message
    assert await desk.everything() == before
    await desk.update(desk.change(2, 3, min_stay=5, max_stay=5))


async def test_a_year_of_all_room_types_and_plans_is_one_call(
    rates: Rates, hotel_database: Database, owner: SignedIn
) -> None:
    desk = await rate_desk(rates, hotel_database, owner.account_id, owner.token)
    wanted = {"kinds": [0, 1], "plans": [0, 1, 2]}
    weekends = desk.change(0, 364, weekdays=[5, 6, 7], price_minor_units=15_000, min_stay=2, **wanted)
    answer = await desk.update(desk.change(0, 364, price_minor_units=11_000, max_stay=30, **wanted), weekends)
    assert answer.nights_changed == 365 * 6
    assert sum(row["min_stay"] == 2 for row in (await desk.everything())["rates"]) == 6 * (52 * 3)


async def test_the_calendar_of_a_hidden_house_is_its_hoteliers_only(
    rates: Rates, hotel_database: Database, owner: SignedIn, rival: Hotelier
) -> None:
    desk = await rate_desk(rates, hotel_database, owner.account_id, owner.token, published=False)
    request = rate_pb2.GetRatesRequest(hotel_id=str(desk.house.id), first_night=day(0), end_night=day(2))
    for token in ("", rival.token):
        assert (await refused(call(rates.GetRates, request, token=token))).code == "NOT_FOUND"
    answer = await call(rates.GetRates, request, token=owner.token)
    assert (len(answer.rates), answer.rates_version) == (2 * 3 * 2, 1)


async def test_a_calendar_may_be_of_some_room_types(desk: RateDesk, rates: Rates) -> None:
    request = rate_pb2.GetRatesRequest(
        hotel_id=str(desk.house.id), room_type_ids=desk.house.room_types[1:], first_night=day(0), end_night=day(62)
    )
    answer = await call(rates.GetRates, request, token="")
    assert {rate.room_type_id for rate in answer.rates} == {desk.house.room_types[1]}
    assert len(answer.rates) == 3 * 62
    request.end_night = day(63)
    assert (await refused(call(rates.GetRates, request, token=""))).path == ("to",)
    request.end_night = request.first_night
    assert (await refused(call(rates.GetRates, request, token=""))).path == ("to",)


async def test_a_calendar_of_too_many_rates_is_asked_for_in_parts(
    rates: Rates, hotel_database: Database, owner: SignedIn
) -> None:
    kinds = tuple(Kind(f"Kind {number}") for number in range(41))
    plans = tuple(Plan(f"Plan {number}") for number in range(8))
    desk = await rate_desk(rates, hotel_database, owner.account_id, owner.token, kinds=kinds, plans=plans)
    refusal = await refused(desk.rates(62))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("roomTypeIds",))
    assert len(await desk.rates(50)) == 41 * 9 * 50


async def test_an_archived_house_keeps_its_rates(desk: RateDesk) -> None:
    await set_columns(desk.database, "hotel", desk.house.id, state="ARCHIVED")
    before = await desk.everything()
    refusal = await refused(desk.update(desk.change(0, 0, closed=True)))
    assert refusal.code == "ILLEGAL_STATE"
    assert await desk.everything() == before


async def test_archived_room_types_and_plans_are_neither_sold_nor_edited(desk: RateDesk, rates: Rates) -> None:
    await set_columns(desk.database, "room_type", desk.house.room_types[1], archived=True)
    await set_columns(desk.database, "rate_plan", desk.house.plans[1], archived=True)
    assert {(kind, plan) for kind, plan, _ in await desk.rates()} == {(0, 0), (0, 2)}
    for room, path in ((desk.house.room(1, 0), "roomTypeId"), (desk.house.room(0, 1), "ratePlanId")):
        refusal = await refused(call(rates.PriceStay, desk.stay(0, 2, room), token=""))
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("rooms", "0", path))
    for wanted in ({"kinds": [1]}, {"plans": [1]}):
        assert (await refused(desk.update(desk.change(0, 0, closed=True, **wanted)))).code == "NOT_FOUND"


def test_the_weeks_of_these_tests_begin_on_a_monday() -> None:
    assert MONDAY.weekday() == 0
    assert utc_now().date() + 30 * DAY <= MONDAY
