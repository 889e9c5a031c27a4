"""Lists as people send them."""

from __future__ import annotations

import io

import pytest

from runtime.csv_rows import csv_rows
from runtime.errors import InvalidInput

WANTED = ("name", "postal_code", "rooms")


def read(text: str) -> list[tuple[int, dict[str, str]]]:
    return [(line, dict(row)) for line, row in csv_rows(io.StringIO(text, newline=""), WANTED)]


@pytest.mark.parametrize(
    "text",
    [
        "name,postal_code,rooms\nA,35400,3\n",
        "\ufeffname;postal_code;rooms\r\nA;35400;3\r\n",
        'Rooms , NAME,"Postal code",ignored\n3,A,35400,x\n',
    ],
)
def test_commas_semicolons_order_case_and_a_byte_order_mark_do_not_matter(text: str) -> None:
    assert read(text) == [(2, {"name": "A", "postal_code": "35400", "rooms": "3"})]


def test_rows_know_the_line_they_begin_on_also_after_empty_and_broken_lines() -> None:
    text = 'name,postal_code,rooms\n"A\nsecond line",1,1\n\nB,2\nC,3,3,too,many\n'
    assert [(line, row["name"], row["rooms"]) for line, row in read(text)] == [
        (2, "A\nsecond line", "1"),
        (5, "B", ""),
        (6, "C", "3"),
    ]


@pytest.mark.parametrize("text", ["", "nothing,known\n1,2\n", "\x00\n"])
def test_a_text_without_known_columns_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="first line names the columns"):
        read(text)


def test_a_field_without_end_is_refused_with_its_line() -> None:
    with pytest.raises(InvalidInput, match="Line 3"):
        read("name,rooms\nA,1\n" + "B" * 20_000 + ",1\n")
