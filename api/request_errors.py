"""What a client got wrong before anything ran: the document, or the values of its variables.

Such errors are theirs to read, so they are never masked; a bad value is told by the field it stands in,
and what was sent is not sent back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    is_input_type,
    type_from_ast,
    validate_input_value,
)

_QUOTED_VALUE = re.compile(r"([;,] found|[.?] Found): .*", re.DOTALL)
_HINT = re.compile(r" Did you mean .*", re.DOTALL)
_NAMED_FIELD = re.compile(r"(?:unknown|required) field '(\w+)'")
_MOST = 20


def document_error(error: GraphQLError, *, hints: bool = True) -> dict[str, Any]:
    """An error of parsing, of the document's size or of validation; hints name what the schema has instead."""
    formatted = placed(error)
    message = _QUOTED_VALUE.sub(".", error.message)
    formatted["message"] = message if hints else _HINT.sub("", message)
    formatted["extensions"] = {"code": "GRAPHQL_VALIDATION_FAILED", **(error.extensions or {})}
    return formatted


def variable_errors(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None,
    *,
    hints: bool = True,
) -> list[dict[str, Any]]:
    """Every value that does not fit its variable; `extensions.field` leads there from the input object down."""
    found: list[dict[str, Any]] = []
    for definition in operation.variable_definitions or ():
        for message, path in _mistakes(schema, definition, variables or {}):
            field = [str(step) for step in path] or [definition.variable.name.value]
            error = placed(GraphQLError(message if hints else _HINT.sub("", message), definition))
            found.append(error | {"extensions": {"code": "INVALID_INPUT", "field": field}})
    return found[:_MOST]


def placed(error: GraphQLError) -> dict[str, Any]:
    """Message and places in the document."""
    formatted: dict[str, Any] = {"message": error.message}
    if error.locations:
        formatted["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return formatted


def _mistakes(
    schema: GraphQLSchema, definition: VariableDefinitionNode, variables: Mapping[str, Any]
) -> Sequence[tuple[str, list[str | int]]]:
    kind = type_from_ast(schema, definition.type)
    value = variables.get(definition.variable.name.value, Undefined)
    if not is_input_type(kind) or (value is Undefined and definition.default_value):
        return []
    mistakes: list[tuple[str, list[str | int]]] = []

    def note(error: GraphQLError, path: list[str | int]) -> None:
        cause = error.original_error
        reason = str(cause) if isinstance(cause, ValueError) else _QUOTED_VALUE.sub(".", error.message)
        named = _NAMED_FIELD.search(reason)
        mistakes.append((reason, [*path, named[1]] if named else path))
        if len(mistakes) >= _MOST:
            raise _Enough

    with suppress(_Enough):
        validate_input_value(value, kind, note)
    return mistakes


class _Enough(Exception):
    """More mistakes than are told: looking for a name that was meant takes long for each of thousands."""
