"""How many values may be sent as variables, counted before any is looked at more closely.

The bounds come from the largest inputs that there are: 7,000 ids fit into the largest body, which a `ratesUpdate` of
100 changes may name; 200 doors are the most objects of one input; no input type has more than 20 fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError

MOST_VALUES = 10_000
MOST_OBJECTS = 1_000
MOST_NAMES = 100


def too_many_values(variables: Mapping[str, Any] | None) -> GraphQLError | None:
    """Why the variables are refused; None when they are not. A value that holds others is counted with them."""
    values = objects = 0
    waiting: list[Any] = [variables or {}]
    while waiting:
        holder = waiting.pop()
        within = holder.values() if isinstance(holder, Mapping) else holder
        objects += isinstance(holder, Mapping)
        values += len(holder)
        if isinstance(holder, Mapping) and len(holder) > MOST_NAMES:
            return _too_many(f"{MOST_NAMES} names in an object")
        if values > MOST_VALUES:
            return _too_many(f"{MOST_VALUES} values")
        if objects > MOST_OBJECTS:
            return _too_many(f"{MOST_OBJECTS} objects")
        waiting.extend(value for value in within if isinstance(value, Mapping | list))
    return None


def _too_many(most: str) -> GraphQLError:
    return GraphQLError(
        f"The variables hold more than {most}. Send less at a time.", extensions={"code": "VARIABLES_TOO_LARGE"}
    )
