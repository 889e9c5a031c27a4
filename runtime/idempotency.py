"""The same key, the same answer: a client's key is stored in the transaction that does the work.

Two calls with one key at the same moment: the second waits for the first one's transaction and then
answers what it stored. If the first rolls back, the second does the work. Refusals are not stored, so a
client may try again with the same key after a transient failure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

from google.protobuf.message import Message
from sqlalchemy import Table, and_, bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from runtime.database import Connection, Statement
from runtime.errors import IdempotencyConflict, InvalidInput

KEEP_HOURS = 24
LONGEST_KEY = 255

_NAMES_ONE = """
    EXISTS (SELECT FROM unnest(CAST(:naming AS text[])) AS one WHERE position(convert_to(one, 'UTF8') IN result) > 0)
"""

Answer = TypeVar("Answer", bound=Message)


class IdempotencyKeys:
    """The idempotency records of one service."""

    def __init__(self, table: Table) -> None:
        one = and_(
            table.c.principal == bindparam("principal"),
            table.c.operation == bindparam("operation"),
            table.c.key == bindparam("key"),
        )
        self._claim = Statement(
            insert(table)
            .values(
                principal=bindparam("principal"),
                operation=bindparam("operation"),
                key=bindparam("key"),
                input_hash=bindparam("input_hash"),
            )
            .on_conflict_do_nothing()
        )
        self._read = Statement(select(table.c.input_hash, table.c.result).where(one))
        self._store = Statement(update(table).where(one).values(result=bindparam("result")))
        self._forget = Statement(
            delete(table).where(table.c.created_at < func.now() - text(f"interval '{KEEP_HOURS} hours'"))
        )

        self._forget_person = Statement(
            delete(table).where(or_(table.c.principal == bindparam("principal"), text(_NAMES_ONE)))
        )

    async def claim(
        self,
        connection: Connection,
        *,
        principal: str,
        operation: str,
        key: str,
        request: Message,
        answer: type[Answer],
    ) -> Answer | None:
        """Claims the key in the caller's transaction. Returns the stored answer of an earlier call, or None
        when the caller is to do the work. Raises IdempotencyConflict when the key was used for other input."""
        check_key(key)
        digest = hash_input(request)
        names = {"principal": principal, "operation": operation, "key": key}
        if await self._claim.execute(connection, **names, input_hash=digest):
            return None
        return await self.find(connection, **names, request=request, answer=answer)

    async def find(
        self,
        connection: Connection,
        *,
        principal: str,
        operation: str,
        key: str,
        request: Message,
        answer: type[Answer],
    ) -> Answer | None:
        """The stored answer of an earlier call with this key, or None; raises as `claim` does."""
        known = await self._read.fetch_row(connection, principal=principal, operation=operation, key=key)
        if known is None:
            return None
        if known["input_hash"] != hash_input(request):
            raise IdempotencyConflict(
                "This idempotency key was already used for different input.", path=("idempotencyKey",)
            )
        stored = answer()
        stored.ParseFromString(known["result"])
        return stored

    async def store(self, connection: Connection, *, principal: str, operation: str, key: str, answer: Message) -> None:
        """Stores the answer in the transaction that claimed the key."""
        await self._store.execute(
            connection, principal=principal, operation=operation, key=key, result=answer.SerializeToString()
        )

    async def forget_old(self, connection: Connection) -> int:
        return await self._forget.execute(connection)

    async def forget_person(self, connection: Connection, principal: str, *, naming: Sequence[str]) -> None:
        """Their own answers, and those to others that name one of these ids."""
        await self._forget_person.execute(connection, principal=principal, naming=list(naming))


def check_key(key: str) -> None:
    if not 1 <= len(key) <= LONGEST_KEY:
        raise InvalidInput(f"An idempotency key has 1 to {LONGEST_KEY} characters.", path=("idempotencyKey",))
    if "\x00" in key:
        raise InvalidInput("An idempotency key has no zero bytes.", path=("idempotencyKey",))


def hash_input(request: Message) -> bytes:
    """SHA-256 of the request as it came over the wire, the key itself included."""
    return hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
