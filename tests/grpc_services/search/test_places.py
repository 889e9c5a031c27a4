"""Place names as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grpc_services.search.places import closest, folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Saint-Malo", "st malo"),
        ("SAINT MALO", "St. Malo"),
        ("Sainte-Maxime", "ste maxime"),
        ("Orléans", "orleans"),
        ("Bœuf", "boeuf"),
        ("Zürich", "ZURICH"),
        ("Weißenburg", "weissenburg"),
        ("L'Haÿ-les-Roses", "l hay les roses"),
    ],
)
def test_accents_case_and_hyphens_do_not_matter(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(name: str) -> None:
    assert folded(folded(name)) == folded(name)


def test_small_typos_are_forgiven_and_other_words_are_not() -> None:
    known = ["saint malo", "paris", "lyon", "marseille"]
    assert closest("marseile", known) == "marseille"
    assert closest("pariss", known) == "paris"
    assert closest("berlin", known) is None
    assert closest("", known) is None
