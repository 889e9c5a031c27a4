"""The events that auth publishes, each in the transaction of what it tells."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from contracts.events.v1 import events_pb2
from grpc_services.auth.models import outbox as outbox_rows
from runtime.database import Connection
from runtime.event_bus import ACCOUNT_TOPIC
from runtime.outbox import Outbox

_accounts = Outbox(outbox_rows, ACCOUNT_TOPIC)
_ONLY_VERSION = 1  # what these events tell of is over, and has no later version


async def publish_sessions_revoked(
    connection: Connection, account_id: uuid.UUID, session_ids: Sequence[uuid.UUID]
) -> None:
    if session_ids:
        event = events_pb2.SessionsRevoked(session_ids=[str(identifier) for identifier in session_ids])
        await _publish(connection, account_id, event)


async def publish_client_revoked(connection: Connection, account_id: uuid.UUID, client_id: uuid.UUID) -> None:
    await _publish(connection, account_id, events_pb2.ApiClientRevoked(client_id=str(client_id)))


async def publish_account_deleted(connection: Connection, account_id: uuid.UUID) -> None:
    await _publish(connection, account_id, events_pb2.AccountDeleted(account_id=str(account_id)))


async def _publish(
    connection: Connection,
    account_id: uuid.UUID,
    event: events_pb2.SessionsRevoked | events_pb2.ApiClientRevoked | events_pb2.AccountDeleted,
) -> None:
    await _accounts.publish(connection, event, aggregate_id=str(account_id), aggregate_version=_ONLY_VERSION)
