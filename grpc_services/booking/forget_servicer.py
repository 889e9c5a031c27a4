"""The use case of forgetting a guest: the hotel keeps the stay in its books, without the person."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import grpc

from contracts.booking.v1 import booking_pb2
from grpc_services.booking import events, forget_queries
from grpc_services.booking.reading import keys
from runtime.database import Connection, Database
from runtime.identifiers import parse_id
from runtime.identity import Role, require_role

Context = grpc.aio.ServicerContext[Any, Any]


class ForgetMethods:
    """A part of the servicer, which gives it the database."""

    _database: Database

    async def ForgetAccount(
        self, request: booking_pb2.ForgetAccountRequest, context: Context
    ) -> booking_pb2.ForgetAccountResponse:
        require_role(Role.SYSTEM)
        account_id = parse_id(request.account_id, path=("accountId",))
        async with self._database.transaction() as connection:
            bookings = await forget_queries.BOOKINGS_OF.fetch(connection, account_id=account_id)
            if not request.only_tell:
                await self._forget(connection, account_id, [row["id"] for row in bookings])
        return booking_pb2.ForgetAccountResponse(references=[row["reference"] for row in bookings])

    async def _forget(self, connection: Connection, account_id: uuid.UUID, booking_ids: Sequence[uuid.UUID]) -> None:
        written = [str(identifier) for identifier in booking_ids]
        await forget_queries.FORGET_ROOM_GUESTS.execute(connection, booking_ids=booking_ids)
        await forget_queries.FORGET_NOTES.execute(connection, booking_ids=booking_ids)
        await keys.forget_person(connection, str(account_id), naming=written)
        await events.forget_bookings(connection, written)
        await forget_queries.FORGET_BASKETS.execute(connection, account_id=account_id)
        await forget_queries.FORGET_WAITING.execute(connection, account_id=account_id)
        await forget_queries.FORGET_GUEST.execute(connection, account_id=account_id)
