"""Preferences, quiet hours, planned notices and refused addresses

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
_SCHEMA = "notification"


def upgrade() -> None:
    op.add_column(
        "notification",
        sa.Column("shown", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        schema=_SCHEMA,
    )
    op.drop_index("ix_notification_unread", table_name="notification", schema=_SCHEMA)
    _index_unread("read_at IS NULL AND shown")
    op.add_column(
        "delivery",
        sa.Column("unsubscribe_secret", sa.Text(), server_default=sa.text("''"), nullable=False),
        schema=_SCHEMA,
    )
    op.create_index(
        "ix_delivery_failed", "delivery", ["id"], schema=_SCHEMA, postgresql_where=sa.text("state = 'FAILED'")
    )
    op.create_index(
        "uq_delivery_unsubscribe_secret",
        "delivery",
        ["unsubscribe_secret"],
        unique=True,
        schema=_SCHEMA,
        postgresql_where=sa.text("unsubscribe_secret <> ''"),
    )
    op.create_table(
        "preference",
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("channel IN ('IN_APP', 'EMAIL')", name="ck_preference_channel"),
        sa.PrimaryKeyConstraint("holder_id", "type", "channel", name="pk_preference"),
        schema=_SCHEMA,
    )
    op.create_table(
        "quiet_hours",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("begins", sa.Time(), nullable=True),
        sa.Column("ends", sa.Time(), nullable=True),
        sa.CheckConstraint("(begins IS NULL) = (ends IS NULL) AND begins <> ends", name="ck_quiet_hours_both"),
        sa.PrimaryKeyConstraint("account_id", name="pk_quiet_hours"),
        schema=_SCHEMA,
    )
    op.create_table(
        "refused_address",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("undeliverable_since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("refusals > 0", name="ck_refused_address_refusals"),
        sa.PrimaryKeyConstraint("account_id", name="pk_refused_address"),
        schema=_SCHEMA,
    )
    op.create_table(
        "planned_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("state IN ('PLANNED', 'TOLD', 'DROPPED')", name="ck_planned_notice_state"),
        sa.PrimaryKeyConstraint("id", name="pk_planned_notice"),
        sa.UniqueConstraint(
            "template", "subject_id", "occasion", name="uq_planned_notice_template_subject_id_occasion"
        ),
        schema=_SCHEMA,
    )
    op.create_index(
        "ix_planned_notice_due",
        "planned_notice",
        ["due_at"],
        schema=_SCHEMA,
        postgresql_where=sa.text("state = 'PLANNED'"),
    )
    op.create_index("ix_planned_notice_subject_id", "planned_notice", ["subject_id"], schema=_SCHEMA)


def downgrade() -> None:
    for table in ("planned_notice", "refused_address", "quiet_hours", "preference"):
        op.drop_table(table, schema=_SCHEMA)
    for name in ("uq_delivery_unsubscribe_secret", "ix_delivery_failed"):
        op.drop_index(name, table_name="delivery", schema=_SCHEMA)
    op.drop_column("delivery", "unsubscribe_secret", schema=_SCHEMA)
    op.drop_index("ix_notification_unread", table_name="notification", schema=_SCHEMA)
    op.drop_column("notification", "shown", schema=_SCHEMA)
    _index_unread("read_at IS NULL")


def _index_unread(condition: str) -> None:
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["account_id", "id"],
        schema=_SCHEMA,
        postgresql_where=sa.text(condition),
    )
