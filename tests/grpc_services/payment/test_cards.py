"""What a card form may hold, and which card does what."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grpc_services.payment.card_form import BrokenForm, read_card_form, read_fields
from grpc_services.payment.cards import (
    TEST_CARDS,
    CardFault,
    Verdict,
    check_expiry,
    check_security_code,
    passes_luhn,
    read_card,
)

TODAY = dt.date(2026, 11, 30)


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        ("4242424242424242", Verdict.APPROVED),
        ("4242 4242-4242 4242", Verdict.APPROVED),
        ("4000000000000002", Verdict.DECLINED),
        ("4000000000003220", Verdict.NEEDS_CONFIRMATION),
        ("4000000000000259", Verdict.APPROVED_LATE),
    ],
)
def test_each_test_card_has_its_verdict(number: str, verdict: Verdict) -> None:
    card = read_card(number)
    assert (card.verdict, card.brand, card.last4) == (verdict, "Visa", number[-4:])


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("", "Enter"),
        ("4242", "12 to 19"),
        ("4242 4242 4242 424x", "12 to 19"),
        ("٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "12 to 19"),
        ("4242424242424241", "not valid"),
        ("4012888888881881", "test system"),
    ],
)
def test_a_bad_number_is_refused_in_words(number: str, words: str) -> None:
    with pytest.raises(CardFault, match=words):
        read_card(number)


@given(st.sampled_from(TEST_CARDS), st.integers(0, 15), st.integers(1, 9))
def test_one_mistyped_digit_never_passes(card: object, place: int, change: int) -> None:
    number = getattr(card, "number", "")
    wrong = number[:place] + str((int(number[place]) + change) % 10) + number[place + 1 :]
    assert passes_luhn(number)
    assert not passes_luhn(wrong)


@pytest.mark.parametrize("expiry", ["11/26", "1126", " 11 / 2026 ", "12-26", "1/27", "04/46"])
def test_a_card_is_good_to_the_end_of_its_month(expiry: str) -> None:
    check_expiry(expiry, TODAY)


@pytest.mark.parametrize("expiry", ["", "10/26", "13/27", "00/27", "soon", "11/2099", "11/26/26", "99/99", "1/1"])
def test_a_bad_expiry_is_refused(expiry: str) -> None:
    with pytest.raises(CardFault):
        check_expiry(expiry, TODAY)


@pytest.mark.parametrize("code", ["", "12", "12345", "abc", "١٢٣"])
def test_a_bad_security_code_is_refused(code: str) -> None:
    with pytest.raises(CardFault):
        check_security_code(code)


def test_a_form_names_every_fault_and_keeps_neither_number_nor_code() -> None:
    sent = {"nonce": "n" * 22, "number": "4242424242424241", "expiry": "10/20", "cvc": "98765", "holder": ""}
    form = read_card_form(sent, TODAY)
    assert list(form.faults) == ["number", "expiry", "cvc", "holder"]
    assert form.card is None
    assert "4242424242424241" not in repr(form)
    assert "98765" not in repr(form)


@pytest.mark.parametrize("nonce", ["", "short", "n" * 23, "n" * 21 + "'"])
def test_a_form_without_a_nonce_of_ours_is_broken(nonce: str) -> None:
    with pytest.raises(BrokenForm):
        read_card_form({"nonce": nonce}, TODAY)


@pytest.mark.parametrize("body", [b"a=1&" * 21, "n=é".encode(), b"n=%ff"])
def test_a_body_that_no_page_of_ours_sends_is_broken(body: bytes) -> None:
    with pytest.raises(BrokenForm):
        read_fields(body)
