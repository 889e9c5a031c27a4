"""Events outlive the code that wrote them: their contract only ever grows, and says what is about a person."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_tools import protoc

from contracts.events.v1 import events_pb2
from runtime.event_bus import TOPICS
from tests.architecture.event_contract import breaches, committed, promised
from tests.architecture.source_tree import ROOT, files_under

EVENTS = "contracts/events/v1/events.proto"
BOOKING = "contracts/booking/v1/booking.proto"
SAYS_NOTHING_OF_A_PERSON = {
    "innkeeper.events.v1.BookingSnapshot.hotel_name",
    "innkeeper.events.v1.BookingSnapshot.room_names",
    "innkeeper.events.v1.BookingRefunded.reason",  # a code
    "innkeeper.events.v1.BookingRefundFailed.reason",  # a code
    "innkeeper.events.v1.BookingPaymentDisputed.reason",  # a code
    "innkeeper.events.v1.AppointmentRefundFailed.reason",  # a code
    "innkeeper.events.v1.AppointmentPaymentDisputed.reason",  # a code
    "innkeeper.events.v1.BookedVisit.salon_name",
    "innkeeper.events.v1.BookedVisit.service_names",
    "innkeeper.events.v1.AppointmentSnapshot.salon_name",
    "innkeeper.events.v1.AppointmentSnapshot.service_names",
    "innkeeper.events.v1.AppointmentSnapshot.master_names",  # on the salon's page
    "innkeeper.events.v1.AppointmentRefunded.reason",  # a code
    "innkeeper.hotel.v1.RoomType.name",
    "innkeeper.hotel.v1.RoomType.description",
    "innkeeper.hotel.v1.Photo.alt_text",
    "innkeeper.review.v1.Review.subject_name",
}
MAY_SAY_SOMETHING = ("name", "mail", "phone", "address", "text", "title", "reason", "note", "reply", "description")


def test_the_contract_of_events_keeps_every_promise() -> None:
    assert breaches(committed(), promised(events_pb2.DESCRIPTOR)) == []


def test_every_event_and_field_is_promised() -> None:
    assert committed() == promised(events_pb2.DESCRIPTOR), "run `make contracts` and commit what changed"


@pytest.mark.parametrize(
    ("proto", "old", "new", "complaint"),
    [
        (EVENTS, "string failure_code = 2;", "", "BookingPaymentFailed: 2 was “string failure_code”, is gone"),
        (EVENTS, "string failure_code = 2;", "string failure_code = 3;", "BookingPaymentFailed: 2 was"),
        (EVENTS, "string failure_code = 2;", "string code = 2;", "is “string code”"),
        (EVENTS, "string failure_code = 2;", "bytes failure_code = 2;", "is “bytes failure_code”"),
        (EVENTS, "int32 aggregate_version = 5;", "int64 aggregate_version = 5;", "Envelope: 5 was"),
        (EVENTS, "repeated string room_type_ids", "string room_type_ids", "is “string room_type_ids”"),
        (EVENTS, "message BookingHeld {", "message BookingKept {", "BookingHeld: was removed"),
        (
            EVENTS,
            "string hotel_name = 6;",
            "oneof what { string hotel_name = 6; }",
            "is “oneof:what string hotel_name”",
        ),
        (BOOKING, "BOOKING_STATE_HELD = 1;", "BOOKING_STATE_TAKEN = 1;", "BookingState: 1 was “BOOKING_STATE_HELD”"),
    ],
)
def test_a_breaking_change_is_refused(tmp_path: Path, proto: str, old: str, new: str, complaint: str) -> None:
    changed = promised(compiled(tmp_path, proto, old, new))
    assert any(complaint in line for line in breaches(committed(), changed))


def test_a_removed_topic_is_refused() -> None:
    changed = promised(events_pb2.DESCRIPTOR, TOPICS[1:])
    assert breaches(committed(), changed) == [f"topic {TOPICS[0]}: was removed"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("string failure_code = 2;", "string failure_code = 2; string bank = 3;"),
        ("message BookingHeld {", "message BookingDreamed { string booking_id = 1; }\nmessage BookingHeld {"),
    ],
)
def test_an_addition_breaks_nothing_and_is_to_be_promised(tmp_path: Path, old: str, new: str) -> None:
    changed = promised(compiled(tmp_path, EVENTS, old, new))
    assert breaches(committed(), changed) == []
    assert changed != committed()


def test_what_may_be_about_a_person_is_marked_or_known_to_be_harmless() -> None:
    fields = list(texts_of_events())
    unmarked = {
        field.full_name
        for field in fields
        if any(word in field.name for word in MAY_SAY_SOMETHING) and not field.GetOptions().debug_redact
    }
    assert unmarked - SAYS_NOTHING_OF_A_PERSON == set()
    assert "innkeeper.events.v1.BookingSnapshot.guest_name" in {
        field.full_name for field in fields if field.GetOptions().debug_redact
    }


def texts_of_events() -> Iterator[FieldDescriptor]:
    waiting: list[Descriptor] = list(events_pb2.DESCRIPTOR.message_types_by_name.values())
    seen = set()
    while waiting:
        message = waiting.pop()
        if message.full_name not in seen:
            seen.add(message.full_name)
            waiting += [field.message_type for field in message.fields if field.message_type is not None]
            yield from (field for field in message.fields if field.type == FieldDescriptor.TYPE_STRING)


def compiled(folder: Path, proto: str, old: str, new: str) -> FileDescriptor:
    """The events' contract as it would be after an edit of one of its files."""
    for file in files_under("protos", pattern="*.proto"):
        copy = folder / file.relative_to(ROOT / "protos")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(file.read_text())
    edited = folder / proto
    assert old in edited.read_text()
    edited.write_text(edited.read_text().replace(old, new, 1))
    result = folder / "set.pb"
    bundled = files("grpc_tools") / "_proto"
    code = protoc.main(
        ["protoc", f"-I{folder}", f"-I{bundled}", "--include_imports", f"--descriptor_set_out={result}", EVENTS]
    )
    assert code == 0
    pool = DescriptorPool()
    for file_of_set in FileDescriptorSet.FromString(result.read_bytes()).file:
        pool.Add(file_of_set)
    return pool.FindFileByName(EVENTS)
