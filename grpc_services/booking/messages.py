"""Rows of the booking service as contract messages and events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from contracts.booking.v1 import booking_pb2, inventory_pb2
from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import rate_pb2
from contracts.money.v1 import money_pb2
from contracts.salon.v1 import appointment_pb2, basket_pb2
from grpc_services.booking.basket_rules import STANDING, penalties, quoted_total
from grpc_services.booking.folio import Folio, due, total
from grpc_services.booking.timeline_topics import Topic, topic_of
from runtime.clock import to_timestamp
from runtime.database import Record
from runtime.errors import InvalidInput


def priced_stay(row: Record) -> rate_pb2.PriceStayResponse:
    """The priced stay that a quote or booking was made with."""
    return rate_pb2.PriceStayResponse.FromString(row["priced_stay"])


def quoted_visits(row: Record) -> Sequence[basket_pb2.QuotedVisit]:
    """The visits to salons that a quote holds besides rooms."""
    return basket_pb2.QuotedVisits.FromString(row["visits"]).visits


def quote_message(row: Record) -> booking_pb2.Quote:
    stay, visits = priced_stay(row), quoted_visits(row)
    return booking_pb2.Quote(
        id=str(row["id"]),
        hotel_id=stay.hotel_id,
        hotel_name=stay.hotel_name,
        time_zone=stay.time_zone,
        check_in=row["check_in"].isoformat(),
        check_out=row["check_out"].isoformat(),
        rooms=stay.rooms,
        total=money_pb2.Money(minor_units=stay.total.minor_units + quoted_total(visits), currency=stay.total.currency),
        created_at=to_timestamp(row["created_at"]),
        expires_at=to_timestamp(row["expires_at"]),
        exchange_rates_day=stay.exchange_rates_day,
        visits=visits,
    )


def booking_message(row: Record, folio: Folio) -> booking_pb2.Booking:
    stay = priced_stay(row)
    message = booking_pb2.Booking(
        id=str(row["id"]),
        reference=row["reference"],
        state=state_value(row["state"]),
        version=row["version"],
        hotel_id=stay.hotel_id,
        hotel_name=stay.hotel_name,
        hotel_owner_id=str(row["hotel_owner_id"]),
        guest_account_id=str(row["guest_account_id"]),
        guest=booking_pb2.GuestDetails(
            name=row["guest_name"], email=row["guest_email"], phone=row["guest_phone"], locale=row["guest_locale"]
        ),
        check_in=row["check_in"].isoformat(),
        check_out=row["check_out"].isoformat(),
        rooms=stay.rooms,
        total=_total(row),
        paid=_money(row, "paid_minor_units"),
        refunded=_money(row, "refunded_minor_units"),
        special_requests=row["special_requests"],
        arrival_time=row["arrival_time"],
        created_at=to_timestamp(row["created_at"]),
        updated_at=to_timestamp(row["updated_at"]),
        time_zone=stay.time_zone,
        due=money_pb2.Money(minor_units=due(row), currency=row["currency"]),
        penalty=money_pb2.Money(
            minor_units=row["penalty_minor_units"] + penalties(folio.visits), currency=row["currency"]
        ),
        booked_rooms=[booked_room_message(room, folio.doors) for room in folio.rooms],
        charges=[
            booking_pb2.Charge(
                id=str(one["id"]),
                description=one["description"],
                amount=money_pb2.Money(minor_units=one["amount_minor_units"], currency=row["currency"]),
                at=to_timestamp(one["at"]),
            )
            for one in folio.charges
        ],
        desk_payments=[
            booking_pb2.DeskPayment(
                id=str(one["id"]),
                method=booking_pb2.DeskPaymentMethod.Value(f"DESK_PAYMENT_METHOD_{one['method']}"),
                amount=money_pb2.Money(minor_units=one["amount_minor_units"], currency=row["currency"]),
                at=to_timestamp(one["at"]),
            )
            for one in folio.desk_payments
        ],
        document_secret=row["document_secret"],
        source=booking_pb2.BookingSource.Value(f"BOOKING_SOURCE_{row['source']}"),
        block_id=str(row["block_id"] or ""),
        exchange_rates_day=stay.exchange_rates_day,
        visits=[booked_visit_message(visit, row["currency"]) for visit in folio.visits],
    )
    if row["hold_expires_at"] is not None:
        message.hold_expires_at.CopyFrom(to_timestamp(row["hold_expires_at"]))
    if row["payment_id"]:
        message.payment.CopyFrom(
            booking_pb2.BookingPayment(
                id=row["payment_id"],
                state=row["payment_state"],
                amount=_money(row, "payment_minor_units"),
                checkout_url=row["checkout_url"],
            )
        )
    return message


def booked_room_message(room: Record, doors: Sequence[Record]) -> booking_pb2.BookedRoom:
    return booking_pb2.BookedRoom(
        position=room["position"],
        room_type_id=str(room["room_type_id"]),
        guest_name=room["guest_name"],
        cancelled=room["cancelled"],
        end_night=room["end_night"].isoformat(),
        doors=[
            booking_pb2.AssignedDoor(
                room_id=str(door["room_id"]),
                number=door["number"],
                first_night=door["first_night"].isoformat(),
                end_night=door["end_night"].isoformat(),
            )
            for door in doors
            if door["position"] == room["position"]
        ],
    )


def booked_visit_message(visit: Record, currency: str) -> booking_pb2.BookedVisit:
    return booking_pb2.BookedVisit(
        position=visit["position"],
        appointment_id=str(visit["appointment_id"]),
        state=appointment_pb2.AppointmentState.Value(f"APPOINTMENT_STATE_{visit['state']}"),
        quoted=basket_pb2.QuotedVisit.FromString(visit["quoted"]),
        starts_at=to_timestamp(visit["starts_at"]),
        cost=money_pb2.Money(minor_units=visit["cost_minor_units"], currency=currency),
    )


def visit_in_event(visit: Record) -> events_pb2.BookedVisit:
    quoted = basket_pb2.QuotedVisit.FromString(visit["quoted"])
    return events_pb2.BookedVisit(
        appointment_id=str(visit["appointment_id"]),
        salon_name=quoted.salon_name,
        starts_at=to_timestamp(visit["starts_at"]),
        time_zone=quoted.time_zone,
        service_names=[one.visited.service_name for one in quoted.services],
    )


def booking_snapshot(
    row: Record, rooms: Sequence[Record] = (), visits: Sequence[Record] = ()
) -> events_pb2.BookingSnapshot:
    """`rooms` name the room types whose nights are touched, where they are others than the priced ones; of `visits`
    those are told that still take place."""
    stay = priced_stay(row)
    priced = [room.request.room_type_id for room in stay.rooms]
    others = sorted({str(room["room_type_id"]) for room in rooms} - set(priced))
    snapshot = events_pb2.BookingSnapshot(
        booking_id=str(row["id"]),
        reference=row["reference"],
        state=state_value(row["state"]),
        version=row["version"],
        hotel_id=stay.hotel_id,
        hotel_name=stay.hotel_name,
        hotel_owner_id=str(row["hotel_owner_id"]),
        guest_account_id=str(row["guest_account_id"]),
        guest_name=row["guest_name"],
        check_in=row["check_in"].isoformat(),
        check_out=row["check_out"].isoformat(),
        room_type_ids=[*priced, *others],
        room_names=[room.room_type_name for room in stay.rooms],
        time_zone=stay.time_zone,
        total=_total(row),
        paid=_money(row, "paid_minor_units"),
        refunded=_money(row, "refunded_minor_units"),
        visits=[visit_in_event(visit) for visit in visits if visit["state"] in STANDING],
    )
    if row["hold_expires_at"] is not None:
        snapshot.hold_expires_at.CopyFrom(to_timestamp(row["hold_expires_at"]))
    return snapshot


def timeline_message(row: Record) -> booking_pb2.TimelineEntry:
    return booking_pb2.TimelineEntry(
        id=str(row["id"]),
        kind=row["kind"],
        state=state_value(row["state"]),
        version=row["version"],
        at=to_timestamp(row["at"]),
        actor=row["actor"],
        summary=row["summary"],
        request_id=row["request_id"],
        trace_id=row["trace_id"],
        topic=booking_pb2.TimelineTopic.Value(f"TIMELINE_TOPIC_{topic_of(row['kind'])}"),
    )


def availability_messages(
    room_types: Sequence[Record], nights: Sequence[Record]
) -> list[inventory_pb2.RoomTypeAvailability]:
    """Of a room type that is not for sale nothing is free on any night."""
    for_sale = {row["room_type_id"]: not (row["closed"] or row["stale"]) for row in room_types}
    by_type = {
        row["room_type_id"]: inventory_pb2.RoomTypeAvailability(
            room_type_id=str(row["room_type_id"]),
            capacity=row["capacity"] if for_sale[row["room_type_id"]] else 0,
            stale=row["stale"],
        )
        for row in room_types
    }
    for row in nights:
        if not for_sale[row["room_type_id"]]:
            continue
        one = by_type[row["room_type_id"]].nights.add(night=row["night"].isoformat(), free=row["free"])
        if row["held_until"] is not None:
            one.held_until.CopyFrom(to_timestamp(row["held_until"]))
    return list(by_type.values())


def state_value(name: str) -> booking_pb2.BookingState.ValueType:
    return booking_pb2.BookingState.Value(f"BOOKING_STATE_{name}")


def state_name(value: booking_pb2.BookingState.ValueType) -> str:
    """Raises InvalidInput for a number that stands for no state."""
    try:
        return booking_pb2.BookingState.Name(value).removeprefix("BOOKING_STATE_")
    except ValueError:
        raise InvalidInput("There is no such state.", path=("states",)) from None


def departed(time: booking_pb2.StayTime.ValueType) -> bool | None:
    """None when stays of any time are asked for."""
    if time not in booking_pb2.StayTime.values():
        raise InvalidInput("There is no such time.", path=("time",))
    return None if time == booking_pb2.STAY_TIME_UNSPECIFIED else time == booking_pb2.STAY_TIME_PAST


def topics(values: Sequence[booking_pb2.TimelineTopic.ValueType]) -> set[Topic]:
    """All when none is named; raises InvalidInput for a number that stands for no topic."""
    if len(values) > len(Topic):
        raise InvalidInput("Name every topic once.", path=("topics",))
    try:
        named = {Topic(booking_pb2.TimelineTopic.Name(value).removeprefix("TIMELINE_TOPIC_")) for value in values}
    except ValueError:
        raise InvalidInput("There is no such topic.", path=("topics",)) from None
    return named or set(Topic)


def parse_date(text: str, field: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("This is not a date (YYYY-MM-DD).", path=(field,)) from None


def _total(row: Record) -> money_pb2.Money:
    return money_pb2.Money(minor_units=total(row), currency=row["currency"])


def _money(row: Record, column: str) -> money_pb2.Money:
    return money_pb2.Money(minor_units=row[column], currency=row["currency"])
