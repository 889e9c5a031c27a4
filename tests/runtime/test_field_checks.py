"""What written fields are held to: each check answers the normal form, or names the field."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runtime.errors import InvalidInput
from runtime.field_checks import (
    checked_country,
    checked_currency,
    checked_degrees,
    checked_email,
    checked_languages,
    checked_line,
    checked_phone,
    checked_text,
    checked_time_zone,
    checked_url,
)

PATH = ("place", "field")


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (lambda: checked_line("  Ana  ", PATH, longest=3), "Ana"),
        (lambda: checked_text(" one \r\ntwo  \n", PATH, longest=20), "one\ntwo"),
        (lambda: checked_url("https://port.example/a", PATH, schemes=("https",)), "https://port.example/a"),
        (lambda: checked_url("", PATH, schemes=("https",)), ""),
        (lambda: checked_languages(["FR", "pt-br", "fr", "ZH-hant"], PATH, most=9), ["fr", "pt-BR", "zh-Hant"]),
        (lambda: checked_phone("+33 2 99 00 00 00", PATH), "+33 2 99 00 00 00"),
        (lambda: checked_email("Ana@Port.Example.ORG", PATH), "Ana@port.example.org"),
        (lambda: checked_time_zone("America/Sao_Paulo", PATH), "America/Sao_Paulo"),
        (lambda: checked_currency("BRL", PATH), "BRL"),
        (lambda: checked_country("BR", PATH), "BR"),
        (lambda: checked_degrees(-180.0, PATH, 180), -180.0),
    ],
    ids=lambda value: "" if callable(value) else str(value).replace("\n", " "),
)
def test_good_values_come_back_in_their_normal_form(check: Callable[[], object], expected: object) -> None:
    assert check() == expected


@pytest.mark.parametrize(
    "check",
    [
        lambda: checked_line(" ", PATH, longest=3, required=True),
        lambda: checked_line("four", PATH, longest=3),
        lambda: checked_line("a\tb", PATH, longest=9),
        lambda: checked_text("a\x00b", PATH, longest=9),
        lambda: checked_url("http://port.example", PATH, schemes=("https",)),
        lambda: checked_url("https://user:secret@port.example", PATH, schemes=("https",)),
        lambda: checked_url("https://localhost/", PATH, schemes=("https",)),
        lambda: checked_url("https://port.example:0/", PATH, schemes=("https",)),
        lambda: checked_phone("call me", PATH),
        lambda: checked_email("ana@", PATH),
        lambda: checked_time_zone("EST", PATH),
        lambda: checked_currency("eur", PATH),
        lambda: checked_country("EU", PATH),
        lambda: checked_degrees(float("inf"), PATH, 90),
        lambda: checked_degrees(90.1, PATH, 90),
    ],
)
def test_bad_values_name_their_field(check: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check()
    assert refusal.value.path == PATH


def test_a_list_names_the_entry_at_fault() -> None:
    with pytest.raises(InvalidInput) as refusal:
        checked_languages(["fr", "klingonese"], PATH, most=9)
    assert refusal.value.path == (*PATH, "1")
