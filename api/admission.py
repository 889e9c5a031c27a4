"""What every operation passes before it runs, whichever protocol it came by.

The document is looked up if only its id was sent, measured, and held against what this caller may send; then
the operation is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, OperationType

from api.operations import Chosen, prepare
from api.rate_limits import Quota, RateLimits
from api.request_errors import document_error
from api.trusted_documents import TrustedDocuments
from runtime.identity import Caller, Role

_OF_A_WRONG_DOCUMENT = 5
_FREE_ROLES = frozenset({Role.HOTELIER, Role.MASTER, Role.ADMIN, Role.SYSTEM})


class NotAsked(ValueError):
    """The fields of a request are not what GraphQL asks for; the message says which."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`query` is empty where only the id of a trusted document was sent."""

    query: str
    document_id: str = ""
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


def asked_of(fields: Mapping[str, Any]) -> Asked:
    """Raises NotAsked."""
    query, document_id = fields.get("query"), fields.get("documentId")
    variables, name = fields.get("variables"), fields.get("operationName")
    if document_id is not None and (not isinstance(document_id, str) or not document_id or query is not None):
        raise NotAsked("`documentId` must be text, and come without `query`.")
    if document_id is None and not isinstance(query, str):
        raise NotAsked("`query` must be text.")
    if variables is not None and not isinstance(variables, dict):
        raise NotAsked("`variables` must be an object.")
    if name is not None and not isinstance(name, str):
        raise NotAsked("`operationName` must be text.")
    if not isinstance(fields.get("extensions"), dict | None):
        raise NotAsked("`extensions` must be an object.")
    return Asked(query or "", document_id or "", variables, name)


class Admission:
    """With `only_trusted`, guests and people who are not signed in send documents that are registered, and nothing
    tells them the schema; who runs a house stays free to ask what they like."""

    def __init__(self, documents: TrustedDocuments, limits: RateLimits, *, only_trusted: bool) -> None:
        self._documents = documents
        self._limits = limits
        self._only_trusted = only_trusted

    def refuse_the_spent(self, caller: Caller, address: str) -> None:
        """Before anything is read. Raises TooManyOperations."""
        self._limits.refuse_the_spent(principal=_principal(caller), address=address)

    def choose(self, asked: Asked, caller: Caller) -> Chosen | list[dict[str, Any]]:
        """The one operation that is meant, or the errors that say why none can run."""
        free = not self._only_trusted or caller.role in _FREE_ROLES
        text = asked.query
        if asked.document_id:
            found = self._documents.text_of(asked.document_id)
            if found is None:
                return [_refusal("There is no document with this id.", "PERSISTED_DOCUMENT_NOT_FOUND")]
            text = found
        elif not free and not self._documents.knows(text):
            return [_refusal("Only registered documents are served; sign in to ask freely.", "UNTRUSTED_DOCUMENT")]
        chosen = prepare(text).choose(asked.operation_name, asked.variables, hints=free)
        if not isinstance(chosen, Chosen):
            return [document_error(error, hints=free) for error in chosen]
        return chosen

    async def count(self, chosen: Chosen | list[dict[str, Any]], caller: Caller, address: str) -> Quota:
        """Every mutation of an operation counts, and what is wrong counts for several: finding out took longer than
        most answers, and nothing of it is remembered. Raises TooManyOperations."""
        if not isinstance(chosen, Chosen):
            operations = _OF_A_WRONG_DOCUMENT
        else:
            operations = chosen.root_fields if chosen.kind is OperationType.MUTATION else 1
        return await self._limits.count(operations, principal=_principal(caller), address=address)


def _principal(caller: Caller) -> str:
    return f"account:{caller.account_id}" if caller.signed_in else ""


def _refusal(message: str, code: str) -> dict[str, Any]:
    return document_error(GraphQLError(message, extensions={"code": code}))
