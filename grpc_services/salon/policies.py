"""Who may see and edit which salon."""

from __future__ import annotations

from runtime.database import Record
from runtime.identity import Caller, Role, require_role


def require_editor() -> Caller:
    """Somebody who edits salons; which ones, `edits_salon` says."""
    return require_role(Role.HOTELIER, Role.ADMIN)


def edits_salon(caller: Caller, salon: Record) -> bool:
    return caller.role is Role.ADMIN or (caller.role is Role.HOTELIER and caller.account_id == salon["owner_id"])


def is_master(caller: Caller, master: Record) -> bool:
    """Whether the caller is this very master, whatever account they joined with."""
    return caller.signed_in and master["account_id"] is not None and caller.account_id == master["account_id"]


def sees_every_salon(caller: Caller) -> bool:
    return caller.role in (Role.ADMIN, Role.SYSTEM)
