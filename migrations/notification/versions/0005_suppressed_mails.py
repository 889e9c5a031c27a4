"""E-mails that are not sent after all, and when it is too late for one

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
_SCHEMA = "notification"
_STATES = ("PENDING", "SENDING", "SENT", "FAILED")
_NAMED_TWICE = "ck_delivery_ck_delivery_state"  # as 0001 made it
_NAME = "ck_delivery_state"


def upgrade() -> None:
    op.add_column("delivery", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True), schema=_SCHEMA)
    _replace(_NAMED_TWICE, _NAME, (*_STATES, "SUPPRESSED"))


def downgrade() -> None:
    op.execute("UPDATE notification.delivery SET state = 'FAILED' WHERE state = 'SUPPRESSED'")
    _replace(_NAME, _NAMED_TWICE, _STATES)
    op.drop_column("delivery", "expires_at", schema=_SCHEMA)


def _replace(before: str, after: str, states: tuple[str, ...]) -> None:
    op.drop_constraint(op.f(before), "delivery", schema=_SCHEMA)
    op.create_check_constraint(op.f(after), "delivery", f"state IN {states}", schema=_SCHEMA)
