"""Offers of the index as contract messages."""

from __future__ import annotations

from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

from contracts.search.v1 import search_pb2
from grpc_services.search.index import Index, Selection
from grpc_services.search.offers import Offers


def put_rooms(
    rooms: RepeatedCompositeFieldContainer[search_pb2.OfferedRoom],
    index: Index,
    selection: Selection,
    offers: Offers,
    number: int,
) -> None:
    """Adds the room of each party in one of the offers."""
    position = int(offers.position[number])
    row = int(selection.houses[position])
    ids = index.house(row).product_ids
    currency = index.distinct.currencies.values[int(index.houses.currency[row])]
    begin = int(selection.first_product[position])
    for product, amount in zip(offers.products[:, number].tolist(), offers.amounts[:, number].tolist(), strict=True):
        room_type_id, rate_plan_id = ids[product - begin]
        room = rooms.add(room_type_id=room_type_id, rate_plan_id=rate_plan_id)
        room.total.minor_units, room.total.currency = amount, currency
