"""inventory rooms and calendars

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


_REPLACED = (("room_type", "capacity"), ("room_type_night", "never_oversold"), ("room_type_night", "not_negative"))


# 0001 gave its checks the table's name twice.
_RENAME_CHECKS = """
DO $$
DECLARE doubled record;
BEGIN
    FOR doubled IN
        SELECT c.conname, t.relname FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid
        WHERE c.connamespace = 'booking'::regnamespace AND c.contype = 'c'
            AND starts_with(c.conname, format('ck_%s_ck_%s_', t.relname, t.relname))
    LOOP
        EXECUTE format(
            'ALTER TABLE booking.%I RENAME CONSTRAINT %I TO %I', doubled.relname, doubled.conname,
            substr(doubled.conname, length(doubled.relname) + 5)
        );
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute(_RENAME_CHECKS)
    op.create_table(
        "inventory_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_inventory_change"),
        schema="booking",
    )
    op.create_index(
        "ix_inventory_change_hotel_id_id", "inventory_change", ["hotel_id", "id"], unique=False, schema="booking"
    )
    op.create_table(
        "room",
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("floor", sa.Text(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", name="pk_room"),
        schema="booking",
    )
    op.create_index("ix_room_hotel_id", "room", ["hotel_id"], unique=False, schema="booking")
    op.create_index("ix_room_room_type_id", "room", ["room_type_id"], unique=False, schema="booking")
    op.create_table(
        "calendar_export",
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_type_id"], ["booking.room_type.room_type_id"], name="fk_calendar_export_room_type_id"
        ),
        sa.PrimaryKeyConstraint("room_type_id", name="pk_calendar_export"),
        sa.UniqueConstraint("secret", name="uq_calendar_export_secret"),
        schema="booking",
    )
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["room_type_id"], ["booking.room_type.room_type_id"], name="fk_calendar_feed_room_type_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_feed"),
        schema="booking",
    )
    op.create_index("ix_calendar_feed_fetched_at", "calendar_feed", ["fetched_at"], unique=False, schema="booking")
    op.create_index("ix_calendar_feed_hotel_id_id", "calendar_feed", ["hotel_id", "id"], unique=False, schema="booking")
    op.create_index("ix_calendar_feed_room_type_id", "calendar_feed", ["room_type_id"], unique=False, schema="booking")
    op.create_table(
        "out_of_order_period",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("first_night", sa.Date(), nullable=False),
        sa.Column("end_night", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.literal_column("room_id"), "="),
            (sa.literal_column("daterange(first_night, end_night)"), "&&"),
            where=sa.text("ended_at IS NULL"),
            using="gist",
            name="one_at_a_time",
        ),
        sa.CheckConstraint("first_night < end_night", name=op.f("ck_out_of_order_period_period")),
        sa.ForeignKeyConstraint(["room_id"], ["booking.room.room_id"], name="fk_out_of_order_period_room_id"),
        sa.PrimaryKeyConstraint("id", name="pk_out_of_order_period"),
        schema="booking",
    )
    op.create_index(
        "ix_out_of_order_period_hotel_id_id", "out_of_order_period", ["hotel_id", "id"], unique=False, schema="booking"
    )
    op.create_table(
        "calendar_feed_night",
        sa.Column("feed_id", sa.Uuid(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("rooms", sa.Integer(), nullable=False),
        sa.CheckConstraint("rooms > 0", name=op.f("ck_calendar_feed_night_rooms")),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["booking.calendar_feed.id"], name="fk_calendar_feed_night_feed_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("feed_id", "night", name="pk_calendar_feed_night"),
        schema="booking",
    )
    _add("room_type", sa.Column("closed", sa.Boolean(), nullable=False), "false")
    _add("room_type", sa.Column("version", sa.Integer(), nullable=False), "1")
    _add("room_type_night", sa.Column("capacity_overridden", sa.Boolean(), nullable=False), "false")
    _add("room_type_night", sa.Column("out_of_order", sa.Integer(), nullable=False), "0")
    _add("room_type_night", sa.Column("blocked", sa.Integer(), nullable=False), "0")
    for table, name in _REPLACED:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, schema="booking")
    _check("room_type", "capacity", "capacity BETWEEN 0 AND 10000")
    _check("room_type_night", "never_oversold", "held + sold + blocked <= capacity - out_of_order + oversell")
    _check(
        "room_type_night",
        "not_negative",
        "held >= 0 AND sold >= 0 AND capacity >= 0 AND oversell >= 0 AND out_of_order >= 0 AND blocked >= 0",
    )


def downgrade() -> None:
    for table, name in _REPLACED:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, schema="booking")
    _check("room_type", "capacity", "capacity >= 0")
    _check("room_type_night", "never_oversold", "held + sold <= capacity + oversell")
    _check("room_type_night", "not_negative", "held >= 0 AND sold >= 0 AND capacity >= 0 AND oversell >= 0")
    op.drop_column("room_type_night", "blocked", schema="booking")
    op.drop_column("room_type_night", "out_of_order", schema="booking")
    op.drop_column("room_type_night", "capacity_overridden", schema="booking")
    op.drop_column("room_type", "version", schema="booking")
    op.drop_column("room_type", "closed", schema="booking")
    op.drop_table("calendar_feed_night", schema="booking")
    op.drop_index("ix_out_of_order_period_hotel_id_id", table_name="out_of_order_period", schema="booking")
    op.drop_table("out_of_order_period", schema="booking")
    op.drop_index("ix_calendar_feed_room_type_id", table_name="calendar_feed", schema="booking")
    op.drop_index("ix_calendar_feed_hotel_id_id", table_name="calendar_feed", schema="booking")
    op.drop_index("ix_calendar_feed_fetched_at", table_name="calendar_feed", schema="booking")
    op.drop_table("calendar_feed", schema="booking")
    op.drop_table("calendar_export", schema="booking")
    op.drop_index("ix_room_room_type_id", table_name="room", schema="booking")
    op.drop_index("ix_room_hotel_id", table_name="room", schema="booking")
    op.drop_table("room", schema="booking")
    op.drop_index("ix_inventory_change_hotel_id_id", table_name="inventory_change", schema="booking")
    op.drop_table("inventory_change", schema="booking")


def _check(table: str, name: str, condition: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition, schema="booking")


def _add(table: str, column: sa.Column[Any], for_known_rows: str) -> None:
    with_default = sa.Column(column.name, column.type, nullable=False, server_default=sa.text(for_known_rows))
    op.add_column(table, with_default, schema="booking")
    op.alter_column(table, column.name, server_default=None, schema="booking")
