"""payments that are looked at again

Revision: 0007
Follows: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column(
        "captured_payment",
        sa.Column("quiet_since", moment, nullable=False, server_default=sa.func.now()),
        schema="salon",
    )
    op.add_column("captured_payment", sa.Column("look_at", moment, nullable=True), schema="salon")
    op.execute("UPDATE salon.captured_payment SET quiet_since = at, look_at = now()")
    op.create_index(
        "ix_captured_payment_look_at",
        "captured_payment",
        ["look_at"],
        schema="salon",
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_captured_payment_look_at", table_name="captured_payment", schema="salon")
    op.drop_column("captured_payment", "look_at", schema="salon")
    op.drop_column("captured_payment", "quiet_since", schema="salon")
