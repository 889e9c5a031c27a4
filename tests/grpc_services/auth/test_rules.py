"""The pure decisions."""

from __future__ import annotations

import datetime as dt

import pytest

from grpc_services.auth.password_rules import is_easy, normal_password
from grpc_services.auth.rules import Reuse, check_email, email_key, judge_reuse
from runtime.clock import utc_now


@pytest.mark.parametrize(
    ("ago", "verdict"),
    [
        (None, Reuse.NOTHING),
        (dt.timedelta(milliseconds=-20), Reuse.OVERLAP),
        (dt.timedelta(seconds=10), Reuse.OVERLAP),
        (dt.timedelta(seconds=10, microseconds=1), Reuse.THEFT),
    ],
)
def test_a_token_used_again_is_theft_after_ten_seconds(ago: dt.timedelta | None, verdict: Reuse) -> None:
    now = utc_now()
    assert judge_reuse(None if ago is None else now - ago, now) is verdict


def test_addresses_keep_their_spelling_and_compare_without_case() -> None:
    email = check_email(" Ana.María@BÜCHER.example ")
    assert email == "Ana.María@bücher.example"
    assert email_key(email) == email_key(check_email("ANA.MARÍA@bücher.EXAMPLE"))


def test_the_same_letters_from_two_keyboards_are_one_password() -> None:
    assert normal_password("cafe\u0301-au-lait") == normal_password("caf\u00e9-au-lait")


@pytest.mark.parametrize(
    "password",
    [
        *(
            "password2026",
            "p@ssw0rd!!!!",
            "123welcome123",
            "passwordpassword",
            "monkeymonkey99",
            "пароль!!!!",
            "qwerty7777",
        ),
        *("abcabcabcabc", "zzzzzzzzzz", "abcdefghijkl", "0987654321", "qwertyuiopqw", "poiuytrewq"),
    ],
)
def test_what_everybody_tries_first_is_easy(password: str) -> None:
    assert is_easy(password)


@pytest.mark.parametrize(
    "password", ["correct horse battery", "a long enough secret", "passwordless inn", "9f8a7d6s5k"]
)
def test_what_is_only_near_a_common_word_is_not(password: str) -> None:
    assert not is_easy(password)
