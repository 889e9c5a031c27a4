"""The writing side of the outbox: an event becomes a row in the same transaction as the fact it tells.

The relay (workers/outbox_relay.py) is woken when that transaction commits and carries the row to Kafka.
"""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.message import Message
from sqlalchemy import ARRAY, Table, Text, any_, bindparam, delete, func, insert, select

from runtime.database import Connection, Statement
from runtime.envelopes import make_envelope
from runtime.identifiers import new_id

WAKE_CHANNEL = "outbox"


class Outbox:
    """Publishes the events of one service on one topic."""

    def __init__(self, table: Table, topic: str) -> None:
        self._topic = topic
        row = (
            insert(table)
            .values(
                id=bindparam("id"),
                topic=topic,
                aggregate_id=bindparam("aggregate_id"),
                envelope=bindparam("envelope"),
            )
            .returning(table.c.position)
            .cte("row")
        )
        self._insert = Statement(select(func.pg_notify(WAKE_CHANNEL, table.schema)).select_from(row))
        self._forget = Statement(
            delete(table).where(
                table.c.published_at.is_not(None),
                table.c.aggregate_id == any_(bindparam("aggregate_ids", type_=ARRAY(Text))),
            )
        )

    async def publish(
        self, connection: Connection, event: Message, *, aggregate_id: str, aggregate_version: int
    ) -> str:
        """Writes the event; returns its id. Takes effect only if the caller's transaction commits."""
        identifier = new_id()
        envelope = make_envelope(
            event, identifier=str(identifier), aggregate_id=aggregate_id, aggregate_version=aggregate_version
        )
        await self._insert.execute(
            connection, id=identifier, aggregate_id=aggregate_id, envelope=envelope.SerializeToString()
        )
        return str(identifier)

    async def forget(self, connection: Connection, aggregate_ids: Sequence[str]) -> None:
        """What everybody has heard of them; what has not left yet goes when its days are over."""
        await self._forget.execute(connection, aggregate_ids=list(aggregate_ids))
