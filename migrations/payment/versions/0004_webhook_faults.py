"""webhook faults

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SCHEMA = "payment"
STATES, FORMER_STATES = "'WAITING', 'DELIVERED', 'GAVE_UP', 'LOST'", "'WAITING', 'DELIVERED', 'GAVE_UP'"


def upgrade() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_webhook_endpoint")),
        schema=SCHEMA,
    )
    for table, column in (("webhook_delivery", "fault"), ("payment", "webhook_fault")):
        op.add_column(table, sa.Column(column, sa.Text(), server_default="", nullable=False), schema=SCHEMA)
        op.alter_column(table, column, server_default=None, schema=SCHEMA)
    op.create_check_constraint(
        op.f("ck_webhook_delivery_fault"),
        "webhook_delivery",
        "fault IN ('', 'DUPLICATE', 'REORDER', 'DELAY', 'LOSE', 'CORRUPT')",
        schema=SCHEMA,
    )
    _allow_states(STATES)


def downgrade() -> None:
    op.execute("UPDATE payment.webhook_delivery SET state = 'GAVE_UP' WHERE state = 'LOST'")
    _allow_states(FORMER_STATES)
    op.drop_constraint(op.f("ck_webhook_delivery_fault"), "webhook_delivery", schema=SCHEMA)
    op.drop_column("payment", "webhook_fault", schema=SCHEMA)
    op.drop_column("webhook_delivery", "fault", schema=SCHEMA)
    op.drop_table("webhook_endpoint", schema=SCHEMA)


def _allow_states(states: str) -> None:
    op.drop_constraint(op.f("ck_webhook_delivery_state"), "webhook_delivery", schema=SCHEMA)
    op.create_check_constraint(
        op.f("ck_webhook_delivery_state"), "webhook_delivery", f"state IN ({states})", schema=SCHEMA
    )
