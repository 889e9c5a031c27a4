"""Every SQL statement about payments, their attempts and what the bank will do."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, delete, insert, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from grpc_services.payment.models import BankTask, Payment, PaymentAttempt
from runtime.database import Statement
from runtime.tables import table_of

payment = table_of(Payment)
attempt = table_of(PaymentAttempt)
task = table_of(BankTask)

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
        captured_minor_units=payment.c.captured_minor_units + bindparam("captured"),
        refunded_minor_units=payment.c.refunded_minor_units + bindparam("refunded"),
        failure_code=bindparam("failure_code"),
        updated_at=bindparam("now"),
    )
    .returning(*payment.columns)
)

SET_WEBHOOK_FAULT = Statement(
    update(payment)
    .where(payment.c.id == bindparam("payment_id"))
    .values(webhook_fault=bindparam("fault"))
    .returning(*payment.columns)
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
            attempt.c.state == bindparam("from_state"),
        )
    )
    .values(state=bindparam("state"), code=bindparam("code"))
    .returning(*attempt.columns)
)
ATTEMPTS_OF_PAYMENT = Statement(
    select(attempt).where(attempt.c.payment_id == bindparam("payment_id")).order_by(attempt.c.at, attempt.c.id)
)
# The condition is written out, as in the index it uses.
LIVE_ATTEMPT = Statement(
    select(attempt).where(
        attempt.c.payment_id == bindparam("payment_id"),
        literal_column("state IN ('ACTION_REQUIRED', 'PROCESSING', 'SUCCEEDED')"),
    )
)

INSERT_TASK = Statement(
    insert(task).values({column.name: bindparam(column.name, type_=column.type) for column in task.columns})
)
# Skips what another process of ours is just doing; comes back if the transaction that took it does not commit.
_due = (
    select(task.c.id)
    .where(task.c.due_at <= bindparam("now"))
    .order_by(task.c.due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
TAKE_DUE_TASK = Statement(delete(task).where(task.c.id == _due).returning(*task.columns))
