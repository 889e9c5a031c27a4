"""Tables of the auth service: accounts, their sessions, and the keys that sign access tokens."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, MetaData, Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from runtime.tables import json_document, long_text, optional_moment, required_moment, service_metadata

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
