"""Every SQL statement of the notification service."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import Uuid

from grpc_services.notification.models import Delivery, Notification
from runtime.database import Statement
from runtime.tables import table_of

_notification = table_of(Notification)
_delivery = table_of(Delivery)

ADD_NOTIFICATION = Statement(
    insert(_notification)
    .values(
        {
            name: bindparam(name)
            for name in ("id", "account_id", "event_id", "kind", "template", "parameters", "booking_id")
        }
    )
    .on_conflict_do_nothing(index_elements=["event_id", "account_id"])
    .returning(_notification.c.id)
)
ADD_DELIVERY = Statement(
    insert(_delivery).values(
        {
            name: bindparam(name)
            for name in ("id", "notification_id", "event_id", "account_id", "channel", "message_id", "request_id")
        }
        | {"state": "PENDING", "attempts": 0, "last_failure": "", "next_attempt_at": func.now()}
    )
)
PENDING_DELIVERIES_OF_EVENT = Statement(
    select(_delivery.c.id)
    .where(_delivery.c.event_id == bindparam("event_id"), _delivery.c.state == "PENDING")
    .order_by(_delivery.c.id)
)

OWN_NOTIFICATIONS = Statement(
    text(
        """
        SELECT id, kind, template, parameters, booking_id, created_at, read_at
        FROM notification.notification
        WHERE account_id = CAST(:account_id AS uuid) AND id < CAST(:before AS uuid)
          AND (read_at IS NULL OR NOT CAST(:unread_only AS boolean))
        ORDER BY id DESC
        LIMIT CAST(:row_limit AS int)
        """
    )
)
COUNT_UNREAD = Statement(
    select(func.count())
    .select_from(_notification)
    .where(_notification.c.account_id == bindparam("account_id"), _notification.c.read_at.is_(None))
)
COUNT_OWN = Statement(
    select(func.count())
    .select_from(_notification)
    .where(
        _notification.c.account_id == bindparam("account_id"),
        _notification.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))),
    )
)
MARK_READ = Statement(
    text(
        """
        UPDATE notification.notification SET read_at = now()
        WHERE account_id = CAST(:account_id AS uuid) AND id = ANY(:ids) AND read_at IS NULL
        """
    ).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
)
MARK_ALL_READ = Statement(
    text(
        """
        UPDATE notification.notification SET read_at = now()
        WHERE account_id = CAST(:account_id AS uuid) AND read_at IS NULL
        """
    )
)

DELIVERY = Statement(
    text(
        """
        SELECT account_id, attempts,
               (state = 'PENDING' AND next_attempt_at <= now())
               OR (state = 'SENDING' AND leased_until <= now()) AS due
        FROM notification.delivery WHERE id = CAST(:id AS uuid)
        """
    )
)
# Of two workers the first to lock the row takes it; the other then finds it leased and takes nothing.
CLAIM_DELIVERY = Statement(
    text(
        """
        UPDATE notification.delivery AS delivery
        SET state = 'SENDING', attempts = attempts + 1, next_attempt_at = NULL,
            leased_until = now() + make_interval(secs => CAST(:lease_seconds AS int))
        FROM notification.notification AS notification
        WHERE delivery.id = CAST(:id AS uuid) AND notification.id = delivery.notification_id
          AND ((delivery.state = 'PENDING' AND delivery.next_attempt_at <= now())
               OR (delivery.state = 'SENDING' AND delivery.leased_until <= now()))
        RETURNING notification.kind, notification.template, notification.parameters, notification.booking_id,
                  delivery.message_id, delivery.request_id
        """
    )
)
LOCK_DELIVERY = Statement(
    select(_delivery.c.state, _delivery.c.attempts, _delivery.c.next_attempt_at)
    .where(_delivery.c.id == bindparam("id"))
    .with_for_update()
)
FINISH_DELIVERY = Statement(
    text(
        """
        UPDATE notification.delivery
        SET state = :state, next_attempt_at = NULL, leased_until = NULL, finished_at = now(), last_failure = :failure
        WHERE id = CAST(:id AS uuid) AND state IN ('PENDING', 'SENDING')
        """
    )
)
PUT_OFF_DELIVERY = Statement(
    text(
        """
        UPDATE notification.delivery
        SET state = 'PENDING', next_attempt_at = now() + CAST(:pause AS interval), leased_until = NULL,
            last_failure = :failure
        WHERE id = CAST(:id AS uuid) AND state = 'SENDING'
        RETURNING next_attempt_at
        """
    )
)
DUE_DELIVERIES = Statement(
    text(
        """
        SELECT id FROM notification.delivery
        WHERE (state = 'PENDING' AND next_attempt_at <= now()) OR (state = 'SENDING' AND leased_until <= now())
        ORDER BY coalesce(next_attempt_at, leased_until)
        LIMIT CAST(:row_limit AS int)
        """
    )
)
