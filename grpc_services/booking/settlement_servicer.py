"""What settling is for bookings."""

from __future__ import annotations

from grpc_services.booking import holds, refunds, settlement
from grpc_services.booking.reading import keys
from grpc_services.booking.salon_gateway import Salons
from runtime import settlement_servicer
from runtime.database import Database
from runtime.payment_system import PaymentSystem
from runtime.settling import Settled


class SettlementMethods(settlement_servicer.SettlementMethods):
    """A part of SettlementServicer, which gives it the database and the payment system."""

    _database: Database
    _payments: PaymentSystem
    _salons: Salons
    _stale_seconds: int
    _settling = refunds.settling
    _keys = keys

    async def _settle(self, payment_id: str) -> Settled:
        return await settlement.settle_payment(
            self._database, self._payments, self._salons, payment_id, stale_seconds=self._stale_seconds
        )

    async def _expire(self, limit: int) -> int:
        return await holds.expire_overdue(self._database, limit)
