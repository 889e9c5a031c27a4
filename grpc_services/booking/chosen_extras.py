"""Extras of a guest in the house who stays longer: what was paid once for the stay is not charged again."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.hotel.v1 import extra_pb2, rate_pb2

_ONCE = frozenset({extra_pb2.EXTRA_CHARGE_UNIT_STAY, extra_pb2.EXTRA_CHARGE_UNIT_PERSON})


def same_rooms(rooms: Sequence[rate_pb2.RoomRequest], wanted: Sequence[rate_pb2.RoomRequest]) -> bool:
    """Whatever extras are chosen for them."""
    return [_without_extras(room) for room in rooms] == [_without_extras(room) for room in wanted]


def to_be_charged(known: rate_pb2.PricedRoom, wanted: rate_pb2.RoomRequest) -> list[int]:
    """The positions of the wanted extras that added nights are charged for."""
    paid = {line.extra.extra_id for line in known.lines if line.extra.charge_unit in _ONCE}
    return [number for number, extra in enumerate(wanted.extras) if extra.extra_id not in paid]


def added_nights(known: rate_pb2.PricedRoom, added: rate_pb2.PricedRoom) -> rate_pb2.PricedRoom:
    """A room as it was sold, with the lines of the nights that are added behind its own."""
    whole = rate_pb2.PricedRoom()
    whole.CopyFrom(known)
    whole.lines.extend(added.lines)
    whole.total.minor_units += added.total.minor_units
    chosen = {extra.extra_id: extra for extra in (*known.request.extras, *added.request.extras)}
    del whole.request.extras[:]
    whole.request.extras.extend(chosen.values())
    return whole


def _without_extras(room: rate_pb2.RoomRequest) -> rate_pb2.RoomRequest:
    bare = rate_pb2.RoomRequest()
    bare.CopyFrom(room)
    del bare.extras[:]
    return bare
