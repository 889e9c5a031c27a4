"""Offers of the index as contract messages."""

from __future__ import annotations

from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

from contracts.search.v1 import search_pb2
from grpc_services.search.index import Index
from grpc_services.search.offers import Offers
from grpc_services.search.selection import Selection


def put_rooms(
    rooms: RepeatedCompositeFieldContainer[search_pb2.OfferedRoom],
    index: Index,
    selection: Selection,
    offers: Offers,
    number: int,
) -> list[tuple[str, str]]:
    """Adds the room of each party in one of the offers; answers room type and rate plan of each."""
    position = int(offers.position[number])
    row = int(selection.houses[position])
    ids = index.house(row).product_ids
    currency = index.distinct.currencies.values[int(index.houses.currency[row])]
    begin = int(selection.first_product[position])
    chosen = [ids[product - begin] for product in offers.products[:, number].tolist()]
    for pair, amount in zip(chosen, offers.amounts[:, number].tolist(), strict=True):
        room = rooms.add()
        room.room_type_id, room.rate_plan_id = pair
        room.total.minor_units, room.total.currency = amount, currency
    return chosen
