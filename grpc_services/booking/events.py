"""The events that booking publishes, each in the transaction of what it tells."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from google.protobuf.message import Message

from contracts.events.v1 import events_pb2
from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payment_pb2
from grpc_services.booking import basket_queries, messages
from grpc_services.booking.models import outbox as outbox_rows
from runtime.database import Connection, Record
from runtime.event_bus import BOOKING_TOPIC, INVENTORY_TOPIC
from runtime.outbox import Outbox

_bookings = Outbox(outbox_rows, BOOKING_TOPIC)
_inventory = Outbox(outbox_rows, INVENTORY_TOPIC)


async def publish_held(connection: Connection, row: Record) -> None:
    await _publish(connection, row, events_pb2.BookingHeld(booking=messages.booking_snapshot(row)))


async def publish_payment_started(connection: Connection, row: Record) -> None:
    await _publish(connection, row, events_pb2.BookingPaymentStarted(booking=messages.booking_snapshot(row)))


async def publish_payment_failed(connection: Connection, row: Record, failure_code: str) -> None:
    event = events_pb2.BookingPaymentFailed(booking=messages.booking_snapshot(row), failure_code=failure_code)
    await _publish(connection, row, event)


async def publish_payment_received(connection: Connection, row: Record, amount: int, method: str) -> None:
    event = events_pb2.BookingPaymentReceived(
        booking=messages.booking_snapshot(row), amount=_money(row, amount), method=method
    )
    await _publish(connection, row, event)


async def publish_charge_added(connection: Connection, row: Record, amount: int, description: str) -> None:
    event = events_pb2.BookingChargeAdded(
        booking=messages.booking_snapshot(row), amount=_money(row, amount), description=description
    )
    await _publish(connection, row, event)


async def publish_confirmed(connection: Connection, row: Record) -> None:
    visits = await basket_queries.load_visits(connection, row["id"])
    event = events_pb2.BookingConfirmed(booking=messages.booking_snapshot(row, visits=visits))
    await _publish(connection, row, event)


async def publish_visit_changed(connection: Connection, row: Record, appointment_id: uuid.UUID, refund: int) -> None:
    visits = await basket_queries.load_visits(connection, row["id"])
    event = events_pb2.BookingVisitChanged(
        booking=messages.booking_snapshot(row, visits=visits),
        appointment_id=str(appointment_id),
        refund=_money(row, refund),
    )
    await _publish(connection, row, event)


async def publish_expired(connection: Connection, row: Record) -> None:
    await _publish(connection, row, events_pb2.BookingExpired(booking=messages.booking_snapshot(row)))


async def publish_refunded(connection: Connection, row: Record, amount: money_pb2.Money, reason: str) -> None:
    event = events_pb2.BookingRefunded(booking=messages.booking_snapshot(row), amount=amount, reason=reason)
    await _publish(connection, row, event)


async def publish_refund_failed(
    connection: Connection, row: Record, amount: money_pb2.Money, reason: str, *, reversed_: bool, given_up: bool
) -> None:
    event = events_pb2.BookingRefundFailed(
        booking=messages.booking_snapshot(row), amount=amount, reason=reason, reversed=reversed_, given_up=given_up
    )
    await _publish(connection, row, event)


async def publish_disputed(connection: Connection, row: Record, dispute: payment_pb2.Dispute, state: str) -> None:
    event = events_pb2.BookingPaymentDisputed(
        booking=messages.booking_snapshot(row), amount=dispute.amount, reason=dispute.reason, state=state
    )
    await _publish(connection, row, event)


async def publish_offered(connection: Connection, row: Record, waitlist_entry_id: uuid.UUID) -> None:
    event = events_pb2.BookingOffered(booking=messages.booking_snapshot(row), waitlist_entry_id=str(waitlist_entry_id))
    await _publish(connection, row, event)


async def publish_cancelled(
    connection: Connection,
    row: Record,
    rooms: Sequence[Record],
    *,
    refund: int,
    penalty: int,
    by_hotel: bool,
    whole: bool,
    reason: str,
) -> None:
    event = events_pb2.BookingCancelled(
        booking=messages.booking_snapshot(row, rooms),
        refund=_money(row, refund),
        penalty=_money(row, penalty),
        by_hotel=by_hotel,
        whole=whole,
        reason=reason,
    )
    await _publish(connection, row, event)


async def publish_modified(
    connection: Connection, row: Record, before: Record, rooms: Sequence[Record], *, refund: int, due: int
) -> None:
    """`rooms` are those of before and after."""
    event = events_pb2.BookingModified(
        booking=messages.booking_snapshot(row, rooms),
        before=messages.booking_snapshot(before),
        refund=_money(row, refund),
        due=_money(row, due),
    )
    await _publish(connection, row, event)


async def publish_checked_in(connection: Connection, row: Record, rooms: Sequence[Record]) -> None:
    """`rooms` are those of before and after."""
    await _publish(connection, row, events_pb2.BookingCheckedIn(booking=messages.booking_snapshot(row, rooms)))


async def publish_checked_out(connection: Connection, row: Record, rooms: Sequence[Record]) -> None:
    await _publish(connection, row, events_pb2.BookingCheckedOut(booking=messages.booking_snapshot(row, rooms)))


async def publish_marked_no_show(connection: Connection, row: Record, rooms: Sequence[Record], penalty: int) -> None:
    event = events_pb2.BookingMarkedNoShow(booking=messages.booking_snapshot(row, rooms), penalty=_money(row, penalty))
    await _publish(connection, row, event)


async def publish_reinstated(connection: Connection, row: Record, rooms: Sequence[Record]) -> None:
    await _publish(connection, row, events_pb2.BookingReinstated(booking=messages.booking_snapshot(row, rooms)))


async def publish_sellable(connection: Connection, room_type_id: str, hotel_id: str) -> None:
    event = events_pb2.RoomTypeSellable(room_type_id=room_type_id, hotel_id=hotel_id)
    await _inventory.publish(connection, event, aggregate_id=room_type_id, aggregate_version=1)


async def publish_inventory_changed(connection: Connection, kind: Record) -> None:
    """`kind` is the row of the room type as it is now."""
    room_type_id = str(kind["room_type_id"])
    event = events_pb2.InventoryChanged(
        room_type_id=room_type_id,
        hotel_id=str(kind["hotel_id"]),
        inventory_version=kind["version"],
        number_of_rooms=kind["capacity"],
        owner_id=str(kind["owner_id"]),
    )
    await _inventory.publish(connection, event, aggregate_id=room_type_id, aggregate_version=kind["version"])


def _money(row: Record, minor_units: int) -> money_pb2.Money:
    return money_pb2.Money(minor_units=minor_units, currency=row["currency"])


async def _publish(connection: Connection, row: Record, event: Message) -> None:
    await _bookings.publish(connection, event, aggregate_id=str(row["id"]), aggregate_version=row["version"])


async def forget_bookings(connection: Connection, booking_ids: Sequence[str]) -> None:
    """Of an account that was deleted."""
    await _bookings.forget(connection, booking_ids)
