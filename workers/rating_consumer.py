"""Tells hotels and salons what reviews make of them: python -m workers.rating_consumer"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from contracts.review.v1 import review_pb2
from contracts.salon.v1 import salon_pb2, salon_pb2_grpc
from runtime.channels import ServiceIdentity, call, open_channel, open_service_identity
from runtime.errors import NotFound, ServiceError
from runtime.event_bus import REVIEW_TOPIC, consume
from runtime.process import run_process
from runtime.settings import RatingConsumerSettings

log = structlog.get_logger()

GROUP = "ratings"


async def serve(settings: RatingConsumerSettings, stop: asyncio.Event) -> None:
    async with (
        open_channel(settings.hotel_address, hotel_pb2.DESCRIPTOR) as hotel_channel,
        open_channel(settings.salon_address, salon_pb2.DESCRIPTOR) as salon_channel,
        open_service_identity(settings.auth_address, settings) as identity,
    ):
        carrier = RatingCarrier(
            hotel_pb2_grpc.HotelServiceStub(hotel_channel), salon_pb2_grpc.SalonServiceStub(salon_channel), identity
        )
        await consume(settings, group=GROUP, topics=(REVIEW_TOPIC,), handle=carrier.carry, stop=stop)


class RatingCarrier:
    """Every call repeats safely: an older rating than is known changes nothing."""

    def __init__(
        self,
        hotels: hotel_pb2_grpc.HotelServiceAsyncStub,
        salons: salon_pb2_grpc.SalonServiceAsyncStub,
        identity: ServiceIdentity,
    ) -> None:
        self._hotels = hotels
        self._salons = salons
        self._identity = identity

    async def carry(self, envelopes: Sequence[events_pb2.Envelope]) -> None:
        newest: dict[tuple[int, str], review_pb2.Rating] = {}
        for envelope in envelopes:
            if envelope.type == "RatingChanged":
                rating = events_pb2.RatingChanged.FromString(envelope.payload).rating
                key = (rating.subject.kind, rating.subject.id)
                if key not in newest or rating.version > newest[key].version:
                    newest[key] = rating
        for rating in newest.values():
            try:
                await self._tell(rating)
            except ServiceError as refusal:
                if refusal.code != NotFound.code:
                    raise
                log.warning("ratings.subject_is_gone", subject_id=rating.subject.id)  # and shows no rating

    async def _tell(self, rating: review_pb2.Rating) -> None:
        token = await self._identity.token()
        if rating.subject.kind == review_pb2.SUBJECT_KIND_HOTEL:
            told = hotel_pb2.PutRatingRequest(
                hotel_id=rating.subject.id, rating=rating.summary, rating_version=rating.version
            )
            await call(self._hotels.PutRating, told, token=token)
            return
        request = salon_pb2.PutRatingsRequest(rating=rating.summary, rating_version=rating.version)
        if rating.subject.kind == review_pb2.SUBJECT_KIND_SALON:
            request.salon_id = rating.subject.id
        else:
            request.master_id = rating.subject.id
        await call(self._salons.PutRatings, request, token=token)


if __name__ == "__main__":
    run_process("rating-consumer", RatingConsumerSettings, serve)
