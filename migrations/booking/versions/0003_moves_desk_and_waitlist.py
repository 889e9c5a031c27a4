"""moves desk and waitlist

Revision: 0003
Follows: 0002
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CHECKS = (
    ("booking", "penalty", "penalty_minor_units >= 0"),
    ("booking", "source", "source IN ('GUEST', 'DESK', 'WAITLIST')"),
    ("booking_room", "nights", "first_night <= end_night"),
)


def upgrade() -> None:
    op.create_table(
        "block",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("check_in", sa.Date(), nullable=False),
        sa.Column("check_out", sa.Date(), nullable=False),
        sa.Column("release_date", sa.Date(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('OPEN', 'RELEASED')", name=op.f("ck_block_state")),
        sa.CheckConstraint("check_in < check_out", name=op.f("ck_block_stay")),
        sa.PrimaryKeyConstraint("id", name="pk_block"),
        schema="booking",
    )
    op.create_index("ix_block_hotel_id_id", "block", ["hotel_id", "id"], unique=False, schema="booking")
    op.create_index(
        "ix_block_open",
        "block",
        ["release_date"],
        unique=False,
        schema="booking",
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    op.create_table(
        "block_room",
        sa.Column("block_id", sa.Uuid(), nullable=False),
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("rooms", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("taken BETWEEN 0 AND rooms AND rooms > 0", name=op.f("ck_block_room_rooms")),
        sa.ForeignKeyConstraint(["block_id"], ["booking.block.id"], name="fk_block_room_block_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["room_type_id"], ["booking.room_type.room_type_id"], name="fk_block_room_room_type_id"
        ),
        sa.PrimaryKeyConstraint("block_id", "room_type_id", name="pk_block_room"),
        schema="booking",
    )
    op.create_table(
        "booking_charge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("amount_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount_minor_units <> 0", name=op.f("ck_booking_charge_amount")),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.booking.id"], name="fk_booking_charge_booking_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_booking_charge"),
        schema="booking",
    )
    op.create_index("ix_booking_charge_booking_id", "booking_charge", ["booking_id"], unique=False, schema="booking")
    op.create_table(
        "booking_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.booking.id"], name="fk_booking_note_booking_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_booking_note"),
        schema="booking",
    )
    op.create_index(
        "ix_booking_note_booking_id_id", "booking_note", ["booking_id", "id"], unique=False, schema="booking"
    )
    op.create_table(
        "captured_payment",
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount_minor_units > 0", name=op.f("ck_captured_payment_amount")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.booking.id"], name="fk_captured_payment_booking_id"),
        sa.PrimaryKeyConstraint("payment_id", name="pk_captured_payment"),
        schema="booking",
    )
    op.create_index(
        "ix_captured_payment_booking_id", "captured_payment", ["booking_id"], unique=False, schema="booking"
    )
    op.create_table(
        "desk_payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("amount_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("method IN ('CASH', 'CARD', 'TRANSFER')", name=op.f("ck_desk_payment_method")),
        sa.CheckConstraint("amount_minor_units <> 0", name=op.f("ck_desk_payment_amount")),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.booking.id"], name="fk_desk_payment_booking_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_desk_payment"),
        schema="booking",
    )
    op.create_index("ix_desk_payment_booking_id", "desk_payment", ["booking_id"], unique=False, schema="booking")
    op.create_table(
        "room_night",
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.SmallInteger(), nullable=True),
        sa.Column("out_of_order_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(booking_id IS NULL) <> (out_of_order_id IS NULL)", name=op.f("ck_room_night_one_reason")),
        sa.CheckConstraint("(booking_id IS NULL) = (position IS NULL)", name=op.f("ck_room_night_booked_room")),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.booking.id"], name="fk_room_night_booking_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["out_of_order_id"],
            ["booking.out_of_order_period.id"],
            name="fk_room_night_out_of_order_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["room_id"], ["booking.room.room_id"], name="fk_room_night_room_id"),
        sa.PrimaryKeyConstraint("room_id", "night", name="pk_room_night"),
        schema="booking",
    )
    op.create_index(
        "ix_room_night_booking_id_position", "room_night", ["booking_id", "position"], unique=False, schema="booking"
    )
    op.create_index("ix_room_night_hotel_id_night", "room_night", ["hotel_id", "night"], unique=False, schema="booking")
    op.create_table(
        "waitlist_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("hotel_name", sa.Text(), nullable=False),
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("check_in", sa.Date(), nullable=False),
        sa.Column("check_out", sa.Date(), nullable=False),
        sa.Column("room_request", sa.LargeBinary(), nullable=False),
        sa.Column("guest_name", sa.Text(), nullable=False),
        sa.Column("guest_email", sa.Text(), nullable=False),
        sa.Column("guest_phone", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('WAITING', 'OFFERED', 'BOOKED', 'LEFT', 'OVER')", name=op.f("ck_waitlist_entry_state")
        ),
        sa.CheckConstraint("check_in < check_out", name=op.f("ck_waitlist_entry_stay")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.booking.id"], name="fk_waitlist_entry_booking_id"),
        sa.ForeignKeyConstraint(
            ["room_type_id"], ["booking.room_type.room_type_id"], name="fk_waitlist_entry_room_type_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_waitlist_entry"),
        schema="booking",
    )
    op.create_index(
        "ix_waitlist_entry_account_id_id", "waitlist_entry", ["account_id", "id"], unique=False, schema="booking"
    )
    op.create_index(
        "ix_waitlist_entry_waiting",
        "waitlist_entry",
        ["room_type_id", "id"],
        unique=False,
        schema="booking",
        postgresql_where=sa.text("state = 'WAITING'"),
    )
    _add("booking", sa.Column("penalty_minor_units", sa.BigInteger(), nullable=False), "0")
    _add("booking", sa.Column("charges_minor_units", sa.BigInteger(), nullable=False), "0")
    _add("booking", sa.Column("desk_paid_minor_units", sa.BigInteger(), nullable=False), "0")
    _add("booking", sa.Column("payment_minor_units", sa.BigInteger(), nullable=False), "0")
    _add("booking", sa.Column("source", sa.Text(), nullable=False), "'GUEST'")
    op.add_column("booking", sa.Column("block_id", sa.Uuid(), nullable=True), schema="booking")
    _add(
        "booking",
        sa.Column("document_secret", sa.Text(), nullable=False),
        "replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')",
    )
    op.create_index(
        "ix_booking_hotel_id_check_in_id", "booking", ["hotel_id", "check_in", "id"], unique=False, schema="booking"
    )
    op.create_index(
        "ix_booking_hotel_id_check_out_id", "booking", ["hotel_id", "check_out", "id"], unique=False, schema="booking"
    )
    op.create_unique_constraint("uq_booking_document_secret", "booking", ["document_secret"], schema="booking")
    op.create_foreign_key(
        "fk_booking_block_id",
        "booking",
        "block",
        ["block_id"],
        ["id"],
        source_schema="booking",
        referent_schema="booking",
    )
    _add("booking_room", sa.Column("guest_name", sa.Text(), nullable=False), "''")
    _add("booking_room", sa.Column("cancelled", sa.Boolean(), nullable=False), "false")
    _add("booking_room", sa.Column("first_night", sa.Date(), nullable=False), "'epoch'")
    _add("booking_room", sa.Column("end_night", sa.Date(), nullable=False), "'epoch'")
    op.execute(
        "UPDATE booking.booking_room AS r SET first_night = b.check_in, end_night = b.check_out,"
        " cancelled = (b.state = 'CANCELLED') FROM booking.booking AS b WHERE b.id = r.booking_id"
    )
    op.execute(
        "INSERT INTO booking.room_night (room_id, night, hotel_id, out_of_order_id)"
        " SELECT p.room_id, n.night::date, p.hotel_id, p.id FROM booking.out_of_order_period AS p"
        " CROSS JOIN generate_series(p.first_night, p.end_night - 1, interval '1 day') AS n (night)"
        " WHERE p.ended_at IS NULL"
    )
    op.execute("UPDATE booking.booking SET payment_minor_units = total_minor_units WHERE payment_id <> ''")
    op.execute(
        "INSERT INTO booking.captured_payment (payment_id, booking_id, amount_minor_units)"
        " SELECT payment_id, booking_id, amount_minor_units FROM booking.refund"
        " UNION SELECT payment_id, id, total_minor_units FROM booking.booking"
        " WHERE payment_state = 'CAPTURED' AND paid_minor_units > 0"
    )
    for table, name, condition in _CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition, schema="booking")


def downgrade() -> None:
    for table, name, _ in reversed(_CHECKS):
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, schema="booking")
    op.drop_column("booking_room", "end_night", schema="booking")
    op.drop_column("booking_room", "first_night", schema="booking")
    op.drop_column("booking_room", "cancelled", schema="booking")
    op.drop_column("booking_room", "guest_name", schema="booking")
    op.drop_constraint("fk_booking_block_id", "booking", schema="booking", type_="foreignkey")
    op.drop_constraint("uq_booking_document_secret", "booking", schema="booking", type_="unique")
    op.drop_index("ix_booking_hotel_id_check_out_id", table_name="booking", schema="booking")
    op.drop_index("ix_booking_hotel_id_check_in_id", table_name="booking", schema="booking")
    op.drop_column("booking", "document_secret", schema="booking")
    op.drop_column("booking", "block_id", schema="booking")
    op.drop_column("booking", "source", schema="booking")
    op.drop_column("booking", "desk_paid_minor_units", schema="booking")
    op.drop_column("booking", "charges_minor_units", schema="booking")
    op.drop_column("booking", "penalty_minor_units", schema="booking")
    op.drop_column("booking", "payment_minor_units", schema="booking")
    op.drop_index(
        "ix_waitlist_entry_waiting",
        table_name="waitlist_entry",
        schema="booking",
        postgresql_where=sa.text("state = 'WAITING'"),
    )
    op.drop_index("ix_waitlist_entry_account_id_id", table_name="waitlist_entry", schema="booking")
    op.drop_table("waitlist_entry", schema="booking")
    op.drop_index("ix_room_night_hotel_id_night", table_name="room_night", schema="booking")
    op.drop_index("ix_room_night_booking_id_position", table_name="room_night", schema="booking")
    op.drop_table("room_night", schema="booking")
    op.drop_index("ix_captured_payment_booking_id", table_name="captured_payment", schema="booking")
    op.drop_table("captured_payment", schema="booking")
    op.drop_index("ix_desk_payment_booking_id", table_name="desk_payment", schema="booking")
    op.drop_table("desk_payment", schema="booking")
    op.drop_index("ix_booking_note_booking_id_id", table_name="booking_note", schema="booking")
    op.drop_table("booking_note", schema="booking")
    op.drop_index("ix_booking_charge_booking_id", table_name="booking_charge", schema="booking")
    op.drop_table("booking_charge", schema="booking")
    op.drop_table("block_room", schema="booking")
    op.drop_index("ix_block_open", table_name="block", schema="booking", postgresql_where=sa.text("state = 'OPEN'"))
    op.drop_index("ix_block_hotel_id_id", table_name="block", schema="booking")
    op.drop_table("block", schema="booking")


def _add(table: str, column: sa.Column[Any], for_known_rows: str) -> None:
    with_default = sa.Column(column.name, column.type, nullable=False, server_default=sa.text(for_known_rows))
    op.add_column(table, with_default, schema="booking")
    op.alter_column(table, column.name, server_default=None, schema="booking")
