"""whose the money of payments and refunds is

Revision: 0010
Follows: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("captured_payment", "refund"):
        op.add_column(table, sa.Column("shares", postgresql.JSONB(), nullable=True), schema="booking")
    # Until now every payment was its house's alone.
    op.execute(
        "UPDATE booking.captured_payment AS moved SET shares = jsonb_build_object(b.hotel_id::text, amount_minor_units)"
        " FROM booking.booking AS b WHERE b.id = moved.booking_id"
    )
    op.execute(
        "UPDATE booking.refund AS moved SET shares = jsonb_build_object(b.hotel_id::text, amount_minor_units)"
        " FROM booking.booking AS b WHERE b.id = moved.booking_id"
    )
    for table in ("captured_payment", "refund"):
        op.alter_column(table, "shares", nullable=False, schema="booking")
    op.add_column("booking_visit", sa.Column("salon_id", sa.Uuid(), nullable=True), schema="booking")
    # Field 1 of QuotedVisit: a tag and a length, one byte each, then the id as 36 characters.
    op.execute(
        "UPDATE booking.booking_visit SET salon_id = convert_from(substring(quoted FROM 3 FOR 36), 'UTF8')::uuid"
    )
    op.alter_column("booking_visit", "salon_id", nullable=False, schema="booking")


def downgrade() -> None:
    op.drop_column("booking_visit", "salon_id", schema="booking")
    for table in ("refund", "captured_payment"):
        op.drop_column(table, "shares", schema="booking")
