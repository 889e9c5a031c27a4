"""The fields of a room that its hotelier writes, as columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel.field_checks import chosen_values
from runtime.errors import InvalidInput
from runtime.field_checks import Path, Values, checked_line

LONGEST_NUMBER = 20
LONGEST_FLOOR = 20

_STATES = {
    hotel_pb2.ROOM_STATE_UNSPECIFIED: "CLEAN",
    hotel_pb2.ROOM_STATE_CLEAN: "CLEAN",
    hotel_pb2.ROOM_STATE_DIRTY: "DIRTY",
}


def new_room(message: hotel_pb2.Room, path: Path) -> Values:
    """Every column that a hotelier writes; a state that is not told is clean."""
    return chosen_values(_readers(path), message, ["number", "floor", "state"])


def written_room(message: hotel_pb2.Room, fields: Sequence[str]) -> Values:
    """The columns that the named fields write."""
    return chosen_values(_readers(()), message, fields)


def _readers(path: Path) -> dict[str, Callable[[hotel_pb2.Room], Values]]:
    return {
        "number": lambda room: {
            "number": checked_line(room.number, (*path, "number"), longest=LONGEST_NUMBER, required=True)
        },
        "floor": lambda room: {"floor": checked_line(room.floor, (*path, "floor"), longest=LONGEST_FLOOR)},
        "state": lambda room: {"state": _state(room, path)},
    }


def _state(room: hotel_pb2.Room, path: Path) -> str:
    if room.state not in _STATES:
        raise InvalidInput("This state is not known.", path=(*path, "state"))
    return _STATES[room.state]
