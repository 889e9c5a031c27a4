"""Rows of a CSV file as mappings, one after the other: a list of any length needs no more memory than a row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping

from runtime.errors import InvalidInput

csv.field_size_limit(10_000)  # characters; the library's own limit is for the whole process


def csv_rows(
    lines: Iterable[str], wanted: Iterable[str], *, path: tuple[str, ...] = ("csv",)
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """(number of the line it begins on, column → text) for each row after the header, which is line 1.

    Commas or semicolons divide; columns are named as in `wanted`, in any order and case; others are ignored,
    missing ones are empty. Raises InvalidInput for a text that is no such list.
    """
    numbered = iter(lines)
    header = next(numbered, "").lstrip("\ufeff")
    delimiter = ";" if header.count(";") > header.count(",") else ","
    columns = [
        name.strip().casefold().replace(" ", "_") for name in next(csv.reader([header], delimiter=delimiter), [])
    ]
    names = set(wanted)
    if not names & set(columns):
        raise InvalidInput(f"The first line names the columns: {', '.join(sorted(names))}.", path=path)
    reader = csv.reader(numbered, delimiter=delimiter)
    begins = 2
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                row = dict(zip(columns, cells, strict=False))
                yield begins, {name: row.get(name, "") for name in names}
            begins = reader.line_num + 2
    except (csv.Error, UnicodeDecodeError) as broken:
        raise InvalidInput(f"Line {begins} cannot be read: {broken}.", path=path) from None
