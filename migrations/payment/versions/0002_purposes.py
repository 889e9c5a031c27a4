"""purposes

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
    # Nothing but bookings could be paid before this.
    op.add_column(
        "payment", sa.Column("purpose", sa.Text(), server_default="BOOKING", nullable=False), schema="payment"
    )
    op.alter_column("payment", "purpose", server_default=None, schema="payment")
    op.create_check_constraint(
        op.f("ck_payment_purpose"), "payment", "purpose IN ('BOOKING', 'APPOINTMENT')", schema="payment"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_payment_purpose"), "payment", schema="payment")
    op.drop_column("payment", "purpose", schema="payment")
