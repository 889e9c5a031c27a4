"""houses and prices

Revision: 0001
Follows: nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hotel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stars", sa.SmallInteger(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amenities", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("website", sa.Text(), nullable=False),
        sa.Column("check_in_time", sa.Time(), nullable=False),
        sa.Column("check_out_time", sa.Time(), nullable=False),
        sa.Column("city_tax_minor_units", sa.Integer(), nullable=False),
        sa.Column("city_tax_exempt_below_age", sa.SmallInteger(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("city_tax_minor_units >= 0 AND city_tax_exempt_below_age >= 0", name="ck_hotel_city_tax"),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="ck_hotel_position"),
        sa.CheckConstraint("stars BETWEEN 0 AND 5", name="ck_hotel_stars"),
        sa.PrimaryKeyConstraint("id", name="pk_hotel"),
        schema="hotel",
    )
    op.create_index("ix_hotel_owner_id_name_id", "hotel", ["owner_id", "name", "id"], unique=False, schema="hotel")
    op.create_table(
        "outbox_event",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.Text(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_outbox_event"),
        sa.UniqueConstraint("id", name="uq_outbox_event_id"),
        schema="hotel",
    )
    op.create_index(
        "ix_outbox_event_published_at",
        "outbox_event",
        ["published_at"],
        unique=False,
        schema="hotel",
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_event_waiting",
        "outbox_event",
        ["position"],
        unique=False,
        schema="hotel",
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "rate_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("meal_plan", sa.Text(), nullable=False),
        sa.Column("payment_timing", sa.Text(), nullable=False),
        sa.Column("cancellation_tiers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("adjustment_basis_points", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "meal_plan IN ('ROOM_ONLY', 'BED_AND_BREAKFAST', 'HALF_BOARD', 'FULL_BOARD')", name="ck_rate_plan_meal_plan"
        ),
        sa.CheckConstraint("payment_timing IN ('PREPAID', 'AT_HOTEL')", name="ck_rate_plan_payment_timing"),
        sa.CheckConstraint("adjustment_basis_points BETWEEN -9000 AND 20000", name="ck_rate_plan_adjustment"),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.hotel.id"], name="fk_rate_plan_hotel_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_rate_plan"),
        schema="hotel",
    )
    op.create_index(
        "ix_rate_plan_hotel_id_position", "rate_plan", ["hotel_id", "position"], unique=False, schema="hotel"
    )
    op.create_table(
        "room_type",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("max_adults", sa.SmallInteger(), nullable=False),
        sa.Column("max_children", sa.SmallInteger(), nullable=False),
        sa.Column("number_of_rooms", sa.Integer(), nullable=False),
        sa.Column("beds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("amenities", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("size_square_meters", sa.Integer(), nullable=False),
        sa.Column("base_price_minor_units", sa.Integer(), nullable=False),
        sa.CheckConstraint("base_price_minor_units BETWEEN 0 AND 100000000", name="ck_room_type_base_price"),
        sa.CheckConstraint("max_adults >= 1 AND max_children >= 0", name="ck_room_type_occupancy"),
        sa.CheckConstraint("number_of_rooms >= 1", name="ck_room_type_number_of_rooms"),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.hotel.id"], name="fk_room_type_hotel_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_room_type"),
        schema="hotel",
    )
    op.create_index(
        "ix_room_type_hotel_id_position", "room_type", ["hotel_id", "position"], unique=False, schema="hotel"
    )
    op.create_table(
        "price_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("room_type_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_night", sa.Date(), nullable=False),
        sa.Column("last_night", sa.Date(), nullable=False),
        sa.Column("weekdays", sa.SmallInteger(), nullable=False),
        sa.Column("adjustment_basis_points", sa.Integer(), nullable=False),
        sa.CheckConstraint("adjustment_basis_points BETWEEN -9000 AND 20000", name="ck_price_rule_adjustment"),
        sa.CheckConstraint("first_night <= last_night", name="ck_price_rule_period"),
        sa.CheckConstraint("weekdays BETWEEN 1 AND 127", name="ck_price_rule_weekdays"),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.hotel.id"], name="fk_price_rule_hotel_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["room_type_id"], ["hotel.room_type.id"], name="fk_price_rule_room_type_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_price_rule"),
        schema="hotel",
    )
    op.create_index(
        "ix_price_rule_hotel_id_position", "price_rule", ["hotel_id", "position"], unique=False, schema="hotel"
    )
    op.execute("GRANT SELECT, UPDATE, DELETE ON hotel.outbox_event TO innkeeper_relay")


def downgrade() -> None:
    op.drop_table("price_rule", schema="hotel")
    op.drop_table("room_type", schema="hotel")
    op.drop_table("rate_plan", schema="hotel")
    op.drop_table("outbox_event", schema="hotel")
    op.drop_table("hotel", schema="hotel")
