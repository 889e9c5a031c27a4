"""moves of a house

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
    op.add_column("timeline_entry", sa.Column("hotel_id", sa.Uuid(), nullable=True), schema="booking")
    op.execute(
        "UPDATE booking.timeline_entry AS entry SET hotel_id = booking.hotel_id "
        "FROM booking.booking WHERE booking.id = entry.booking_id"
    )
    op.alter_column("timeline_entry", "hotel_id", nullable=False, schema="booking")
    op.add_column(
        "timeline_entry",
        sa.Column(
            "written_in",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
        schema="booking",
    )
    op.create_index(
        "ix_timeline_entry_moves",
        "timeline_entry",
        ["hotel_id", "written_in", "id"],
        schema="booking",
        postgresql_where=sa.text("changed_state"),
    )


def downgrade() -> None:
    op.drop_index("ix_timeline_entry_moves", "timeline_entry", schema="booking")
    op.drop_column("timeline_entry", "written_in", schema="booking")
    op.drop_column("timeline_entry", "hotel_id", schema="booking")
