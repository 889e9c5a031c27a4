"""Whose access tokens gateways must refuse from now on: the one place that reads it from events."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.events.v1 import events_pb2
from runtime.live_channels import revoked_client, revoked_session


def revoked_callers(envelopes: Sequence[events_pb2.Envelope]) -> list[str]:
    return [name for envelope in envelopes for name in _revoked_by(envelope)]


def _revoked_by(envelope: events_pb2.Envelope) -> list[str]:
    match envelope.type:
        case "SessionsRevoked":
            sessions = events_pb2.SessionsRevoked.FromString(envelope.payload).session_ids
            return [revoked_session(identifier) for identifier in sessions]
        case "ApiClientRevoked":
            return [revoked_client(events_pb2.ApiClientRevoked.FromString(envelope.payload).client_id)]
    return []
