"""The events of appointments, each in the transaction of what it tells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from google.protobuf.message import Message

from contracts.events.v1 import events_pb2
from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from grpc_services.salon import appointment_queries as queries
from grpc_services.salon.appointment_messages import appointment_snapshot, money_of
from grpc_services.salon.models import outbox as outbox_rows
from runtime.clock import to_timestamp
from runtime.database import Connection, Record
from runtime.event_bus import APPOINTMENT_TOPIC
from runtime.outbox import Outbox

_appointments = Outbox(outbox_rows, APPOINTMENT_TOPIC)


async def publish_held(connection: Connection, row: Record) -> None:
    await _publish(connection, row, events_pb2.AppointmentHeld(appointment=await _snapshot(connection, row)))


async def publish_requested(connection: Connection, row: Record) -> None:
    await _publish(connection, row, events_pb2.AppointmentRequested(appointment=await _snapshot(connection, row)))


async def publish_payment_started(connection: Connection, row: Record) -> None:
    await _publish(connection, row, events_pb2.AppointmentPaymentStarted(appointment=await _snapshot(connection, row)))


async def publish_payment_failed(connection: Connection, row: Record, failure_code: str) -> None:
    snapshot = await _snapshot(connection, row)
    await _publish(
        connection, row, events_pb2.AppointmentPaymentFailed(appointment=snapshot, failure_code=failure_code)
    )


async def publish_payment_received(connection: Connection, row: Record, amount: int) -> None:
    event = events_pb2.AppointmentPaymentReceived(
        appointment=await _snapshot(connection, row), amount=money_of(row, amount), method="ONLINE"
    )
    await _publish(connection, row, event)


async def publish_confirmed(connection: Connection, row: Record) -> None:
    await _publish(connection, row, events_pb2.AppointmentConfirmed(appointment=await _snapshot(connection, row)))


async def publish_expired(connection: Connection, row: Record) -> None:
    await _publish(connection, row, events_pb2.AppointmentExpired(appointment=await _snapshot(connection, row)))


async def publish_moved(connection: Connection, row: Record, before: dt.datetime, *, by_salon: bool) -> None:
    event = events_pb2.AppointmentMoved(
        appointment=await _snapshot(connection, row), before_starts_at=to_timestamp(before), by_salon=by_salon
    )
    await _publish(connection, row, event)


async def publish_cancelled(
    connection: Connection, row: Record, *, refund: int, by_salon: bool, reason: str, with_booking: bool = False
) -> None:
    """`with_booking`: it fell away with the rooms that it was booked with."""
    event = events_pb2.AppointmentCancelled(
        appointment=await _snapshot(connection, row),
        refund=money_of(row, refund),
        penalty=money_of(row, row["penalty_minor_units"]),
        by_salon=by_salon,
        reason=reason,
        with_booking=with_booking,
    )
    await _publish(connection, row, event)


async def publish_completed(connection: Connection, row: Record) -> None:
    await _publish(connection, row, events_pb2.AppointmentCompleted(appointment=await _snapshot(connection, row)))


async def publish_marked_no_show(connection: Connection, row: Record) -> None:
    event = events_pb2.AppointmentMarkedNoShow(
        appointment=await _snapshot(connection, row), penalty=money_of(row, row["penalty_minor_units"])
    )
    await _publish(connection, row, event)


async def publish_refunded(connection: Connection, row: Record, amount: money_pb2.Money, reason: str) -> None:
    event = events_pb2.AppointmentRefunded(appointment=await _snapshot(connection, row), amount=amount, reason=reason)
    await _publish(connection, row, event)


async def publish_refund_failed(
    connection: Connection, row: Record, amount: money_pb2.Money, reason: str, *, reversed_: bool, given_up: bool
) -> None:
    event = events_pb2.AppointmentRefundFailed(
        appointment=await _snapshot(connection, row),
        amount=amount,
        reason=reason,
        reversed=reversed_,
        given_up=given_up,
    )
    await _publish(connection, row, event)


async def publish_disputed(connection: Connection, row: Record, dispute: payment_pb2.Dispute, state: str) -> None:
    event = events_pb2.AppointmentPaymentDisputed(
        appointment=await _snapshot(connection, row), amount=dispute.amount, reason=dispute.reason, state=state
    )
    await _publish(connection, row, event)


async def _snapshot(connection: Connection, row: Record) -> events_pb2.AppointmentSnapshot:
    services = await queries.load_services(connection, [row["id"]])
    return appointment_snapshot(row, services[row["id"]])


async def _publish(connection: Connection, row: Record, event: Message) -> None:
    await _appointments.publish(connection, event, aggregate_id=str(row["id"]), aggregate_version=row["version"])


async def forget_appointments(connection: Connection, appointment_ids: Sequence[str]) -> None:
    """Of an account that was deleted."""
    await _appointments.forget(connection, appointment_ids)
