"""Payments, attempts, refunds, and the webhooks that tell of them

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "payment"


def upgrade() -> None:
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.LargeBinary(), nullable=False),
        sa.Column("checkout_token", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("amount_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("refunded_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", sa.Text(), nullable=False),
        sa.Column("booking_reference", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("return_url", sa.Text(), nullable=False),
        sa.Column("failure_code", sa.Text(), nullable=False),
        sa.Column("declined_attempts", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capture_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('CREATED', 'ACTION_REQUIRED', 'AUTHORIZED', 'CAPTURED', 'FAILED', 'VOIDED', 'DISPUTED')",
            name=op.f("ck_payment_state"),
        ),
        sa.CheckConstraint("amount_minor_units > 0", name=op.f("ck_payment_amount")),
        sa.CheckConstraint("refunded_minor_units BETWEEN 0 AND amount_minor_units", name=op.f("ck_payment_refunded")),
        sa.CheckConstraint(
            "refunded_minor_units = 0 OR state IN ('CAPTURED', 'DISPUTED')",
            name=op.f("ck_payment_refunded_of_captured"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_payment_idempotency_key")),
        sa.UniqueConstraint("checkout_token", name=op.f("uq_payment_checkout_token")),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_payment_capture_at",
        "payment",
        ["capture_at"],
        schema=SCHEMA,
        postgresql_where=sa.text("state = 'AUTHORIZED'"),
    )
    op.create_table(
        "payment_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("form_nonce", sa.Text(), nullable=False),
        sa.Column("card_brand", sa.Text(), nullable=False),
        sa.Column("card_last4", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("outcome IN ('APPROVED', 'DECLINED', 'WAITING')", name=op.f("ck_payment_attempt_outcome")),
        sa.CheckConstraint("card_last4 ~ '^[0-9]{4}$'", name=op.f("ck_payment_attempt_card_last4")),
        sa.ForeignKeyConstraint(["payment_id"], [f"{SCHEMA}.payment.id"], name=op.f("fk_payment_attempt_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempt")),
        sa.UniqueConstraint("payment_id", "form_nonce", name=op.f("uq_payment_attempt_payment_id_form_nonce")),
        schema=SCHEMA,
    )
    op.create_table(
        "refund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.LargeBinary(), nullable=False),
        sa.Column("amount_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('REQUESTED', 'PENDING', 'SUCCEEDED', 'FAILED', 'REVERSED')", name=op.f("ck_refund_state")
        ),
        sa.CheckConstraint("amount_minor_units > 0", name=op.f("ck_refund_amount")),
        sa.ForeignKeyConstraint(["payment_id"], [f"{SCHEMA}.payment.id"], name=op.f("fk_refund_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_refund_idempotency_key")),
        schema=SCHEMA,
    )
    op.create_index("ix_refund_payment_id", "refund", ["payment_id"], schema=SCHEMA)
    op.create_table(
        "refund_move",
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["refund_id"], [f"{SCHEMA}.refund.id"], name=op.f("fk_refund_move_refund_id")),
        sa.PrimaryKeyConstraint("refund_id", "step", name=op.f("pk_refund_move")),
        schema=SCHEMA,
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('WAITING', 'DELIVERED', 'GAVE_UP')", name=op.f("ck_webhook_delivery_state")),
        sa.ForeignKeyConstraint(["payment_id"], [f"{SCHEMA}.payment.id"], name=op.f("fk_webhook_delivery_payment_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("id", name=op.f("uq_webhook_delivery_id")),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["next_attempt_at"],
        schema=SCHEMA,
        postgresql_where=sa.text("state = 'WAITING'"),
    )
    op.create_index(
        "ix_webhook_delivery_order",
        "webhook_delivery",
        ["payment_id", "position"],
        schema=SCHEMA,
        postgresql_where=sa.text("state = 'WAITING'"),
    )
    op.create_table(
        "webhook_attempt",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], [f"{SCHEMA}.webhook_delivery.id"], name=op.f("fk_webhook_attempt_delivery_id")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_webhook_attempt")),
        schema=SCHEMA,
    )
    op.create_index("ix_webhook_attempt_delivery_id", "webhook_attempt", ["delivery_id"], schema=SCHEMA)


def downgrade() -> None:
    for table in ("webhook_attempt", "webhook_delivery", "refund_move", "refund", "payment_attempt", "payment"):
        op.drop_table(table, schema=SCHEMA)
