"""The statements that read parts of houses by ids of their own, as far as the reader may see them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import ARRAY, Boolean, ColumnElement, Table, Uuid, any_, bindparam, or_, select

from grpc_services.hotel.models import ChangeEntry, Extra, Hotel, Room, RoomType
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

_hotel = table_of(Hotel)
_OWN = or_(_hotel.c.owner_id == bindparam("reader_id"), bindparam("of_anybody", type_=Boolean))
_SHOWN = or_(_hotel.c.state == "PUBLISHED", _OWN)


def _of_houses(part: Table, houses: ColumnElement[bool]) -> Statement:
    """Parts of those houses, with the house's currency."""
    return Statement(
        select(part, _hotel.c.currency)
        .join(_hotel, _hotel.c.id == part.c.hotel_id)
        .where(part.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), houses)
    )


ROOM_TYPES = _of_houses(table_of(RoomType), _SHOWN)
EXTRAS = _of_houses(table_of(Extra), _SHOWN)
ROOMS = _of_houses(table_of(Room), _OWN)
CHANGES = _of_houses(table_of(ChangeEntry), _OWN)


async def visible(
    connection: Connection,
    parts: Statement,
    ids: Sequence[uuid.UUID],
    *,
    reader_id: uuid.UUID,
    of_anybody: bool,
) -> list[Record]:
    """`parts` is one of the statements above; no ids, no question."""
    return await parts.fetch(connection, ids=ids, reader_id=reader_id, of_anybody=of_anybody) if ids else []
