"""Cancellation policies in words, and which of several is the strictest."""

from __future__ import annotations

import pytest

from api.quotes import PricedRoom, priced_room, strictest_policy
from api.rate_plans import cancellation_policy
from contracts.hotel.v1 import hotel_pb2, rate_pb2

Tier = tuple[int, int, int]  # hours before check-in, percent, nights


def policy(*tiers: Tier) -> hotel_pb2.CancellationPolicy:
    return hotel_pb2.CancellationPolicy(
        tiers=[
            hotel_pb2.CancellationTier(hours_before_check_in=hours, penalty_percent=percent, penalty_nights=nights)
            for hours, percent, nights in tiers
        ]
    )


def room(nights: int, *tiers: Tier) -> PricedRoom:
    return priced_room(
        rate_pb2.PricedRoom(
            payment_timing=hotel_pb2.PAYMENT_TIMING_PREPAID,
            request=rate_pb2.RoomRequest(
                room_type_id="00000000-0000-0000-0000-000000000001", rate_plan_id="00000000-0000-0000-0000-000000000002"
            ),
            cancellation_policy=policy(*tiers),
            lines=[rate_pb2.PriceLine(kind=rate_pb2.PRICE_LINE_KIND_NIGHT, night="2030-01-01")] * nights,
        )
    )


@pytest.mark.parametrize(
    ("tiers", "words"),
    [
        ([(0, 100, 0)], "Cancelling costs 100 % of the price at any time."),
        ([(0, 0, 0)], "Free cancellation at any time."),
        ([(0, 0, 1)], "Cancelling costs the price of 1 night at any time."),
        (
            [(48, 0, 0), (6, 0, 2), (0, 50, 0)],
            (
                "Free cancellation until 2 days before check-in. Cancelling costs the price of 2 nights until 6 hours "
                "before check-in. Cancelling costs 50 % after that."
            ),
        ),
    ],
)
def test_a_policy_in_words(tiers: list[Tier], words: str) -> None:
    assert cancellation_policy(policy(*tiers)).summary == words


def test_nights_weigh_as_much_as_their_share_of_the_stay() -> None:
    half, one_night = (0, 50, 0), (0, 0, 1)
    assert strictest_policy([room(1, half), room(1, one_night)]).tiers[0].penalty_nights == 1
    assert strictest_policy([room(4, half), room(4, one_night)]).tiers[0].penalty_percent == 50
    assert strictest_policy([room(2, (24, 0, 0), half), room(2, one_night)]).tiers[0].penalty_nights == 1
