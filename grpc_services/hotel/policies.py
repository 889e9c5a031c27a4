"""Who may see and edit which house."""

from __future__ import annotations

import uuid

from grpc_services.hotel.importing import REGISTER, UNCLAIMED
from runtime.errors import PermissionDenied
from runtime.identifiers import parse_id
from runtime.identity import Caller, Role, require_role


def require_editor() -> Caller:
    """Somebody who edits houses; which ones, `edits_house_of` says."""
    return require_role(Role.HOTELIER, Role.ADMIN)


def edits_house_of(caller: Caller, owner_id: uuid.UUID) -> bool:
    return caller.role is Role.ADMIN or (caller.role is Role.HOTELIER and caller.account_id == owner_id)


def sees_every_house(caller: Caller) -> bool:
    return caller.role is Role.ADMIN


def owner_of_import(asked: str) -> tuple[uuid.UUID, uuid.UUID]:
    """Whose the imported houses will be, and the space of names that makes their ids.

    Hoteliers import houses of their own; admins and our processes import registers, for anybody.
    """
    caller = require_role(Role.HOTELIER, Role.ADMIN, Role.SYSTEM)
    if caller.role is Role.HOTELIER:
        if asked and parse_id(asked, path=("ownerId",)) != caller.account_id:
            raise PermissionDenied("You import houses of your own only.", path=("ownerId",))
        return caller.account_id, caller.account_id
    return (parse_id(asked, path=("ownerId",)) if asked else UNCLAIMED), REGISTER
