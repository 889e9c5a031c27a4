"""appointments

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
        schema="salon",
    )
    op.create_index(
        "ix_payment_event_unsettled",
        "payment_event",
        ["received_at"],
        unique=False,
        schema="salon",
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "appointment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("salon_id", sa.Uuid(), nullable=False),
        sa.Column("salon_name", sa.Text(), nullable=False),
        sa.Column("salon_owner_id", sa.Uuid(), nullable=False),
        sa.Column("client_account_id", sa.Uuid(), nullable=False),
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("client_email", sa.Text(), nullable=False),
        sa.Column("client_phone", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("cancellation_tiers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("payment_timing", sa.Text(), nullable=False),
        sa.Column("total_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("penalty_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("hold_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payment_attempts", sa.SmallInteger(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("payment_state", sa.Text(), nullable=False),
        sa.Column("payment_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("checkout_url", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(state IN ('HELD', 'PAYMENT_PENDING')) = (hold_expires_at IS NOT NULL)", name=op.f("ck_appointment_hold")
        ),
        sa.CheckConstraint("payment_timing IN ('PREPAID', 'AT_HOTEL')", name=op.f("ck_appointment_payment_timing")),
        sa.CheckConstraint(
            "state IN ('HELD', 'PAYMENT_PENDING', 'REQUESTED', 'CONFIRMED', 'COMPLETED',"
            " 'CANCELLED', 'EXPIRED', 'NO_SHOW')",
            name=op.f("ck_appointment_state"),
        ),
        sa.CheckConstraint("penalty_minor_units >= 0", name=op.f("ck_appointment_penalty")),
        sa.CheckConstraint("refunded_minor_units BETWEEN 0 AND paid_minor_units", name=op.f("ck_appointment_money")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_appointment_visit")),
        sa.ForeignKeyConstraint(["salon_id"], ["salon.salon.id"], name="fk_appointment_salon_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appointment"),
        sa.UniqueConstraint("reference", name="uq_appointment_reference"),
        schema="salon",
    )
    op.create_index(
        "ix_appointment_client_account_id_starts_at_id",
        "appointment",
        ["client_account_id", "starts_at", "id"],
        unique=False,
        schema="salon",
    )
    op.create_index(
        "ix_appointment_overdue",
        "appointment",
        ["hold_expires_at"],
        unique=False,
        schema="salon",
        postgresql_where=sa.text("hold_expires_at IS NOT NULL"),
    )
    op.create_index(
        "ix_appointment_salon_id_starts_at_id",
        "appointment",
        ["salon_id", "starts_at", "id"],
        unique=False,
        schema="salon",
    )
    op.create_table(
        "appointment_timeline_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
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
            ["appointment_id"],
            ["salon.appointment.id"],
            name="fk_appointment_timeline_entry_appointment_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_appointment_timeline_entry"),
        schema="salon",
    )
    op.create_index(
        "ix_appointment_timeline_entry_appointment_id_id",
        "appointment_timeline_entry",
        ["appointment_id", "id"],
        unique=False,
        schema="salon",
    )
    op.create_table(
        "captured_payment",
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount_minor_units > 0", name=op.f("ck_captured_payment_amount")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["salon.appointment.id"], name="fk_captured_payment_appointment_id"
        ),
        sa.PrimaryKeyConstraint("payment_id", name="pk_captured_payment"),
        schema="salon",
    )
    op.create_index(
        op.f("ix_captured_payment_appointment_id"), "captured_payment", ["appointment_id"], unique=False, schema="salon"
    )
    op.create_table(
        "master_time",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("master_id", sa.Uuid(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.SmallInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("master_id"), "="), (sa.column("during"), "&&"), using="gist", name="ex_master_time_once"
        ),
        sa.CheckConstraint("(appointment_id IS NULL) = (position IS NULL)", name=op.f("ck_master_time_appointment")),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("ck_master_time_during")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["salon.appointment.id"], name="fk_master_time_appointment_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["master_id"], ["salon.master.id"], name="fk_master_time_master_id"),
        sa.PrimaryKeyConstraint("id", name="pk_master_time"),
        schema="salon",
    )
    op.create_index("ix_master_time_appointment_id", "master_time", ["appointment_id"], unique=False, schema="salon")
    op.create_table(
        "refund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("amount_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('REQUESTED', 'SUCCEEDED')", name=op.f("ck_refund_state")),
        sa.CheckConstraint("amount_minor_units > 0", name=op.f("ck_refund_amount")),
        sa.ForeignKeyConstraint(["appointment_id"], ["salon.appointment.id"], name="fk_refund_appointment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_refund"),
        schema="salon",
    )
    op.create_index(op.f("ix_refund_appointment_id"), "refund", ["appointment_id"], unique=False, schema="salon")
    op.create_index(
        "uq_refund_late_money",
        "refund",
        ["payment_id"],
        unique=True,
        schema="salon",
        postgresql_where=sa.text("reason = 'LATE_MONEY'"),
    )
    op.create_table(
        "visited_service",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("service_name", sa.Text(), nullable=False),
        sa.Column("master_id", sa.Uuid(), nullable=False),
        sa.Column("master_name", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("buffer_before_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("buffer_after_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("price_minor_units", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_visited_service_service")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["salon.appointment.id"], name="fk_visited_service_appointment_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("appointment_id", "position", name="pk_visited_service"),
        schema="salon",
    )
    op.create_index(
        "ix_visited_service_master_id_starts_at",
        "visited_service",
        ["master_id", "starts_at"],
        unique=False,
        schema="salon",
    )


def downgrade() -> None:
    op.drop_table("visited_service", schema="salon")
    op.drop_table("refund", schema="salon")
    op.drop_table("master_time", schema="salon")
    op.drop_table("captured_payment", schema="salon")
    op.drop_table("appointment_timeline_entry", schema="salon")
    op.drop_table("appointment", schema="salon")
    op.drop_table("payment_event", schema="salon")
