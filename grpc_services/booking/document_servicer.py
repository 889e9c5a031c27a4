"""The use case of a booking's papers: its bill and its calendar file, for whoever knows their secret address."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.booking.v1 import booking_pb2
from grpc_services.booking import messages, queries
from grpc_services.booking.answers import booking_as_message
from grpc_services.booking.stay_calendar import calendar_file
from runtime.database import Database
from runtime.errors import NotFound

Context = grpc.aio.ServicerContext[Any, Any]
_LONGEST_SECRET = 100


class DocumentMethods:
    """A part of BookingServicer, which gives it the database."""

    _database: Database

    async def ReadDocument(self, request: booking_pb2.ReadDocumentRequest, context: Context) -> booking_pb2.Document:
        """The secret is all one needs: bills are passed on to accountants."""
        row = None
        if 1 <= len(request.secret) <= _LONGEST_SECRET and "\x00" not in request.secret:
            async with self._database.reading() as connection:
                row = await queries.booking_of_secret(connection, request.secret)
                if row is not None:
                    booking = await booking_as_message(connection, row)
        if row is None:
            raise NotFound("There is no such document.", path=("secret",))
        return booking_pb2.Document(booking=booking, stay=messages.priced_stay(row), calendar=calendar_file(row))
