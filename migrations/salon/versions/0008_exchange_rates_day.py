"""the day of the rates by which an appointment is shown in other currencies

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "appointment", sa.Column("exchange_rates_day", sa.Text(), server_default="", nullable=False), schema="salon"
    )
    op.alter_column("appointment", "exchange_rates_day", server_default=None, schema="salon")


def downgrade() -> None:
    op.drop_column("appointment", "exchange_rates_day", schema="salon")
