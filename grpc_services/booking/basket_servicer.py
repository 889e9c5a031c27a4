"""The use case of keeping bookings and their visits to salons in line."""

from __future__ import annotations

from typing import Any

import grpc
import structlog

from contracts.booking.v1 import basket_pb2
from grpc_services.booking import basket_queries, basket_tending
from grpc_services.booking.reading import parse_ids
from grpc_services.booking.salon_gateway import Salons
from runtime.database import TRANSIENT, Database
from runtime.errors import InvalidInput, ServiceError
from runtime.identity import Role, require_role
from runtime.payment_system import PaymentSystem

Context = grpc.aio.ServicerContext[Any, Any]
MOST_AT_ONCE = 100

log = structlog.get_logger()


class BasketMethods:
    """A part of BasketServicer, which gives it the database, the payment system and the salons."""

    _database: Database
    _payments: PaymentSystem
    _salons: Salons

    async def TendBaskets(
        self, request: basket_pb2.TendBasketsRequest, context: Context
    ) -> basket_pb2.TendBasketsResponse:
        """One that cannot be tended does not keep the others from it; it is asked for again."""
        require_role(Role.SYSTEM)
        if len(request.booking_ids) > MOST_AT_ONCE or not 0 <= request.limit <= MOST_AT_ONCE:
            raise InvalidInput(f"Ask for at most {MOST_AT_ONCE} at a time.", path=("bookingIds",))
        booking_ids = parse_ids(request.booking_ids)
        if request.limit:
            async with self._database.reading() as connection:
                booking_ids += await basket_queries.out_of_line(connection, request.limit)
        tended = 0
        for booking_id in dict.fromkeys(booking_ids):
            try:
                await basket_tending.tend(self._database, self._salons, self._payments, booking_id)
            except (ServiceError, *TRANSIENT) as failure:
                log.warning("basket.not_tended", booking_id=str(booking_id), failure=type(failure).__name__)
            except Exception:
                log.exception("basket.not_tended", booking_id=str(booking_id))
            else:
                tended += 1
        return basket_pb2.TendBasketsResponse(tended=tended)
