"""Accounts, sessions, refresh tokens and signing keys

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
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("role IN ('GUEST', 'HOTELIER', 'MASTER', 'ADMIN')", name="ck_account_role"),
        sa.CheckConstraint("locale IN ('en', 'fr', 'ru')", name="ck_account_locale"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("email_key", name="uq_account_email_key"),
        schema="auth",
    )
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.ForeignKeyConstraint(["account_id"], ["auth.account.id"], name="fk_session_account_id", ondelete="CASCADE"),
        schema="auth",
    )
    op.create_index("ix_session_account_id", "session", ["account_id"], schema="auth")
    op.create_index("ix_session_last_seen_at", "session", ["last_seen_at"], schema="auth")
    op.create_table(
        "refresh_token",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("successor_hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name="pk_refresh_token"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["auth.session.id"], name="fk_refresh_token_session_id", ondelete="CASCADE"
        ),
        schema="auth",
    )
    op.create_index("ix_refresh_token_session_id", "refresh_token", ["session_id"], schema="auth")
    op.create_index("ix_refresh_token_expires_at", "refresh_token", ["expires_at"], schema="auth")
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("private_key", sa.LargeBinary(), nullable=False),
        sa.Column("public_jwk", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name="pk_signing_key"),
        schema="auth",
    )


def downgrade() -> None:
    op.drop_table("signing_key", schema="auth")
    op.drop_table("refresh_token", schema="auth")
    op.drop_table("session", schema="auth")
    op.drop_table("account", schema="auth")
