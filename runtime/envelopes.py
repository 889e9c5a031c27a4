"""The envelope that every event travels in."""

from __future__ import annotations

from google.protobuf.message import Message
from opentelemetry import propagate

from contracts.events.v1 import events_pb2
from runtime.clock import to_timestamp, utc_now
from runtime.request_context import request_id

SCHEMA_VERSION = 1  # raised only for what cannot be said by adding a field or a message


def make_envelope(event: Message, *, identifier: str, aggregate_id: str, aggregate_version: int) -> events_pb2.Envelope:
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return events_pb2.Envelope(
        id=identifier,
        type=event.DESCRIPTOR.name,
        occurred_at=to_timestamp(utc_now()),
        aggregate_id=aggregate_id,
        aggregate_version=aggregate_version,
        request_id=request_id(),
        trace_context=carrier,
        payload=event.SerializeToString(),
        schema_version=SCHEMA_VERSION,
    )
