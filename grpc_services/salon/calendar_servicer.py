"""The use case of an appointment's calendar file."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.salon.v1 import appointment_pb2
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import visit_queries
from grpc_services.salon.appointment_calendar import calendar_file
from grpc_services.salon.appointment_reading import visible_appointment
from runtime.database import Database

Context = grpc.aio.ServicerContext[Any, Any]


class CalendarMethods:
    """A part of AppointmentServicer, which gives it the database."""

    _database: Database

    async def GetAppointmentCalendar(
        self, request: appointment_pb2.GetAppointmentCalendarRequest, context: Context
    ) -> appointment_pb2.GetAppointmentCalendarResponse:
        async with self._database.snapshot() as connection:
            row = await visible_appointment(connection, request.appointment_id)
            services = await queries.load_services(connection, [row["id"]])
            salon = await visit_queries.load_salon(connection, row["salon_id"])
        return appointment_pb2.GetAppointmentCalendarResponse(calendar=calendar_file(row, services[row["id"]], salon))
