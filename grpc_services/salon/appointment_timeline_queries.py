"""The SQL of appointments' timeline: what happened to each, in order."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import ARRAY, Boolean, Integer, Text, all_, and_, any_, bindparam, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from grpc_services.salon.appointment_models import AppointmentTimelineEntry
from grpc_services.salon.appointment_timeline_topics import KINDS_OF, Topic
from runtime.database import Connection, Record, Statement
from runtime.identifiers import new_id
from runtime.request_context import request_id, trace_id
from runtime.tables import table_of

timeline = table_of(AppointmentTimelineEntry)

_INSERT_TIMELINE = Statement(
    insert(timeline).values({column.name: bindparam(column.name) for column in timeline.c if column.name != "at"})
)
_INSERT_NOTICE = Statement(
    upsert(timeline)
    .values({column.name: bindparam(column.name) for column in timeline.c if column.name != "at"})
    .on_conflict_do_nothing(index_elements=["id"])
)
_TIMELINE = Statement(
    select(timeline)
    .where(
        timeline.c.appointment_id == bindparam("appointment_id"),
        timeline.c.id > bindparam("after_id"),
        timeline.c.version > bindparam("after_version"),
        or_(timeline.c.changed_state, bindparam("everything", type_=Boolean)),
        or_(
            timeline.c.kind == any_(bindparam("kinds", type_=ARRAY(Text))),
            and_(
                bindparam("own_moves", type_=Boolean),
                timeline.c.kind != all_(bindparam("others_kinds", type_=ARRAY(Text))),
            ),
        ),
    )
    .order_by(timeline.c.id)
    .limit(bindparam("limit", type_=Integer))
)


async def write_timeline(
    connection: Connection, row: Record, *, kind: str, actor: str, summary: str, changed_state: bool = True
) -> None:
    """Tells what happened to an appointment that now stands as `row`."""
    await _INSERT_TIMELINE.execute(
        connection,
        id=new_id(),
        appointment_id=row["id"],
        kind=kind,
        state=row["state"],
        version=row["version"],
        changed_state=changed_state,
        actor=actor,
        summary=summary,
        request_id=request_id(),
        trace_id=trace_id(),
    )


async def timeline_page(
    connection: Connection,
    appointment_id: uuid.UUID,
    *,
    after_id: uuid.UUID,
    after_version: int,
    state_changes_only: bool,
    topics: Collection[Topic],
    limit: int,
) -> list[Record]:
    return await _TIMELINE.fetch(
        connection,
        appointment_id=appointment_id,
        after_id=after_id,
        after_version=after_version,
        everything=not state_changes_only,
        kinds=[kind for topic in topics for kind in KINDS_OF.get(topic, ())],
        own_moves=Topic.APPOINTMENT in topics,
        others_kinds=[kind for kinds in KINDS_OF.values() for kind in kinds],
        limit=limit,
    )


async def write_notice(
    connection: Connection, row: Record, *, delivery_id: uuid.UUID, kind: str, actor: str, summary: str
) -> None:
    """Once for each delivery, whose id sorts by time as all ids do."""
    await _INSERT_NOTICE.execute(
        connection,
        id=delivery_id,
        appointment_id=row["id"],
        kind=kind,
        state=row["state"],
        version=row["version"],
        changed_state=False,
        actor=actor,
        summary=summary,
        request_id=request_id(),
        trace_id=trace_id(),
    )
