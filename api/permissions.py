"""What each mutation demands of its caller, said at the mutation itself.

The services decide; this refuses early and lets a test prove that no mutation forgot to say.
"""

from __future__ import annotations

import enum
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension

from runtime.errors import Unauthenticated
from runtime.identity import current_caller


class Permission(enum.Enum):
    ANYONE = "anyone"
    SIGNED_IN = "signed in"


class Demands(FieldExtension):
    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def resolve_async(self, next_: Any, source: Any, info: strawberry.Info, **arguments: Any) -> Any:
        if self.permission is Permission.SIGNED_IN and not current_caller().signed_in:
            raise Unauthenticated("Please sign in.")
        return await next_(source, info, **arguments)
