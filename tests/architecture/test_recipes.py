"""Every recipe of the playground fits the schema, with its variables."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from graphql import OperationDefinitionNode, parse, validate
from graphql.execution.values import get_variable_values

from api.operations import GRAPHQL_SCHEMA
from stack.tour_client import DOCUMENTS
from tests.recipes import RECIPES, Recipe, recipe_groups

EVERY_RECIPE = [recipe for recipes in recipe_groups().values() for recipe in recipes]
FACTS = set(re.findall(r'\| "(\w+)"', (DOCUMENTS.parent / "steps" / "step.ts").read_text(encoding="utf-8")))
OF_EVERY_DAY = (dt.date(2027, 1, 31), dt.date(2027, 2, 28), dt.date(2028, 2, 29), dt.date(2027, 12, 31))


def operation_of(text: str) -> OperationDefinitionNode:
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation


def name_of(text: str) -> str:
    name = operation_of(text).name
    assert name is not None
    return name.value


@pytest.mark.parametrize("recipe", EVERY_RECIPE, ids=lambda recipe: recipe.operation)
def test_a_recipe_is_one_commented_operation_that_the_schema_answers_with_its_variables(recipe: Recipe) -> None:
    assert recipe.document.startswith("# ")
    assert name_of(recipe.document) == recipe.operation
    assert validate(GRAPHQL_SCHEMA, parse(recipe.document)) == []
    facts = {fact: 1 if fact.endswith("Version") else "some-id" for fact in FACTS}
    facts["slotStartsAt"] = "2027-05-14T08:00:00Z"
    for today in OF_EVERY_DAY:
        variables = recipe.filled(facts, today)
        definitions = operation_of(recipe.document).variable_definitions or ()
        coerced = get_variable_values(GRAPHQL_SCHEMA, definitions, variables)
        assert not isinstance(coerced, list), coerced
        assert variables.keys() <= {definition.variable.name.value for definition in definitions}


def test_every_document_is_a_recipe_and_no_two_operations_share_a_name() -> None:
    assert sorted(recipe.file for recipe in EVERY_RECIPE) == sorted(RECIPES.rglob("*.graphql"))
    names = [name_of(file.read_text(encoding="utf-8")) for file in DOCUMENTS.glob("*.graphql")]
    names += [recipe.operation for recipe in EVERY_RECIPE]
    assert len(set(names)) == len(names)


def test_what_recipes_need_is_found_out_by_some_step() -> None:
    journey = (DOCUMENTS / "steps.ts").read_text(encoding="utf-8")
    found = {fact for recipe in EVERY_RECIPE for fact in recipe.learns} | set(re.findall(r'(\w+): "data\.', journey))
    needed = {
        fact for recipe in EVERY_RECIPE for pattern in recipe.fills.values() for fact in re.findall(r"{(\w+)}", pattern)
    }
    assert needed <= found
    assert found <= FACTS


def test_recipes_of_a_hotelier_say_so_in_their_first_line() -> None:
    for recipe in recipe_groups()["Run a house"]:
        assert recipe.document.startswith("# As the demo hotelier.\n")
