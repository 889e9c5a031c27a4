"""quotes bookings and nights

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
        "idempotency_record",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.LargeBinary(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("principal", "operation", "key", name="pk_idempotency_record"),
        schema="booking",
    )
    op.create_index(
        "ix_idempotency_record_created_at", "idempotency_record", ["created_at"], unique=False, schema="booking"
    )
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
        schema="booking",
    )
    op.create_index(
        "ix_outbox_event_published_at",
        "outbox_event",
        ["published_at"],
        unique=False,
        schema="booking",
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_event_waiting",
        "outbox_event",
        ["position"],
        unique=False,
        schema="booking",
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "payment_event",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "event_id", name="pk_payment_event"),
        schema="booking",
    )
    op.create_index(
        "ix_payment_event_unsettled",
        "payment_event",
        ["received_at"],
        unique=False,
        schema="booking",
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "quote",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("check_in", sa.Date(), nullable=False),
        sa.Column("check_out", sa.Date(), nullable=False),
        sa.Column("priced_stay", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("check_in < check_out", name="ck_quote_stay"),
        sa.PrimaryKeyConstraint("id", name="pk_quote"),
        schema="booking",
    )
    op.create_table(
        "room_type",
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken_in_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("capacity >= 0", name="ck_room_type_capacity"),
        sa.PrimaryKeyConstraint("room_type_id", name="pk_room_type"),
        schema="booking",
    )
    op.create_index("ix_room_type_hotel_id", "room_type", ["hotel_id"], unique=False, schema="booking")
    op.create_table(
        "booking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=False),
        sa.Column("hotel_owner_id", sa.Uuid(), nullable=False),
        sa.Column("guest_account_id", sa.Uuid(), nullable=False),
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("check_in", sa.Date(), nullable=False),
        sa.Column("check_out", sa.Date(), nullable=False),
        sa.Column("guest_name", sa.Text(), nullable=False),
        sa.Column("guest_email", sa.Text(), nullable=False),
        sa.Column("guest_phone", sa.Text(), nullable=False),
        sa.Column("special_requests", sa.Text(), nullable=False),
        sa.Column("arrival_time", sa.Text(), nullable=False),
        sa.Column("priced_stay", sa.LargeBinary(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("hold_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payment_attempts", sa.SmallInteger(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("payment_state", sa.Text(), nullable=False),
        sa.Column("checkout_url", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(state IN ('HELD', 'PAYMENT_PENDING')) = (hold_expires_at IS NOT NULL)", name="ck_booking_hold"
        ),
        sa.CheckConstraint(
            "state IN ('HELD', 'PAYMENT_PENDING', 'CONFIRMED', 'CHECKED_IN', 'COMPLETED', "
            "'CANCELLED', 'EXPIRED', 'NO_SHOW')",
            name="ck_booking_state",
        ),
        sa.CheckConstraint("check_in < check_out", name="ck_booking_stay"),
        sa.CheckConstraint("refunded_minor_units BETWEEN 0 AND paid_minor_units", name="ck_booking_money"),
        sa.ForeignKeyConstraint(["quote_id"], ["booking.quote.id"], name="fk_booking_quote_id"),
        sa.PrimaryKeyConstraint("id", name="pk_booking"),
        sa.UniqueConstraint("quote_id", name="uq_booking_quote_id"),
        sa.UniqueConstraint("reference", name="uq_booking_reference"),
        schema="booking",
    )
    op.create_index(
        "ix_booking_guest_account_id_created_at_id",
        "booking",
        ["guest_account_id", "created_at", "id"],
        unique=False,
        schema="booking",
    )
    op.create_index(
        "ix_booking_hotel_id_created_at_id", "booking", ["hotel_id", "created_at", "id"], unique=False, schema="booking"
    )
    op.create_index(
        "ix_booking_overdue",
        "booking",
        ["hold_expires_at"],
        unique=False,
        schema="booking",
        postgresql_where=sa.text("hold_expires_at IS NOT NULL"),
    )
    op.create_table(
        "room_type_night",
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("oversell", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("sold", sa.Integer(), nullable=False),
        sa.CheckConstraint("held + sold <= capacity + oversell", name="ck_room_type_night_never_oversold"),
        sa.CheckConstraint(
            "held >= 0 AND sold >= 0 AND capacity >= 0 AND oversell >= 0", name="ck_room_type_night_not_negative"
        ),
        sa.ForeignKeyConstraint(
            ["room_type_id"], ["booking.room_type.room_type_id"], name="fk_room_type_night_room_type_id"
        ),
        sa.PrimaryKeyConstraint("room_type_id", "night", name="pk_room_type_night"),
        schema="booking",
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "booking_room",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("room_type_id", sa.Uuid(), nullable=False),
        sa.Column("rate_plan_id", sa.Uuid(), nullable=False),
        sa.Column("adults", sa.SmallInteger(), nullable=False),
        sa.Column("children_ages", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("total_minor_units", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.booking.id"], name="fk_booking_room_booking_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("booking_id", "position", name="pk_booking_room"),
        schema="booking",
    )
    op.create_index("ix_booking_room_room_type_id", "booking_room", ["room_type_id"], unique=False, schema="booking")
    op.create_table(
        "refund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("amount_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('REQUESTED', 'SUCCEEDED')", name="ck_refund_state"),
        sa.CheckConstraint("amount_minor_units > 0", name="ck_refund_amount"),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.booking.id"], name="fk_refund_booking_id"),
        sa.PrimaryKeyConstraint("id", name="pk_refund"),
        schema="booking",
    )
    op.create_index("ix_refund_booking_id", "refund", ["booking_id"], unique=False, schema="booking")
    op.create_index(
        "uq_refund_late_money",
        "refund",
        ["payment_id"],
        unique=True,
        schema="booking",
        postgresql_where=sa.text("reason = 'LATE_MONEY'"),
    )
    op.create_table(
        "timeline_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_state", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.booking.id"], name="fk_timeline_entry_booking_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_timeline_entry"),
        schema="booking",
    )
    op.create_index(
        "ix_timeline_entry_booking_id_id", "timeline_entry", ["booking_id", "id"], unique=False, schema="booking"
    )
    op.execute("GRANT SELECT, UPDATE, DELETE ON booking.outbox_event TO innkeeper_relay")


def downgrade() -> None:
    op.drop_table("timeline_entry", schema="booking")
    op.drop_table("refund", schema="booking")
    op.drop_table("booking_room", schema="booking")
    op.drop_table("room_type_night", schema="booking")
    op.drop_table("booking", schema="booking")
    op.drop_table("room_type", schema="booking")
    op.drop_table("quote", schema="booking")
    op.drop_table("payment_event", schema="booking")
    op.drop_table("outbox_event", schema="booking")
    op.drop_table("idempotency_record", schema="booking")
