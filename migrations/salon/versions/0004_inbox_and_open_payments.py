"""inbox and open payments

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
TABLE = "inbox_event"


def upgrade() -> None:
    op.rename_table("payment_event", TABLE, schema="salon")
    op.execute("ALTER TABLE salon.inbox_event RENAME COLUMN provider TO source")
    op.execute("ALTER TABLE salon.inbox_event RENAME CONSTRAINT pk_payment_event TO pk_inbox_event")
    op.execute("ALTER INDEX salon.ix_payment_event_unsettled RENAME TO ix_inbox_event_unsettled")
    op.add_column(TABLE, sa.Column("reason", sa.Text(), nullable=False, server_default=""), schema="salon")
    op.add_column(TABLE, sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True), schema="salon")
    op.add_column(TABLE, sa.Column("failures", sa.Integer(), nullable=False, server_default="0"), schema="salon")
    op.alter_column(TABLE, "reason", server_default=None, schema="salon")
    op.alter_column(TABLE, "failures", server_default=None, schema="salon")
    op.create_index(
        "ix_inbox_event_parked",
        TABLE,
        ["settled_at"],
        unique=False,
        schema="salon",
        postgresql_where=sa.text("outcome = 'PARKED'"),
    )
    op.create_table(
        "open_payment",
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["salon.appointment.id"], name="fk_open_payment_appointment_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("payment_id", name="pk_open_payment"),
        schema="salon",
    )
    op.create_index("ix_open_payment_appointment_id", "open_payment", ["appointment_id"], unique=False, schema="salon")
    op.execute("""
        INSERT INTO salon.open_payment (payment_id, appointment_id, opened_at)
        SELECT payment_id, id, updated_at FROM salon.appointment
        WHERE payment_id <> '' AND payment_state NOT IN ('CAPTURED', 'FAILED', 'VOIDED')
    """)


def downgrade() -> None:
    op.drop_table("open_payment", schema="salon")
    op.drop_index("ix_inbox_event_parked", table_name=TABLE, schema="salon")
    op.drop_column(TABLE, "failures", schema="salon")
    op.drop_column(TABLE, "tried_at", schema="salon")
    op.drop_column(TABLE, "reason", schema="salon")
    op.execute("ALTER INDEX salon.ix_inbox_event_unsettled RENAME TO ix_payment_event_unsettled")
    op.execute("ALTER TABLE salon.inbox_event RENAME CONSTRAINT pk_inbox_event TO pk_payment_event")
    op.execute("ALTER TABLE salon.inbox_event RENAME COLUMN source TO provider")
    op.rename_table(TABLE, "payment_event", schema="salon")
