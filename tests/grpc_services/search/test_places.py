"""Place names as people type them."""

from __future__ import annotations

import random
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grpc_services.search.places import Cities, HotelNames, folded


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


CITIES = Cities(
    {
        folded(name): houses
        for name, houses in {
            "SAINT-MALO": 49,
            "PARIS": 1212,
            "LYON": 84,
            "MARSEILLE": 71,
            "LE HAVRE": 14,
            "LA ROCHELLE": 27,
            "COURCHEVEL": 34,
            "COURCHEVEL 1850": 4,
            "CHAMONIX-MONT-BLANC": 32,
            "VAL-D'ISÈRE": 22,
            "ALPE-D'HUEZ": 20,
            "MONTPELLIER": 29,
            "MONTELIER": 1,
            "BORDEAUX": 41,
            "NICE": 124,
        }.items()
    }
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Saint Malo", "SAINT-MALO"),
        ("saint-malo", "SAINT-MALO"),
        ("st malo", "SAINT-MALO"),
        ("saintmalo", "SAINT-MALO"),
        ("sain malo", "SAINT-MALO"),
        ("Saint Maloo", "SAINT-MALO"),
        ("Paris 12", "PARIS"),
        ("Paris 12e", "PARIS"),
        ("paris 1er arrondissement", "PARIS"),
        ("75012 Paris", "PARIS"),
        ("parsi", "PARIS"),
        ("LYON 3E", "LYON"),
        ("Lyon Cedex 03", "LYON"),
        ("Marseille 8ème", "MARSEILLE"),
        ("marseile", "MARSEILLE"),
        ("havre", "LE HAVRE"),
        ("Le Havre", "LE HAVRE"),
        ("rochelle", "LA ROCHELLE"),
        ("courchevel 1850", "COURCHEVEL 1850"),
        ("courchevel 1650", "COURCHEVEL"),
        ("chamonix", "CHAMONIX-MONT-BLANC"),
        ("val disere", "VAL-D'ISÈRE"),
        ("l'alpe d'huez", "ALPE-D'HUEZ"),
        ("monpelier", "MONTPELLIER"),
        ("bordau", "BORDEAUX"),
        ("NICE ", "NICE"),
    ],
)
def test_a_city_is_known_by_what_people_type(typed: str, meant: str) -> None:
    assert CITIES.find(typed) == folded(meant)


@pytest.mark.parametrize("typed", ["Berlin", "London", "Barcelona", "", "!!", "12", "cedex", "saint", "la", "zzz"])
def test_other_places_are_not_taken_for_one_of_ours(typed: str) -> None:
    assert CITIES.find(typed) is None


@given(st.text(max_size=40))
def test_any_text_may_be_typed(text: str) -> None:
    CITIES.find(text)
    CITIES.completed(folded(text), 5)


def test_cities_are_completed_the_largest_first_and_typos_forgiven() -> None:
    assert CITIES.completed("ma", 5) == ["marseille"]
    assert CITIES.completed("courch", 5) == ["courchevel", "courchevel 1850"]
    assert CITIES.completed("hav", 5) == ["le havre"]
    assert CITIES.completed("marsie", 5) == ["marseille"]
    assert CITIES.completed("mont", 1) == ["montpellier"]
    assert CITIES.completed("zzzz", 5) == []


def test_houses_are_found_by_the_beginnings_of_their_words() -> None:
    names = HotelNames({4: "hotel de la gare", 7: "hotel du port", 9: "le grand port"})
    assert names.find("hotel") == [4, 7]
    assert names.find("por hot") == [7]
    assert names.find("hotell garre") == [4]
    assert names.find("castle") == []
    assert names.find("") == []


def test_four_thousand_cities_and_ten_thousand_houses_are_completed_in_a_blink() -> None:
    draw = random.Random(1)
    words = ["".join(draw.choices(string.ascii_lowercase, k=draw.randrange(3, 10))) for _ in range(6000)]
    cities = Cities({" ".join(draw.sample(words, 2)): draw.randrange(1, 90) for _ in range(4000)})
    hotels = HotelNames({row: " ".join(draw.sample(words, 4)) for row in range(10_700)})
    began = time.process_time()
    for _ in range(20):
        word = draw.choice(words)
        cities.completed(word[:4] + "q", 10)
        hotels.find(word + " x")
    assert (time.process_time() - began) / 20 < 0.05
