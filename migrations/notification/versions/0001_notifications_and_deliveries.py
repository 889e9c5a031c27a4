"""Notifications and their deliveries

Revision: 0001
Follows: nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sa.UniqueConstraint("event_id", "account_id", name="uq_notification_event_id_account_id"),
        schema="notification",
    )
    op.create_index("ix_notification_account_id_id", "notification", ["account_id", "id"], schema="notification")
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["account_id", "id"],
        schema="notification",
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_failure", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('EMAIL')", name="ck_delivery_channel"),
        sa.CheckConstraint("state IN ('PENDING', 'SENDING', 'SENT', 'FAILED')", name="ck_delivery_state"),
        sa.CheckConstraint("(state = 'PENDING') = (next_attempt_at IS NOT NULL)", name="ck_delivery_next_attempt"),
        sa.CheckConstraint("(state = 'SENDING') = (leased_until IS NOT NULL)", name="ck_delivery_lease"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.notification.id"],
            name="fk_delivery_notification_id",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("event_id", "account_id", "channel", name="uq_delivery_event_id_account_id_channel"),
        schema="notification",
    )
    op.create_index("ix_delivery_notification_id", "delivery", ["notification_id"], schema="notification")
    op.create_index(
        "ix_delivery_waiting",
        "delivery",
        ["next_attempt_at"],
        schema="notification",
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.create_index(
        "ix_delivery_leased",
        "delivery",
        ["leased_until"],
        schema="notification",
        postgresql_where=sa.text("state = 'SENDING'"),
    )


def downgrade() -> None:
    op.drop_table("delivery", schema="notification")
    op.drop_table("notification", schema="notification")
