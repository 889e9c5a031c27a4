"""Every SQL statement about refunds and disputes."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, bindparam, func, insert, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from grpc_services.payment.ledger_models import Dispute, Refund, RefundMove
from runtime.database import Statement
from runtime.tables import table_of

refund = table_of(Refund)
refund_move = table_of(RefundMove)
dispute = table_of(Dispute)

INSERT_REFUND = Statement(
    insert_or_skip(refund)
    .values({column.name: bindparam(column.name, type_=column.type) for column in refund.columns})
    .on_conflict_do_nothing(index_elements=[refund.c.idempotency_key])
)
REFUND_BY_KEY = Statement(select(refund).where(refund.c.idempotency_key == bindparam("key")))
REFUND_BY_ID = Statement(select(refund).where(refund.c.id == bindparam("id")))
REFUNDS_OF_PAYMENT = Statement(
    select(refund)
    .where(
        refund.c.payment_id == bindparam("payment_id"),
        or_(
            refund.c.created_at > bindparam("after_at"),
            and_(refund.c.created_at == bindparam("after_at"), refund.c.id > bindparam("after_id")),
        ),
    )
    .order_by(refund.c.created_at, refund.c.id)
    .limit(bindparam("limit"))
)
MOVE_REFUND = Statement(
    update(refund)
    .where(and_(refund.c.id == bindparam("refund_id"), refund.c.state == bindparam("from_state")))
    .values(state=bindparam("state"), failure_code=bindparam("failure_code"), updated_at=bindparam("now"))
    .returning(*refund.columns)
)
_steps: ColumnElement[int] = (
    select(func.count())
    .select_from(refund_move)
    .where(refund_move.c.refund_id == bindparam("of_refund"))
    .scalar_subquery()
)
INSERT_REFUND_MOVE = Statement(
    insert(refund_move).values(
        refund_id=bindparam("refund_id"), step=_steps + 1, state=bindparam("state"), at=bindparam("at")
    )
)

INSERT_DISPUTE = Statement(
    insert(dispute)
    .values({column.name: bindparam(column.name, type_=column.type) for column in dispute.columns})
    .returning(*dispute.columns)
)
DISPUTE_BY_ID = Statement(select(dispute).where(dispute.c.id == bindparam("id")))
OPEN_DISPUTE = Statement(
    select(dispute).where(
        dispute.c.payment_id == bindparam("payment_id"), dispute.c.state == literal_column("'OPENED'")
    )
)
DISPUTES_OF_PAYMENT = Statement(
    select(dispute).where(dispute.c.payment_id == bindparam("payment_id")).order_by(dispute.c.opened_at, dispute.c.id)
)
RESOLVE_DISPUTE = Statement(
    update(dispute)
    .where(dispute.c.id == bindparam("dispute_id"))
    .values(state=bindparam("state"), resolved_at=bindparam("now"))
    .returning(*dispute.columns)
)
