"""In which language a guest is written to

Revision: 0011
Follows: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
_TABLES = ("booking", "waitlist_entry")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(
            table,
            sa.Column("guest_locale", sa.Text(), server_default=sa.text("''"), nullable=False),
            schema="booking",
        )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "guest_locale", schema="booking")
