"""Every SQL statement about webhooks and the endpoint that they go to."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ColumnClause,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from grpc_services.payment.webhook_models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from runtime.database import Statement
from runtime.tables import table_of

delivery = table_of(WebhookDelivery)
attempt = table_of(WebhookAttempt)
endpoint = table_of(WebhookEndpoint)
_earlier = delivery.alias("earlier")
_WAITING: ColumnClause[str] = literal_column("'WAITING'")  # written out, so that the partial indexes apply

INSERT_DELIVERY = Statement(
    insert(delivery).values(
        {
            name: bindparam(name)
            for name in (
                *("id", "payment_id", "type", "body", "state", "fault"),
                *("attempts", "next_attempt_at", "created_at", "finished_at"),
            )
        }
    )
)

INSERT_ENDPOINT = Statement(insert_or_skip(endpoint).values(url=bindparam("url")).on_conflict_do_nothing())
ENDPOINT = Statement(
    select(
        endpoint,
        select(func.count())
        .select_from(delivery)
        .where(delivery.c.state == _WAITING)
        .scalar_subquery()
        .label("waiting"),
    ).where(endpoint.c.url == bindparam("url"))
)
DISABLE_ENDPOINT = Statement(
    update(endpoint)
    .where(endpoint.c.url == bindparam("at_url"), endpoint.c.disabled_at.is_(None))
    .values(disabled_at=bindparam("now"))
)
ENABLE_ENDPOINT = Statement(update(endpoint).where(endpoint.c.url == bindparam("at_url")).values(disabled_at=null()))
# What was put off while the receiver was away need not wait any longer.
HURRY_WAITING = Statement(
    update(delivery)
    .where(delivery.c.state == _WAITING, delivery.c.attempts > 0, delivery.c.claim.is_(None))
    .values(next_attempt_at=bindparam("now"))
)

# Due deliveries that nobody holds. A payment's events leave in their order as long as all goes well; one that failed,
# or that the fault simulator holds back, holds up no other. A claim lapses by itself: a deliverer that dies delays its
# deliveries and loses none.
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
            _earlier.c.attempts == 0,
            _earlier.c.fault != "REORDER",
            _earlier.c.fault != "DELAY",
            _earlier.c.position < delivery.c.position,
        )
        .exists(),
        ~select(endpoint.c.url).where(endpoint.c.url == bindparam("url"), endpoint.c.disabled_at.is_not(None)).exists(),
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
    .returning(
        delivery.c.id, delivery.c.payment_id, delivery.c.type, delivery.c.body, delivery.c.attempts, delivery.c.fault
    )
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

_attempt_count = (
    select(func.count())
    .select_from(attempt)
    .where(attempt.c.delivery_id == delivery.c.id)
    .scalar_subquery()
    .label("attempt_count")
)
_of_payment, _in_state = bindparam("payment_id", type_=Uuid()), bindparam("state", type_=Text())
_before = bindparam("before", type_=BigInteger())
DELIVERIES = Statement(
    select(delivery, _attempt_count)
    .where(
        or_(_of_payment.is_(None), delivery.c.payment_id == _of_payment),
        or_(_in_state == "", delivery.c.state == _in_state),
        or_(_before == 0, delivery.c.position < _before),
    )
    .order_by(delivery.c.position.desc())
    .limit(bindparam("limit"))
)
DELIVERY_BY_ID = Statement(select(delivery, _attempt_count).where(delivery.c.id == bindparam("id")))
ATTEMPTS_OF_DELIVERY = Statement(
    select(attempt).where(attempt.c.delivery_id == bindparam("delivery_id")).order_by(attempt.c.position)
)
SEND_AGAIN = Statement(
    update(delivery)
    .where(delivery.c.id == bindparam("delivery_id"))
    .values(
        state="WAITING",
        fault="",
        attempts=0,
        next_attempt_at=bindparam("now"),
        claim=null(),
        claimed_until=null(),
        finished_at=null(),
    )
)
