"""The use cases of a hotel's payouts."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.hotel.v1 import hotel_pb2
from contracts.payout.v1 import payout_pb2
from grpc_services.booking.gateway import HotelPrices
from runtime.cursors import page_size
from runtime.errors import NotFound
from runtime.identifiers import parse_id
from runtime.identity import Role, require_role
from runtime.payee_statements import PayeeStatements

Context = grpc.aio.ServicerContext[Any, Any]


class PayoutMethods:
    """A part of PayoutServicer, which gives it the houses and the payment system's statements."""

    _prices: HotelPrices
    _statements: PayeeStatements

    async def GetPayoutStatement(
        self, request: payout_pb2.GetPayoutStatementRequest, context: Context
    ) -> payout_pb2.PayoutStatement:
        house = await self._own_house(request.house_id)
        return await self._statements.month(house.id, house.name, request.month, house.time_zone)

    async def ListPayoutEntries(
        self, request: payout_pb2.ListPayoutEntriesRequest, context: Context
    ) -> payout_pb2.ListPayoutEntriesResponse:
        house = await self._own_house(request.house_id)
        return await self._statements.entries(
            house.id, request.month, house.time_zone, first=page_size(request.first), after=request.after
        )

    async def _own_house(self, house_id: str) -> hotel_pb2.Hotel:
        """To everybody but its hotelier, admins and our own processes the house does not exist."""
        caller = require_role(Role.HOTELIER, Role.ADMIN, Role.SYSTEM)
        house = await self._prices.house(str(parse_id(house_id, path=("houseId",))))
        if caller.role is Role.HOTELIER and house.owner_id != str(caller.account_id):
            raise NotFound("There is no such hotel.", path=("houseId",))
        return house
