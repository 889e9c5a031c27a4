"""Every SQL statement about payments, attempts and refunds. Those about webhooks stand in webhook_queries."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, insert, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from grpc_services.payment.models import Payment, PaymentAttempt, Refund, RefundMove
from runtime.database import Statement
from runtime.tables import table_of

payment = table_of(Payment)
attempt = table_of(PaymentAttempt)
refund = table_of(Refund)
refund_move = table_of(RefundMove)

INSERT_PAYMENT = Statement(
    insert_or_skip(payment)
    .values({column.name: bindparam(column.name, type_=column.type) for column in payment.columns})
    .on_conflict_do_nothing(index_elements=[payment.c.idempotency_key])
)
PAYMENT_BY_KEY = Statement(select(payment).where(payment.c.idempotency_key == bindparam("key")))
PAYMENT_BY_ID = Statement(select(payment).where(payment.c.id == bindparam("id")))
PAYMENT_BY_TOKEN = Statement(select(payment).where(payment.c.checkout_token == bindparam("token")))
LOCK_PAYMENT = Statement(select(payment).where(payment.c.id == bindparam("id")).with_for_update())
LOCK_PAYMENT_BY_TOKEN = Statement(
    select(payment).where(payment.c.checkout_token == bindparam("token")).with_for_update()
)

MOVE_PAYMENT = Statement(
    update(payment)
    .where(
        and_(
            payment.c.id == bindparam("payment_id"),
            payment.c.state == bindparam("from_state"),
            payment.c.version == bindparam("from_version"),
        )
    )
    .values(
        state=bindparam("state"),
        version=payment.c.version + 1,
        declined_attempts=payment.c.declined_attempts + bindparam("declined"),
        refunded_minor_units=payment.c.refunded_minor_units + bindparam("refunded"),
        failure_code=bindparam("failure_code"),
        capture_at=bindparam("capture_at"),
        updated_at=bindparam("now"),
    )
    .returning(*payment.columns)
)

# Skips what another process of ours is just capturing. The state is written out, as in the index it uses.
LOCK_DUE_CAPTURES = Statement(
    select(payment)
    .where(payment.c.state == literal_column("'AUTHORIZED'"), payment.c.capture_at <= bindparam("now"))
    .order_by(payment.c.capture_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)

INSERT_ATTEMPT = Statement(
    insert_or_skip(attempt)
    .values({column.name: bindparam(column.name, type_=column.type) for column in attempt.columns})
    .on_conflict_do_nothing(index_elements=[attempt.c.payment_id, attempt.c.form_nonce])
)
NEWEST_ATTEMPT = Statement(
    select(attempt)
    .where(attempt.c.payment_id == bindparam("payment_id"))
    .order_by(attempt.c.at.desc(), attempt.c.id.desc())
    .limit(1)
)
SETTLE_ATTEMPT = Statement(
    update(attempt)
    .where(
        and_(
            attempt.c.id == bindparam("attempt_id"),
            attempt.c.payment_id == bindparam("of_payment"),
            attempt.c.outcome == "WAITING",
        )
    )
    .values(outcome=bindparam("outcome"), code=bindparam("code"))
)

INSERT_REFUND = Statement(
    insert_or_skip(refund)
    .values({column.name: bindparam(column.name, type_=column.type) for column in refund.columns})
    .on_conflict_do_nothing(index_elements=[refund.c.idempotency_key])
)
REFUND_BY_KEY = Statement(select(refund).where(refund.c.idempotency_key == bindparam("key")))
MOVE_REFUND = Statement(
    update(refund)
    .where(and_(refund.c.id == bindparam("refund_id"), refund.c.state == bindparam("from_state")))
    .values(state=bindparam("state"))
)
INSERT_REFUND_MOVE = Statement(
    insert(refund_move).values({column.name: bindparam(column.name) for column in refund_move.columns})
)
