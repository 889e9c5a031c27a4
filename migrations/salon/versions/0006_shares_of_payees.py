"""whose the money of payments and refunds is

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("captured_payment", "refund"):
        op.add_column(table, sa.Column("shares", postgresql.JSONB(), nullable=True), schema="salon")
    op.execute(
        "UPDATE salon.captured_payment AS moved SET shares = jsonb_build_object(a.salon_id::text, amount_minor_units)"
        " FROM salon.appointment AS a WHERE a.id = moved.appointment_id"
    )
    op.execute(
        "UPDATE salon.refund AS moved SET shares = jsonb_build_object(a.salon_id::text, amount_minor_units)"
        " FROM salon.appointment AS a WHERE a.id = moved.appointment_id"
    )
    for table in ("captured_payment", "refund"):
        op.alter_column(table, "shares", nullable=False, schema="salon")


def downgrade() -> None:
    for table in ("refund", "captured_payment"):
        op.drop_column(table, "shares", schema="salon")
