"""Place names as people type them: accents, case, hyphens, articles and small typos do not matter."""

from __future__ import annotations

import functools
import math
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

_SPELLED_OUT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_ARTICLES = frozenset({"le", "la", "les", "l"})
_GENERIC = _ARTICLES | {"saint", "sainte", "saints", "saintes", "d", "de", "du", "des", "en", "sur"}
_DISTRICT_WORDS = frozenset({"e", "er", "eme", "ieme", "nd", "arr", "arrondissement", "cedex"})
_MOST_UNLIKELY = 1.0
_FOLDED_KEPT = 1024  # what people type repeats
_LETTERS_PER_TYPO = ((12, 3), (6, 2), (4, 1))


@functools.lru_cache(maxsize=_FOLDED_KEPT)
def folded(name: str) -> str:
    """`Saint-Malo`, `st malo` and `SAINT MALO` fold to the same text."""
    plain = "".join(mark for mark in _decomposed(_decomposed(name)) if not unicodedata.combining(mark))
    words = "".join(mark if mark.isalnum() else " " for mark in plain.replace("œ", "oe").replace("æ", "ae")).split()
    return " ".join(_SPELLED_OUT.get(word, word) for word in words)


def _decomposed(text: str) -> str:
    """Case folded and taken apart; twice over, some letters only have a lower case once they are apart."""
    return unicodedata.normalize("NFKD", text.casefold())


def typos_allowed(text: str) -> int:
    """Letters that may be wrong, missing, extra or swapped with the next one."""
    return next((typos for letters, typos in _LETTERS_PER_TYPO if len(text) >= letters), 0)


class Cities:
    """Folded names of cities with their number of houses."""

    def __init__(self, houses: Mapping[str, int]) -> None:
        self._houses = dict(houses)
        self._by_size = sorted(houses, key=lambda city: (-houses[city], city))
        self._names = sorted(houses)
        self._joined = [city.replace(" ", "") for city in self._by_size]
        self._short: dict[str, str] = {}
        for city in self._by_size:
            self._short.setdefault(city.replace(" ", ""), city)
            first, _, rest = city.partition(" ")
            if first in _ARTICLES and rest:
                self._short.setdefault(rest.replace(" ", ""), city)

    def find(self, text: str) -> str | None:
        """The city that `text` most likely means: as it stands, without a district (`Paris 12e`, `75012 Paris`),
        with or without its article (`Havre`), by its first words (`Chamonix`), or with a few typos; of several, the
        one with most houses."""
        wanted = folded(text)
        bare = _without_district(wanted)
        for name in dict.fromkeys((wanted, bare, _without_article(bare))):
            if name and (known := self._known_as(name)):
                return known
        return self._similar(bare)

    def completed(self, text: str, first: int) -> list[str]:
        """Cities whose name begins with `text` (folded), the largest first; similar ones when there are none."""
        found = set(self._beginning_with(text)) | {
            city for joined, city in self._short.items() if joined.startswith(text.replace(" ", ""))
        }
        if not found:
            return self._beginning_alike(text.replace(" ", ""), first)
        return sorted(found, key=lambda city: (city != text, -self._houses[city], city))[:first]

    def _beginning_alike(self, joined: str, first: int) -> list[str]:
        beginnings = [name[: len(joined)] for name in self._joined]
        near = process.extract(joined, beginnings, scorer=OSA.distance, score_cutoff=typos_allowed(joined), limit=None)
        alike = sorted((distance, position) for beginning, distance, position in near if beginning[:1] == joined[:1])
        return [self._by_size[position] for _, position in alike[:first]]

    def _known_as(self, name: str) -> str | None:
        if name in self._houses:
            return name
        known = self._short.get(name.replace(" ", ""))
        if known is not None or name in _GENERIC:
            return known
        longer = self._beginning_with(name + " ")
        return min(longer, key=lambda city: (-self._houses[city], city), default=None)

    def _beginning_with(self, text: str) -> Iterator[str]:
        position = bisect_left(self._names, text)
        while position < len(self._names) and self._names[position].startswith(text):
            yield self._names[position]
            position += 1

    def _similar(self, name: str) -> str | None:
        """People rarely mistype the first letter, so that one must be right; and they more likely mean a city of
        many houses than a village that is written a little more alike."""
        joined = name.replace(" ", "")
        near = process.extract(
            joined, self._joined, scorer=OSA.distance, score_cutoff=typos_allowed(joined), limit=None
        )
        likely = [
            (distance - math.log10(self._houses[self._by_size[position]]), position)
            for known, distance, position in near
            if known[:1] == joined[:1]
        ]
        unlikeliness, position = min(likely, default=(math.inf, 0))
        return self._by_size[position] if unlikeliness <= _MOST_UNLIKELY else None


class HotelNames:
    """Which houses have a word in their name, by its beginning."""

    def __init__(self, names: Mapping[int, str]) -> None:
        """`names` are folded, by row."""
        self._rows: dict[str, list[int]] = {}
        for row, name in names.items():
            for word in dict.fromkeys(name.split()):
                self._rows.setdefault(word, []).append(row)
        self._words = sorted(self._rows)

    def find(self, text: str) -> list[int]:
        """Rows of the houses that have every word of `text` (folded) at the beginning of a word; where there is none,
        words that are similar count too."""
        words = list(dict.fromkeys(text.split()))
        if not words:
            return []
        exact = set.intersection(*(self._beginning_with(word) for word in words))
        return sorted(exact or set.intersection(*(self._beginning_with(word) | self._similar(word) for word in words)))

    def _beginning_with(self, word: str) -> set[int]:
        rows: set[int] = set()
        position = bisect_left(self._words, word)
        while position < len(self._words) and self._words[position].startswith(word):
            rows.update(self._rows[self._words[position]])
            position += 1
        return rows

    def _similar(self, word: str) -> set[int]:
        near = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=typos_allowed(word), limit=None)
        if not near:
            return set()
        least = near[0][1]
        return {row for known, distance, _ in near if distance == least for row in self._rows[known]}


def _without_article(name: str) -> str:
    first, _, rest = name.partition(" ")
    return rest if first in _ARTICLES else ""


def _without_district(name: str) -> str:
    """Without numbers and the words that stand with them."""
    words: Sequence[str] = name.split()
    if not any(any(mark.isdigit() for mark in word) for word in words) and not _DISTRICT_WORDS & set(words):
        return name
    rest = [word for word in words if not any(mark.isdigit() for mark in word) and word not in _DISTRICT_WORDS]
    return " ".join(rest)
