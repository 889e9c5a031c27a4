"""From a document's text to its result: parsed, checked and measured once, executed many times."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    execute,
    parse,
    subscribe,
    validate,
)
from graphql.pyutils import AwaitableOrValue

from api.context import RequestContext
from api.document_cost import MOST_COST, CostOf, Formula
from api.document_limits import MOST_TOKENS, Sizes, is_introspection
from api.errors import formatted_error
from api.request_errors import document_error, variable_errors
from api.schema import schema
from api.variable_limits import too_many_values

GRAPHQL_SCHEMA: GraphQLSchema = schema._schema  # strawberry has no public name for it
for _type in GRAPHQL_SCHEMA.type_map.values():
    # strawberry checks @oneOf while it executes; this lets validation see it, and name the field
    if isinstance(_type, GraphQLInputObjectType) and _type.extensions["strawberry-definition"].is_one_of:
        _type.is_one_of = True

_MOST_REMEMBERED = 500_000  # characters of documents: what is made of them takes more than a hundred times as much


@dataclass(frozen=True, slots=True)
class Chosen:
    """The one operation of a document that is to run, with the values of its variables."""

    document: DocumentNode
    operation: OperationDefinitionNode
    variables: dict[str, Any] | None
    cost: int
    root_fields: int
    introspects: bool  # and does nothing else
    hints: bool  # whether mistakes are answered with what the schema has instead

    @property
    def kind(self) -> OperationType:
        return self.operation.operation

    @property
    def name(self) -> str | None:
        return self.operation.name.value if self.operation.name else None


@dataclass(frozen=True, slots=True)
class Measured:
    operation: OperationDefinitionNode
    cost: Formula
    root_fields: int
    introspects: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to be executed, or the errors that keep it from being so."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    operations: dict[str | None, Measured] = field(default_factory=dict)

    def choose(
        self, name: str | None, variables: dict[str, Any] | None, *, hints: bool = True
    ) -> Chosen | tuple[GraphQLError, ...]:
        """The operation that is meant, or why none can run."""
        if self.errors or self.document is None:
            return self.errors
        if not name and len(self.operations) > 1:
            return (_unclear("The document has several operations; name one with operationName."),)
        measured = self.operations.get(name) if name else next(iter(self.operations.values()))
        if measured is None:
            return (_unclear("The document has no operation of this name."),)
        if wrong := too_many_values(variables):
            return (wrong,)
        cost = measured.cost.of(measured.operation, variables)
        if cost > MOST_COST:
            return (_too_costly(cost),)
        return Chosen(
            self.document, measured.operation, variables, cost, measured.root_fields, measured.introspects, hints
        )


class PreparedDocuments:
    """The documents that were asked for last, prepared once: as many as have so many characters together."""

    def __init__(self, most_characters: int) -> None:
        self._most = most_characters
        self._characters = 0
        self._kept: OrderedDict[str, Prepared] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def prepare(self, text: str) -> Prepared:
        known = self._kept.get(text)
        if known is not None:
            self._kept.move_to_end(text)
            return known
        prepared = _prepare(text)
        self._kept[text] = prepared
        self._characters += len(text)
        while self._characters > self._most:
            oldest, _ = self._kept.popitem(last=False)
            self._characters -= len(oldest)
        return prepared


_documents = PreparedDocuments(_MOST_REMEMBERED)


def prepare(text: str) -> Prepared:
    """Parses, measures and validates; remembers the newest documents."""
    return _documents.prepare(text)


def _prepare(text: str) -> Prepared:
    try:
        document = parse(text, max_tokens=MOST_TOKENS, allow_empty_selection_sets=False)
    except GraphQLSyntaxError as error:
        return Prepared(None, (error,))
    sizes = Sizes(document)
    errors = sizes.too_large() or validate(GRAPHQL_SCHEMA, document, max_errors=20)
    if errors:
        return Prepared(document, tuple(errors))
    cost_of = CostOf(GRAPHQL_SCHEMA, document)
    operations = {
        definition.name.value if definition.name else None: Measured(
            definition,
            cost_of.operation(definition),
            sizes.of(definition.selection_set).level,
            is_introspection(definition),
        )
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    }
    if not operations:
        return Prepared(document, (_unclear("The document has no operation."),))
    return Prepared(document, operations=operations)


async def run_operation(chosen: Chosen, context: RequestContext) -> dict[str, Any]:
    """Executes a query or mutation; answers the response's body, with what it cost beside."""
    # What the schema tells of itself takes long for one who asks for all of it, and asks nobody.
    result = await asyncio.to_thread(_execute, chosen, context) if chosen.introspects else _execute(chosen, context)
    body = response_body(chosen, await result if isawaitable(result) else result)
    return body | {"extensions": {"cost": chosen.cost, **context.extensions}}


def _execute(chosen: Chosen, context: RequestContext) -> AwaitableOrValue[ExecutionResult]:
    return execute(
        GRAPHQL_SCHEMA,
        chosen.document,
        context_value=context,
        variable_values=chosen.variables,
        operation_name=chosen.name,
    )


async def open_subscription(
    chosen: Chosen, context: RequestContext
) -> AsyncIterator[ExecutionResult] | ExecutionResult:
    """A stream of results, or the one result that says why there is no stream."""
    result = subscribe(
        GRAPHQL_SCHEMA,
        chosen.document,
        context_value=context,
        variable_values=chosen.variables,
        operation_name=chosen.name,
    )
    return await result if isawaitable(result) else result


def response_body(chosen: Chosen, result: ExecutionResult) -> dict[str, Any]:
    """`data` is left out when the request never reached execution, as the specification asks."""
    if result.data is None and result.errors and all(error.path is None for error in result.errors):
        wrong = variable_errors(GRAPHQL_SCHEMA, chosen.operation, chosen.variables, hints=chosen.hints)
        return {"errors": wrong or [document_error(error, hints=chosen.hints) for error in result.errors]}
    body: dict[str, Any] = {"errors": [formatted_error(error) for error in result.errors]} if result.errors else {}
    return body | {"data": result.data}


def _too_costly(cost: int) -> GraphQLError:
    return GraphQLError(
        f"This operation costs {cost}; {MOST_COST} are allowed. Ask for less at a time.",
        extensions={"code": "DOCUMENT_TOO_LARGE", "cost": cost},
    )


def _unclear(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "OPERATION_RESOLUTION_FAILURE"})
