"""Kept events of the outboxes, published again by the relay: the same ids, in the same order."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from sqlalchemy import ARRAY, BigInteger, DateTime, Text, Uuid, any_, bindparam, func, or_, select, update

from contracts.events.v1 import events_pb2
from runtime.database import Database, Record, Statement
from runtime.outbox import WAKE_CHANNEL
from runtime.tables import outbox_table, service_metadata
from stack.events.lines import Choice, line_of


class KeptEvents:
    """Published events of one service's outbox."""

    def __init__(self, schema: str) -> None:
        self.schema = schema
        table = outbox_table(service_metadata(schema))

        def unless_empty(column: object, name: str) -> object:
            asked = bindparam(name, type_=Text)
            return or_(asked == "", column == asked)

        ids = bindparam("ids", type_=ARRAY(Uuid))
        since, until = (bindparam(name, type_=DateTime(timezone=True)) for name in ("since", "until"))
        self._find = Statement(
            select(table.c.position, table.c.topic, table.c.envelope)
            .where(
                table.c.published_at.is_not(None),
                or_(func.cardinality(ids) == 0, table.c.id == any_(ids)),
                unless_empty(table.c.topic, "topic"),  # type: ignore[arg-type]
                unless_empty(table.c.aggregate_id, "aggregate"),  # type: ignore[arg-type]
                or_(since.is_(None), table.c.created_at >= since),
                or_(until.is_(None), table.c.created_at < until),
            )
            .order_by(table.c.position)
        )
        self._again = Statement(
            update(table)
            .where(table.c.position == any_(bindparam("positions", type_=ARRAY(BigInteger))))
            .values(published_at=None)
        )
        self._wake = Statement(select(func.pg_notify(WAKE_CHANNEL, schema)))

    async def find(self, database: Database, choice: Choice, ids: Sequence[uuid.UUID]) -> list[Record]:
        async with database.reading() as connection:
            rows = await self._find.fetch(
                connection,
                ids=list(ids),
                topic=choice.topic,
                aggregate=choice.aggregate,
                since=choice.since,
                until=choice.until,
            )
        return [row for row in rows if choice.kind in ("", events_pb2.Envelope.FromString(row["envelope"]).type)]

    async def publish_again(self, database: Database, rows: Sequence[Record]) -> None:
        async with database.transaction() as connection:
            await self._again.execute(connection, positions=[row["position"] for row in rows])
            await self._wake.execute(connection)


async def replay(
    database: Database,
    schemas: Sequence[str],
    choice: Choice,
    ids: Sequence[uuid.UUID],
    *,
    really: bool,
    personal: bool,
    say: Callable[[str], None],
) -> int:
    """Tells each event; how many there are. Consumers that know an event's id do nothing twice."""
    number = 0
    for kept in map(KeptEvents, schemas):
        rows = await kept.find(database, choice, ids)
        for row in rows:
            say(line_of(row["topic"], row["envelope"], personal=personal))
        if rows and really:
            await kept.publish_again(database, rows)
        number += len(rows)
    return number
