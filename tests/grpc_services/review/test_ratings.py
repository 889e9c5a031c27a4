"""Ratings are what the published reviews come to: after any order of doings, and with many at the same moment."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contracts.events.v1 import events_pb2
from contracts.review.v1 import review_pb2
from grpc_services.review import ratings, rules
from grpc_services.review.ratings import Marks, Tally
from runtime.identity import Role
from tests.grpc_services.review.critics import Critics, Person
from tests.grpc_services.review.visit_register import House

AT_ONCE = 20
NAMES = ("STAFF", "VALUE", "COMFORT")

stars = st.integers(1, 5)
marks = st.builds(Marks, stars, st.dictionaries(st.sampled_from(NAMES), stars))
doings = st.lists(
    st.tuples(st.sampled_from(["add", "add", "edit", "delete", "hide", "keep"]), st.integers(0, 7), marks),
    min_size=4,
    max_size=14,
)


@given(st.lists(marks, max_size=12), st.randoms(use_true_random=False))
def test_reviews_that_come_and_go_in_any_order_leave_the_tally_of_those_that_stay(
    given_marks: list[Marks], draw: random.Random
) -> None:
    tally = Tally()
    standing: list[Marks] = []
    for one in given_marks:
        tally = ratings.moved(tally, None, one)
        standing.append(one)
        if draw.random() < 0.5:
            gone = standing.pop(draw.randrange(len(standing)))
            tally = ratings.moved(tally, gone, None)
    assert tally == ratings.tally_of(standing)


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_means_are_rounded_half_to_even(numerator: int, denominator: int) -> None:
    assert ratings.half_even(numerator, denominator) == round(Fraction(numerator, denominator))


def test_the_rank_is_as_if_ten_guests_had_given_three_and_a_half_before() -> None:
    assert ratings.rank_hundredths(Tally()) == 350
    enthusiast = ratings.tally_of([Marks(5, {})])
    content = ratings.tally_of([Marks(4, {})] * 190 + [Marks(5, {})] * 10)
    assert (ratings.rank_hundredths(enthusiast), ratings.rank_hundredths(content)) == (364, 402)
    assert (ratings.mean_hundredths(1, 5), ratings.mean_hundredths(200, 810), ratings.mean_hundredths(0, 0)) == (
        500,
        405,
        0,
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada Lovelace", "Ada L."),
        ("Jean-Luc de la Tour", "Jean-Luc T."),
        ("Prince", "Prince"),
        ("анна ёлкина", "анна Ё."),
        ("  ", "Guest"),
    ],
)
def test_a_review_shows_a_first_name_and_an_initial(name: str, shown: str) -> None:
    assert rules.shown_name(name) == shown


@dataclass
class Written:
    """A review as the model knows it."""

    message: review_pb2.Review
    author: Person
    marks: Marks
    state: str = "PUBLISHED"


@dataclass
class Model:
    critics: Critics
    admin: Person
    house: House
    written: list[Written] = field(default_factory=list)

    async def do(self, doing: str, number: int, wanted: Marks) -> None:
        if doing == "add" or not self.written:
            message, author = await self.critics.reviewed(
                self.house, wanted.overall, aspects=list(wanted.aspects.items())
            )
            self.written.append(Written(message, author, wanted))
            return
        chosen = self.written[number % len(self.written)]
        if chosen.state == "DELETED":
            return
        if doing == "edit":
            seen = await self.critics.get(chosen.message, chosen.author)
            assert seen is not None
            await self.critics.edit(
                seen, chosen.author, wanted.overall, aspects=list(wanted.aspects.items()), version=seen.version
            )
            chosen.marks = wanted
        elif doing == "delete":
            await self.critics.delete(chosen.message, chosen.author)
            chosen.state = "DELETED"
        else:
            await self.critics.moderate(chosen.message, self.admin, hide=doing == "hide")
            chosen.state = "HIDDEN" if doing == "hide" else "PUBLISHED"

    async def check(self) -> None:
        """What the service shows is what the model's published reviews come to, by exact fractions."""
        shown = [one.marks for one in self.written if one.state == "PUBLISHED"]
        rating = await self.critics.rating(self.house)
        if not shown:
            assert rating is None
            return
        assert rating is not None
        given_stars = [one.overall for one in shown]
        mean = Fraction(sum(given_stars), len(shown))
        assert (rating.summary.count, rating.summary.mean_hundredths) == (len(shown), round(100 * mean))
        assert list(rating.distribution) == [given_stars.count(number) for number in range(1, 6)]
        assert rating.rank_hundredths == round(Fraction(3500 + 100 * sum(given_stars), 10 + len(shown)))
        by_aspect = {name: [one.aspects[name] for one in shown if name in one.aspects] for name in NAMES}
        assert {
            review_pb2.Aspect.Name(one.aspect).removeprefix("ASPECT_"): (one.count, one.mean_hundredths)
            for one in rating.aspect_means
        } == {
            name: (len(found), round(100 * Fraction(sum(found), len(found))))
            for name, found in by_aspect.items()
            if found
        }


async def test_after_any_order_of_doings_the_rating_is_that_of_the_published_reviews(critics: Critics) -> None:
    admin = critics.person(Role.ADMIN)
    loop = asyncio.get_running_loop()

    async def play(sequence: list[tuple[str, int, Marks]]) -> None:
        model = Model(critics, admin, critics.house()[0])
        for doing, number, wanted in sequence:
            await model.do(doing, number, wanted)
            await model.check()
        await critics.check_rating(model.house)
        versions = [
            events_pb2.RatingChanged.FromString(envelope.payload).rating.version
            for envelope in map(events_pb2.Envelope.FromString, await critics.events(model.house.id))
        ]
        assert versions == list(range(1, len(versions) + 1))

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(doings)
    def any_order(sequence: list[tuple[str, int, Marks]]) -> None:
        asyncio.run_coroutine_threadsafe(play(sequence), loop).result(60)

    await asyncio.to_thread(any_order)


async def test_twenty_reviewers_of_one_house_at_once_leave_its_rating_right(critics: Critics) -> None:
    before = await _deadlocks(critics)
    house, _ = critics.house()
    admin = critics.person(Role.ADMIN)

    async def live(number: int) -> None:
        review, author = await critics.reviewed(house, 1 + number % 5, aspects=[("STAFF", 1 + number % 4)])
        if number % 3 == 0:
            await critics.edit(review, author, 5, aspects=[("VALUE", 2)])
        if number % 4 == 1:
            await critics.delete(review, author)
        elif number % 4 == 2:
            await asyncio.gather(
                critics.report(review, critics.person()),
                critics.moderate(review, admin, hide=True),
                return_exceptions=True,
            )

    await asyncio.gather(*(live(number) for number in range(AT_ONCE)))
    await critics.check_rating(house)
    rating = await critics.rating(house)
    assert rating is not None
    assert rating.summary.count == AT_ONCE - 5 - 5
    assert await _deadlocks(critics) == before


async def _deadlocks(critics: Critics) -> int:
    async with critics.database.reading() as connection:
        await connection.execute("SELECT pg_stat_force_next_flush()")
        query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        return int(await connection.fetchval(query))
