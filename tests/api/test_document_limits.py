"""Documents that are made to hurt are answered at once; those that clients really send are not in the way."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import orjson
import pytest
from graphql import build_client_schema, get_introspection_query, print_type

from api.document_limits import (
    DEEPEST,
    MOST_ALIASES,
    MOST_DEFINITIONS,
    MOST_FIELDS,
    MOST_ROOT_FIELDS,
    MOST_SIDE_BY_SIDE,
    MOST_TOKENS,
)
from api.http_requests import LARGEST_BODY
from api.node_ids import encode_id
from api.operations import PreparedDocuments
from api.variable_limits import MOST_NAMES, MOST_OBJECTS, MOST_VALUES, too_many_values
from grpc_services.hotel.rate_changes import MOST_CHANGES
from grpc_services.hotel.room_servicer import MOST_ROOMS_AT_ONCE
from tests.api.client import Client

AT_ONCE_SECONDS = 30.0  # executed, such a document would take for ever
HOTEL = 'hotel(id: "x")'
DOUBLING = "".join(f" fragment F{n} on Hotel {{ ...F{n + 1} ...F{n + 1} }}" for n in range(30))
DOUBLING_FIELDS = DOUBLING.replace("{ ...", "{ roomTypes { id } ...")
CHAIN = "".join(f" fragment F{n} on Hotel {{ ...F{n + 1} }}" for n in range(200))
TYPES = "types { " + "fields { type { " * 5 + "name" + " } }" * 5 + " }"


def nested(levels: int) -> str:
    """A document of this many levels; the schema knows no such fields, so it is never executed."""
    return "{ " + "a { " * (levels - 1) + "a" + " }" * levels


async def codes(client: Client, query: str) -> set[str]:
    async with asyncio.timeout(AT_ONCE_SECONDS):
        body = await client.body(query)
    return {error["extensions"]["code"] for error in body.get("errors", [])}


@pytest.mark.parametrize(
    "query",
    [
        nested(DEEPEST + 1),
        "{ " + " ".join(f"a{n}: __typename" for n in range(MOST_ALIASES + 1)) + " }",
        "{ " + "__typename " * (MOST_ROOT_FIELDS + 1) + "}",
        f"{{ {HOTEL} {{ " + "name " * (MOST_SIDE_BY_SIDE + 1) + "} }",
        f"{{ {HOTEL} {{ " + ("address { " + "city " * 9 + "} ") * (MOST_FIELDS // 10 + 1) + "} }",
        f"{{ {HOTEL} {{ name }} }} fragment Unused on Hotel {{ " + "address { city } " * 480 + "}",
        f"{{ {HOTEL} {{ ...F0 }} }}{DOUBLING} fragment F30 on Hotel {{ name }}",
        f"{{ {HOTEL} {{ ...F0 }} }}{DOUBLING_FIELDS} fragment F30 on Hotel {{ id }}",
        f"{{ {HOTEL} {{ ...F0 }} }}{CHAIN} fragment F200 on Hotel {{ name }}",
        " ".join(f"query Q{n} {{ __typename }}" for n in range(MOST_DEFINITIONS + 1)),
        "{ __typename }" + "".join(f" fragment F{n} on Hotel {{ id }}" for n in range(MOST_DEFINITIONS)),
        "{ " + " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(100)) + " }",
    ],
)
async def test_a_document_that_is_too_large_is_refused_at_once(nobody: Client, query: str) -> None:
    assert "DOCUMENT_TOO_LARGE" in await codes(nobody, query)


@pytest.mark.parametrize(
    "query",
    [
        "{ " + "a " * (MOST_TOKENS + 1) + "}",
        nested(600),
        "{ hotel(id: " + "[" * 900 + "]" * 900 + ") { id } }",
        "query ($a: " + "[" * 900 + "Int" + "]" * 900 + ") { __typename }",
        f"{{ {HOTEL} {{ " + "... { " * 600 + "name" + " }" * 600 + " } }",
        f"{{ {HOTEL} {{ ...A }} }} fragment A on Hotel {{ ...B }} fragment B on Hotel {{ ...A }}",
        f"{{ {HOTEL} {{ ...A }} }} fragment A on Hotel {{ name ...A }}",
        f"{{ __schema {{ {TYPES} }} }}",
        f'{{ __type(name: "Hotel") {{ {TYPES.removeprefix("types { ").removesuffix(" }")} }} }}',
    ],
)
async def test_a_document_that_is_made_to_hurt_is_refused_at_once(nobody: Client, query: str) -> None:
    assert await codes(nobody, query) == {"GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize(
    "query",
    [
        "{ " + " ".join(f"a{n}: __typename" for n in range(MOST_ROOT_FIELDS)) + " }",
        "{ " + "__typename " * MOST_ROOT_FIELDS + "}",
        f"{{ {HOTEL} {{ " + "name " * MOST_SIDE_BY_SIDE + "} }",
        "{ __typename }" + "# a long comment" * 1_000,
        "{ ...F0 }"
        + "".join(f" fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(MOST_DEFINITIONS - 2))
        + f" fragment F{MOST_DEFINITIONS - 2} on Query {{ __typename }}",
    ],
)
async def test_a_document_at_the_limit_runs(nobody: Client, query: str) -> None:
    assert await codes(nobody, query) <= {"INVALID_INPUT"}


async def test_a_document_at_the_deepest_level_is_only_validated(nobody: Client) -> None:
    assert await codes(nobody, nested(DEEPEST)) == {"GRAPHQL_VALIDATION_FAILED"}


async def test_introspection_tells_the_whole_schema(nobody: Client) -> None:
    query = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    schema = build_client_schema(await nobody.data(query))
    assert "paymentCreate(" in print_type(schema.type_map["Mutation"])
    assert (await nobody.data("{ viewer { id } __schema { queryType { name } } }"))["viewer"] is None


async def test_the_place_input_takes_exactly_one_field_and_says_so(nobody: Client) -> None:
    assert await nobody.data('{ __type(name: "PlaceInput") { isOneOf } }') == {"__type": {"isOneOf": True}}


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"x": [0] * MOST_VALUES}, f"{MOST_VALUES} values"),
        ({"x": [[0] * 10] * (MOST_VALUES // 10)}, f"{MOST_VALUES} values"),
        ({"x": [[]] * MOST_VALUES}, f"{MOST_VALUES} values"),
        ({"x": [{}] * MOST_OBJECTS}, f"{MOST_OBJECTS} objects"),
        ({f"x{n}": n for n in range(MOST_NAMES + 1)}, f"{MOST_NAMES} names in an object"),
        ({"x": {f"x{n}": n for n in range(MOST_NAMES + 1)}}, f"{MOST_NAMES} names in an object"),
    ],
    ids=["one list", "lists", "empty lists", "objects", "variables", "fields"],
)
async def test_too_many_values_of_variables_are_refused_and_named(
    nobody: Client, variables: dict[str, Any], named: str
) -> None:
    body = await nobody.body("{ __typename }", variables)
    assert body == {
        "errors": [
            {
                "message": f"The variables hold more than {named}. Send less at a time.",
                "extensions": {"code": "VARIABLES_TOO_LARGE"},
            }
        ]
    }


@pytest.mark.parametrize(
    "variables",
    [
        {"x": [0] * (MOST_VALUES - 1)},
        {"x": [{}] * (MOST_OBJECTS - 1)},
        {f"x{n}": n for n in range(MOST_NAMES)},
    ],
    ids=["values", "objects", "names"],
)
async def test_values_at_the_limit_are_taken(nobody: Client, variables: dict[str, Any]) -> None:
    assert await nobody.data("{ __typename }", variables) == {"__typename": "Query"}


def test_the_largest_inputs_of_hoteliers_fit() -> None:
    """As many ids as a body holds, in as many changes of rates as there may be; a whole floor of doors."""
    identifier = encode_id("RoomType", str(uuid.uuid4()))
    change = {
        "roomTypeIds": [],
        "ratePlanIds": [identifier],
        "firstNight": "2030-01-01",
        "lastNight": "2030-12-31",
        "weekdays": ["MONDAY"] * 6,
        "priceMinorUnits": 10_000,
    }
    left = LARGEST_BODY // MOST_CHANGES - len(orjson.dumps(change))
    change["roomTypeIds"] = [identifier] * (left // len(orjson.dumps([identifier])))
    door = {"number": "101", "floor": "1", "state": "CLEAN"}
    assert too_many_values({"input": {"changes": [change] * MOST_CHANGES}}) is None
    assert too_many_values({"input": {"rooms": [door] * MOST_ROOMS_AT_ONCE}}) is None


def test_documents_are_remembered_up_to_so_many_characters_the_newest_last() -> None:
    documents = PreparedDocuments(100)
    short, other = documents.prepare("{ __typename }"), documents.prepare("{ a: __typename }")
    assert documents.prepare("{ __typename }") is short
    documents.prepare(f"{{ __typename }} #{'x' * 60}")
    assert len(documents) == 2
    assert documents.prepare("{ __typename }") is short
    assert documents.prepare("{ a: __typename }") is not other, "it was asked for longest ago"
    documents.prepare(f"{{ __typename }} #{'x' * 100}")
    assert len(documents) == 0, "what is larger than all is not kept"
