"""What an event asks to be told, and to whom."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from contracts.money.v1 import money_pb2

NO_ACCOUNT = uuid.UUID(int=0)  # of guests whose booking was made at the desk, and of houses without an owner
NO_BOOKING = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told to one account; `template` names it in the catalogue."""

    account_id: uuid.UUID
    template: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an event asks for. `parameters` is what the texts are made of, as JSON; `booking_id` is
    NO_BOOKING for what is not about one."""

    event_id: uuid.UUID
    kind: str
    booking_id: uuid.UUID
    request_id: str
    parameters: dict[str, Any]
    notices: tuple[Notice, ...]
    expires_at: dt.datetime | None = None  # when it is too late to send a mail of it


def amount(money: money_pb2.Money) -> dict[str, Any]:
    """An amount as a parameter."""
    return {"minor_units": money.minor_units, "currency": money.currency}


def some_amount(money: money_pb2.Money) -> dict[str, Any] | None:
    """As `amount`; None for nothing."""
    return amount(money) if money.minor_units else None
