"""Webhooks of hoteliers: endpoints, deliveries, attempts

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("all_houses", sa.Boolean(), nullable=False),
        sa.Column("hotel_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("salon_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("previous_secret", sa.LargeBinary(), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("disabled_reason IN ('', 'GONE', 'FAILING')", name="ck_webhook_endpoint_disabled_reason"),
        sa.CheckConstraint("disabled_reason = '' OR NOT active", name="ck_webhook_endpoint_disabled"),
        sa.CheckConstraint(
            "(previous_secret IS NULL) = (previous_until IS NULL)", name="ck_webhook_endpoint_previous_secret"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_endpoint"),
        schema="notification",
    )
    op.create_index(
        "ix_webhook_endpoint_account_id_id", "webhook_endpoint", ["account_id", "id"], schema="notification"
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("redeliveries", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('WAITING', 'DELIVERED', 'FAILED')", name="ck_webhook_delivery_state"),
        sa.CheckConstraint(
            "(state = 'WAITING') = (next_attempt_at IS NOT NULL)", name="ck_webhook_delivery_next_attempt"
        ),
        sa.CheckConstraint("(claim IS NULL) = (leased_until IS NULL)", name="ck_webhook_delivery_claim"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_delivery"),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["notification.webhook_endpoint.id"],
            name="fk_webhook_delivery_endpoint_id",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("endpoint_id", "event_id", name="uq_webhook_delivery_endpoint_id_event_id"),
        schema="notification",
    )
    op.create_index(
        "ix_webhook_delivery_waiting",
        "webhook_delivery",
        ["endpoint_id", "id"],
        schema="notification",
        postgresql_where=sa.text("state = 'WAITING'"),
    )
    op.create_index(
        "ix_webhook_delivery_endpoint_id_id", "webhook_delivery", ["endpoint_id", "id"], schema="notification"
    )
    op.create_index("ix_webhook_delivery_created_at", "webhook_delivery", ["created_at"], schema="notification")
    op.create_table(
        "webhook_attempt",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("claim", sa.Uuid(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("duration_milliseconds", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_webhook_attempt"),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["notification.webhook_delivery.id"],
            name="fk_webhook_attempt_delivery_id",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("claim", name="uq_webhook_attempt_claim"),
        schema="notification",
    )
    op.create_index(
        "ix_webhook_attempt_delivery_id_position",
        "webhook_attempt",
        ["delivery_id", "position"],
        schema="notification",
    )


def downgrade() -> None:
    op.drop_table("webhook_attempt", schema="notification")
    op.drop_table("webhook_delivery", schema="notification")
    op.drop_table("webhook_endpoint", schema="notification")
