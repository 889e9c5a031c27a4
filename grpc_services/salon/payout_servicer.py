"""The use cases of a salon's payouts."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.payout.v1 import payout_pb2
from grpc_services.salon import policies, visit_queries
from grpc_services.salon.appointment_reading import no_salon
from runtime.cursors import page_size
from runtime.database import Database, Record
from runtime.identifiers import parse_id
from runtime.identity import Role, require_role
from runtime.payee_statements import PayeeStatements

Context = grpc.aio.ServicerContext[Any, Any]


class PayoutMethods:
    """A part of PayoutServicer, which gives it the database and the payment system's statements."""

    _database: Database
    _statements: PayeeStatements

    async def GetPayoutStatement(
        self, request: payout_pb2.GetPayoutStatementRequest, context: Context
    ) -> payout_pb2.PayoutStatement:
        salon = await self._own_salon(request.house_id)
        return await self._statements.month(str(salon["id"]), salon["name"], request.month, salon["time_zone"])

    async def ListPayoutEntries(
        self, request: payout_pb2.ListPayoutEntriesRequest, context: Context
    ) -> payout_pb2.ListPayoutEntriesResponse:
        salon = await self._own_salon(request.house_id)
        return await self._statements.entries(
            str(salon["id"]), request.month, salon["time_zone"], first=page_size(request.first), after=request.after
        )

    async def _own_salon(self, salon_id: str) -> Record:
        """To everybody but its hotelier, admins and our own processes the salon does not exist."""
        caller = require_role(Role.HOTELIER, Role.ADMIN, Role.SYSTEM)
        async with self._database.reading() as connection:
            salon = await visit_queries.load_salon(connection, parse_id(salon_id, path=("houseId",)))
        if salon is None or not (caller.role is Role.SYSTEM or policies.edits_salon(caller, salon)):
            raise no_salon()
        return salon
