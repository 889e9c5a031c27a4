"""refunds that fail, and disputes

Revision: 0009
Follows: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
STATES = "state IN ('REQUESTED', 'PENDING', 'SUCCEEDED', 'FAILED', 'REVERSED')"
STATES_BEFORE = "state IN ('REQUESTED', 'SUCCEEDED')"


def upgrade() -> None:
    op.add_column(
        "refund", sa.Column("provider_refund_id", sa.Text(), nullable=False, server_default=""), schema="booking"
    )
    op.add_column(
        "refund", sa.Column("attempt", sa.SmallInteger(), nullable=False, server_default="1"), schema="booking"
    )
    op.add_column(
        "refund",
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True, server_default=sa.text("now()")),
        schema="booking",
    )
    op.add_column("refund", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True), schema="booking")
    for column in ("provider_refund_id", "attempt", "due_at"):
        op.alter_column("refund", column, server_default=None, schema="booking")
    op.drop_constraint(op.f("ck_refund_state"), "refund", schema="booking")
    op.create_check_constraint(
        op.f("ck_refund_state"),
        "refund",
        "state IN ('REQUESTED', 'PENDING', 'SUCCEEDED', 'FAILED', 'REVERSED')",
        schema="booking",
    )
    op.drop_index("uq_refund_late_money", table_name="refund", schema="booking")
    op.create_index(
        "uq_refund_late_money",
        "refund",
        ["payment_id"],
        unique=True,
        schema="booking",
        postgresql_where=sa.text("reason = 'LATE_MONEY' AND state NOT IN ('FAILED', 'REVERSED')"),
    )
    op.create_index(
        "ix_refund_open",
        "refund",
        ["created_at"],
        unique=False,
        schema="booking",
        postgresql_where=sa.text("state IN ('REQUESTED', 'PENDING')"),
    )
    op.create_table(
        "dispute",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("amount_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('OPENED', 'WON', 'LOST')", name="ck_dispute_state"),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.booking.id"], name="fk_dispute_booking_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dispute"),
        schema="booking",
    )
    op.create_index("ix_dispute_booking_id", "dispute", ["booking_id"], unique=False, schema="booking")


def downgrade() -> None:
    op.drop_table("dispute", schema="booking")
    op.drop_index("ix_refund_open", table_name="refund", schema="booking")
    op.drop_index("uq_refund_late_money", table_name="refund", schema="booking")
    op.execute("DELETE FROM booking.refund WHERE state IN ('FAILED', 'REVERSED')")
    op.execute("UPDATE booking.refund SET state = 'REQUESTED' WHERE state = 'PENDING'")
    op.create_index(
        "uq_refund_late_money",
        "refund",
        ["payment_id"],
        unique=True,
        schema="booking",
        postgresql_where=sa.text("reason = 'LATE_MONEY'"),
    )
    op.drop_constraint(op.f("ck_refund_state"), "refund", schema="booking")
    op.create_check_constraint(op.f("ck_refund_state"), "refund", STATES_BEFORE, schema="booking")
    for column in ("checked_at", "due_at", "attempt", "provider_refund_id"):
        op.drop_column("refund", column, schema="booking")
