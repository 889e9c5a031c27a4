"""catalogue rates and audit

Revision: 0002
Follows: 0001
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CHECKS = (
    (
        "hotel",
        "city_tax",
        "city_tax_minor_units >= 0 AND city_tax_exempt_below_age >= 0 AND city_tax_max_nights >= 0",
    ),
    ("hotel", "vat", "vat_basis_points BETWEEN 0 AND 5000"),
    ("hotel", "state", "state IN ('DRAFT', 'PUBLISHED', 'ARCHIVED')"),
    ("room_type", "number_of_rooms", "number_of_rooms >= 0"),
    (
        "room_type",
        "occupancy_prices",
        (
            "included_adults BETWEEN 1 AND max_adults AND extra_adult_minor_units >= 0"
            " AND fewer_adult_discount_minor_units >= 0"
        ),
    ),
    ("rate_plan", "supplements", "adult_supplement_minor_units >= 0 AND child_supplement_minor_units >= 0"),
    ("rate_plan", "derived_from_another", "derived_from_id <> id"),
)

# 0001 gave its checks the table's name twice.
_RENAME_CHECKS = """
DO $$
DECLARE doubled record;
BEGIN
    FOR doubled IN
        SELECT c.conname, t.relname FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid
        WHERE c.connamespace = 'hotel'::regnamespace AND c.contype = 'c'
            AND starts_with(c.conname, format('ck_%s_ck_%s_', t.relname, t.relname))
    LOOP
        EXECUTE format(
            'ALTER TABLE hotel.%I RENAME CONSTRAINT %I TO %I', doubled.relname, doubled.conname,
            substr(doubled.conname, length(doubled.relname) + 5)
        );
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute(_RENAME_CHECKS)
    op.create_table(
        "idempotency_record",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.LargeBinary(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("principal", "operation", "key", name="pk_idempotency_record"),
        schema="hotel",
    )
    op.create_index(
        "ix_idempotency_record_created_at", "idempotency_record", ["created_at"], unique=False, schema="hotel"
    )
    op.create_table(
        "change_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.hotel.id"], name="fk_change_entry_hotel_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_change_entry"),
        schema="hotel",
    )
    op.create_index("ix_change_entry_hotel_id_id", "change_entry", ["hotel_id", "id"], unique=False, schema="hotel")
    op.create_table(
        "night_rate",
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("rate_plan_id", sa.Uuid(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("price_minor_units", sa.Integer(), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=True),
        sa.Column("closed_to_arrival", sa.Boolean(), nullable=True),
        sa.Column("closed_to_departure", sa.Boolean(), nullable=True),
        sa.Column("min_stay", sa.SmallInteger(), nullable=True),
        sa.Column("max_stay", sa.SmallInteger(), nullable=True),
        sa.Column("min_advance_days", sa.SmallInteger(), nullable=True),
        sa.Column("max_advance_days", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint(
            "min_stay BETWEEN 1 AND 60 AND max_stay BETWEEN 1 AND 60 AND min_advance_days BETWEEN 0 AND 500"
            " AND max_advance_days BETWEEN 0 AND 500",
            name=op.f("ck_night_rate_restrictions"),
        ),
        sa.CheckConstraint("price_minor_units BETWEEN 0 AND 300000000", name=op.f("ck_night_rate_price")),
        sa.ForeignKeyConstraint(
            ["rate_plan_id"], ["hotel.rate_plan.id"], name="fk_night_rate_rate_plan_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["room_type_id"], ["hotel.room_type.id"], name="fk_night_rate_room_type_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("room_type_id", "rate_plan_id", "night", name="pk_night_rate"),
        schema="hotel",
    )
    op.create_index("ix_night_rate_hotel_id_night", "night_rate", ["hotel_id", "night"], unique=False, schema="hotel")
    op.create_table(
        "room",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("floor", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('CLEAN', 'DIRTY')", name=op.f("ck_room_state")),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.hotel.id"], name="fk_room_hotel_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["room_type_id"], ["hotel.room_type.id"], name="fk_room_room_type_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_room"),
        schema="hotel",
    )
    op.create_index("ix_room_room_type_id", "room", ["room_type_id"], unique=False, schema="hotel")
    op.create_index(
        "uq_room_hotel_id_number",
        "room",
        ["hotel_id", "number"],
        unique=True,
        schema="hotel",
        postgresql_where=sa.text("NOT archived"),
    )
    _add("hotel", sa.Column("state", sa.Text(), nullable=False), "'DRAFT'")
    _add("hotel", sa.Column("description", sa.Text(), nullable=False), "''")
    _add("hotel", sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False), "'{}'")
    _add("hotel", sa.Column("contact_phone", sa.Text(), nullable=False), "''")
    _add("hotel", sa.Column("contact_email", sa.Text(), nullable=False), "''")
    _add("hotel", sa.Column("photos", postgresql.JSONB(astext_type=sa.Text()), nullable=False), "'[]'")
    _add("hotel", sa.Column("house_rules", postgresql.ARRAY(sa.Text()), nullable=False), "'{}'")
    _add("hotel", sa.Column("vat_basis_points", sa.SmallInteger(), nullable=False), "0")
    _add("hotel", sa.Column("vat_included", sa.Boolean(), nullable=False), "true")
    _add("hotel", sa.Column("city_tax_max_nights", sa.SmallInteger(), nullable=False), "0")
    _add("hotel", sa.Column("rating_count", sa.Integer(), nullable=False), "0")
    _add("hotel", sa.Column("rating_mean_hundredths", sa.Integer(), nullable=False), "0")
    _add("hotel", sa.Column("version", sa.Integer(), nullable=False), "1")
    _add("hotel", sa.Column("rates_version", sa.Integer(), nullable=False), "1")
    op.create_index(
        "ix_hotel_published",
        "hotel",
        ["id"],
        unique=False,
        schema="hotel",
        postgresql_where=sa.text("state = 'PUBLISHED'"),
    )
    op.execute("UPDATE hotel.hotel SET state = 'PUBLISHED' WHERE published")
    op.drop_column("hotel", "published", schema="hotel")
    op.drop_constraint(op.f("ck_hotel_city_tax"), "hotel", schema="hotel")
    op.drop_constraint(op.f("ck_room_type_number_of_rooms"), "room_type", schema="hotel")
    op.add_column("rate_plan", sa.Column("derived_from_id", sa.Uuid(), nullable=True), schema="hotel")
    _add("rate_plan", sa.Column("adult_supplement_minor_units", sa.Integer(), nullable=False), "0")
    _add("rate_plan", sa.Column("child_supplement_minor_units", sa.Integer(), nullable=False), "0")
    _add("rate_plan", sa.Column("stay_discounts", postgresql.JSONB(astext_type=sa.Text()), nullable=False), "'[]'")
    op.add_column("rate_plan", sa.Column("min_advance_days", sa.SmallInteger(), nullable=True), schema="hotel")
    op.add_column("rate_plan", sa.Column("max_advance_days", sa.SmallInteger(), nullable=True), schema="hotel")
    _add("rate_plan", sa.Column("archived", sa.Boolean(), nullable=False), "false")
    _add("rate_plan", sa.Column("version", sa.Integer(), nullable=False), "1")
    op.create_foreign_key(
        "fk_rate_plan_derived_from_id",
        "rate_plan",
        "rate_plan",
        ["derived_from_id"],
        ["id"],
        source_schema="hotel",
        referent_schema="hotel",
    )
    _add("room_type", sa.Column("description", sa.Text(), nullable=False), "''")
    _add("room_type", sa.Column("view", sa.Text(), nullable=False), "''")
    _add("room_type", sa.Column("oldest_child_age", sa.SmallInteger(), nullable=False), "17")
    _add("room_type", sa.Column("inventory_version", sa.Integer(), nullable=False), "1")
    _add("room_type", sa.Column("photos", postgresql.JSONB(astext_type=sa.Text()), nullable=False), "'[]'")
    _add("room_type", sa.Column("included_adults", sa.SmallInteger(), nullable=False), "1")
    _add("room_type", sa.Column("extra_adult_minor_units", sa.Integer(), nullable=False), "0")
    _add("room_type", sa.Column("fewer_adult_discount_minor_units", sa.Integer(), nullable=False), "0")
    _add("room_type", sa.Column("child_prices", postgresql.JSONB(astext_type=sa.Text()), nullable=False), "'[]'")
    _add("room_type", sa.Column("archived", sa.Boolean(), nullable=False), "false")
    _add("room_type", sa.Column("version", sa.Integer(), nullable=False), "1")
    op.execute("UPDATE hotel.room_type SET included_adults = max_adults")
    for table, name, condition in _CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition, schema="hotel")


def downgrade() -> None:
    for table, name, _ in reversed(_CHECKS):
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, schema="hotel")
    op.create_check_constraint(
        op.f("ck_hotel_city_tax"),
        "hotel",
        "city_tax_minor_units >= 0 AND city_tax_exempt_below_age >= 0",
        schema="hotel",
    )
    op.create_check_constraint(
        op.f("ck_room_type_number_of_rooms"), "room_type", "number_of_rooms >= 1", schema="hotel"
    )
    op.drop_column("room_type", "version", schema="hotel")
    op.drop_column("room_type", "archived", schema="hotel")
    op.drop_column("room_type", "child_prices", schema="hotel")
    op.drop_column("room_type", "fewer_adult_discount_minor_units", schema="hotel")
    op.drop_column("room_type", "extra_adult_minor_units", schema="hotel")
    op.drop_column("room_type", "included_adults", schema="hotel")
    op.drop_column("room_type", "photos", schema="hotel")
    op.drop_column("room_type", "inventory_version", schema="hotel")
    op.drop_column("room_type", "oldest_child_age", schema="hotel")
    op.drop_column("room_type", "view", schema="hotel")
    op.drop_column("room_type", "description", schema="hotel")
    op.drop_constraint("fk_rate_plan_derived_from_id", "rate_plan", schema="hotel", type_="foreignkey")
    op.drop_column("rate_plan", "version", schema="hotel")
    op.drop_column("rate_plan", "archived", schema="hotel")
    op.drop_column("rate_plan", "max_advance_days", schema="hotel")
    op.drop_column("rate_plan", "min_advance_days", schema="hotel")
    op.drop_column("rate_plan", "stay_discounts", schema="hotel")
    op.drop_column("rate_plan", "child_supplement_minor_units", schema="hotel")
    op.drop_column("rate_plan", "adult_supplement_minor_units", schema="hotel")
    op.drop_column("rate_plan", "derived_from_id", schema="hotel")
    _add("hotel", sa.Column("published", sa.Boolean(), nullable=False), "false")
    op.execute("UPDATE hotel.hotel SET published = (state = 'PUBLISHED')")
    op.drop_index(
        "ix_hotel_published", table_name="hotel", schema="hotel", postgresql_where=sa.text("state = 'PUBLISHED'")
    )
    op.drop_column("hotel", "rates_version", schema="hotel")
    op.drop_column("hotel", "version", schema="hotel")
    op.drop_column("hotel", "rating_mean_hundredths", schema="hotel")
    op.drop_column("hotel", "rating_count", schema="hotel")
    op.drop_column("hotel", "city_tax_max_nights", schema="hotel")
    op.drop_column("hotel", "vat_included", schema="hotel")
    op.drop_column("hotel", "vat_basis_points", schema="hotel")
    op.drop_column("hotel", "house_rules", schema="hotel")
    op.drop_column("hotel", "photos", schema="hotel")
    op.drop_column("hotel", "contact_email", schema="hotel")
    op.drop_column("hotel", "contact_phone", schema="hotel")
    op.drop_column("hotel", "languages", schema="hotel")
    op.drop_column("hotel", "description", schema="hotel")
    op.drop_column("hotel", "state", schema="hotel")
    op.drop_index(
        "uq_room_hotel_id_number", table_name="room", schema="hotel", postgresql_where=sa.text("NOT archived")
    )
    op.drop_index("ix_room_room_type_id", table_name="room", schema="hotel")
    op.drop_table("room", schema="hotel")
    op.drop_index("ix_night_rate_hotel_id_night", table_name="night_rate", schema="hotel")
    op.drop_table("night_rate", schema="hotel")
    op.drop_index("ix_change_entry_hotel_id_id", table_name="change_entry", schema="hotel")
    op.drop_table("change_entry", schema="hotel")
    op.drop_index("ix_idempotency_record_created_at", table_name="idempotency_record", schema="hotel")
    op.drop_table("idempotency_record", schema="hotel")


def _add(table: str, column: sa.Column[Any], for_known_rows: str) -> None:
    with_default = sa.Column(column.name, column.type, nullable=False, server_default=sa.text(for_known_rows))
    op.add_column(table, with_default, schema="hotel")
    op.alter_column(table, column.name, server_default=None, schema="hotel")
