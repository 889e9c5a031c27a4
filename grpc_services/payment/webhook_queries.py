"""Every SQL statement about webhooks that wait, were tried and were delivered."""

from __future__ import annotations

from sqlalchemy import ColumnClause, and_, bindparam, insert, literal_column, null, or_, select, update

from grpc_services.payment.webhook_models import WebhookAttempt, WebhookDelivery
from runtime.database import Statement
from runtime.tables import table_of

delivery = table_of(WebhookDelivery)
attempt = table_of(WebhookAttempt)
_earlier = delivery.alias("earlier")
_WAITING: ColumnClause[str] = literal_column("'WAITING'")  # written out, so that the partial indexes apply

INSERT_DELIVERY = Statement(
    insert(delivery).values(
        {
            name: bindparam(name)
            for name in ("id", "payment_id", "type", "body", "state", "attempts", "next_attempt_at", "created_at")
        }
    )
)

# Due deliveries that nobody holds, each the first one waiting of its payment, so that a payment's events
# arrive in order. A claim lapses by itself: a deliverer that dies delays its deliveries and loses none.
_due = (
    select(delivery.c.position)
    .where(
        delivery.c.state == _WAITING,
        delivery.c.next_attempt_at <= bindparam("now"),
        or_(delivery.c.claimed_until.is_(None), delivery.c.claimed_until <= bindparam("now")),
        ~select(_earlier.c.position)
        .where(
            _earlier.c.payment_id == delivery.c.payment_id,
            _earlier.c.state == _WAITING,
            _earlier.c.position < delivery.c.position,
        )
        .exists(),
    )
    .order_by(delivery.c.next_attempt_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True, of=delivery)
    .cte("due")
)
CLAIM_DUE = Statement(
    update(delivery)
    .where(delivery.c.position == _due.c.position)
    .values(claim=bindparam("new_claim"), claimed_until=bindparam("until"))
    .returning(delivery.c.id, delivery.c.payment_id, delivery.c.type, delivery.c.body, delivery.c.attempts)
)

_held = and_(
    delivery.c.id == bindparam("delivery_id"),
    delivery.c.claim == bindparam("held_claim"),
    delivery.c.state == _WAITING,
)
FINISH_DELIVERY = Statement(
    update(delivery)
    .where(_held)
    .values(
        state=bindparam("state_now"),
        attempts=delivery.c.attempts + 1,
        claim=null(),
        claimed_until=null(),
        finished_at=bindparam("now"),
    )
)
POSTPONE_DELIVERY = Statement(
    update(delivery)
    .where(_held)
    .values(attempts=delivery.c.attempts + 1, next_attempt_at=bindparam("again_at"), claim=null(), claimed_until=null())
)
INSERT_ATTEMPT = Statement(
    insert(attempt).values(
        {name: bindparam(name) for name in ("delivery_id", "status_code", "failure", "duration_ms", "at")}
    )
)
