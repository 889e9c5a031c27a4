"""Whose the money of a booking is: its house has what rooms and bill cost, each salon what its visits cost.

Pure; amounts are minor units of the booking's currency, by payee: a hotel's or a salon's id.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from contracts.salon.v1 import basket_pb2
from runtime.database import Record

Amounts: TypeAlias = "Mapping[str, int]"


def of_salons(visits: Iterable[Record], costs: Mapping[uuid.UUID, int] | None = None) -> Counter[str]:
    """What salons are to get for visits; `costs` has others than those that stand, by appointment."""
    owed: Counter[str] = Counter()
    for one in visits:
        owed[str(one["salon_id"])] += (costs or {}).get(one["appointment_id"], one["cost_minor_units"])
    return owed


def shares_of(
    row: Record, visits: Iterable[Record], kept: Amounts, amount: int, commission_basis_points: int
) -> list[payment_pb2.PayeeShare]:
    """One share a payee of a payment of `amount`, summing to it: first what salons have not got yet, then the house.
    A salon's commission is what it said when the visit was quoted."""
    visits = list(visits)
    parts: Counter[str] = Counter()
    for salon, owed in of_salons(visits).items():
        parts[salon] = min(amount - parts.total(), max(0, owed - kept.get(salon, 0)))
    house = str(row["hotel_id"])
    parts[house] = amount - parts.total()
    commissions = {str(one["salon_id"]): _commission(one, commission_basis_points) for one in visits}
    return [
        payment_pb2.PayeeShare(
            payee_id=payee,
            amount=money_pb2.Money(minor_units=parts[payee], currency=row["currency"]),
            commission_basis_points=commissions.get(payee, commission_basis_points),
        )
        for payee in (house, *commissions)
        if parts[payee]
    ]


def going_back(row: Record, kept: Amounts, *, owed: int, salons: Amounts) -> dict[str, int]:
    """What each payee gives back through the payment system, of what it has `kept` so far, when the booking costs
    `owed` from now on, `salons` being what of that is for visits.

    Nobody pays another's bill, with one exception: the house takes what is paid at its desk, so it stands in for what
    a salon has not got. What was given at the desk goes back at the desk.
    """
    house = str(row["hotel_id"])
    back = {payee: amount - salons.get(payee, 0) for payee, amount in kept.items()}
    lacking = sum(max(0, owed_to - kept.get(salon, 0)) for salon, owed_to in salons.items())
    houses = kept.get(house, 0)
    back[house] = min(houses, houses + row["desk_paid_minor_units"] - lacking - (owed - sum(salons.values())))
    return {payee: amount for payee, amount in back.items() if amount > 0}


def _commission(visit: Record, otherwise: int) -> int:
    quoted = basket_pb2.QuotedVisit.FromString(visit["quoted"])
    return quoted.commission_basis_points if quoted.HasField("commission_basis_points") else otherwise
