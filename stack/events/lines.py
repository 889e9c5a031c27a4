"""An event as a line of JSON that a person can read. What is about a person is masked unless it is asked for."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError, Message

from contracts.events.v1 import events_pb2

MASK = "•••"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which events are meant; what is empty excludes nothing."""

    topic: str = ""
    kind: str = ""
    aggregate: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def takes(self, topic: str, envelope: events_pb2.Envelope) -> bool:
        moment = envelope.occurred_at.ToDatetime(dt.UTC)
        return (
            self.topic in ("", topic)
            and self.kind in ("", envelope.type)
            and self.aggregate in ("", envelope.aggregate_id)
            and (self.since is None or moment >= self.since)
            and (self.until is None or moment < self.until)
        )


def line_of(topic: str, raw: bytes, *, personal: bool, **besides: object) -> str:
    """`besides` stands before the event: where it was found, and why."""
    return json.dumps({"topic": topic, **besides, **_event(raw, personal=personal)}, ensure_ascii=False)


def _event(raw: bytes, *, personal: bool) -> dict[str, Any]:
    try:
        envelope = events_pb2.Envelope.FromString(raw)
    except DecodeError:
        return {"unreadable": f"{len(raw)} bytes that are no envelope"}
    return {
        "occurredAt": envelope.occurred_at.ToJsonString(),
        "type": envelope.type,
        "id": envelope.id,
        "aggregate": envelope.aggregate_id,
        "version": envelope.aggregate_version,
        "schemaVersion": envelope.schema_version or 1,
        "requestId": envelope.request_id,
        "traceparent": envelope.trace_context.get("traceparent", ""),
        "payload": _payload(envelope, personal=personal),
    }


def _payload(envelope: events_pb2.Envelope, *, personal: bool) -> object:
    if envelope.type not in events_pb2.DESCRIPTOR.message_types_by_name:
        return f"{len(envelope.payload)} bytes of a type that is not known here"
    try:
        message: Message = getattr(events_pb2, envelope.type).FromString(envelope.payload)
    except DecodeError:
        return f"{len(envelope.payload)} bytes that cannot be read as {envelope.type}"
    if not personal:
        _mask(message)
    return MessageToDict(message)


def _mask(message: Message) -> None:
    for field, value in message.ListFields():
        if field.GetOptions().debug_redact:
            if field.type == field.TYPE_STRING and not field.is_repeated:
                setattr(message, field.name, MASK)
            else:
                message.ClearField(field.name)
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for part in value if field.is_repeated else (value,):
                _mask(part)
