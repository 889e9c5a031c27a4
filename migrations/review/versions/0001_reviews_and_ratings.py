"""reviews and ratings

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
        schema="review",
    )
    op.create_index(
        "ix_idempotency_record_created_at", "idempotency_record", ["created_at"], unique=False, schema="review"
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
        schema="review",
    )
    op.create_index(
        "ix_outbox_event_published_at",
        "outbox_event",
        ["published_at"],
        unique=False,
        schema="review",
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_event_waiting",
        "outbox_event",
        ["position"],
        unique=False,
        schema="review",
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "rating",
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("stars", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("aspects", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("subject_kind IN ('HOTEL', 'SALON', 'MASTER')", name=op.f("ck_rating_subject_kind")),
        sa.CheckConstraint("0 <= ALL (stars)", name=op.f("ck_rating_stars")),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", name="pk_rating"),
        schema="review",
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_name", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("overall", sa.SmallInteger(), nullable=False),
        sa.Column("aspects", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moderation_reason", sa.Text(), nullable=False),
        sa.Column("open_reports", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('PUBLISHED', 'HIDDEN', 'DELETED')", name=op.f("ck_review_state")),
        sa.CheckConstraint("subject_kind IN ('HOTEL', 'SALON', 'MASTER')", name=op.f("ck_review_subject_kind")),
        sa.CheckConstraint("open_reports >= 0", name=op.f("ck_review_open_reports")),
        sa.CheckConstraint("overall BETWEEN 1 AND 5", name=op.f("ck_review_overall")),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
        schema="review",
    )
    op.create_index(
        "ix_review_author_id_created_at_id", "review", ["author_id", "created_at", "id"], unique=False, schema="review"
    )
    op.create_index(
        "ix_review_newest",
        "review",
        ["subject_id", "created_at", "id"],
        unique=False,
        schema="review",
        postgresql_where=sa.text("state = 'PUBLISHED'"),
    )
    op.create_index(
        "ix_review_rated",
        "review",
        ["subject_id", "overall", "created_at", "id"],
        unique=False,
        schema="review",
        postgresql_where=sa.text("state = 'PUBLISHED'"),
    )
    op.create_index(
        "ix_review_reported",
        "review",
        ["open_reports", "id"],
        unique=False,
        schema="review",
        postgresql_where=sa.text("open_reports > 0"),
    )
    op.create_index(
        "uq_review_visit", "review", ["visit_id", "subject_kind", "subject_id"], unique=True, schema="review"
    )
    op.create_table(
        "report",
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("reporter_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.review.id"], name="fk_report_review_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("review_id", "reporter_id", name="pk_report"),
        schema="review",
    )
    op.create_table(
        "review_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.review.id"], name="fk_review_change_review_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_review_change"),
        schema="review",
    )
    op.create_index(
        "ix_review_change_review_id_id", "review_change", ["review_id", "id"], unique=False, schema="review"
    )
    op.execute("GRANT SELECT, UPDATE, DELETE ON review.outbox_event TO innkeeper_relay")


def downgrade() -> None:
    op.drop_table("review_change", schema="review")
    op.drop_table("report", schema="review")
    op.drop_table("review", schema="review")
    op.drop_table("rating", schema="review")
    op.drop_table("outbox_event", schema="review")
    op.drop_table("idempotency_record", schema="review")
