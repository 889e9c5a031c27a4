"""quotes for changes

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("quote", sa.Column("booking_id", sa.Uuid(), nullable=True), schema="booking")


def downgrade() -> None:
    op.drop_column("quote", "booking_id", schema="booking")
