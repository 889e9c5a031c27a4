"""The use case of forgetting a client, or that a master had an account."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.salon.v1 import appointment_pb2
from grpc_services.salon import appointment_events, forget_queries
from grpc_services.salon.appointment_reading import keys
from runtime.database import Database
from runtime.identifiers import parse_id
from runtime.identity import Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]


class ForgetMethods:
    """A part of the servicer, which gives it the database."""

    _database: Database

    async def ForgetAccount(
        self, request: appointment_pb2.ForgetAccountRequest, context: Context
    ) -> appointment_pb2.ForgetAccountResponse:
        require_role(Role.SYSTEM)
        account_id = parse_id(request.account_id, path=("accountId",))
        async with self._database.transaction() as connection:
            appointments = await forget_queries.APPOINTMENTS_OF.fetch(connection, account_id=account_id)
            if not request.only_tell:
                written = [str(row["id"]) for row in appointments]
                await keys.forget_person(connection, str(account_id), naming=written)
                await appointment_events.forget_appointments(connection, written)
                await forget_queries.FORGET_CLIENT.execute(connection, account_id=account_id)
                await forget_queries.FORGET_MASTERS_ACCOUNT.execute(connection, account_id=account_id)
        return appointment_pb2.ForgetAccountResponse(references=[row["reference"] for row in appointments])
