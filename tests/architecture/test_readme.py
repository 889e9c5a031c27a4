"""The README's queries are real ones."""

from __future__ import annotations

import re

import pytest
from graphql import DocumentNode, parse, validate

from api.schema import schema
from tests.architecture.source_tree import ROOT

QUERIES = re.findall(r"```graphql\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_readme_shows_queries() -> None:
    assert len(QUERIES) > 5


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: " ".join(query.split())[:40])
def test_every_query_of_the_readme_is_valid(query: str) -> None:
    for operation in parse(query).definitions:
        assert validate(schema._schema, DocumentNode(definitions=(operation,))) == []
