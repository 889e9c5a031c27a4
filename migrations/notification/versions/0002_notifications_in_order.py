"""notifications in the order of their commits, and an outbox to tell of them

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_event",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.Text(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_outbox_event"),
        sa.UniqueConstraint("id", name="uq_outbox_event_id"),
        schema="notification",
    )
    op.create_index(
        "ix_outbox_event_published_at",
        "outbox_event",
        ["published_at"],
        schema="notification",
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_event_waiting",
        "outbox_event",
        ["position"],
        schema="notification",
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.execute("GRANT SELECT, UPDATE, DELETE ON notification.outbox_event TO innkeeper_relay")
    op.add_column(
        "notification",
        sa.Column(
            "written_in",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
        schema="notification",
    )
    op.create_index(
        "ix_notification_in_order", "notification", ["account_id", "written_in", "id"], schema="notification"
    )


def downgrade() -> None:
    op.drop_index("ix_notification_in_order", "notification", schema="notification")
    op.drop_column("notification", "written_in", schema="notification")
    op.drop_table("outbox_event", schema="notification")
