"""What reviews come to: sums that move with every review, and the formulas over them. No I/O.

Published reviews are counted by stars, and each aspect by count and sum. Everything shown follows from these whole
numbers, so that it does not depend on the order in which reviews came and went. Every mean is in hundredths, rounded
half to even. The rank is the Bayesian mean: as if ten guests had given 3.5 stars before the first one came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PRIOR_RATINGS = 10
PRIOR_MEAN = 350  # hundredths


@dataclass(frozen=True, slots=True)
class Marks:
    """What one published review counts for; `aspects` are stars by name."""

    overall: int
    aspects: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Tally:
    """`stars` are reviews with 1, 2, 3, 4 and 5 stars; `aspects` are (count, sum of stars) by name."""

    stars: tuple[int, ...] = (0, 0, 0, 0, 0)
    aspects: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(self.stars)

    @property
    def sum(self) -> int:
        return sum(number * stars for stars, number in enumerate(self.stars, start=1))


def moved(tally: Tally, before: Marks | None, after: Marks | None) -> Tally:
    """The tally when a review that counted for `before` counts for `after`. None: it does not count."""
    stars = list(tally.stars)
    aspects = dict(tally.aspects)
    for marks, sign in ((before, -1), (after, 1)):
        if marks is None:
            continue
        stars[marks.overall - 1] += sign
        for name, given in marks.aspects.items():
            count, total = aspects.get(name, (0, 0))
            aspects[name] = (count + sign, total + sign * given)
    return Tally(tuple(stars), {name: known for name, known in aspects.items() if known[0]})


def tally_of(reviews: Sequence[Marks]) -> Tally:
    """Counted anew from all published reviews."""
    tally = Tally()
    for marks in reviews:
        tally = moved(tally, None, marks)
    return tally


def mean_hundredths(count: int, total: int) -> int:
    """0 while there is nothing to be the mean of."""
    return half_even(100 * total, count) if count else 0


def rank_hundredths(tally: Tally) -> int:
    return half_even(PRIOR_RATINGS * PRIOR_MEAN + 100 * tally.sum, PRIOR_RATINGS + tally.count)


def half_even(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))
