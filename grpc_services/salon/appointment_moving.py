"""The frame of every move of an appointment: one transaction, with the appointment locked first, then its salon's
masters; afterwards money that goes back is sent."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from contracts.salon.v1 import appointment_pb2
from grpc_services.salon import appointment_messages as messages
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon import appointment_refunds as refunds
from grpc_services.salon import appointment_timeline_queries as timeline_queries
from grpc_services.salon.appointment_reading import keys, no_appointment
from grpc_services.salon.appointment_rules import State
from runtime.database import Connection, Database, Record
from runtime.errors import VersionConflict
from runtime.identifiers import parse_id
from runtime.identity import Caller, Role, require_account
from runtime.payment_system import PaymentSystem


@dataclass(frozen=True, slots=True)
class Move:
    """A locked appointment with its services, and who moves it: its client, or its salon."""

    connection: Connection
    caller: Caller
    row: Record
    services: Sequence[Record]
    by_salon: bool

    @property
    def state(self) -> State:
        return State(self.row["state"])

    def check_version(self, expected: int) -> None:
        if self.row["version"] != expected:
            raise VersionConflict(self.row["version"])

    async def tell(self, row: Record, kind: str, summary: str, *, changed_state: bool = True) -> None:
        await timeline_queries.write_timeline(
            self.connection, row, kind=kind, actor=self.caller.role, summary=summary, changed_state=changed_state
        )


KeyedRequest = appointment_pb2.CancelAppointmentRequest | appointment_pb2.MoveAppointmentRequest
VersionedRequest = (
    appointment_pb2.ConfirmAppointmentRequest
    | appointment_pb2.CompleteAppointmentRequest
    | appointment_pb2.MarkAppointmentNoShowRequest
)
Work = Callable[[Move], Awaitable[Record]]


class MovingMethods:
    """A part of AppointmentServicer, which gives it the database, the payment system and the clock."""

    _database: Database
    _payments: PaymentSystem
    _now: Callable[[], dt.datetime]

    async def _move_once(self, operation: str, request: KeyedRequest, work: Work) -> appointment_pb2.Appointment:
        """Does the work, by the client or the salon, and stores its answer under the caller's key."""
        caller = require_account()
        appointment_id = parse_id(request.appointment_id, path=("appointmentId",))
        key = {"principal": str(caller.account_id), "operation": operation, "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=appointment_pb2.Appointment)
            if earlier is not None:
                return earlier
            move = await _lock(connection, caller, appointment_id, salon_only=False)
            answer = await messages.appointment_as_message(connection, await work(move))
            await keys.store(connection, **key, answer=answer)
        await refunds.try_to_send(self._database, self._payments, appointment_id)
        return answer

    async def _move_at_salon(
        self, request: VersionedRequest, to_state: State, work: Work
    ) -> appointment_pb2.Appointment:
        """Does the work, by the salon. Asked again after it was done, it answers the appointment as it stands."""
        caller = require_account()
        appointment_id = parse_id(request.appointment_id, path=("appointmentId",))
        async with self._database.transaction() as connection:
            move = await _lock(connection, caller, appointment_id, salon_only=True)
            row = move.row
            if not (move.state is to_state and row["version"] == request.expected_version + 1):
                move.check_version(request.expected_version)
                row = await work(move)
            answer = await messages.appointment_as_message(connection, row)
        await refunds.try_to_send(self._database, self._payments, appointment_id)
        return answer


def is_of_salon(caller: Caller, row: Record, services: Sequence[Record]) -> bool:
    """Whether the caller runs the salon, or does a part of the appointment."""
    return (
        caller.role is Role.ADMIN
        or caller.account_id == row["salon_owner_id"]
        or any(one["master_account_id"] == caller.account_id for one in services)
    )


async def _lock(connection: Connection, caller: Caller, appointment_id: uuid.UUID, *, salon_only: bool) -> Move:
    row = await queries.lock_appointment(connection, appointment_id)
    if row is None:
        raise no_appointment()
    services = (await queries.load_services(connection, [appointment_id]))[appointment_id]
    by_salon = is_of_salon(caller, row, services)
    if not by_salon and (salon_only or caller.account_id != row["client_account_id"]):
        raise no_appointment()
    return Move(connection, caller, row, services, by_salon)
