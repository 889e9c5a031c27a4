"""Houses kept in memory: an edit is seen at once by the editor and, by event, by everyone."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence

import httpx
import redis.asyncio as redis
from prometheus_client import REGISTRY

from api.hotel_cache import HotelCache, open_hotel_cache
from api.node_ids import encode_id
from contracts.hotel.v1 import hotel_pb2
from runtime.identity import ANONYMOUS, Caller, Role
from runtime.live_channels import HOTELS_CHANNEL
from tests.api.client import Client
from tests.api.house import ApiHouse

READ = "query ($id: ID!) { hotel(id: $id) { description version } }"
UPDATE = """
    mutation ($input: HotelUpdateInput!) {
      hotelUpdate(input: $input) {
        __typename ... on HotelUpdated { hotel { description version } } ... on UserError { code message path }
      }
    }
"""


class Source:
    """Counts how often it is asked; a gate makes it slow."""

    def __init__(self, house: hotel_pb2.Hotel) -> None:
        self.house = house
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self, ids: Sequence[str]) -> Sequence[hotel_pb2.Hotel]:
        self.asked += 1
        answer = hotel_pb2.Hotel()
        answer.CopyFrom(self.house)
        await self.gate.wait()
        return [answer] if self.house.id in ids else []


def published(name: str = "Before") -> hotel_pb2.Hotel:
    return hotel_pb2.Hotel(
        id=str(uuid.uuid4()), name=name, owner_id=str(uuid.uuid4()), state=hotel_pb2.HOTEL_STATE_PUBLISHED
    )


async def test_an_edit_is_seen_at_once_by_the_editor_and_by_event_at_every_gateway(
    house: ApiHouse, http: httpx.AsyncClient, hotelier: Client
) -> None:
    hotel_id = encode_id("Hotel", str(house.houses["Grand House"].id))
    async with house.another_gateway() as other_url:
        everyone = [Client(http, house.url), Client(http, other_url)]
        for client in everyone:
            for _ in range(2):
                before = (await client.data(READ, {"id": hotel_id}))["hotel"]
        new = f"Newly described {uuid.uuid4().hex}"
        edit = {"hotelId": hotel_id, "expectedVersion": before["version"], "description": new}
        assert (await hotelier.mutate(UPDATE, edit))["__typename"] == "HotelUpdated"
        for url in (house.url, other_url):
            editor = Client(http, url, token=hotelier.token)
            assert (await editor.data(READ, {"id": hotel_id}))["hotel"]["description"] == new
        for client in everyone:
            async with asyncio.timeout(20):  # the bound of one second is bench's to measure
                while (await client.data(READ, {"id": hotel_id}))["hotel"]["description"] != new:
                    await asyncio.sleep(0.02)


async def test_repeated_reads_ask_the_service_once(house: ApiHouse, http: httpx.AsyncClient) -> None:
    def hits() -> float:
        return REGISTRY.get_sample_value("innkeeper_hotel_cache_reads_total", {"outcome": "hit"}) or 0.0

    client = Client(http, house.url)
    hotel_id = encode_id("Hotel", str(house.houses["Tiny House"].id))
    await client.data(READ, {"id": hotel_id})
    before = hits()
    for _ in range(5):
        await client.data(READ, {"id": hotel_id})
    assert hits() - before == 5


async def test_a_house_that_changes_while_it_is_loaded_is_not_kept() -> None:
    cache, source = HotelCache(), Source(published())
    cache.listening(yes=True)
    source.gate.clear()
    loading = asyncio.create_task(cache.get([source.house.id], ANONYMOUS, source.load))
    while not source.asked:
        await asyncio.sleep(0)
    source.house.name = "After"
    cache.drop(source.house.id)
    source.gate.set()
    assert (await loading)[source.house.id].name == "Before"
    assert (await cache.get([source.house.id], ANONYMOUS, source.load))[source.house.id].name == "After"
    await cache.get([source.house.id], ANONYMOUS, source.load)
    assert source.asked == 2


async def test_drafts_are_not_kept_and_owners_and_admins_read_through() -> None:
    cache, source = HotelCache(), Source(published())
    cache.listening(yes=True)
    for caller in (Caller(Role.HOTELIER, uuid.UUID(source.house.owner_id)), Caller(Role.ADMIN)):
        asked = source.asked
        for _ in range(2):
            await cache.get([source.house.id], caller, source.load)
        assert source.asked == asked + 2
    draft = Source(published())
    draft.house.state = hotel_pb2.HOTEL_STATE_DRAFT
    for _ in range(2):
        await cache.get([draft.house.id], ANONYMOUS, draft.load)
    assert draft.asked == 2


async def test_nothing_is_kept_while_changes_cannot_be_heard_of(house: ApiHouse) -> None:
    source = Source(published())
    client: redis.Redis = redis.Redis.from_url(house.parts.redis_url)
    async with open_hotel_cache(client) as cache:
        await _until_kept(cache, source)
        cache.listening(yes=False)
        asked = source.asked
        for _ in range(3):
            await cache.get([source.house.id], ANONYMOUS, source.load)
        assert source.asked == asked + 3
    await client.aclose()


async def test_a_lost_connection_forgets_everything_and_listens_again(house: ApiHouse) -> None:
    source = Source(published())
    client: redis.Redis = redis.Redis.from_url(house.parts.redis_url)
    async with open_hotel_cache(client) as cache:
        await _until_kept(cache, source)
        source.house.name = "After"
        await client.client_kill_filter(_type="pubsub", skipme=False)
        async with asyncio.timeout(20):
            while (await cache.get([source.house.id], ANONYMOUS, source.load))[source.house.id].name != "After":
                await asyncio.sleep(0.02)
        await _until_kept(cache, source)
        source.house.name = "Later"
        await client.publish(HOTELS_CHANNEL, source.house.id)
        async with asyncio.timeout(20):
            while (await cache.get([source.house.id], ANONYMOUS, source.load))[source.house.id].name != "Later":
                await asyncio.sleep(0.02)
    await client.aclose()


async def _until_kept(cache: HotelCache, source: Source) -> None:
    async with asyncio.timeout(20):
        while True:
            asked = source.asked
            for _ in range(2):
                await cache.get([source.house.id], ANONYMOUS, source.load)
            if source.asked <= asked + 1:
                return
            await asyncio.sleep(0.02)
