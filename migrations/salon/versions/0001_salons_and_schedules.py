"""salons and schedules

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
        schema="salon",
    )
    op.create_index(
        "ix_idempotency_record_created_at", "idempotency_record", ["created_at"], unique=False, schema="salon"
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
        schema="salon",
    )
    op.create_index(
        "ix_outbox_event_published_at",
        "outbox_event",
        ["published_at"],
        unique=False,
        schema="salon",
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_event_waiting",
        "outbox_event",
        ["position"],
        unique=False,
        schema="salon",
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "salon",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("hotel_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("city_key", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("was_published", sa.Boolean(), nullable=False),
        sa.Column("contact_phone", sa.Text(), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.Column("photos", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("opening_hours", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("slot_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("min_notice_minutes", sa.Integer(), nullable=False),
        sa.Column("max_days_ahead", sa.SmallInteger(), nullable=False),
        sa.Column("confirms_by_hand", sa.Boolean(), nullable=False),
        sa.Column("cancellation_tiers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rating_count", sa.Integer(), nullable=False),
        sa.Column("rating_mean_hundredths", sa.Integer(), nullable=False),
        sa.Column("rating_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('DRAFT', 'PUBLISHED', 'ARCHIVED')", name=op.f("ck_salon_state")),
        sa.CheckConstraint(
            "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name=op.f("ck_salon_position")
        ),
        sa.CheckConstraint(
            "min_notice_minutes >= 0 AND max_days_ahead BETWEEN 1 AND 365", name=op.f("ck_salon_notice")
        ),
        sa.CheckConstraint("slot_minutes IN (5, 10, 15, 20, 30, 60)", name=op.f("ck_salon_slot")),
        sa.PrimaryKeyConstraint("id", name="pk_salon"),
        schema="salon",
    )
    op.create_index(
        "ix_salon_hotel_id",
        "salon",
        ["hotel_id"],
        unique=False,
        schema="salon",
        postgresql_where=sa.text("hotel_id IS NOT NULL"),
    )
    op.create_index("ix_salon_owner_id_name_id", "salon", ["owner_id", "name", "id"], unique=False, schema="salon")
    op.create_index(
        "ix_salon_published_city",
        "salon",
        ["city_key", "name", "id"],
        unique=False,
        schema="salon",
        postgresql_where=sa.text("state = 'PUBLISHED'"),
    )
    op.create_table(
        "change_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("salon_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["salon_id"], ["salon.salon.id"], name="fk_change_entry_salon_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_change_entry"),
        schema="salon",
    )
    op.create_index("ix_change_entry_salon_id_id", "change_entry", ["salon_id", "id"], unique=False, schema="salon")
    op.create_table(
        "master",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("salon_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("specialities", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("photo", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("portfolio_links", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("week", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("schedule_version", sa.Integer(), nullable=False),
        sa.Column("invitation_hash", sa.LargeBinary(), nullable=True),
        sa.Column("invitation_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rating_count", sa.Integer(), nullable=False),
        sa.Column("rating_mean_hundredths", sa.Integer(), nullable=False),
        sa.Column("rating_version", sa.Integer(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["salon_id"], ["salon.salon.id"], name="fk_master_salon_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_master"),
        schema="salon",
    )
    op.create_index(
        "ix_master_account_id",
        "master",
        ["account_id"],
        unique=False,
        schema="salon",
        postgresql_where=sa.text("account_id IS NOT NULL"),
    )
    op.create_index("ix_master_salon_id_position", "master", ["salon_id", "position"], unique=False, schema="salon")
    op.create_index(
        "uq_master_invitation_hash",
        "master",
        ["invitation_hash"],
        unique=True,
        schema="salon",
        postgresql_where=sa.text("invitation_hash IS NOT NULL"),
    )
    op.create_table(
        "service",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("salon_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("duration_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("buffer_before_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("buffer_after_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("price_minor_units", sa.Integer(), nullable=False),
        sa.Column("payment_timing", sa.Text(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("payment_timing IN ('PREPAID', 'AT_HOTEL')", name=op.f("ck_service_payment_timing")),
        sa.CheckConstraint(
            "buffer_before_minutes BETWEEN 0 AND 120 AND buffer_before_minutes % 5 = 0"
            " AND buffer_after_minutes BETWEEN 0 AND 120 AND buffer_after_minutes % 5 = 0",
            name=op.f("ck_service_buffers"),
        ),
        sa.CheckConstraint(
            "duration_minutes BETWEEN 5 AND 720 AND duration_minutes % 5 = 0", name=op.f("ck_service_duration")
        ),
        sa.CheckConstraint("price_minor_units BETWEEN 0 AND 100000000", name=op.f("ck_service_price")),
        sa.ForeignKeyConstraint(["salon_id"], ["salon.salon.id"], name="fk_service_salon_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_service"),
        schema="salon",
    )
    op.create_index("ix_service_salon_id_position", "service", ["salon_id", "position"], unique=False, schema="salon")
    op.create_table(
        "offering",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("master_id", sa.Uuid(), nullable=False),
        sa.Column("price_minor_units", sa.Integer(), nullable=True),
        sa.Column("duration_minutes", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint(
            "duration_minutes BETWEEN 5 AND 720 AND duration_minutes % 5 = 0", name=op.f("ck_offering_duration")
        ),
        sa.CheckConstraint("price_minor_units BETWEEN 0 AND 100000000", name=op.f("ck_offering_price")),
        sa.ForeignKeyConstraint(["master_id"], ["salon.master.id"], name="fk_offering_master_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["service_id"], ["salon.service.id"], name="fk_offering_service_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("service_id", "master_id", name="pk_offering"),
        schema="salon",
    )
    op.create_index("ix_offering_master_id", "offering", ["master_id"], unique=False, schema="salon")
    op.create_table(
        "special_day",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("salon_id", sa.Uuid(), nullable=False),
        sa.Column("master_id", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hours", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["master_id"], ["salon.master.id"], name="fk_special_day_master_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["salon_id"], ["salon.salon.id"], name="fk_special_day_salon_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_special_day"),
        schema="salon",
    )
    op.create_index(
        "uq_special_day_of_master",
        "special_day",
        ["master_id", "day"],
        unique=True,
        schema="salon",
        postgresql_where=sa.text("master_id IS NOT NULL"),
    )
    op.create_index(
        "uq_special_day_of_salon",
        "special_day",
        ["salon_id", "day"],
        unique=True,
        schema="salon",
        postgresql_where=sa.text("master_id IS NULL"),
    )
    op.execute("GRANT SELECT, UPDATE, DELETE ON salon.outbox_event TO innkeeper_relay")


def downgrade() -> None:
    op.drop_table("special_day", schema="salon")
    op.drop_table("offering", schema="salon")
    op.drop_table("service", schema="salon")
    op.drop_table("master", schema="salon")
    op.drop_table("change_entry", schema="salon")
    op.drop_table("salon", schema="salon")
    op.drop_table("outbox_event", schema="salon")
    op.drop_table("idempotency_record", schema="salon")
