"""baskets

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointment", sa.Column("booking_id", sa.Uuid(), nullable=True), schema="salon")
    op.add_column("appointment", sa.Column("booking_position", sa.SmallInteger(), nullable=True), schema="salon")
    op.add_column("appointment", sa.Column("booking_attempt", sa.Integer(), nullable=True), schema="salon")
    op.create_check_constraint(
        op.f("ck_appointment_booking"),
        "appointment",
        "num_nonnulls(booking_id, booking_position, booking_attempt) IN (0, 3)",
        schema="salon",
    )
    op.create_unique_constraint(
        "uq_appointment_booking_id_booking_position", "appointment", ["booking_id", "booking_position"], schema="salon"
    )


def downgrade() -> None:
    op.drop_constraint("uq_appointment_booking_id_booking_position", "appointment", schema="salon")
    op.drop_constraint(op.f("ck_appointment_booking"), "appointment", schema="salon")
    op.drop_column("appointment", "booking_attempt", schema="salon")
    op.drop_column("appointment", "booking_position", schema="salon")
    op.drop_column("appointment", "booking_id", schema="salon")
