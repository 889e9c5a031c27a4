"""The houses of an answer, written as bytes.

Most of a hit is its house, which the index keeps serialized. To parse it into a message only to write it out again
costs as much as finding it, so the answer is written as a message of the same contract in which a hit's house is a
field of bytes: on the wire the two are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

from contracts.search.v1 import search_pb2
from grpc_services.search.filtering import per_night
from grpc_services.search.index import Index
from grpc_services.search.offers import Offers, rooms_left
from grpc_services.search.pricing import Priced


def serialized_hits(
    index: Index, priced: Priced, offers: Offers, cursors: Sequence[str], metres: Sequence[float] | None
) -> bytes:
    """The field `hits` of SearchHotelsResponse: one hit an offer, in their order. `metres` are None unless the place
    is around a point."""
    selection = priced.selection
    houses = selection.houses[offers.position]
    products = (offers.products - selection.first_product[offers.position]).T
    averages = per_night(offers.total, priced.stay.nights)
    left = rooms_left(priced, offers)
    currencies = index.distinct.currencies.values
    answer = _Answer()
    for row, currency_number, sold, amounts, total, average, rooms, cursor in zip(
        houses.tolist(),
        index.houses.currency[houses].tolist(),
        products.tolist(),
        offers.amounts.T.tolist(),
        offers.total.tolist(),
        averages.tolist(),
        left.tolist(),
        cursors,
        strict=True,
    ):
        house, currency = index.house(row), currencies[currency_number]
        hit = answer.hits.add()
        hit.hotel = house.message
        hit.room_type_id, hit.rate_plan_id = house.product_ids[sold[0]]
        money = hit.total
        money.minor_units, money.currency = total, currency
        money = hit.per_night
        money.minor_units, money.currency = average, currency
        hit.rooms_left, hit.cursor = rooms, cursor
        for product, amount in zip(sold, amounts, strict=True):
            room = hit.rooms.add()
            room.room_type_id, room.rate_plan_id = house.product_ids[product]
            money = room.total
            money.minor_units, money.currency = amount, currency
    if metres is not None:
        for hit, distance in zip(answer.hits, metres, strict=True):
            hit.distance_meters = round(distance)
    written: bytes = answer.SerializeToString()
    return written


def _with_houses_as_bytes() -> Any:
    """The class of SearchHotelsResponse, made anew with another type for HotelHit.hotel."""
    pool = DescriptorPool()

    def add(file: FileDescriptor) -> None:
        for needed in file.dependencies:
            add(needed)
        copied = FileDescriptorProto()
        file.CopyToProto(copied)
        for message in copied.message_type:
            if file is search_pb2.DESCRIPTOR and message.name == "HotelHit":
                (hotel,) = (field for field in message.field if field.name == "hotel")
                hotel.type = FieldDescriptorProto.TYPE_BYTES
                hotel.ClearField("type_name")
        pool.Add(copied)

    add(search_pb2.DESCRIPTOR)
    full_name = search_pb2.SearchHotelsResponse.DESCRIPTOR.full_name
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(full_name))


_Answer = _with_houses_as_bytes()
