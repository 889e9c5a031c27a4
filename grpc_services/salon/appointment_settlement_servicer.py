"""What settling is for appointments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from grpc_services.salon import appointment_holds as holds
from grpc_services.salon import appointment_refunds as refunds
from grpc_services.salon import appointment_settlement as settlement
from grpc_services.salon.appointment_reading import keys
from runtime import settlement_servicer
from runtime.database import Database
from runtime.payment_system import PaymentSystem
from runtime.settling import Settled


class SettlementMethods(settlement_servicer.SettlementMethods):
    """A part of SettlementServicer, which gives it the database, the payment system and the clock."""

    _database: Database
    _payments: PaymentSystem
    _now: Callable[[], dt.datetime]
    _settling = refunds.settling
    _keys = keys

    async def _settle(self, payment_id: str) -> Settled:
        return await settlement.settle_payment(self._database, self._payments, payment_id, now=self._now())

    async def _expire(self, limit: int) -> int:
        return len(await holds.expire_overdue(self._database, limit))
