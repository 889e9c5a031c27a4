"""Pages stay whole while prices move and houses come and go."""

from __future__ import annotations

import random
from typing import Any

import pytest

from contracts.search.v1 import search_pb2
from grpc_services.search import ordering
from grpc_services.search.searching import SearchEngine
from runtime.cursors import encode_cursor
from runtime.errors import InvalidInput
from tests.grpc_services.search.model_houses import ModelHouse, asked, engine_of, found, put

SORTS = (search_pb2.HOTEL_SORT_RECOMMENDED, search_pb2.HOTEL_SORT_PRICE, search_pb2.HOTEL_SORT_RATING)


def town(number: int = 9) -> list[ModelHouse]:
    return [
        ModelHouse(f"House {house}", prices=(10_000 + 100 * (house // 2),), rating=(house, 400))
        for house in range(number)
    ]


def repriced(house: ModelHouse, price: int) -> ModelHouse:
    return ModelHouse(
        house.name, prices=(price,), id=house.id, rating=house.rating, type_ids=house.type_ids, plan_ids=house.plan_ids
    )


def page(engine: SearchEngine, after: str = "", first: int = 3, **changes: Any) -> search_pb2.SearchHotelsResponse:
    return found(engine, asked(after=after, **changes), first)


def ids(response: search_pb2.SearchHotelsResponse) -> list[str]:
    return [hit.hotel.id for hit in response.hits]


def all_pages(engine: SearchEngine, after: str, **changes: Any) -> list[str]:
    found: list[str] = []
    more = True
    while more:
        answer = page(engine, after, **changes)
        found += ids(answer)
        more = answer.has_next_page
        after = answer.hits[-1].cursor if answer.hits else after
    return found


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("remembered", [True, False])
def test_pages_are_the_whole_list_cut_apart(sort: search_pb2.HotelSort.ValueType, remembered: bool) -> None:
    houses = town()
    engine = engine_of(*houses)
    whole = ids(page(engine, first=100, sort=sort))
    first = page(engine, sort=sort)
    other = engine if remembered else engine_of(*houses)  # a replica that has not seen the first page
    assert ids(first) + all_pages(other, first.hits[-1].cursor, sort=sort) == whole


@pytest.mark.parametrize("seed", range(5))
def test_no_house_is_repeated_or_lost_however_prices_move_between_pages(seed: int) -> None:
    draw = random.Random(seed)
    houses = town()
    engine = engine_of(*houses)
    shown = ids(first := page(engine))
    after, more = first.hits[-1].cursor, True
    while more:
        for house in draw.sample(houses, 4):
            put(engine.index, repriced(house, draw.randrange(5_000, 20_000)))
        answer = page(engine, after)
        assert answer.total_count == len(houses)
        shown += ids(answer)
        after, more = answer.hits[-1].cursor, answer.has_next_page
    assert sorted(shown) == sorted(house.id for house in houses)


def test_a_page_shows_what_houses_cost_by_then_and_leaves_out_what_no_longer_fits() -> None:
    houses = town()
    engine = engine_of(*houses)
    first = page(engine)
    late, gone = (house for house in houses if house.id in all_pages(engine, first.hits[-1].cursor)[:2])
    put(engine.index, repriced(late, 6_000))
    engine.index.remove_house(gone.id)
    answer = page(engine, first.hits[-1].cursor)
    assert {hit.hotel.id: hit.total.minor_units for hit in answer.hits}[late.id] == 12_000
    assert gone.id not in ids(answer)
    assert len(answer.hits) == 3


def test_without_memory_what_did_not_move_is_shown_exactly_once() -> None:
    houses = town()
    first = page(engine_of(*houses))
    moved = next(house for house in houses if house.id not in ids(first))
    elsewhere = engine_of(*(repriced(house, 1_000) if house is moved else house for house in houses))
    rest = all_pages(elsewhere, first.hits[-1].cursor)
    assert sorted([*ids(first), *rest, moved.id]) == sorted(house.id for house in houses)


def test_memory_is_bounded_and_what_is_forgotten_goes_on_by_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "_MOST_REMEMBERED_BYTES", 400)
    engine = engine_of(*town())
    first = page(engine)
    for nights in range(1, 9):
        page(engine, nights=nights)
    assert len(engine._pages._remembered) <= 3
    assert len({*ids(first), *all_pages(engine, first.hits[-1].cursor)}) == 9


def test_a_cursor_of_another_question_goes_on_by_its_key() -> None:
    engine = engine_of(*town())
    cheapest, *_ = page(engine, nights=1).hits
    dearer = page(engine, cheapest.cursor, first=100, nights=2)
    assert dearer.total_count == len(dearer.hits) == 9


@pytest.mark.parametrize("cursor", ["garbage", "WzEsMl0", encode_cursor(1, "no id", "", 0)])
def test_a_cursor_that_we_did_not_give_out_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        page(engine_of(*town()), cursor)
    assert refusal.value.path == ("after",)
