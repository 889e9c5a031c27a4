"""Relay connections over pages that the services give out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

import strawberry

from runtime.errors import InvalidInput

NodeType = TypeVar("NodeType")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether this page began after a cursor.")
    start_cursor: str | None = strawberry.field(description="The first edge's cursor.")
    end_cursor: str | None = strawberry.field(description="The last edge's cursor; give it as `after` for more.")


@strawberry.type(description="One item of a list with its cursor.")
class Edge(Generic[NodeType]):
    node: NodeType = strawberry.field(description="The item.")
    cursor: str = strawberry.field(description="Where the list goes on after this item.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[NodeType]):
    edges: list[Edge[NodeType]] = strawberry.field(description="The items with their cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page stands in the list.")

    @strawberry.field(description="The items alone.")
    def nodes(self) -> list[NodeType]:
        return [edge.node for edge in self.edges]


def page_info(cursors: Sequence[str], *, has_next_page: bool, after: str | None) -> PageInfo:
    return PageInfo(
        has_next_page=has_next_page,
        has_previous_page=after is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )


def edges(nodes: Sequence[NodeType], cursors: Sequence[str]) -> list[Edge[NodeType]]:
    return [Edge(node=node, cursor=cursor) for node, cursor in zip(nodes, cursors, strict=True)]


def at_least_one(first: int) -> int:
    """The services read 0 as their default; from a client it is a mistake."""
    if first < 1:
        raise InvalidInput("Ask for 1 to 100 at a time.", path=("first",))
    return first
