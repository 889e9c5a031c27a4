"""Whom a payment of a booking is for. Pure."""

from __future__ import annotations

from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from runtime.database import Record


def shares_of(row: Record, amount: int, commission_basis_points: int) -> list[payment_pb2.PayeeShare]:
    """One share a payee, summing to `amount`, which is in the booking's minor units: the house has it all."""
    return [
        payment_pb2.PayeeShare(
            payee_id=str(row["hotel_id"]),
            amount=money_pb2.Money(minor_units=amount, currency=row["currency"]),
            commission_basis_points=commission_basis_points,
        )
    ]
