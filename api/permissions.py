"""What each mutation demands of its caller, said at the mutation itself.

The services decide; this refuses early and lets a test prove that no mutation forgot to say. What a query reads
is demanded by the methods it reads from: `machines` in their contracts.
"""

from __future__ import annotations

import enum
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension

from runtime.errors import PermissionDenied, Unauthenticated
from runtime.identity import Scope, check_scope, current_caller

MUTATION_COST = 10
PASSWORD_COST = 2_000  # of what hashes a password, which takes tens of milliseconds of a processor: two a document


class Permission(enum.Enum):
    ANYONE = "anyone"
    SIGNED_IN = "signed in"


class Demands(FieldExtension):
    """`machines` is the scope that lets a machine do it; without one, what needs somebody signed in needs a person.
    `cost` is what it adds to the cost of its document."""

    def __init__(self, permission: Permission, *, machines: Scope | None = None, cost: int = MUTATION_COST) -> None:
        self.permission = permission
        self.machines = machines
        self.cost = cost

    async def resolve_async(self, next_: Any, source: Any, info: strawberry.Info, **arguments: Any) -> Any:
        caller = current_caller()
        if self.permission is Permission.SIGNED_IN and not caller.signed_in:
            raise Unauthenticated("Please sign in.")
        if self.permission is Permission.SIGNED_IN and caller.is_machine:
            if self.machines is None:
                raise PermissionDenied("Machines may not do this; sign in as a person.")
            check_scope(caller, self.machines)
        return await next_(source, info, **arguments)
