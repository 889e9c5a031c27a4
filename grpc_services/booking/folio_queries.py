"""The SQL of what belongs to a booking besides its row: rooms, doors, charges and desk payments, for a whole page
of bookings at once; and the writing of its bill."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import ARRAY, Uuid, any_, bindparam, insert, select, text

from grpc_services.booking import basket_queries
from grpc_services.booking.desk_models import BookingCharge, DeskPayment
from grpc_services.booking.folio import Folio
from grpc_services.booking.models import BookingRoom
from runtime.database import Connection, Record, Statement
from runtime.identifiers import new_id
from runtime.tables import table_of

booking_room = table_of(BookingRoom)
charge = table_of(BookingCharge)
desk_payment = table_of(DeskPayment)

_ids = bindparam("ids", type_=ARRAY(Uuid))

_ROOMS = Statement(
    select(booking_room)
    .where(booking_room.c.booking_id == any_(_ids))
    .order_by(booking_room.c.booking_id, booking_room.c.position)
)
_DOORS = Statement(
    text("""
        SELECT taken.booking_id, taken.position, taken.room_id, room.number,
            min(taken.night) AS first_night, max(taken.night) + 1 AS end_night
        FROM (
            SELECT n.*, n.night - CAST(
                row_number() OVER (PARTITION BY n.booking_id, n.position, n.room_id ORDER BY n.night) AS integer
            ) AS run
            FROM booking.room_night AS n WHERE n.booking_id = ANY (:ids)
        ) AS taken
        JOIN booking.room AS room ON room.room_id = taken.room_id
        GROUP BY taken.booking_id, taken.position, taken.room_id, room.number, taken.run
        ORDER BY 1, 2, 5
    """).bindparams(_ids)
)
_CHARGES = Statement(select(charge).where(charge.c.booking_id == any_(_ids)).order_by(charge.c.id))
_DESK_PAYMENTS = Statement(
    select(desk_payment).where(desk_payment.c.booking_id == any_(_ids)).order_by(desk_payment.c.id)
)
_INSERT_CHARGE = Statement(
    insert(charge).values({column.name: bindparam(column.name) for column in charge.c if column.name != "at"})
)
_INSERT_DESK_PAYMENT = Statement(
    insert(desk_payment).values(
        {column.name: bindparam(column.name) for column in desk_payment.c if column.name != "at"}
    )
)


async def load_folios(connection: Connection, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Folio]:
    """One a booking, in five queries however many there are."""
    rooms = _by_booking(await _ROOMS.fetch(connection, ids=ids))
    doors = _by_booking(await _DOORS.fetch(connection, ids=ids))
    charges = _by_booking(await _CHARGES.fetch(connection, ids=ids))
    desk_payments = _by_booking(await _DESK_PAYMENTS.fetch(connection, ids=ids))
    visits = _by_booking(await basket_queries.visits_of(connection, ids))
    return {one: Folio(rooms[one], doors[one], charges[one], desk_payments[one], visits[one]) for one in ids}


async def load_rooms(connection: Connection, booking_id: uuid.UUID) -> list[Record]:
    """By position."""
    return await _ROOMS.fetch(connection, ids=[booking_id])


async def insert_charge(
    connection: Connection, booking_id: uuid.UUID, *, description: str, amount: int, actor_id: uuid.UUID
) -> None:
    await _INSERT_CHARGE.execute(
        connection,
        id=new_id(),
        booking_id=booking_id,
        description=description,
        amount_minor_units=amount,
        actor_id=actor_id,
    )


async def insert_desk_payment(
    connection: Connection, booking_id: uuid.UUID, *, method: str, amount: int, actor_id: uuid.UUID
) -> None:
    await _INSERT_DESK_PAYMENT.execute(
        connection, id=new_id(), booking_id=booking_id, method=method, amount_minor_units=amount, actor_id=actor_id
    )


def _by_booking(rows: Iterable[Record]) -> defaultdict[uuid.UUID, list[Record]]:
    found: defaultdict[uuid.UUID, list[Record]] = defaultdict(list)
    for row in rows:
        found[row["booking_id"]].append(row)
    return found
