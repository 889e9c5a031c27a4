"""Who may do what with reviews."""

from __future__ import annotations

import uuid
from collections.abc import Container

from grpc_services.review.visits import Visit
from runtime.database import Record
from runtime.errors import NotFound, PermissionDenied
from runtime.identity import NOBODY, Caller, Role


def is_guest(caller: Caller, visit: Visit) -> bool:
    return visit.guest_id not in (NOBODY, visit.owner_id) and visit.guest_id == caller.account_id


def check_may_review(caller: Caller, visit: Visit, workers: Container[uuid.UUID]) -> None:
    """Only whoever was there, and nobody their own house or work."""
    if caller.account_id == visit.owner_id:
        raise PermissionDenied("You cannot review your own house.")
    if caller.account_id in workers:
        raise PermissionDenied("You cannot review your own work.")
    if not is_guest(caller, visit):
        raise PermissionDenied("Only the guest of a visit reviews it.")


def sees(caller: Caller, review: Record) -> bool:
    """Hidden reviews are their author's and admins' to see, deleted ones nobody's."""
    return review["state"] == "PUBLISHED" or (
        review["state"] == "HIDDEN" and (is_author(caller, review) or caller.role is Role.ADMIN)
    )


def check_sees(caller: Caller, review: Record | None) -> Record:
    """To everybody else it does not exist."""
    if review is None or not sees(caller, review):
        raise NotFound("There is no such review.", path=("id",))
    return review


def check_author(caller: Caller, review: Record) -> None:
    if not is_author(caller, review):
        raise PermissionDenied("Only its author may do this.")


def check_may_reply(caller: Caller, review: Record) -> None:
    if not owns_subject(caller, review):
        raise PermissionDenied("Only the owner of what is reviewed may answer.")


def check_may_report(caller: Caller, review: Record) -> None:
    if is_author(caller, review):
        raise PermissionDenied("You cannot report your own review; delete it.")


def is_author(caller: Caller, review: Record) -> bool:
    return _is(caller, review["author_id"])


def owns_subject(caller: Caller, review: Record) -> bool:
    return _is(caller, review["owner_id"])


def _is(caller: Caller, account_id: uuid.UUID) -> bool:
    return caller.account_id != NOBODY and caller.account_id == account_id
