"""Writing a new booking with its rooms, timeline and event. Taking its nights is the caller's, who does it last."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import rate_pb2
from grpc_services.booking import basket_queries, baskets, events, messages, queries, rules
from grpc_services.booking.basket_rules import quoted_total
from grpc_services.booking.baskets import Held
from runtime.database import Connection, Record
from runtime.errors import InvalidInput
from runtime.identifiers import new_id


async def create_booking(
    connection: Connection,
    quote: Record,
    stay: rate_pb2.PriceStayResponse,
    *,
    state: rules.State,
    hold_seconds: int,
    guest_account_id: uuid.UUID,
    guest: booking_pb2.GuestDetails,
    actor: str,
    source: str = "GUEST",
    special_requests: str = "",
    arrival_time: str = "",
    room_guests: Mapping[int, str] | None = None,
    block_id: uuid.UUID | None = None,
    waitlist_entry_id: uuid.UUID | None = None,
    held: Held | None = None,
) -> Record:
    """The new row of a quoted stay, HELD or CONFIRMED. `room_guests` names who sleeps in a room, by its position;
    with `waitlist_entry_id` the hold is an offer to who waited; `held` are the visits of the quote, held at salon.
    Raises QuoteAlreadyBooked."""
    if quote["booking_id"] is not None:
        raise InvalidInput("This quote is for changing a booking; ask for one without it.", path=("quoteId",))
    booking_id = held.booking_id if held else new_id()
    visits = messages.quoted_visits(quote) if held else ()
    row = await queries.insert_booking(
        connection,
        [
            {
                "booking_id": booking_id,
                "position": position,
                "room_type_id": uuid.UUID(room.request.room_type_id),
                "rate_plan_id": uuid.UUID(room.request.rate_plan_id),
                "adults": room.request.adults,
                "children_ages": list(room.request.children_ages),
                "total_minor_units": room.total.minor_units,
                "guest_name": (room_guests or {}).get(position, ""),
                "cancelled": False,
                "first_night": quote["check_in"],
                "end_night": quote["check_out"],
            }
            for position, room in enumerate(stay.rooms)
        ],
        id=booking_id,
        reference=rules.new_reference(),
        state=state,
        hold_seconds=hold_seconds if state is rules.State.HELD else None,
        hotel_id=quote["hotel_id"],
        hotel_owner_id=uuid.UUID(stay.owner_id),
        guest_account_id=guest_account_id,
        quote_id=quote["id"],
        check_in=quote["check_in"],
        check_out=quote["check_out"],
        guest_name=guest.name.strip(),
        guest_email=guest.email,
        guest_phone=guest.phone,
        guest_locale=guest.locale or rules.language_of(stay.address.country),
        special_requests=special_requests,
        arrival_time=arrival_time,
        priced_stay=quote["priced_stay"],
        time_zone=stay.time_zone,
        currency=stay.currency,
        total_minor_units=stay.total.minor_units,
        visits_minor_units=quoted_total(visits),
        source=source,
        block_id=block_id,
        document_secret=rules.new_document_secret(),
    )
    if held is not None:
        await held.close(connection)
        await basket_queries.insert_visits(connection, baskets.visit_rows(booking_id, visits, held))
    if waitlist_entry_id is not None:
        await queries.write_timeline(
            connection, row, kind="BookingOffered", actor=actor, summary="Held for a guest of the waitlist."
        )
        await events.publish_offered(connection, row, waitlist_entry_id)
    elif state is rules.State.HELD:
        await queries.write_timeline(
            connection,
            row,
            kind="BookingHeld",
            actor=actor,
            summary="Rooms and visits held, waiting for payment." if held else "Rooms held, waiting for payment.",
        )
        await events.publish_held(connection, row)
    else:
        await queries.write_timeline(
            connection, row, kind="BookingConfirmed", actor=actor, summary="Confirmed; paid at the hotel."
        )
        await events.publish_confirmed(connection, row)
    return row
