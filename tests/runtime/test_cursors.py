"""Cursors: what goes in comes out, and nothing else is accepted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.errors import InvalidInput

_values = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(st.lists(_values, min_size=1, max_size=4))
def test_a_cursor_gives_back_its_values(values: list[str | int | float]) -> None:
    cursor = encode_cursor(*values)
    assert cursor.isascii()
    assert "=" not in cursor
    assert decode_cursor(cursor, [type(value) for value in values]) == values


@given(st.text(max_size=80))
def test_garbage_is_refused_and_never_a_fault(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        decode_cursor(cursor, (str, int, float, str))
    assert refusal.value.path == ("after",)


@given(st.binary(max_size=60))
def test_the_cursor_of_another_list_is_refused(raw: bytes) -> None:
    for cursor in (encode_cursor("a"), encode_cursor(1, "a"), encode_cursor("a", 1, 2), raw.hex()):
        with pytest.raises(InvalidInput):
            decode_cursor(cursor, (str, int))


@pytest.mark.parametrize("first", [-1, 101, 2**31 - 1])
def test_a_page_has_a_sensible_size(first: int) -> None:
    with pytest.raises(InvalidInput):
        page_size(first)


def test_nothing_asked_for_is_twenty() -> None:
    assert [page_size(first) for first in (0, 1, 100)] == [20, 1, 100]
