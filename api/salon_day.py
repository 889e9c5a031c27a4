"""The day at a salon in the public schema: its appointments and its figures, for those who work there."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import strawberry

from api.appointments import After, Appointment, First, States, appointment_page, state_values
from api.context import Info
from api.money import Money, money
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.paging import Connection, at_least_one
from contracts.salon.v1 import appointment_pb2
from runtime.channels import call

_From = Annotated[dt.date, strawberry.argument(name="from", description="The first day, local to the salon.")]


@strawberry.type(description="What the days of a master, or of a whole salon, came to.")
class SalonFigures:
    master_id: strawberry.ID | None = strawberry.field(description="The master; null: all of them together.")
    master_name: str | None = strawberry.field(description="Their name.")
    working_minutes: int = strawberry.field(description="Of the schedule, without time kept for something else.")
    booked_minutes: int = strawberry.field(description="Of services that are confirmed or completed, without buffers.")
    utilisation_basis_points: int = strawberry.field(description="Booked of working time, in ten-thousandths.")
    revenue: Money = strawberry.field(description="Of completed appointments.")
    appointments: int = strawberry.field(description="Confirmed or completed.")
    cancelled: int = strawberry.field(description="Called off.")
    no_shows: int = strawberry.field(description="Whose client did not come.")
    clients: int = strawberry.field(description="How many people these appointments are of.")
    rebooked_clients: int = strawberry.field(description="Of them, who came more than once, or had come before.")


@strawberry.type(description="What a salon's days came to, by the start of its appointments.")
class SalonFiguresOfDays:
    masters: list[SalonFigures] = strawberry.field(description="By master, in the salon's order.")
    all: SalonFigures = strawberry.field(description="Of all masters you may see.")


@strawberry.type
class SalonAppointments(Node):
    """The part of Salon that tells of its appointments."""

    @strawberry.field(
        description="What starts on these days, by start: all of it for its hotelier, for a master what they do."
    )
    async def appointments(
        self,
        info: Info,
        from_: _From,
        to: Annotated[dt.date, strawberry.argument(description="The last day, included; at most 31 days.")],
        master_id: Annotated[strawberry.ID | None, strawberry.argument(description="Only of this master.")] = None,
        states: States = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Appointment]:
        request = appointment_pb2.ListSalonAppointmentsRequest(
            salon_id=decode_id("Salon", self.id, path=("id",)),
            master_id=decode_id("Master", master_id, path=("masterId",)) if master_id else "",
            first_day=from_.isoformat(),
            last_day=to.isoformat(),
            states=state_values(states),
            first=at_least_one(first),
            after=after or "",
        )
        return appointment_page(await call(info.context.services.appointments.ListSalonAppointments, request), after)


@strawberry.type
class SalonFigureQueries:
    @strawberry.field(description="What the days of a salon of yours came to; a master sees their own.")
    async def salon_figures(
        self,
        info: Info,
        salon_id: Annotated[strawberry.ID, strawberry.argument(description="The salon.")],
        from_: _From,
        to: Annotated[dt.date, strawberry.argument(description="The last day, included; at most 366 days.")],
    ) -> SalonFiguresOfDays:
        found = await call(
            info.context.services.appointments.GetSalonFigures,
            appointment_pb2.GetSalonFiguresRequest(
                salon_id=decode_id("Salon", salon_id, path=("salonId",)),
                first_day=from_.isoformat(),
                last_day=to.isoformat(),
            ),
        )
        return SalonFiguresOfDays(masters=[_figures(one) for one in found.masters], all=_figures(found.all))


def _figures(message: appointment_pb2.MasterFigures) -> SalonFigures:
    return SalonFigures(
        master_id=strawberry.ID(encode_id("Master", message.master_id)) if message.master_id else None,
        master_name=message.master_name or None,
        working_minutes=message.working_minutes,
        booked_minutes=message.booked_minutes,
        utilisation_basis_points=message.utilisation_basis_points,
        revenue=money(message.revenue),
        appointments=message.appointments,
        cancelled=message.cancelled,
        no_shows=message.no_shows,
        clients=message.clients,
        rebooked_clients=message.rebooked_clients,
    )
