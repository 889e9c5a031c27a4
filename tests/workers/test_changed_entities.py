"""What gateways must forget after which event."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message

from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2
from contracts.review.v1 import review_pb2
from runtime.envelopes import make_envelope
from workers.changed_entities import changed_entities


def envelope(event: Message) -> events_pb2.Envelope:
    return make_envelope(event, identifier="an-event", aggregate_id="an-aggregate", aggregate_version=1)


@pytest.mark.parametrize(
    ("event", "names"),
    [
        (events_pb2.HotelChanged(hotel_id="h"), ["hotel:h"]),
        (events_pb2.RatesChanged(hotel_id="h"), ["hotel:h"]),
        (events_pb2.RoomTypeCreated(room_type=hotel_pb2.RoomType(id="t", hotel_id="h")), ["hotel:h"]),
        (events_pb2.RoomTypeArchived(room_type_id="t", hotel_id="h"), ["hotel:h"]),
        (events_pb2.RoomsChanged(hotel_id="h"), []),
        (events_pb2.SalonChanged(salon_id="s", master_ids=["m", "n"]), ["salon:s", "master:m", "master:n"]),
        (
            events_pb2.RatingChanged(
                rating=review_pb2.Rating(subject=review_pb2.Subject(kind=review_pb2.SUBJECT_KIND_SALON, id="s"))
            ),
            ["rating:2:s"],
        ),
        (events_pb2.BookingHeld(), []),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Message) else "names",
)
def test_an_event_names_what_it_changed(event: Message, names: list[str]) -> None:
    assert changed_entities([envelope(event)]) == names


def test_what_changed_several_times_is_named_once() -> None:
    twice = [envelope(events_pb2.HotelChanged(hotel_id=identifier)) for identifier in ("h", "k", "h")]
    assert changed_entities(twice) == ["hotel:h", "hotel:k"]
