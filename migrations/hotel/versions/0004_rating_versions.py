"""rating versions

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for_known_rows = sa.text("0")
    op.add_column(
        "hotel",
        sa.Column("rating_version", sa.Integer(), nullable=False, server_default=for_known_rows),
        schema="hotel",
    )
    op.alter_column("hotel", "rating_version", server_default=None, schema="hotel")


def downgrade() -> None:
    op.drop_column("hotel", "rating_version", schema="hotel")
