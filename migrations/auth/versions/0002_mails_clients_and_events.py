"""Verified addresses, profiles, account mails, API clients, export tickets and events

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
    op.add_column("account", sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True), schema="auth")
    op.add_column("account", sa.Column("phone", sa.Text(), server_default="", nullable=False), schema="auth")
    op.add_column("account", sa.Column("time_zone", sa.Text(), server_default="", nullable=False), schema="auth")
    op.add_column("session", sa.Column("place", sa.LargeBinary(), nullable=True), schema="auth")
    op.create_table(
        "account_mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('VERIFY_EMAIL', 'CONFIRM_EMAIL', 'RESET_PASSWORD', 'EMAIL_CHANGED', 'PASSWORD_CHANGED', "
            "'ACCOUNT_DELETED')",
            name="ck_account_mail_purpose",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_account_mail"),
        sa.UniqueConstraint("token_hash", name="uq_account_mail_token_hash"),
        schema="auth",
    )
    op.create_index(
        "ix_account_mail_due",
        "account_mail",
        ["next_attempt_at"],
        schema="auth",
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    )
    op.create_index("ix_account_mail_created_at", "account_mail", ["created_at"], schema="auth")
    op.create_index("ix_account_mail_account_id", "account_mail", ["account_id"], schema="auth")
    op.create_table(
        "api_client",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["auth.account.id"], name="fk_api_client_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_api_client"),
        schema="auth",
    )
    op.create_index("ix_api_client_account_id", "api_client", ["account_id"], schema="auth")
    op.create_table(
        "api_client_secret",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["auth.api_client.id"], name="fk_api_client_secret_client_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name="pk_api_client_secret"),
        schema="auth",
    )
    op.create_index("ix_api_client_secret_client_id", "api_client_secret", ["client_id"], schema="auth")
    op.create_table(
        "export_ticket",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["auth.session.id"], name="fk_export_ticket_session_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name="pk_export_ticket"),
        schema="auth",
    )
    op.create_index("ix_export_ticket_session_id", "export_ticket", ["session_id"], schema="auth")
    op.create_table(
        "outbox_event",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.Text(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_outbox_event"),
        sa.UniqueConstraint("id", name="uq_outbox_event_id"),
        schema="auth",
    )
    op.create_index(
        "ix_outbox_event_published_at",
        "outbox_event",
        ["published_at"],
        schema="auth",
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_event_waiting",
        "outbox_event",
        ["position"],
        schema="auth",
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.execute("GRANT SELECT, UPDATE, DELETE ON auth.outbox_event TO innkeeper_relay")


def downgrade() -> None:
    op.drop_table("outbox_event", schema="auth")
    op.drop_table("export_ticket", schema="auth")
    op.drop_table("api_client_secret", schema="auth")
    op.drop_table("api_client", schema="auth")
    op.drop_table("account_mail", schema="auth")
    op.drop_column("session", "place", schema="auth")
    op.drop_column("account", "time_zone", schema="auth")
    op.drop_column("account", "phone", schema="auth")
    op.drop_column("account", "email_verified_at", schema="auth")
