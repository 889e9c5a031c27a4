"""The services that know whose houses are whose, asked in the caller's own name."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from contracts.salon.v1 import salon_pb2, salon_pb2_grpc
from runtime.channels import call
from runtime.errors import NotFound

_AT_ONCE = 50


class Houses:
    def __init__(
        self, hotels: hotel_pb2_grpc.HotelServiceAsyncStub, salons: salon_pb2_grpc.SalonServiceAsyncStub
    ) -> None:
        self._hotels = hotels
        self._salons = salons

    async def check_owned(
        self, owner_id: uuid.UUID, hotel_ids: Sequence[uuid.UUID], salon_ids: Sequence[uuid.UUID]
    ) -> None:
        """Raises NotFound, naming the field, unless every one of them is this owner's."""
        for begin in range(0, len(hotel_ids), _AT_ONCE):
            ids = [str(one) for one in hotel_ids[begin : begin + _AT_ONCE]]
            hotels = (await call(self._hotels.GetHotels, hotel_pb2.GetHotelsRequest(ids=ids))).hotels
            own = {hotel.id for hotel in hotels if hotel.owner_id == str(owner_id)}
            _check(ids, own, "hotelIds", begin)
        for begin in range(0, len(salon_ids), _AT_ONCE):
            ids = [str(one) for one in salon_ids[begin : begin + _AT_ONCE]]
            salons = (await call(self._salons.GetSalons, salon_pb2.GetSalonsRequest(ids=ids))).salons
            own = {salon.id for salon in salons if salon.owner_id == str(owner_id)}
            _check(ids, own, "salonIds", begin)


def _check(ids: Sequence[str], own: set[str], field: str, begin: int) -> None:
    for number, identifier in enumerate(ids, begin):
        if identifier not in own:
            raise NotFound("You have no such house.", path=(field, str(number)))
