"""Changes of webhook endpoints

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
_SCHEMA = "notification"


def upgrade() -> None:
    op.create_table(
        "webhook_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint(
            "action IN ('CREATED', 'UPDATED', 'ENABLED', 'DISABLED', 'SECRET_ROTATED', 'DELETED')",
            name="ck_webhook_change_action",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_change"),
        schema=_SCHEMA,
    )
    op.create_index("ix_webhook_change_account_id_id", "webhook_change", ["account_id", "id"], schema=_SCHEMA)


def downgrade() -> None:
    op.drop_table("webhook_change", schema=_SCHEMA)
