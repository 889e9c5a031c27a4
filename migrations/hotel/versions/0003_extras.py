"""extras

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "extra",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("charge_unit", sa.Text(), nullable=False),
        sa.Column("price_minor_units", sa.Integer(), nullable=False),
        sa.Column("max_quantity", sa.SmallInteger(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "charge_unit IN ('STAY', 'NIGHT', 'PERSON', 'PERSON_NIGHT')", name=op.f("ck_extra_charge_unit")
        ),
        sa.CheckConstraint("max_quantity BETWEEN 1 AND 20", name=op.f("ck_extra_max_quantity")),
        sa.CheckConstraint("price_minor_units BETWEEN 0 AND 10000000", name=op.f("ck_extra_price")),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.hotel.id"], name="fk_extra_hotel_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_extra"),
        schema="hotel",
    )
    op.create_index("ix_extra_hotel_id_position", "extra", ["hotel_id", "position"], unique=False, schema="hotel")


def downgrade() -> None:
    op.drop_table("extra", schema="hotel")
