"""What an operation costs: the objects that it may make us look up, counted before anything is.

An object costs 1, a mutation 10 or what it says itself (`Demands`), a leaf nothing; asking for the whole schema
3,000, for a type of it 300. A field that takes `first` multiplies what stands below it by the number asked for, or by
the number that it gives by default. A fragment is measured once. What depends on variables is kept with the document
as a formula, which takes the values of each request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)
from strawberry.types.field import StrawberryField

from api.permissions import MUTATION_COST, Demands

MOST_COST = 5_000
LARGEST_PAGE = 100
_PAGE = 20
_INTROSPECTION = {"__schema": 3_000, "__type": 300}
_FREE = frozenset({"node", "pageInfo"})  # a connection's own parts
_CEILING = 10**9  # numbers beyond it say nothing more


@dataclass(frozen=True, slots=True)
class FromVariable:
    """A multiplier that a variable holds."""

    name: str
    otherwise: int

    def of(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> int:
        value = variables.get(self.name)
        if value is None and self.name not in variables:
            for definition in operation.variable_definitions or ():
                if definition.variable.name.value == self.name and isinstance(definition.default_value, IntValueNode):
                    value = int(definition.default_value.value)
        return _page(value, self.otherwise)


Factor = int | FromVariable


@dataclass(slots=True, eq=False)
class Formula:
    """`known` + Σ factor × part; only what depends on variables is a part, and fragments share theirs."""

    known: int = 0
    parts: list[tuple[Factor, Formula]] = field(default_factory=list)

    def add(self, factor: Factor, part: Formula) -> None:
        if isinstance(factor, int):
            self.known = min(self.known + factor * part.known, _CEILING)
            if part.parts:
                self.parts.append((factor, Formula(0, part.parts)))
        elif part.known or part.parts:
            self.parts.append((factor, part))

    def of(self, operation: OperationDefinitionNode, variables: Mapping[str, Any] | None) -> int:
        if not self.parts:
            return self.known
        return self._value(operation, variables or {}, {})

    def _value(
        self, operation: OperationDefinitionNode, variables: Mapping[str, Any], worked_out: dict[int, int]
    ) -> int:
        key = id(self.parts)
        if key not in worked_out:
            total = 0
            for factor, part in self.parts:
                times = factor if isinstance(factor, int) else factor.of(operation, variables)
                total += times * part._value(operation, variables, worked_out)
            worked_out[key] = min(total, _CEILING)
        return min(self.known + worked_out[key], _CEILING)


class CostOf:
    """The operations of one document that is valid."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._measured: dict[str, Formula] = {}

    def operation(self, operation: OperationDefinitionNode) -> Formula:
        root = self._schema.get_root_type(operation.operation)
        return self._selections(operation.selection_set, root)

    def _selections(self, selections: SelectionSetNode, parent: GraphQLNamedType | None) -> Formula:
        total = Formula()
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                if selection.selection_set:
                    self._add_object(total, selection, parent)
            elif isinstance(selection, FragmentSpreadNode):
                total.add(1, self._fragment(selection.name.value))
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                within = self._schema.get_type(condition.name.value) if condition else parent
                total.add(1, self._selections(selection.selection_set, within))
        return total

    def _add_object(self, total: Formula, node: FieldNode, parent: GraphQLNamedType | None) -> None:
        name = node.name.value
        total.known += _INTROSPECTION.get(name, 0)
        definition = parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None
        if definition is None or node.selection_set is None:
            return  # what the schema tells of itself is only read
        total.known += 0 if name in _FREE else _own_cost(definition) if parent is self._schema.mutation_type else 1
        below = self._selections(node.selection_set, get_named_type(definition.type))
        total.add(_multiplier(node, definition), below)

    def _fragment(self, name: str) -> Formula:
        if name not in self._measured:
            definition = self._fragments[name]
            within = self._schema.get_type(definition.type_condition.name.value)
            self._measured[name] = self._selections(definition.selection_set, within)
        return self._measured[name]


def _own_cost(mutation: GraphQLField) -> int:
    declared: StrawberryField | None = mutation.extensions.get("strawberry-definition")
    demands = [one for one in declared.extensions if isinstance(one, Demands)] if declared else []
    return demands[0].cost if demands else MUTATION_COST


def _multiplier(node: FieldNode, definition: GraphQLField) -> Factor:
    taken = definition.args.get("first")
    if taken is None:
        return 1
    otherwise = _page(taken.default_value, _PAGE)
    for argument in node.arguments or ():
        if argument.name.value == "first":
            if isinstance(argument.value, VariableNode):
                return FromVariable(argument.value.name.value, otherwise)
            if isinstance(argument.value, IntValueNode):
                return _page(int(argument.value.value), otherwise)
    return otherwise


def _page(value: object, otherwise: int) -> int:
    """The number of items that a page can have; what is no number at all is refused elsewhere."""
    if not isinstance(value, int) or isinstance(value, bool):
        return otherwise
    return min(max(value, 1), LARGEST_PAGE)
