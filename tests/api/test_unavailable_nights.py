"""Why a stay cannot be booked, told to guests in words and to programs in codes."""

from __future__ import annotations

import datetime as dt

import httpx
import pytest

from api.node_ids import encode_id
from runtime.identity import Role
from stack.tour_client import document
from tests.api.client import Client, today, wish
from tests.api.house import ApiHouse
from tests.api.rate_desk import (
    MONDAY,
    QUOTE,
    RATES_UPDATE,
    REASONS,
    change,
    day,
    rates_inn,
    rates_version,
    stay_from,
    update,
)
from tests.grpc_services.hotel.catalogue import House
from tests.house import SignedIn, register_account


@pytest.fixture(scope="module")
async def owner(house: ApiHouse) -> SignedIn:
    return await register_account(house.auth_address, Role.HOTELIER)


@pytest.fixture(scope="module")
async def inn(house: ApiHouse, owner: SignedIn) -> House:
    return await rates_inn(house, owner)


@pytest.fixture
def hotelier(house: ApiHouse, http: httpx.AsyncClient, owner: SignedIn) -> Client:
    return Client(http, house.url, token=owner.token)


async def test_every_restriction_refuses_a_quote_with_its_reason_in_words(
    house: ApiHouse, inn: House, hotelier: Client, guest: Client
) -> None:
    ahead = (MONDAY - today()).days
    version = await rates_version(house, inn)
    written_down = update(
        inn,
        version,
        change(inn, 140, 140, closed=True),
        change(inn, 142, 142, closedToArrival=True),
        change(inn, 144, 144, closedToDeparture=True),
        change(inn, 146, 146, minStay=3),
        change(inn, 150, 150, maxStay=2),
        change(inn, 155, 155, minAdvanceDays=ahead + 160),
        change(inn, 160, 160, maxAdvanceDays=7),
    )
    assert (await hotelier.mutate(RATES_UPDATE, written_down))["nightsChanged"] == 7
    at_least = "Stays that begin on this night have at least 3 nights."
    at_most = "Stays that begin on this night have at most 2 nights."
    late = f"Stays that begin on this night are booked at least {ahead + 160} days ahead."
    early = "Stays that begin on this night are booked at most 7 days ahead."
    for first, nights, night, reason, message, limit in (
        (139, 2, 140, "CLOSED", "The house does not sell this night.", None),
        (142, 1, 142, "CLOSED_TO_ARRIVAL", "No stay begins on this night.", None),
        (143, 1, 144, "CLOSED_TO_DEPARTURE", "No stay ends on this day.", None),
        (146, 1, 146, "MIN_STAY", at_least, 3),
        (150, 3, 150, "MAX_STAY", at_most, 2),
        (155, 1, 155, "TOO_LATE", late, ahead + 160),
        (160, 1, 160, "TOO_EARLY", early, 7),
    ):
        refusal = await guest.mutate(QUOTE, stay_from(inn, first, nights))
        told = {"night": day(night), "reason": reason, "message": message, "limit": limit, "heldUntil": None}
        assert (refusal["__typename"], refusal["code"]) == ("RoomUnavailable", "ROOM_UNAVAILABLE")
        assert refusal["roomTypeId"] == encode_id("RoomType", inn.room_types[0])
        assert refusal["nights"] == [day(night)]
        assert refusal["reasons"] == [told | {"ratePlanId": None}]
        place = {"id": encode_id("Hotel", str(inn.id)), "checkIn": day(first), "checkOut": day(first + nights)}
        seen = (await guest.data(REASONS, place))["hotel"]
        assert seen["unavailableReasons"] == [
            told
            | {
                "roomTypeId": encode_id("RoomType", inn.room_types[0]),
                "ratePlanId": encode_id("RatePlan", inn.plans[0]),
            }
        ]
        assert [offer["ratePlan"]["name"] for offer in seen["offers"]] == ["Flexible"]


async def test_held_and_sold_nights_are_told_apart(
    house: ApiHouse, inn: House, guest: Client, stranger: Client
) -> None:
    held = await guest.mutate(QUOTE, stay_from(inn, 170, 1))
    sold = await guest.mutate(QUOTE, stay_from(inn, 171, 1, plan=1))
    too_late = await stranger.mutate(QUOTE, stay_from(inn, 170, 2, plan=1))
    for quoted in (held, sold):
        booked = await guest.mutate(document("6_book"), wish(quoted["id"], guest.email))
        assert booked["__typename"] == "BookingCreated", booked
    place = {"id": encode_id("Hotel", str(inn.id)), "checkIn": day(169), "checkOut": day(173)}
    seen = (await stranger.data(REASONS, place))["hotel"]
    reasons = [(reason["night"], reason["reason"], reason["ratePlanId"]) for reason in seen["unavailableReasons"]]
    assert reasons == [(day(170), "HELD", None), (day(171), "SOLD_OUT", None)]
    assert seen["offers"] == []
    until_moment = dt.datetime.fromisoformat(seen["unavailableReasons"][0]["heldUntil"])
    assert f"held for somebody else until {until_moment:%H:%M} UTC" in seen["unavailableReasons"][0]["message"]
    refusal = await stranger.mutate(QUOTE, stay_from(inn, 170, 2))
    assert [(reason["night"], reason["reason"]) for reason in refusal["reasons"]] == [
        (day(170), "HELD"),
        (day(171), "SOLD_OUT"),
    ]
    lost = await stranger.mutate(document("6_book"), wish(too_late["id"], stranger.email))
    assert lost["__typename"] == "RoomUnavailable"
    two = (await stranger.data(REASONS, place | {"checkOut": day(170), "rooms": 2}))["hotel"]["unavailableReasons"]
    assert [(reason["night"], reason["reason"]) for reason in two] == [(day(169), "SOLD_OUT")]
    nonsense = await stranger.refusal(REASONS, place | {"rooms": 10})
    assert nonsense == {"code": "INVALID_INPUT", "field": ["numberOfRooms"]}
