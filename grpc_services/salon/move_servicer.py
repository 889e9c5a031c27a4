"""Moving an appointment to another start, and to other masters."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import grpc

from contracts.salon.v1 import appointment_pb2
from grpc_services.salon import appointment_booking as booking
from grpc_services.salon import appointment_cancellation as cancellation
from grpc_services.salon import appointment_events as events
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import appointment_rules as rules
from grpc_services.salon import master_time_queries, visit_queries, visits
from grpc_services.salon.appointment_moving import Move, MovingMethods
from grpc_services.salon.appointment_reading import no_salon
from grpc_services.salon.appointment_servicer import wanted_start
from grpc_services.salon.slots import Doing
from grpc_services.salon.visits import Offer, Visit
from runtime.database import Connection, Record
from runtime.errors import InvalidInput, NotFound
from runtime.field_checks import check_count
from runtime.identifiers import parse_id

Context = grpc.aio.ServicerContext[Any, Any]


class MoveMethods(MovingMethods):
    async def MoveAppointment(
        self, request: appointment_pb2.MoveAppointmentRequest, context: Context
    ) -> appointment_pb2.Appointment:
        starts_at = wanted_start(request)
        check_count(request.master_ids, ("masterIds",), most=visits.MOST_SERVICES)

        async def move_on(move: Move) -> Record:
            row, connection = move.row, move.connection
            self._check_may_move(move)
            move.check_version(request.expected_version)
            visit = await _visit_as_wanted(connection, move, list(request.master_ids))
            masters = {*visit.master_ids, *(one["master_id"] for one in move.services)}
            if not move.by_salon and not visits.is_start(visit.salon, starts_at, self._now()):
                raise booking.NotFree(visit, starts_at)
            await master_time_queries.lock_masters(connection, masters)
            day = starts_at.astimezone(visit.zone).date()
            outlook = await visits.look(connection, visit, day, day, overdue_is_free=False, but_of=row["id"])
            booked = outlook.at(starts_at)
            if booked is None:
                raise booking.NotFree(visit, starts_at)
            saved = await queries.save(
                connection,
                row,
                move.state,
                starts_at=booked[0][1].starts_at,
                ends_at=booked[-1][1].ends_at,
            )
            await queries.put_services(connection, row["id"], booking.service_rows(row["id"], booked))
            await master_time_queries.release_appointments(connection, [row["id"]])
            await booking.take(connection, row["id"], booked, visit)
            who = "the salon" if move.by_salon else "the client"
            await move.tell(saved, "AppointmentMoved", f"Moved by {who}.", changed_state=False)
            await events.publish_moved(connection, saved, row["starts_at"], by_salon=move.by_salon)
            return saved

        return await booking.claim_time(
            self._database, lambda: self._move_once("MoveAppointment", request, move_on), self._now
        )

    def _check_may_move(self, move: Move) -> None:
        """The client may while cancelling would cost nothing and it has not begun; the salon while it is to come."""
        row = move.row
        rules.refuse_overdue(row)
        rules.refuse_held_for_booking(row)
        if move.state not in rules.TO_COME:
            raise rules.refuse(move.state, f"An appointment that is {move.state} cannot be moved.")
        if move.by_salon:
            return
        now: dt.datetime = self._now()
        if now >= row["starts_at"]:
            raise rules.refuse(move.state, "This appointment has begun; ask the salon.")
        if cancellation.penalty_at(cancellation.stages(row), now):
            raise rules.refuse(move.state, "It is too late to move this appointment yourself; ask the salon.")


async def _visit_as_wanted(connection: Connection, move: Move, master_ids: list[str]) -> Visit:
    """The same services at the same price, each by the master who was named or by the same as now. Another master
    works at their own pace."""
    if master_ids and len(master_ids) != len(move.services):
        raise InvalidInput("Name one master for each service, or none at all.", path=("masterIds",))
    salon = await visit_queries.share_salon(connection, move.row["salon_id"])
    if salon is None:
        raise no_salon()
    offerings = await visit_queries.offerings_of(connection, salon["id"], {one["service_id"] for one in move.services})
    services = await visit_queries.services_of(connection, salon["id"], {one["service_id"] for one in move.services})
    offers = []
    for number, one in enumerate(move.services):
        wanted = one["master_id"]
        if master_ids and master_ids[number]:
            wanted = parse_id(master_ids[number], path=("masterIds", str(number)))
        if wanted == one["master_id"]:
            offers.append([_as_booked(one)])
        else:
            offers.append([_by_another(one, wanted, offerings, services, number, move.row)])
    return Visit(salon, offers, prepaid=move.row["payment_timing"] == "PREPAID")


def _as_booked(one: Record) -> Offer:
    duration = int((one["ends_at"] - one["starts_at"]).total_seconds()) // 60
    return Offer(
        one["service_id"],
        one["service_name"],
        one["master_name"],
        one["master_account_id"],
        one["price_minor_units"],
        Doing(one["master_id"], one["buffer_before_minutes"], duration, one["buffer_after_minutes"]),
    )


def _by_another(
    one: Record,
    master_id: uuid.UUID,
    offerings: list[Record],
    services: dict[uuid.UUID, Record],
    number: int,
    row: Record,
) -> Offer:
    service = services.get(one["service_id"])
    offering = next(
        (
            offering
            for offering in offerings
            if (offering["service_id"], offering["master_id"]) == (one["service_id"], master_id)
        ),
        None,
    )
    if service is None or offering is None or offering["account_id"] == row["client_account_id"]:
        raise NotFound("Nobody of this id does this service.", path=("masterIds", str(number)))
    duration = offering["duration_minutes"]
    return Offer(
        one["service_id"],
        one["service_name"],
        offering["name"],
        offering["account_id"],
        one["price_minor_units"],
        Doing(
            master_id,
            one["buffer_before_minutes"],
            service["duration_minutes"] if duration is None else duration,
            one["buffer_after_minutes"],
        ),
    )
