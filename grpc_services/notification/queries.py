"""The SQL of notifications. What else the service keeps has a file of its own."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import Uuid

from grpc_services.notification.models import Notification
from runtime.database import Statement
from runtime.tables import table_of

_notification = table_of(Notification)

ADD_NOTIFICATION = Statement(
    insert(_notification)
    .values(
        {
            name: bindparam(name)
            for name in ("id", "account_id", "event_id", "kind", "template", "parameters", "booking_id", "shown")
        }
    )
    .on_conflict_do_nothing(index_elements=["event_id", "account_id"])
    .returning(_notification.c.id)
)

OWN_NOTIFICATIONS = Statement(
    text(
        """
        SELECT n.id, n.kind, n.template, n.parameters, n.booking_id, n.created_at, n.read_at, d.state AS email_state
        FROM notification.notification AS n
        LEFT JOIN notification.delivery AS d ON d.notification_id = n.id AND d.channel = 'EMAIL'
        WHERE n.account_id = CAST(:account_id AS uuid) AND n.id < CAST(:before AS uuid) AND n.shown
          AND (n.read_at IS NULL OR NOT CAST(:unread_only AS boolean))
        ORDER BY n.id DESC
        LIMIT CAST(:row_limit AS int)
        """
    )
)
OWN_BY_ID = Statement(
    text(
        """
        SELECT n.id, n.kind, n.template, n.parameters, n.booking_id, n.created_at, n.read_at, d.state AS email_state
        FROM notification.notification AS n
        LEFT JOIN notification.delivery AS d ON d.notification_id = n.id AND d.channel = 'EMAIL'
        WHERE n.account_id = CAST(:account_id AS uuid) AND n.id = ANY(:ids) AND n.shown
        """
    ).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
)
COUNT_UNREAD = Statement(
    select(func.count())
    .select_from(_notification)
    .where(
        _notification.c.account_id == bindparam("account_id"), _notification.c.read_at.is_(None), _notification.c.shown
    )
)
COUNT_OWN = Statement(
    select(func.count())
    .select_from(_notification)
    .where(
        _notification.c.account_id == bindparam("account_id"),
        _notification.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))),
        _notification.c.shown,
    )
)
MARK_READ = Statement(
    text(
        """
        UPDATE notification.notification SET read_at = now()
        WHERE account_id = CAST(:account_id AS uuid) AND id = ANY(:ids) AND read_at IS NULL AND shown
        """
    ).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
)
MARK_ALL_READ = Statement(
    text(
        """
        UPDATE notification.notification SET read_at = now()
        WHERE account_id = CAST(:account_id AS uuid) AND read_at IS NULL AND shown
        """
    )
)
