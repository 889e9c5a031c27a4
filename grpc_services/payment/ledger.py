"""The ledger in double entry: which accounts every movement of money touches. Pure; `posting` writes it down.

Signs are those of the account's owner: a capture takes from the card network and gives to payees. The entries of a
movement sum to zero. Where a payment names no payees the platform itself is paid, by an account without payee.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runtime.shares import share_of, split

PLATFORM_ITSELF = ""


class Account(enum.StrEnum):
    CARD_NETWORK = "CARD_NETWORK"
    PLATFORM = "PLATFORM"
    PAYEE = "PAYEE"
    REFUNDS_IN_TRANSIT = "REFUNDS_IN_TRANSIT"
    DISPUTES = "DISPUTES"


class EntryKind(enum.StrEnum):
    GROSS = "GROSS"
    COMMISSION = "COMMISSION"
    REFUND = "REFUND"
    COMMISSION_RETURNED = "COMMISSION_RETURNED"
    DISPUTE = "DISPUTE"


class Movement(enum.StrEnum):
    CAPTURE = "CAPTURE"
    REFUND = "REFUND"
    REFUND_SENT = "REFUND_SENT"
    REFUND_FAILED = "REFUND_FAILED"
    REFUND_REVERSED = "REFUND_REVERSED"
    DISPUTE = "DISPUTE"
    DISPUTE_WON = "DISPUTE_WON"
    DISPUTE_LOST = "DISPUTE_LOST"


@dataclass(frozen=True, slots=True)
class Entry:
    """What an account gains, in minor units of the movement's one currency."""

    account: Account
    payee_id: str
    kind: EntryKind
    amount: int


@dataclass(frozen=True, slots=True)
class Share:
    payee_id: str
    amount: int
    commission_basis_points: int


@dataclass(frozen=True, slots=True)
class Position:
    """What a payee has of one payment at this moment, gross, and the commission that the platform keeps of it."""

    payee_id: str
    left: int
    commission_kept: int
    commission_basis_points: int

    def commission_back(self, amount: int) -> int:
        """How much of the commission goes back with `amount`: the platform keeps its share of what is then left, and
        nothing of nothing."""
        kept = share_of(self.left - amount, self.commission_basis_points)
        return min(max(self.commission_kept - kept, 0), self.commission_kept)


def capture(amount: int, shares: Sequence[Share]) -> list[Entry]:
    """A partial capture gives each payee their proportion of it."""
    if not shares:
        return [
            Entry(Account.CARD_NETWORK, PLATFORM_ITSELF, EntryKind.GROSS, -amount),
            Entry(Account.PLATFORM, PLATFORM_ITSELF, EntryKind.GROSS, amount),
        ]
    entries = [Entry(Account.CARD_NETWORK, PLATFORM_ITSELF, EntryKind.GROSS, -amount)]
    for share, part in zip(shares, split(amount, [share.amount for share in shares]), strict=True):
        commission = share_of(part, share.commission_basis_points)
        entries += [
            Entry(Account.PAYEE, share.payee_id, EntryKind.GROSS, part),
            Entry(Account.PAYEE, share.payee_id, EntryKind.COMMISSION, -commission),
            Entry(Account.PLATFORM, PLATFORM_ITSELF, EntryKind.COMMISSION, commission),
        ]
    return _telling(entries)


def refund_parts(positions: Sequence[Position], amount: int) -> dict[str, int]:
    """What each payee gives back where the merchant names no shares: in proportion to what they have left."""
    parts = split(amount, [position.left for position in positions])
    return {position.payee_id: part for position, part in zip(positions, parts, strict=True)}


def take_back(
    positions: Sequence[Position], parts: dict[str, int], *, towards: Account, kind: EntryKind
) -> list[Entry]:
    """Takes parts from payees towards refunds in transit or disputes, and returns the commission on them."""
    entries = [Entry(towards, PLATFORM_ITSELF, kind, sum(parts.values()))]
    for position in positions:
        part = parts.get(position.payee_id, 0)
        owner = Account.PAYEE if position.payee_id else Account.PLATFORM
        entries.append(Entry(owner, position.payee_id, kind, -part))
        if position.payee_id:
            commission = position.commission_back(part)
            entries += [
                Entry(Account.PAYEE, position.payee_id, EntryKind.COMMISSION_RETURNED, commission),
                Entry(Account.PLATFORM, PLATFORM_ITSELF, EntryKind.COMMISSION_RETURNED, -commission),
            ]
    return _telling(entries)


def pass_on(amount: int, *, source: Account, kind: EntryKind) -> list[Entry]:
    """What was on its way, or held for a dispute, leaves to the card network for good."""
    return [
        Entry(source, PLATFORM_ITSELF, kind, -amount),
        Entry(Account.CARD_NETWORK, PLATFORM_ITSELF, kind, amount),
    ]


def undo(entries: Iterable[Entry], *, through: Account, now_from: Account) -> list[Entry]:
    """The opposite of entries that went towards `through`, with the money coming from `now_from`."""
    return [
        Entry(now_from if entry.account is through else entry.account, entry.payee_id, entry.kind, -entry.amount)
        for entry in entries
    ]


def _telling(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.amount]
