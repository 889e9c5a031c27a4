"""baskets

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("quote", sa.Column("visits", sa.LargeBinary(), server_default="", nullable=False), schema="booking")
    op.alter_column("quote", "visits", server_default=None, schema="booking")
    op.add_column(
        "booking",
        sa.Column("visits_minor_units", sa.BigInteger(), server_default="0", nullable=False),
        schema="booking",
    )
    op.alter_column("booking", "visits_minor_units", server_default=None, schema="booking")
    op.create_table(
        "basket",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('OPEN', 'CLOSED')", name=op.f("ck_basket_state")),
        sa.ForeignKeyConstraint(["quote_id"], ["booking.quote.id"], name="fk_basket_quote_id"),
        sa.PrimaryKeyConstraint("booking_id", name="pk_basket"),
        sa.UniqueConstraint("quote_id", name="uq_basket_quote_id"),
        schema="booking",
    )
    op.create_index(
        "ix_basket_open", "basket", ["opened_at"], schema="booking", postgresql_where=sa.text("state = 'OPEN'")
    )
    op.create_table(
        "booking_visit",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("quoted", sa.LargeBinary(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("cost_minor_units", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('HELD', 'CONFIRMED', 'COMPLETED', 'CANCELLED', 'EXPIRED', 'NO_SHOW')",
            name=op.f("ck_booking_visit_state"),
        ),
        sa.CheckConstraint("cost_minor_units BETWEEN 0 AND price_minor_units", name=op.f("ck_booking_visit_cost")),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.booking.id"], name="fk_booking_visit_booking_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("booking_id", "position", name="pk_booking_visit"),
        sa.UniqueConstraint("appointment_id", name="uq_booking_visit_appointment_id"),
        schema="booking",
    )
    op.create_index(
        "ix_booking_visit_out_of_line",
        "booking_visit",
        ["booking_id"],
        schema="booking",
        postgresql_where=sa.text("state = 'HELD' OR NOT told"),
    )


def downgrade() -> None:
    op.drop_table("booking_visit", schema="booking")
    op.drop_table("basket", schema="booking")
    op.drop_column("booking", "visits_minor_units", schema="booking")
    op.drop_column("quote", "visits", schema="booking")
