"""Lists of reviews in their orders, page by page, and what a guest may still review."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from contracts.review.v1 import review_pb2
from runtime.channels import call
from runtime.identity import Role
from tests.grpc_services.review.critics import HOTEL, MASTER, SALON, Critics, Person
from tests.grpc_services.review.visit_register import NOW, YESTERDAY, House
from tests.house import refused

NEWEST, BEST, WORST = (
    review_pb2.REVIEW_SORT_NEWEST,
    review_pb2.REVIEW_SORT_BEST,
    review_pb2.REVIEW_SORT_WORST,
)
WRITTEN = ((3, "en"), (5, "fr"), (1, "en-GB"), (5, "en"), (3, "ru"))


@pytest.fixture(scope="module")
async def reviewed(running_critics: Critics) -> tuple[House, list[str]]:
    """A house with five reviews, the oldest first."""
    house, _ = running_critics.house()
    reviews = [(await running_critics.reviewed(house, stars, language=tag))[0].id for stars, tag in WRITTEN]
    return house, reviews


async def pages(critics: Critics, house: House, **asked: Any) -> list[str]:
    """Every id of a list, two at a time."""
    found: list[str] = []
    after = ""
    while True:
        page = await critics.listed(house, first=2, after=after, **asked)
        found += [review.id for review in page.reviews]
        if not page.has_next_page:
            assert len(found) == page.total_count
            return found
        after = page.cursors[-1]


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ({}, [4, 3, 2, 1, 0]),
        ({"sort": NEWEST}, [4, 3, 2, 1, 0]),
        ({"sort": BEST}, [3, 1, 4, 0, 2]),
        ({"sort": WORST}, [2, 4, 0, 3, 1]),
        ({"stars": [5, 1]}, [3, 2, 1]),
        ({"languages": ["en"]}, [3, 2, 0]),
        ({"languages": ["EN-gb", "ru"], "sort": BEST}, [4, 2]),
        ({"stars": [5], "languages": ["ru"]}, []),
    ],
)
async def test_reviews_are_listed_in_every_order_and_by_stars_and_language(
    critics: Critics, reviewed: tuple[House, list[str]], asked: dict[str, Any], order: list[int]
) -> None:
    house, ids = reviewed
    assert await pages(critics, house, **asked) == [ids[number] for number in order]


async def test_readers_do_not_learn_the_account_of_an_author(
    critics: Critics, reviewed: tuple[House, list[str]]
) -> None:
    house, _ = reviewed
    assert {review.author_account_id for review in (await critics.listed(house)).reviews} == {""}
    owner = Person(house.owner_id, critics.tokens(house.owner_id, Role.HOTELIER))
    request = review_pb2.ListReviewsRequest(subject_kind=HOTEL, subject_id=house.id)
    told = await call(critics.reviews.ListReviews, request, token=owner.token)
    assert "" not in {review.author_account_id for review in told.reviews}


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"stars": [3, 6]}, "stars.1"),
        ({"stars": [1, 2, 3, 4, 5, 5]}, "stars"),
        ({"languages": ["english"]}, "languages.0"),
        ({"first": 101}, "first"),
        ({"after": "bm90IGEgY3Vyc29y"}, "after"),
        ({"sort": 9}, "sort"),
    ],
)
async def test_a_list_that_cannot_be_is_refused(critics: Critics, asked: dict[str, Any], path: str) -> None:
    house, _ = critics.house()
    refusal = await refused(critics.listed(house, **asked))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", tuple(path.split(".")))


async def test_authors_list_their_own_reviews_hidden_ones_too(critics: Critics) -> None:
    author, admin = critics.person(), critics.person(Role.ADMIN)
    first, second = critics.house()[0], critics.house()[0]
    hidden, _ = await critics.reviewed(first, 1, author=author)
    deleted, _ = await critics.reviewed(first, 2, author=author)
    shown, _ = await critics.reviewed(second, 5, author=author)
    await critics.moderate(hidden, admin, hide=True)
    await critics.delete(deleted, author)
    own = await call(critics.reviews.ListReviews, review_pb2.ListReviewsRequest(), token=author.token)
    assert [review.id for review in own.reviews] == [shown.id, hidden.id]
    assert own.total_count == 2
    nobody = await refused(call(critics.reviews.ListReviews, review_pb2.ListReviewsRequest(), token=""))
    assert nobody.code == "UNAUTHENTICATED"


async def test_a_guest_is_told_what_may_be_reviewed_and_until_when(critics: Critics) -> None:
    house, owner = critics.house()
    guest = critics.person()
    open_stay = critics.register.stay(house, guest.id)
    old_stay = critics.register.stay(house, guest.id, left_on=YESTERDAY - dt.timedelta(days=200))
    coming_stay = critics.register.stay(house, guest.id, state="CONFIRMED")
    told_stay = critics.register.stay(house, guest.id)
    visit = critics.register.appointment(house, guest.id)
    review = await critics.review_stay(told_stay, guest)
    await critics.review_appointment(visit, guest, SALON)
    request = review_pb2.GetVisitsRequest(
        booking_ids=[open_stay, old_stay, coming_stay, told_stay], appointment_ids=[visit]
    )
    visits = {
        one.id: one.subjects for one in (await call(critics.reviews.GetVisits, request, token=guest.token)).visits
    }
    last_day = (YESTERDAY + dt.timedelta(days=180)).isoformat()
    assert [subject.reviewable_until for subject in visits[open_stay]] == [last_day]
    for stay in (old_stay, coming_stay, told_stay):
        assert [subject.reviewable_until for subject in visits[stay]] == [""]
    assert visits[told_stay][0].review == review
    assert not visits[open_stay][0].HasField("review")
    of_salon, of_master = visits[visit]
    assert (of_salon.subject.kind, of_salon.HasField("review"), of_salon.reviewable_until) == (SALON, True, "")
    assert (of_master.subject.kind, of_master.subject.id) == (MASTER, house.masters[0])
    assert of_master.reviewable_until >= (NOW + dt.timedelta(days=178)).date().isoformat()
    assert not (await call(critics.reviews.GetVisits, request, token=owner.token)).visits
    assert not (await call(critics.reviews.GetVisits, request, token=critics.person().token)).visits
