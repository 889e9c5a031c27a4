"""Tables of the auth service: accounts, their sessions, mails and systems, and the keys that sign access tokens."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, MetaData, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from runtime.tables import (
    json_document,
    long_text,
    optional_moment,
    outbox_table,
    required_moment,
    service_metadata,
)

metadata = service_metadata("auth")


class AuthModel(SQLModel, registry=registry(metadata=metadata)):
    metadata: ClassVar[MetaData] = metadata


class Account(AuthModel, table=True):
    """A person. `email` keeps their own capitals; `email_key` is what makes it unique."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("role IN ('GUEST', 'HOTELIER', 'MASTER', 'ADMIN')", name="role"),
        CheckConstraint("locale IN ('en', 'fr', 'ru')", name="locale"),
    )

    id: uuid.UUID = Field(primary_key=True)
    email: str = long_text()
    email_key: str = long_text(unique=True)
    name: str = long_text()
    role: str = long_text()
    locale: str = long_text()
    password_hash: str = long_text()
    created_at: Any = required_moment(default_now=True)
    email_verified_at: Any = optional_moment()
    phone: str = Field(sa_type=Text, nullable=False, sa_column_kwargs={"server_default": ""})
    time_zone: str = Field(sa_type=Text, nullable=False, sa_column_kwargs={"server_default": ""})


class Session(AuthModel, table=True):
    """One sign-in on one device. Its refresh tokens, each the successor of another, are one family."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_last_seen_at", "last_seen_at"),)

    id: uuid.UUID = Field(primary_key=True)
    account_id: uuid.UUID = Field(foreign_key="auth.account.id", ondelete="CASCADE", index=True)
    device: str = long_text()
    created_at: Any = required_moment(default_now=True)
    last_seen_at: Any = required_moment(default_now=True)
    revoked_at: Any = optional_moment()
    place: bytes | None = Field(default=None)  # keyed hash of the network it came from


class RefreshToken(AuthModel, table=True):
    """Known by its SHA-256 only. `used_at` is set once, by the one call that receives the successor."""

    __tablename__ = "refresh_token"
    __table_args__ = (Index("ix_refresh_token_expires_at", "expires_at"),)

    hash: bytes = Field(primary_key=True)
    session_id: uuid.UUID = Field(foreign_key="auth.session.id", ondelete="CASCADE", index=True)
    created_at: Any = required_moment(default_now=True)
    expires_at: Any = required_moment()
    used_at: Any = optional_moment()
    successor_hash: bytes | None = Field(default=None)


class SigningKey(AuthModel, table=True):
    """A key pair. It signs from `not_before` until a newer key does, and is published until `retires_at`."""

    __tablename__ = "signing_key"

    kid: str = Field(sa_type=Text, primary_key=True)
    private_key: bytes  # encrypted
    public_jwk: Any = json_document()
    created_at: Any = required_moment(default_now=True)
    not_before: Any = required_moment()
    retires_at: Any = optional_moment()


class AccountMail(AuthModel, table=True):
    """A mail about an account, until some days after it was sent. Its one-time token is reckoned from the id and a
    secret when it leaves, so that only the token's SHA-256 stands here. An asked-for reset has no account before it
    leaves: asking costs the same whether there is one."""

    __tablename__ = "account_mail"
    __table_args__ = (
        CheckConstraint(
            "purpose IN ('VERIFY_EMAIL', 'CONFIRM_EMAIL', 'RESET_PASSWORD', 'EMAIL_CHANGED', 'PASSWORD_CHANGED', "
            "'ACCOUNT_DELETED')",
            name="purpose",
        ),
        Index("ix_account_mail_due", "next_attempt_at", postgresql_where=text("next_attempt_at IS NOT NULL")),
        Index("ix_account_mail_created_at", "created_at"),
        Index("ix_account_mail_account_id", "account_id"),
    )

    id: uuid.UUID = Field(primary_key=True)
    account_id: uuid.UUID | None = Field(default=None)
    purpose: str = long_text()
    address: str = long_text()
    locale: str = long_text()
    token_hash: bytes | None = Field(default=None, unique=True)
    expires_at: Any = required_moment()
    used_at: Any = optional_moment()
    attempts: int = Field(sa_column_kwargs={"server_default": text("0")})
    next_attempt_at: Any = optional_moment()
    request_id: str = long_text()
    created_at: Any = required_moment(default_now=True)


class ApiClient(AuthModel, table=True):
    """A hotelier's own system; the id is OAuth's client_id."""

    __tablename__ = "api_client"

    id: uuid.UUID = Field(primary_key=True)
    account_id: uuid.UUID = Field(foreign_key="auth.account.id", ondelete="CASCADE", index=True)
    name: str = long_text()
    scopes: Any = Field(sa_type=ARRAY(Text), nullable=False)
    created_at: Any = required_moment(default_now=True)
    last_used_at: Any = optional_moment()
    revoked_at: Any = optional_moment()


class ApiClientSecret(AuthModel, table=True):
    """Known by its SHA-256, which is enough for 256 random bits."""

    __tablename__ = "api_client_secret"

    hash: bytes = Field(primary_key=True)
    client_id: uuid.UUID = Field(foreign_key="auth.api_client.id", ondelete="CASCADE", index=True)
    hint: str = long_text()
    created_at: Any = required_moment(default_now=True)
    expires_at: Any = optional_moment()


class ExportTicket(AuthModel, table=True):
    """Opens a person's own data once; known by its SHA-256."""

    __tablename__ = "export_ticket"

    hash: bytes = Field(primary_key=True)
    session_id: uuid.UUID = Field(foreign_key="auth.session.id", ondelete="CASCADE", index=True)
    expires_at: Any = required_moment()


outbox = outbox_table(metadata)
