"""Reference rates by day

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
    op.create_table(
        "exchange_rate",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("rate > 0", name="ck_exchange_rate_rate"),
        sa.PrimaryKeyConstraint("day", "currency", name="pk_exchange_rate"),
        schema="hotel",
    )


def downgrade() -> None:
    op.drop_table("exchange_rate", schema="hotel")
