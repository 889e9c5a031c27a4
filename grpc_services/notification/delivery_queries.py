"""The SQL of e-mails on their way."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert

from grpc_services.notification.models import Delivery
from runtime.database import Statement
from runtime.tables import table_of

_delivery = table_of(Delivery)

ADD_DELIVERY = Statement(
    insert(_delivery).values(
        {
            name: bindparam(name)
            for name in (
                *("id", "notification_id", "event_id", "account_id", "channel"),
                *("message_id", "request_id", "unsubscribe_secret", "expires_at"),
            )
        }
        | {"state": "PENDING", "attempts": 0, "last_failure": "", "next_attempt_at": func.now()}
    )
)
PENDING_DELIVERIES_OF_EVENT = Statement(
    select(_delivery.c.id)
    .where(_delivery.c.event_id == bindparam("event_id"), _delivery.c.state == "PENDING")
    .order_by(_delivery.c.id)
)

DELIVERY = Statement(
    text(
        """
        SELECT d.id, d.account_id, d.attempts, d.expires_at, d.request_id,
               n.kind, n.template, n.parameters, n.booking_id,
               (d.state = 'PENDING' AND d.next_attempt_at <= now())
               OR (d.state = 'SENDING' AND d.leased_until <= now()) AS due
        FROM notification.delivery AS d JOIN notification.notification AS n ON n.id = d.notification_id
        WHERE d.id = CAST(:id AS uuid)
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
                  delivery.message_id, delivery.request_id, delivery.unsubscribe_secret
        """
    )
)
LOCK_DELIVERY = Statement(
    select(_delivery.c.state, _delivery.c.attempts, _delivery.c.next_attempt_at, _delivery.c.account_id)
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
# Nobody tried it: this is no attempt.
WAIT_WITH_DELIVERY = Statement(
    text(
        """
        UPDATE notification.delivery
        SET state = 'PENDING', next_attempt_at = now() + CAST(:pause AS interval), leased_until = NULL
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

FAILED_DELIVERIES = Statement(
    text(
        """
        SELECT d.id, d.account_id, d.last_failure, d.attempts, d.finished_at,
               n.kind, n.template, n.parameters, n.booking_id
        FROM notification.delivery AS d JOIN notification.notification AS n ON n.id = d.notification_id
        WHERE d.state = 'FAILED' AND d.id < CAST(:before AS uuid)
        ORDER BY d.id DESC
        LIMIT CAST(:row_limit AS int)
        """
    )
)
RESEND = Statement(
    text(
        """
        UPDATE notification.delivery
        SET state = 'PENDING', attempts = 0, next_attempt_at = now(), leased_until = NULL, finished_at = NULL
        WHERE id = CAST(:id AS uuid) AND state = 'FAILED'
        """
    )
)
DELIVERY_OF_SECRET = Statement(
    text(
        """
        SELECT d.account_id, n.booking_id, n.template
        FROM notification.delivery AS d JOIN notification.notification AS n ON n.id = d.notification_id
        WHERE d.unsubscribe_secret = :secret AND d.unsubscribe_secret <> ''
        """
    )
)
