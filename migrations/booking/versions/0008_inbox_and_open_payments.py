"""inbox and open payments

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
TABLE = "inbox_event"


def upgrade() -> None:
    op.rename_table("payment_event", TABLE, schema="booking")
    op.execute("ALTER TABLE booking.inbox_event RENAME COLUMN provider TO source")
    op.execute("ALTER TABLE booking.inbox_event RENAME CONSTRAINT pk_payment_event TO pk_inbox_event")
    op.execute("ALTER INDEX booking.ix_payment_event_unsettled RENAME TO ix_inbox_event_unsettled")
    op.add_column(TABLE, sa.Column("reason", sa.Text(), nullable=False, server_default=""), schema="booking")
    op.add_column(TABLE, sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True), schema="booking")
    op.add_column(TABLE, sa.Column("failures", sa.Integer(), nullable=False, server_default="0"), schema="booking")
    op.alter_column(TABLE, "reason", server_default=None, schema="booking")
    op.alter_column(TABLE, "failures", server_default=None, schema="booking")
    op.create_index(
        "ix_inbox_event_parked",
        TABLE,
        ["settled_at"],
        unique=False,
        schema="booking",
        postgresql_where=sa.text("outcome = 'PARKED'"),
    )
    op.create_table(
        "open_payment",
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.booking.id"], name="fk_open_payment_booking_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("payment_id", name="pk_open_payment"),
        schema="booking",
    )
    op.create_index("ix_open_payment_booking_id", "open_payment", ["booking_id"], unique=False, schema="booking")
    op.execute("""
        INSERT INTO booking.open_payment (payment_id, booking_id, opened_at)
        SELECT payment_id, id, updated_at FROM booking.booking
        WHERE payment_id <> '' AND payment_state NOT IN ('CAPTURED', 'FAILED', 'VOIDED')
    """)


def downgrade() -> None:
    op.drop_table("open_payment", schema="booking")
    op.drop_index("ix_inbox_event_parked", table_name=TABLE, schema="booking")
    op.drop_column(TABLE, "failures", schema="booking")
    op.drop_column(TABLE, "tried_at", schema="booking")
    op.drop_column(TABLE, "reason", schema="booking")
    op.execute("ALTER INDEX booking.ix_inbox_event_unsettled RENAME TO ix_payment_event_unsettled")
    op.execute("ALTER TABLE booking.inbox_event RENAME CONSTRAINT pk_inbox_event TO pk_payment_event")
    op.execute("ALTER TABLE booking.inbox_event RENAME COLUMN source TO provider")
    op.rename_table(TABLE, "payment_event", schema="booking")
