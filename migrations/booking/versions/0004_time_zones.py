"""time zones

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

from contracts.hotel.v1 import rate_pb2

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BATCH = 1000


def upgrade() -> None:
    op.add_column("booking", sa.Column("time_zone", sa.Text(), nullable=True), schema="booking")
    _take_over_time_zones(op.get_bind())
    op.alter_column("booking", "time_zone", nullable=False, schema="booking")
    # Nobody could join a waitlist before this.
    op.add_column("waitlist_entry", sa.Column("time_zone", sa.Text(), nullable=False), schema="booking")


def downgrade() -> None:
    op.drop_column("waitlist_entry", "time_zone", schema="booking")
    op.drop_column("booking", "time_zone", schema="booking")


def _take_over_time_zones(connection: sa.Connection) -> None:
    """Of known bookings, out of the stay that each was priced with."""
    unknown = sa.text(f"SELECT id, priced_stay FROM booking.booking WHERE time_zone IS NULL LIMIT {_BATCH}")  # noqa: S608
    fill = sa.text("UPDATE booking.booking SET time_zone = :time_zone WHERE id = :id")
    while rows := connection.execute(unknown).all():
        found = [
            {"id": row.id, "time_zone": rate_pb2.PriceStayResponse.FromString(bytes(row.priced_stay)).time_zone}
            for row in rows
        ]
        connection.execute(fill, found)
