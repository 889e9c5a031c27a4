"""What the tables of every service share: a schema of their own, constraint names, outbox, inbox, idempotency."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

CONSTRAINT_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def service_metadata(schema: str) -> MetaData:
    """The metadata of one service: one PostgreSQL schema, predictable constraint names."""
    return MetaData(schema=schema, naming_convention=CONSTRAINT_NAMES)


def outbox_table(metadata: MetaData) -> Table:
    """Events waiting to be published, written in the same transaction as what they tell."""
    return Table(
        "outbox_event",
        metadata,
        Column("position", BigInteger, Identity(always=True), primary_key=True),
        Column("id", Uuid, nullable=False, unique=True),
        Column("topic", Text, nullable=False),
        Column("aggregate_id", Text, nullable=False),
        Column("envelope", LargeBinary, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("published_at", DateTime(timezone=True)),
        Index("ix_outbox_event_waiting", "position", postgresql_where=text("published_at IS NULL")),
        Index("ix_outbox_event_published_at", "published_at", postgresql_where=text("published_at IS NOT NULL")),
    )


def inbox_table(metadata: MetaData) -> Table:
    """What others told us, stored before it was answered: the truth of what is still to be worked off."""
    return Table(
        "inbox_event",
        metadata,
        Column("source", Text, primary_key=True),
        Column("event_id", Text, primary_key=True),
        Column("payload", LargeBinary, nullable=False),
        Column("request_id", Text, nullable=False),
        Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("settled_at", DateTime(timezone=True)),
        Column("outcome", Text, nullable=False),  # empty until it is settled
        Column("reason", Text, nullable=False),  # of what is parked
        Column("tries", Integer, nullable=False),
        Column("tried_at", DateTime(timezone=True)),
        Column("failures", Integer, nullable=False),  # tries that failed for a cause that does not pass by itself
        Index("ix_inbox_event_unsettled", "received_at", postgresql_where=text("settled_at IS NULL")),
        Index("ix_inbox_event_parked", "settled_at", postgresql_where=text("outcome = 'PARKED'")),
    )


def idempotency_table(metadata: MetaData) -> Table:
    """What was asked and answered under a client's key; kept for 24 hours."""
    return Table(
        "idempotency_record",
        metadata,
        Column("principal", Text, primary_key=True),
        Column("operation", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("input_hash", LargeBinary, nullable=False),
        Column("result", LargeBinary),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Index("ix_idempotency_record_created_at", "created_at"),
    )


def required_moment(*, default_now: bool = False) -> Any:
    """A timestamptz column that always has a value."""
    defaults = {"server_default": func.now()} if default_now else {}
    return Field(sa_type=DateTime(timezone=True), nullable=False, sa_column_kwargs=defaults)


def optional_moment() -> Any:
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=True)


def long_text(*, unique: bool = False, index: bool = False) -> Any:
    """Text without a length; the rules limit it, not the column."""
    return Field(sa_type=Text, nullable=False, unique=unique, index=index)


def json_document() -> Any:
    return Field(sa_type=JSONB, nullable=False)


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model, for statements."""
    return cast("Table", vars(model)["__table__"])
