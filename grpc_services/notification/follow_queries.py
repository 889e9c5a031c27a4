"""The SQL of following a person's notifications."""

from __future__ import annotations

import uuid

from sqlalchemy import Integer, Uuid, bindparam, select, text

from grpc_services.notification.catalogue import Channel
from grpc_services.notification.models import Delivery, Notification
from runtime.commit_order import (
    POSITION_PARAMETERS,
    Page,
    Position,
    after_position,
    in_order,
    page_in_order,
    position_of,
)
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

_notification = table_of(Notification)
_delivery = table_of(Delivery)
_account_id = bindparam("account_id", type_=Uuid)
_limit = bindparam("limit", type_=Integer)

_ONE = Statement(
    select(_notification.c.id, _notification.c.written_in).where(
        _notification.c.account_id == _account_id, _notification.c.id == bindparam("id", type_=Uuid)
    )
)
_LATEST_UNREAD = Statement(
    select(
        _notification,
        select(_delivery.c.state)
        .where(_delivery.c.notification_id == _notification.c.id, _delivery.c.channel == Channel.EMAIL.value)
        .scalar_subquery()
        .label("email_state"),
    )
    .where(_notification.c.account_id == _account_id, _notification.c.read_at.is_(None), _notification.c.shown)
    .order_by(_notification.c.id.desc())
    .limit(_limit)
)
_SINCE = Statement(
    text(f"""
        SELECT told.*, {in_order("told")} AS settled, (
            SELECT delivery.state FROM notification.delivery AS delivery
            WHERE delivery.notification_id = told.id AND delivery.channel = 'EMAIL'
        ) AS email_state
        FROM notification.notification AS told
        WHERE told.account_id = :account_id AND told.shown AND {after_position("told")}
        ORDER BY told.written_in, told.id
        LIMIT :limit
    """).bindparams(_account_id, _limit, *POSITION_PARAMETERS)  # noqa: S608  # put together from constants
)


async def position_of_notification(
    connection: Connection, account_id: uuid.UUID, notification_id: uuid.UUID
) -> Position | None:
    """None when the account was never told this."""
    row = await _ONE.fetch_row(connection, account_id=account_id, id=notification_id)
    return None if row is None else position_of(row)


async def latest_unread(connection: Connection, account_id: uuid.UUID, *, limit: int) -> list[Record]:
    """Oldest first."""
    rows = await _LATEST_UNREAD.fetch(connection, account_id=account_id, limit=limit)
    return rows[::-1]


async def told_after(connection: Connection, account_id: uuid.UUID, position: Position, *, limit: int) -> Page:
    rows = await _SINCE.fetch(
        connection,
        account_id=account_id,
        transaction=position.transaction,
        row_id=position.row_id,
        limit=limit,
    )
    return page_in_order(rows)
