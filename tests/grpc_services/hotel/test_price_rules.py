"""Seasons and weekdays that a hotelier writes, and what they make of prices."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contracts.hotel.v1 import hotel_pb2, rate_pb2
from runtime.channels import call
from runtime.database import Database
from runtime.identity import Role
from tests.grpc_services.hotel.hotelier import Hotelier, events_of, sides
from tests.grpc_services.hotel.rate_desk import Hotels, RateDesk, Rates, day, rate_desk, set_columns
from tests.house import SignedIn, refused, register_account, unless_refused


@pytest.fixture
async def desk(rates: Rates, hotel_database: Database, owner: SignedIn) -> RateDesk:
    return await rate_desk(rates, hotel_database, owner.account_id, owner.token)


def rule(desk: RateDesk, **changes: Any) -> rate_pb2.PriceRule:
    facts: dict[str, Any] = {
        "hotel_id": str(desk.house.id),
        "name": "Trade fair",
        "first_night": day(0),
        "last_night": day(3),
        "adjustment_basis_points": 2500,
    }
    return rate_pb2.PriceRule(**facts | changes)


async def create(desk: RateDesk, version: int = 1, **changes: Any) -> rate_pb2.PriceRule:
    request = rate_pb2.CreatePriceRuleRequest(price_rule=rule(desk, **changes), expected_rates_version=version)
    return await call(desk.stub.CreatePriceRule, request, token=desk.token)


async def update(desk: RateDesk, identifier: str, version: int, **changes: Any) -> rate_pb2.PriceRule:
    request = rate_pb2.UpdatePriceRuleRequest(
        price_rule=rate_pb2.PriceRule(id=identifier, **changes), fields=list(changes), expected_rates_version=version
    )
    return await call(desk.stub.UpdatePriceRule, request, token=desk.token)


async def test_a_new_rule_moves_its_nights_and_is_edited_and_deleted_again(desk: RateDesk) -> None:
    weekend = await create(desk, last_night=day(9), weekdays=[6, 7], room_type_id=desk.house.room_types[0])
    assert await desk.prices() == [10_000] * 5 + [12_500] * 2
    assert await desk.prices(kind=1) == [30_000] * 7
    edited = await update(desk, weekend.id, 2, weekdays=[], room_type_id="", last_night=day(0))
    assert (list(edited.weekdays), edited.room_type_id, edited.name) == ([], "", "Trade fair")
    assert await desk.prices(kind=1, nights=2) == [37_500, 30_000]
    request = rate_pb2.DeletePriceRuleRequest(id=weekend.id, expected_rates_version=3)
    answer = await call(desk.stub.DeletePriceRule, request, token=desk.token)
    assert answer.hotel_id == str(desk.house.id)
    assert await desk.prices() == [10_000] * 7
    assert [event.type for event in await events_of(desk.database, str(desk.house.id))] == ["RatesChanged"] * 3


async def test_rules_multiply_in_the_order_of_their_positions(desk: RateDesk) -> None:
    names = [
        (await create(desk, version, name=name, position=position)).name
        for version, (name, position) in enumerate([("B", 20), ("A", 10), ("last", 0)], 1)
    ]
    assert names == ["B", "A", "last"]
    for first in (1, 2, 3, 100):
        found: list[rate_pb2.PriceRule] = []
        after, more = "", True
        while more:
            request = rate_pb2.ListPriceRulesRequest(hotel_id=str(desk.house.id), first=first, after=after)
            page = await call(desk.stub.ListPriceRules, request, token=desk.token)
            assert len(page.price_rules) == len(page.cursors) <= first
            found += page.price_rules
            more, after = page.has_next_page, page.cursors[-1]
        assert [(row.name, row.position) for row in found] == [("A", 10), ("B", 20), ("last", 21)]


async def test_every_edit_is_written_down_with_what_differs(desk: RateDesk, hotels: Hotels) -> None:
    made = await create(desk, weekdays=[1])
    await update(desk, made.id, 2, adjustment_basis_points=-500, weekdays=[1, 2])
    await call(
        desk.stub.DeletePriceRule,
        rate_pb2.DeletePriceRuleRequest(id=made.id, expected_rates_version=3),
        token=desk.token,
    )
    request = hotel_pb2.ListChangesRequest(hotel_id=str(desk.house.id), subject_id=made.id)
    deleted, updated, created = (await call(hotels.ListChanges, request, token=desk.token)).changes
    assert [change.action for change in (created, updated, deleted)] == ["created", "updated", "deleted"]
    assert sides(created)[0] is None
    assert sides(updated) == (
        {"adjustment_basis_points": 2500, "weekdays": [1]},
        {"adjustment_basis_points": -500, "weekdays": [1, 2]},
    )
    before, after = sides(deleted)
    assert (before["name"], before["first_night"], after) == ("Trade fair", day(0), None)


async def test_an_edit_that_changes_nothing_leaves_everything_as_it_is(desk: RateDesk) -> None:
    made = await create(desk)
    before = await desk.everything()
    assert (await update(desk, made.id, 2, name=" Trade fair ", weekdays=[7, 6, 5, 4, 3, 2, 1])) == made
    assert await desk.everything() == before


async def test_rates_and_rules_share_one_version_so_that_nobody_overwrites_unseen(desk: RateDesk) -> None:
    made = await create(desk)
    await desk.update(desk.change(0, 0, closed=True))
    before = await desk.everything()
    delete = rate_pb2.DeletePriceRuleRequest(id=made.id, expected_rates_version=2)
    for refusal in (
        await refused(update(desk, made.id, 2, name="Other")),
        await refused(create(desk, 2)),
        await refused(call(desk.stub.DeletePriceRule, delete, token=desk.token)),
    ):
        assert (refusal.code, refusal.path) == ("VERSION_CONFLICT", ("expectedRatesVersion",))
        assert refusal.details["current_version"] == "3"
    assert await desk.everything() == before
    answers = await asyncio.gather(
        *(unless_refused(create(desk, 3, name=f"Rule {number}"), "VERSION_CONFLICT") for number in range(4))
    )
    assert sum(answer is not None for answer in answers) == 1


async def test_rules_are_their_hoteliers_alone(desk: RateDesk, rival: Hotelier, auth_address: str) -> None:
    made = await create(desk)
    guest = await register_account(auth_address, Role.GUEST)
    before = await desk.everything()
    for token, code in ((rival.token, "NOT_FOUND"), (guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        listed = rate_pb2.ListPriceRulesRequest(hotel_id=str(desk.house.id))
        created = rate_pb2.CreatePriceRuleRequest(price_rule=rule(desk))
        updated = rate_pb2.UpdatePriceRuleRequest(price_rule=rule(desk, id=made.id), fields=["name"])
        deleted = rate_pb2.DeletePriceRuleRequest(id=made.id, expected_rates_version=2)
        for refusal in (
            await refused(call(desk.stub.ListPriceRules, listed, token=token)),
            await refused(call(desk.stub.CreatePriceRule, created, token=token)),
            await refused(call(desk.stub.UpdatePriceRule, updated, token=token)),
            await refused(call(desk.stub.DeletePriceRule, deleted, token=token)),
        ):
            assert refusal.code == code
    assert await desk.everything() == before


async def test_a_rule_is_for_a_room_type_of_its_own_house(desk: RateDesk, rates: Rates, owner: SignedIn) -> None:
    other = await rate_desk(rates, desk.database, owner.account_id, owner.token)
    made = await create(desk)
    await set_columns(desk.database, "room_type", desk.house.room_types[1], archived=True)
    before = await desk.everything()
    for kind in (other.house.room_types[0], desk.house.room_types[1]):
        for refusal in (
            await refused(create(desk, 2, room_type_id=kind)),
            await refused(update(desk, made.id, 2, room_type_id=kind)),
        ):
            assert (refusal.code, refusal.path) == ("NOT_FOUND", ("roomTypeId",))
    assert await desk.everything() == before


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": " "}, ("name",)),
        ({"name": "x" * 121}, ("name",)),
        ({"name": "a\x00b"}, ("name",)),
        ({"first_night": "soon"}, ("firstNight",)),
        ({"last_night": day(-1)}, ("lastNight",)),
        ({"weekdays": [0]}, ("weekdays", "0")),
        ({"adjustment_basis_points": -9001}, ("adjustmentBasisPoints",)),
        ({"adjustment_basis_points": 20_001}, ("adjustmentBasisPoints",)),
        ({"position": -1}, ("position",)),
        ({"position": 10_000}, ("position",)),
        ({"room_type_id": "x"}, ("roomTypeId",)),
    ],
)
async def test_a_senseless_rule_is_refused_naming_its_field(
    desk: RateDesk, changes: dict[str, Any], path: tuple[str, ...]
) -> None:
    made = await create(desk)
    before = await desk.everything()
    for refusal in (await refused(create(desk, 2, **changes)), await refused(update(desk, made.id, 2, **changes))):
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", path)
    assert await desk.everything() == before
