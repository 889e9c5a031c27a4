"""The public schema keeps what it promised: `schema_promised.graphql` is the schema that clients build on.

What was added since may still change. A promise is broken on purpose with `make schema-promise`, and CHANGELOG.md
says so under "Changed".
"""

from __future__ import annotations

from functools import cache

import pytest
from graphql import GraphQLSchema, build_schema, find_breaking_changes

from api.schema import sdl
from tests.architecture.source_tree import ROOT

PROMISED = (ROOT / "tests" / "architecture" / "schema_promised.graphql").read_text()


@cache
def promised() -> GraphQLSchema:
    return build_schema(PROMISED)


def broken_by(now: str) -> list[str]:
    return [change.description for change in find_breaking_changes(promised(), build_schema(now))]


def test_the_schema_keeps_every_promise() -> None:
    assert broken_by(sdl()) == [], "clients would break; if that is wanted: make schema-promise, and CHANGELOG.md"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("  searchHotels(", "  findHotels(", "Query.searchHotels was removed"),
        ("scalar CountryCode", "scalar NationCode", "CountryCode was removed"),
        ("enum PaymentTiming {", 'enum PaymentTiming {\n  "Never." NEVER', ""),
        ("input SessionCreateInput {", "input SessionCreateInput {\n  pin: String!", "pin"),
    ],
)
def test_what_would_break_clients_is_found_and_what_would_not_is_not(old: str, new: str, complaint: str) -> None:
    assert old in PROMISED
    changed = PROMISED.replace(old, new)
    if old.startswith("scalar"):
        changed = changed.replace(": CountryCode", ": NationCode").replace("[CountryCode", "[NationCode")
    found = broken_by(changed)
    assert any(complaint in line for line in found) if complaint else found == []
