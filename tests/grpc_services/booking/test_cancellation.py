"""What cancelling costs, moment by moment: stages without gaps, in the hotel's clock, of the policy's snapshot."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from contracts.hotel.v1 import hotel_pb2, rate_pb2
from contracts.money.v1 import money_pb2
from grpc_services.booking import cancellation

NIGHT, CITY_TAX = rate_pb2.PRICE_LINE_KIND_NIGHT, rate_pb2.PRICE_LINE_KIND_CITY_TAX
tiers = st.lists(
    st.builds(
        hotel_pb2.CancellationTier,
        hours_before_check_in=st.integers(0, 500),
        penalty_percent=st.integers(0, 100),
        penalty_nights=st.sampled_from([0, 0, 1, 2]),
    ),
    max_size=4,
    unique_by=lambda tier: tier.hours_before_check_in,
).map(lambda found: sorted(found, key=lambda tier: -tier.hours_before_check_in))


def room(*policy: hotel_pb2.CancellationTier, nights: tuple[int, ...] = (10_000, 10_000)) -> rate_pb2.PricedRoom:
    """With two euros of city tax."""
    lines = [rate_pb2.PriceLine(kind=NIGHT, amount=money_pb2.Money(minor_units=night)) for night in nights]
    lines.append(rate_pb2.PriceLine(kind=CITY_TAX, amount=money_pb2.Money(minor_units=200)))
    return rate_pb2.PricedRoom(
        cancellation_policy=hotel_pb2.CancellationPolicy(tiers=policy),
        lines=lines,
        total=money_pb2.Money(minor_units=sum(nights) + 200),
    )


def tier(hours: int, percent: int = 0, nights: int = 0) -> hotel_pb2.CancellationTier:
    return hotel_pb2.CancellationTier(hours_before_check_in=hours, penalty_percent=percent, penalty_nights=nights)


def stay(zone: str = "Europe/Paris") -> rate_pb2.PriceStayResponse:
    return rate_pb2.PriceStayResponse(time_zone=zone, check_in_time="15:00")


@given(st.lists(tiers, min_size=1, max_size=3), st.integers(-9_000, 900))
def test_stages_have_no_gaps_and_sum_the_rooms(policies: list[list[hotel_pb2.CancellationTier]], hours: int) -> None:
    check_in = dt.date(2026, 11, 22)
    rooms = [room(*policy) for policy in policies]
    found = cancellation.stages(rooms, stay(), check_in)
    assert (found[0].begins, found[-1].ends) == (None, None)
    assert [one.ends for one in found[:-1]] == [one.begins for one in found[1:]]
    moment = dt.datetime(2026, 11, 22, 14, tzinfo=dt.UTC) + dt.timedelta(hours=hours)
    alone = [cancellation.penalty_at(cancellation.stages([one], stay(), check_in), moment) for one in rooms]
    assert cancellation.penalty_at(found, moment) == sum(alone)
    assert 0 <= cancellation.penalty_at(found, moment) <= 20_000 * len(rooms)


def test_a_deadline_keeps_its_time_of_day_where_the_clocks_change() -> None:
    found = cancellation.stages([room(tier(48), tier(0, 100))], stay(), dt.date(2026, 3, 30))
    assert found[0].ends == dt.datetime(2026, 3, 28, 14, tzinfo=dt.UTC)  # 15:00 in Paris, still winter time
    assert cancellation.arrival_moment(stay(), dt.date(2026, 3, 30)) == dt.datetime(2026, 3, 30, 13, tzinfo=dt.UTC)


def test_the_moment_of_the_deadline_belongs_to_the_next_stage() -> None:
    found = cancellation.stages([room(tier(24), tier(0, 50))], stay("UTC"), dt.date(2026, 6, 10))
    deadline = dt.datetime(2026, 6, 9, 15, tzinfo=dt.UTC)
    assert cancellation.penalty_at(found, deadline - dt.timedelta(microseconds=1)) == 0
    assert cancellation.penalty_at(found, deadline) == 10_000


def test_penalties_are_of_the_price_without_city_tax() -> None:
    assert cancellation.penalty_of(room(), tier(0, 100)) == 20_000
    assert cancellation.penalty_of(room(), tier(0, nights=1)) == 10_000
    assert cancellation.penalty_of(room(), tier(0, nights=9)) == 20_000
    assert cancellation.penalty_of(room(nights=(333, 333)), tier(0, 50)) == 333


def test_without_a_policy_cancelling_is_free() -> None:
    assert cancellation.stages([room()], stay(), dt.date(2026, 6, 10)) == [cancellation.Stage(None, None, 0)]
