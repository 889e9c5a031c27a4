"""Every SQL statement of hoteliers' webhooks.

Whoever sends to an endpoint, or changes what is sent to it, locks its row first and then the delivery.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.types import Uuid

from grpc_services.notification.webhook_models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from runtime.database import Statement
from runtime.tables import table_of

_endpoint = table_of(WebhookEndpoint)
_delivery = table_of(WebhookDelivery)
_attempt = table_of(WebhookAttempt)
_WRITTEN = ("url", "description", "events", "all_houses", "hotel_ids", "salon_ids", "active")

LOCK_ACCOUNT = Statement(
    text("SELECT pg_advisory_xact_lock(hashtextextended('webhooks ' || CAST(:account_id AS text), 0))")
)
COUNT_ENDPOINTS = Statement(
    select(func.count()).select_from(_endpoint).where(_endpoint.c.account_id == bindparam("account_id"))
)
ADD_ENDPOINT = Statement(
    insert(_endpoint)
    .values(
        {name: bindparam(name) for name in ("id", "account_id", *_WRITTEN, "secret", "created_at")}
        | {"disabled_reason": "", "version": 1}
    )
    .returning(_endpoint)
)
ENDPOINT = Statement(select(_endpoint).where(_endpoint.c.id == bindparam("id")))
LOCK_ENDPOINT = Statement(select(_endpoint).where(_endpoint.c.id == bindparam("id")).with_for_update())
# Switched on again it begins anew: what made us switch it off is forgotten.
SAVE_ENDPOINT = Statement(
    update(_endpoint)
    .where(_endpoint.c.id == bindparam("endpoint_id"))
    .values(
        {name: bindparam(name) for name in (*_WRITTEN, "disabled_reason", "failing_since")}
        | {"version": _endpoint.c.version + 1}
    )
    .returning(_endpoint)
)
SAVE_SECRET = Statement(
    update(_endpoint)
    .where(_endpoint.c.id == bindparam("endpoint_id"))
    .values(
        secret=bindparam("new_secret"),
        previous_secret=_endpoint.c.secret,
        previous_until=bindparam("until"),
        version=_endpoint.c.version + 1,
    )
    .returning(_endpoint)
)
DELETE_ENDPOINT = Statement(delete(_endpoint).where(_endpoint.c.id == bindparam("id")))
OWN_ENDPOINTS = Statement(
    select(_endpoint)
    .where(_endpoint.c.account_id == bindparam("account_id"), _endpoint.c.id > bindparam("after"))
    .order_by(_endpoint.c.id)
    .limit(bindparam("row_limit"))
)
ENDPOINTS_TOLD = Statement(
    text(
        """
        SELECT id FROM notification.webhook_endpoint
        WHERE account_id = CAST(:owner_id AS uuid) AND active AND CAST(:type AS text) = ANY(events)
          AND (all_houses OR CAST(:hotel_id AS uuid) = ANY(hotel_ids) OR CAST(:salon_id AS uuid) = ANY(salon_ids))
        ORDER BY id
        """
    )
)
SAVE_HEALTH = Statement(
    update(_endpoint).where(_endpoint.c.id == bindparam("endpoint_id")).values(failing_since=bindparam("failing_since"))
)
DISABLE_ENDPOINT = Statement(
    update(_endpoint)
    .where(_endpoint.c.id == bindparam("endpoint_id"))
    .values(active=False, disabled_reason=bindparam("reason"), version=_endpoint.c.version + 1)
    .returning(_endpoint)
)

ADD_DELIVERY = Statement(
    insert_or(_delivery)
    .values(
        {
            name: bindparam(name)
            for name in ("id", "endpoint_id", "event_id", "type", "body", "next_attempt_at", "request_id", "created_at")
        }
        | {"state": "WAITING", "attempts": 0, "redeliveries": 0}
    )
    .on_conflict_do_nothing(index_elements=["endpoint_id", "event_id"])
)
ENDPOINTS_WAITING_FOR_EVENT = Statement(
    select(_delivery.c.endpoint_id)
    .where(
        _delivery.c.endpoint_id == func.any(bindparam("endpoint_ids", type_=ARRAY(Uuid))),
        _delivery.c.event_id == bindparam("event_id"),
        _delivery.c.state == "WAITING",
    )
    .order_by(_delivery.c.endpoint_id)
)
DELIVERY = Statement(select(_delivery).where(_delivery.c.id == bindparam("id")))
LOCK_DELIVERY = Statement(select(_delivery).where(_delivery.c.id == bindparam("id")).with_for_update())
DELIVERIES = Statement(
    select(_delivery)
    .where(_delivery.c.endpoint_id == bindparam("endpoint_id"), _delivery.c.id < bindparam("before"))
    .order_by(_delivery.c.id.desc())
    .limit(bindparam("row_limit"))
)
ATTEMPTS = Statement(
    select(_attempt)
    .where(_attempt.c.delivery_id == func.any(bindparam("delivery_ids", type_=ARRAY(Uuid))))
    .order_by(_attempt.c.delivery_id, _attempt.c.position)
)
# Of workers that died with every one of the attempts.
FAIL_EXHAUSTED = Statement(
    text(
        """
        UPDATE notification.webhook_delivery
        SET state = 'FAILED', next_attempt_at = NULL, claim = NULL, leased_until = NULL
        WHERE endpoint_id = CAST(:endpoint_id AS uuid) AND state = 'WAITING' AND attempts >= CAST(:most AS int)
          AND leased_until <= CAST(:now AS timestamptz)
        """
    )
)
# One at a time and oldest first, so that what is sent at once arrives in order.
CLAIM_DUE = Statement(
    text(
        """
        UPDATE notification.webhook_delivery
        SET claim = CAST(:claim AS uuid), leased_until = CAST(:until AS timestamptz), attempts = attempts + 1
        WHERE id = (
            SELECT id FROM notification.webhook_delivery
            WHERE endpoint_id = CAST(:endpoint_id AS uuid) AND state = 'WAITING'
              AND next_attempt_at <= CAST(:now AS timestamptz)
            ORDER BY id LIMIT 1
        ) AND NOT EXISTS (
            SELECT FROM notification.webhook_delivery
            WHERE endpoint_id = CAST(:endpoint_id AS uuid) AND state = 'WAITING'
              AND leased_until > CAST(:now AS timestamptz)
        )
        RETURNING id, event_id, body, request_id
        """
    )
)
ADD_ATTEMPT = Statement(
    insert_or(_attempt)
    .values(
        {
            name: bindparam(name)
            for name in ("delivery_id", "claim", "status_code", "failure", "duration_milliseconds", "at")
        }
    )
    .on_conflict_do_nothing(index_elements=["claim"])
    .returning(_attempt.c.position)
)
SAVE_DELIVERY = Statement(
    update(_delivery)
    .where(_delivery.c.id == bindparam("delivery_id"))
    .values(state=bindparam("new_state"), next_attempt_at=bindparam("again_at"), claim=None, leased_until=None)
)
SEND_AGAIN = Statement(
    update(_delivery)
    .where(_delivery.c.id == bindparam("delivery_id"))
    .values(
        state="WAITING", attempts=0, redeliveries=_delivery.c.redeliveries + 1, next_attempt_at=bindparam("again_at")
    )
    .returning(_delivery)
)
DUE_ENDPOINTS = Statement(
    text(
        """
        SELECT endpoint.id FROM notification.webhook_endpoint AS endpoint
        WHERE endpoint.active AND EXISTS (
            SELECT FROM notification.webhook_delivery AS delivery
            WHERE delivery.endpoint_id = endpoint.id AND delivery.state = 'WAITING'
              AND delivery.next_attempt_at <= CAST(:now AS timestamptz)
              AND (delivery.leased_until IS NULL OR delivery.leased_until <= CAST(:now AS timestamptz))
        )
        ORDER BY endpoint.id
        LIMIT CAST(:row_limit AS int)
        """
    )
)
FORGET_OLD = Statement(
    text(
        """
        DELETE FROM notification.webhook_delivery WHERE id IN (
            SELECT id FROM notification.webhook_delivery
            WHERE created_at < CAST(:before AS timestamptz)
            ORDER BY created_at LIMIT CAST(:row_limit AS int)
        )
        """
    )
)
