"""How large a document may be, found in one linear pass: definitions, depth, aliases and fields, fragments included.

Each fragment is measured once and remembered, so that fragments which double each other cost nothing. Fields
are counted as written out, for validation compares every two that stand side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
)

DEEPEST = 10
MOST_DEFINITIONS = 50
MOST_ALIASES = 30
MOST_ROOT_FIELDS = 20
MOST_SIDE_BY_SIDE = 60
MOST_FIELDS = 500
_MOST_ERRORS = 20
MOST_TOKENS = 2_000


@dataclass(frozen=True, slots=True)
class Size:
    """`fields` counts all, `level` those at the top, `widest` those at the level that has most of them."""

    depth: int
    aliases: int
    fields: int
    level: int
    widest: int


_NOTHING = Size(0, 0, 0, 0, 0)


class Sizes:
    """Of everything in one document."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._document = document
        self._measured: dict[str, Size] = {}

    def of(self, selections: SelectionSetNode | None) -> Size:
        depth = aliases = fields = level = widest = 0
        for selection in selections.selections if selections else ():
            if isinstance(selection, FieldNode):
                below = self.of(selection.selection_set)
                aliased = selection.alias is not None
                size = Size(below.depth + 1, below.aliases + aliased, below.fields + 1, 1, below.widest)
            elif isinstance(selection, FragmentSpreadNode):
                size = self._fragment(selection.name.value)
            else:
                size = self.of(getattr(selection, "selection_set", None))
            depth = max(depth, size.depth)
            aliases += size.aliases
            fields += size.fields
            level += size.level
            widest = max(widest, size.widest)
        return Size(depth, aliases, fields, level, max(widest, level))

    def too_large(self) -> list[GraphQLError]:
        """Why the document is refused; empty when it is not."""
        definitions = len(self._document.definitions)
        if definitions > MOST_DEFINITIONS:
            return [_too_large(definitions, "operations and fragments", MOST_DEFINITIONS)]
        errors = []
        for definition in self._document.definitions:
            if not isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
                continue  # fragments that nobody spreads are validated all the same
            size = self.of(definition.selection_set)
            operation = isinstance(definition, OperationDefinitionNode)
            for what, found, most in (
                ("levels deep", size.depth, MOST_FIELDS if is_introspection(definition) else DEEPEST),
                ("aliases", size.aliases, MOST_ALIASES),
                ("root fields", size.level, MOST_ROOT_FIELDS if operation else size.level),
                ("fields side by side", size.widest, MOST_SIDE_BY_SIDE),
                ("fields", size.fields, MOST_FIELDS),
            ):
                if found > most:
                    errors.append(_too_large(found, what, most))
        return errors[:_MOST_ERRORS]

    def _fragment(self, name: str) -> Size:
        if name not in self._measured:
            self._measured[name] = _NOTHING  # a circle ends here; validation reports it
            definition = self._fragments.get(name)
            if definition is not None:
                self._measured[name] = self.of(definition.selection_set)
        return self._measured[name]


def _too_large(found: int, what: str, most: int) -> GraphQLError:
    return GraphQLError(
        f"This document has {found} {what}; {most} are allowed.", extensions={"code": "DOCUMENT_TOO_LARGE"}
    )


def is_introspection(definition: OperationDefinitionNode | FragmentDefinitionNode) -> bool:
    """The standard introspection query is deeper than anything else needs to be; validation bounds its lists."""
    if isinstance(definition, FragmentDefinitionNode):
        return definition.type_condition.name.value.startswith("__")
    return all(
        isinstance(selection, FieldNode) and selection.name.value in ("__schema", "__type", "__typename")
        for selection in definition.selection_set.selections
    )
