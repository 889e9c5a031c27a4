"""The whole road of a rating: from a review over relay, broker and consumer to hotels, search, salons and masters."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc, rate_pb2
from contracts.review.v1 import review_pb2, review_pb2_grpc
from contracts.search.v1 import search_pb2, search_pb2_grpc
from grpc_services.search.service import search_service
from runtime.channels import call, open_channel
from runtime.clock import utc_now
from runtime.envelopes import make_envelope
from runtime.event_bus import REVIEW_TOPIC, ensure_topics, open_producer
from runtime.identity import Role
from tests.grpc_services.booking.desk import Desk, open_desk
from tests.grpc_services.hotel.catalogue import House
from tests.grpc_services.review.critics import HOTEL, MASTER, SALON, appointment_review, stay_review
from tests.grpc_services.review.stays import completed_stay
from tests.grpc_services.salon.appointment_desk import at, running_salon
from tests.house import (
    SignedIn,
    rating_consumer_settings,
    register_account,
    relay_settings,
    salon_settings,
    search_settings,
    unless_refused,
)
from tests.parts import Parts
from workers import outbox_relay, rating_consumer

LATITUDE, LONGITUDE = -32.5, -118.25  # in the middle of the sea: no house of another test is near


@dataclass(frozen=True)
class Road:
    """Everything that a rating passes."""

    desk: Desk
    reviews: review_pb2_grpc.ReviewServiceAsyncStub
    hotels: hotel_pb2_grpc.HotelServiceAsyncStub
    search: search_pb2_grpc.SearchServiceAsyncStub

    async def review(self, house: House, owner: SignedIn, guest: SignedIn, overall: int) -> review_pb2.Review:
        stay = await completed_stay(self.desk, house, owner, guest)
        return await call(self.reviews.CreateReview, stay_review(stay.id, overall), token=guest.token)

    async def found(self, at_least: int = 0) -> list[tuple[str, int, int]]:
        """The houses that a search for the best rated finds, each with its number of ratings and their mean."""
        day = utc_now().date() + dt.timedelta(days=60)
        request = search_pb2.SearchHotelsRequest(
            place=search_pb2.Place(
                around=search_pb2.Around(latitude=LATITUDE, longitude=LONGITUDE, radius_meters=5_000)
            ),
            check_in=day.isoformat(),
            check_out=(day + dt.timedelta(days=1)).isoformat(),
            rooms=[rate_pb2.Occupancy(adults=1)],
            filter=search_pb2.HotelFilter(min_rating_hundredths=at_least),
            sort=search_pb2.HOTEL_SORT_RATING,
        )
        hits = (await call(self.search.SearchHotels, request, token="")).hits
        return [(hit.hotel.name, hit.hotel.rating.count, hit.hotel.rating.mean_hundredths) for hit in hits]

    async def recommended(self) -> list[str]:
        request = search_pb2.RecommendHotelsRequest(
            latitude=LATITUDE, longitude=LONGITUDE, radius_meters=5_000, by=search_pb2.RECOMMEND_BY_RATING
        )
        return [one.hotel.name for one in (await call(self.search.RecommendHotels, request, token="")).hotels]


@pytest.fixture(scope="module")
async def _consumer(parts: Parts, auth_address: str, hotel_address: str, salon_address: str) -> AsyncIterator[None]:
    """One for all these tests, as joining its group takes seconds."""
    settings = rating_consumer_settings(parts, auth_address, hotel_address=hotel_address, salon_address=salon_address)
    stop = asyncio.Event()
    await ensure_topics(settings)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(outbox_relay.serve(relay_settings(parts), stop))
        tasks.create_task(rating_consumer.serve(settings, stop))
        yield
        stop.set()


@pytest.fixture
async def road(
    parts: Parts, auth_address: str, hotel_address: str, booking_address: str, review_address: str, _consumer: None
) -> AsyncIterator[Road]:
    searching = search_settings(parts, auth_address, hotel_address=hotel_address, booking_address=booking_address)
    async with (
        open_desk(parts, auth_address, booking_address) as desk,
        search_service(searching) as searcher,
        open_channel(searcher.address, search_pb2.DESCRIPTOR) as search_channel,
        open_channel(review_address, review_pb2.DESCRIPTOR) as review_channel,
        open_channel(hotel_address, hotel_pb2.DESCRIPTOR) as hotel_channel,
    ):
        search: search_pb2_grpc.SearchServiceAsyncStub = search_pb2_grpc.SearchServiceStub(search_channel)
        loaded = search_pb2.SuggestPlacesRequest(text="x")
        async with asyncio.timeout(20):
            while await unless_refused(call(search.SuggestPlaces, loaded, token=""), "UNAVAILABLE") is None:
                await asyncio.sleep(0.05)
        yield Road(
            desk,
            review_pb2_grpc.ReviewServiceStub(review_channel),
            hotel_pb2_grpc.HotelServiceStub(hotel_channel),
            search,
        )


async def becomes(read: Callable[[], Awaitable[object]], wanted: object) -> None:
    """Asks again and again, for nothing announces that the news has arrived."""
    seen: object = None
    try:
        async with asyncio.timeout(30):
            while (seen := await read()) != wanted:
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{wanted} was expected, {seen} is there") from None


async def test_search_finds_and_sorts_houses_by_the_reviews_that_were_just_written(
    road: Road, auth_address: str
) -> None:
    owner = await register_account(auth_address, Role.HOTELIER)
    guests = [await register_account(auth_address, Role.GUEST) for _ in range(2)]
    sea = {"latitude": LATITUDE, "longitude": LONGITUDE}
    good = await road.desk.house(owner, name="Good House", **sea)
    bad = await road.desk.house(owner, name="Bad House", **sea)
    for house in (good, bad):  # an edit, so that search hears of the house
        await call(
            road.hotels.UpdateHotel,
            hotel_pb2.UpdateHotelRequest(
                hotel=hotel_pb2.Hotel(id=str(house.id), stars=4), fields=["stars"], expected_version=1
            ),
            token=owner.token,
        )
    review = await road.review(bad, owner, guests[0], 5)
    await becomes(road.found, [("Bad House", 1, 500), ("Good House", 0, 0)])
    await road.review(bad, owner, guests[1], 1)
    await road.review(good, owner, guests[0], 4)
    await becomes(road.found, [("Good House", 1, 400), ("Bad House", 2, 300)])
    assert await road.recommended() == ["Good House", "Bad House"]
    assert await road.found(at_least=400) == [("Good House", 1, 400)]
    gone = review_pb2.DeleteReviewRequest(id=review.id)
    await call(road.reviews.DeleteReview, gone, token=guests[0].token)
    await becomes(road.found, [("Good House", 1, 400), ("Bad House", 1, 100)])


async def test_an_old_rating_or_one_of_nothing_holds_up_nobody(road: Road, parts: Parts, auth_address: str) -> None:
    owner = await register_account(auth_address, Role.HOTELIER)
    house = await road.desk.house(owner)

    def told(version: int, count: int, hotel_id: uuid.UUID = house.id) -> events_pb2.Envelope:
        rating = review_pb2.Rating(
            subject=review_pb2.Subject(kind=HOTEL, id=str(hotel_id)),
            summary=hotel_pb2.RatingSummary(count=count, mean_hundredths=400),
            version=version,
        )
        event = events_pb2.RatingChanged(rating=rating)
        return make_envelope(event, identifier=str(uuid.uuid4()), aggregate_id=str(house.id), aggregate_version=version)

    async def shown() -> int:
        request = hotel_pb2.GetHotelsRequest(ids=[str(house.id)])
        return (await call(road.hotels.GetHotels, request, token="")).hotels[0].rating.count

    async with open_producer(relay_settings(parts)) as producer:
        for envelope in (told(3, 30), told(2, 20), told(1, 10)):
            await producer.send_and_wait(REVIEW_TOPIC, value=envelope.SerializeToString(), key=b"one", partition=0)
        await becomes(shown, 30)
        for envelope in (told(2, 20), told(4, 40, uuid.uuid4()), told(5, 50)):
            await producer.send_and_wait(REVIEW_TOPIC, value=envelope.SerializeToString(), key=b"one", partition=0)
        await becomes(shown, 50)


async def test_salons_and_masters_show_what_their_clients_say(
    road: Road, parts: Parts, auth_address: str, hotel_address: str, payment_address: str
) -> None:
    settings = salon_settings(parts, auth_address, hotel_address=hotel_address, payment_address=payment_address)
    owner = await register_account(auth_address, Role.HOTELIER)
    client = await register_account(auth_address, Role.GUEST)
    async with running_salon(parts, auth_address, settings) as desk:
        shop = await desk.parlour.shop(owner)
        booked = await desk.book(shop, client, at("10:00"))
        desk.clock.moment = at("13:00")
        visit = await desk.complete(booked, owner)
        for kind, master_id, overall in ((SALON, "", 4), (MASTER, visit.services[0].master_id, 5)):
            request = appointment_review(visit.id, kind, overall, master_id=master_id)
            await call(road.reviews.CreateReview, request, token=client.token)

        async def shown() -> list[tuple[int, int]]:
            salon = await desk.parlour.read(shop.salon.id)
            assert salon is not None
            of_master = [one.rating for one in salon.masters if one.id == visit.services[0].master_id]
            return [(rating.count, rating.mean_hundredths) for rating in (salon.rating, *of_master)]

        await becomes(shown, [(1, 400), (1, 500)])
