"""What has ever been promised of events, and what of it a change would break.

The promise is the committed file BASELINE. `python -m tests.architecture.event_contract`, which `make contracts` runs,
takes additions into it and refuses everything else: kept rows of outboxes, topics and consumers that are not yet of
the new version speak the old contract.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, FileDescriptor

from contracts.events.v1 import events_pb2
from runtime.event_bus import PARTITIONS, TOPICS
from tests.architecture.source_tree import ROOT

BASELINE = ROOT / "contracts" / "events" / "v1" / "events_baseline.json"

Promise: TypeAlias = dict[str, dict[str, str]]
"""Of each message its fields by number, of each enum its names by number, of each topic its partitions."""


def promised(events: FileDescriptor, topics: Sequence[str] = TOPICS) -> Promise:
    found: Promise = {f"topic {topic}": {"partitions": str(PARTITIONS)} for topic in topics}
    for message in events.message_types_by_name.values():
        _add_message(message, found)
    return dict(sorted(found.items()))


def breaches(old: Promise, new: Promise) -> list[str]:
    """One line for each promise that the new contract does not keep."""
    return [
        f"{subject}: {'was removed' if subject not in new else f'{key} was “{words}”, is {_quoted(new[subject], key)}'}"
        for subject, promises in old.items()
        for key, words in promises.items()
        if new.get(subject, {}).get(key) != words
    ]


def committed() -> Promise:
    promise: Promise = json.loads(BASELINE.read_text())
    return promise


def written(promise: Promise) -> str:
    return json.dumps(promise, indent=1) + "\n"


def main() -> int:
    old = committed() if BASELINE.exists() else {}
    new = promised(events_pb2.DESCRIPTOR)
    broken = breaches(old, new)
    for line in broken:
        sys.stderr.write(f"This breaks the contract of events: {line}\n")
    if not broken and old != new:
        BASELINE.write_text(written(new))
    return 1 if broken else 0


def _quoted(promises: dict[str, str], key: str) -> str:
    return f"“{promises[key]}”" if key in promises else "gone"


def _add_message(message: Descriptor, found: Promise) -> None:
    if message.full_name in found or message.full_name.startswith("google.protobuf."):
        return
    fields = found.setdefault(message.full_name, {})
    for field in message.fields:
        fields[str(field.number)] = " ".join(_words(field))
        if field.message_type is not None:
            _add_message(field.message_type, found)
        if field.enum_type is not None:
            _add_enum(field.enum_type, found)


def _add_enum(enum: EnumDescriptor, found: Promise) -> None:
    found[enum.full_name] = {str(value.number): value.name for value in enum.values}


def _words(field: FieldDescriptor) -> Iterator[str]:
    if field.is_repeated:
        yield "repeated"
    if field.containing_oneof is not None:
        yield f"oneof:{field.containing_oneof.name}"
    if field.message_type is not None:
        yield field.message_type.full_name
    elif field.enum_type is not None:
        yield field.enum_type.full_name
    else:
        yield _SCALARS[field.type]
    yield field.name


_SCALARS = {
    getattr(FieldDescriptor, name): name.removeprefix("TYPE_").lower()
    for name in dir(FieldDescriptor)
    if name.startswith("TYPE_")
}

if __name__ == "__main__":
    sys.exit(main())
