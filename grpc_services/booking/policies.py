"""Who may do what with quotes and bookings, beyond holding a role."""

from __future__ import annotations

import uuid

from runtime.database import Record
from runtime.errors import PermissionDenied
from runtime.identity import Caller, Role


def check_may_book(caller: Caller, hotel_owner_id: uuid.UUID) -> None:
    """Hoteliers are welcome as guests, but not of their own houses."""
    if caller.account_id == hotel_owner_id:
        raise PermissionDenied("You cannot book at your own house as a guest.")


def sees_every_booking(caller: Caller) -> bool:
    return caller.role in (Role.ADMIN, Role.SYSTEM)


def may_run(caller: Caller, kind: Record) -> bool:
    """Whether the caller runs the house of a room type."""
    return caller.role is Role.ADMIN or caller.account_id == kind["owner_id"]


def runs_house_of(caller: Caller, booking: Record) -> bool:
    """Whether the caller runs the house of a booking."""
    return caller.role is Role.ADMIN or caller.account_id == booking["hotel_owner_id"]
