"""The SQL of a salon's figures."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import ARRAY, DateTime, Uuid, bindparam, text

from runtime.database import Connection, Record, Statement

_APPOINTMENTS = Statement(
    text("""
        SELECT a.id, a.state, a.client_account_id, s.master_id, s.price_minor_units AS price,
            (extract(epoch FROM s.ends_at - s.starts_at) / 60)::bigint AS minutes,
            EXISTS (
                SELECT FROM salon.appointment AS earlier
                WHERE earlier.salon_id = a.salon_id AND earlier.client_account_id = a.client_account_id
                    AND earlier.state = 'COMPLETED' AND earlier.starts_at < a.starts_at
            ) AS came_before,
            EXISTS (
                SELECT FROM salon.appointment AS earlier
                JOIN salon.visited_service AS by_them
                    ON by_them.appointment_id = earlier.id AND by_them.master_id = s.master_id
                WHERE earlier.salon_id = a.salon_id AND earlier.client_account_id = a.client_account_id
                    AND earlier.state = 'COMPLETED' AND earlier.starts_at < a.starts_at
            ) AS came_to_them_before
        FROM salon.appointment AS a JOIN salon.visited_service AS s ON s.appointment_id = a.id
        WHERE a.salon_id = :salon_id AND a.starts_at >= :begin AND a.starts_at < :end
            AND a.state IN ('CONFIRMED', 'COMPLETED', 'CANCELLED', 'NO_SHOW')
    """).bindparams(
        bindparam("salon_id", type_=Uuid),
        bindparam("begin", type_=DateTime(timezone=True)),
        bindparam("end", type_=DateTime(timezone=True)),
    )
)
_BLOCKS = Statement(
    text("""
        SELECT master_id, lower(during) AS starts_at, upper(during) AS ends_at
        FROM salon.master_time
        WHERE master_id = ANY(:master_ids) AND appointment_id IS NULL AND during && tstzrange(:begin, :end)
    """).bindparams(
        bindparam("master_ids", type_=ARRAY(Uuid)),
        bindparam("begin", type_=DateTime(timezone=True)),
        bindparam("end", type_=DateTime(timezone=True)),
    )
)


async def services_between(
    connection: Connection, salon_id: uuid.UUID, begin: dt.datetime, end: dt.datetime
) -> list[Record]:
    """One row a service of the appointments that start within the span, and whether their client had come before:
    to the salon, and to this master."""
    return await _APPOINTMENTS.fetch(connection, salon_id=salon_id, begin=begin, end=end)


async def blocks_between(
    connection: Connection, master_ids: Sequence[uuid.UUID], begin: dt.datetime, end: dt.datetime
) -> list[Record]:
    """(master_id, starts_at, ends_at) of time that masters keep for themselves."""
    return await _BLOCKS.fetch(connection, master_ids=list(master_ids), begin=begin, end=end)
