"""How large a document may be, found in one linear pass: depth, aliases and root fields, fragments included.

Each fragment is measured once and remembered, so that fragments which double each other cost nothing.
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

DEEPEST = 12
MOST_ALIASES = 30
MOST_ROOT_FIELDS = 20
MOST_TOKENS = 2_000


@dataclass(frozen=True, slots=True)
class Size:
    depth: int
    aliases: int
    fields: int


class _Measure:
    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._measured: dict[str, Size] = {}

    def of(self, selections: SelectionSetNode | None) -> Size:
        """`fields` counts the fields at this level only."""
        depth = aliases = fields = 0
        for selection in selections.selections if selections else ():
            if isinstance(selection, FieldNode):
                below = self.of(selection.selection_set)
                size = Size(below.depth + 1, below.aliases + (selection.alias is not None), 1)
            elif isinstance(selection, FragmentSpreadNode):
                size = self._fragment(selection.name.value)
            else:
                size = self.of(getattr(selection, "selection_set", None))
            depth = max(depth, size.depth)
            aliases += size.aliases
            fields += size.fields
        return Size(depth, aliases, fields)

    def _fragment(self, name: str) -> Size:
        if name not in self._measured:
            self._measured[name] = Size(0, 0, 0)  # a circle ends here; validation reports it
            definition = self._fragments.get(name)
            if definition is not None:
                self._measured[name] = self.of(definition.selection_set)
        return self._measured[name]


def too_large(document: DocumentNode) -> list[GraphQLError]:
    """Why a document is refused; empty when it is not."""
    measure = _Measure(document)
    errors = []
    for operation in document.definitions:
        if not isinstance(operation, OperationDefinitionNode):
            continue
        size = measure.of(operation.selection_set)
        for what, found, most in (
            ("levels deep", size.depth, DEEPEST),
            ("aliases", size.aliases, MOST_ALIASES),
            ("root fields", size.fields, MOST_ROOT_FIELDS),
        ):
            if found > most and not _is_introspection(operation):
                errors.append(
                    GraphQLError(
                        f"This operation has {found} {what}; {most} are allowed.",
                        extensions={"code": "DOCUMENT_TOO_LARGE"},
                    )
                )
    return errors


def _is_introspection(operation: OperationDefinitionNode) -> bool:
    """The standard introspection query is deeper than anything else needs to be."""
    return all(
        isinstance(selection, FieldNode) and selection.name.value in ("__schema", "__type", "__typename")
        for selection in operation.selection_set.selections
    )
