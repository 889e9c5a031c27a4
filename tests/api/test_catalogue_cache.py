"""What gateways keep copies of, through GraphQL: an edit is seen at once by the editor and, by event, by everyone."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.node_ids import encode_id
from runtime.identity import Role
from tests.api.client import Client, until
from tests.api.copies import count
from tests.api.house import ApiHouse
from tests.api.salon_desk import SalonDesk
from tests.grpc_services.booking.desk import open_desk
from tests.grpc_services.review.stays import completed_stay
from tests.house import register_account

HOTEL = "query ($id: ID!) { hotel(id: $id) { description version } }"
HOTEL_UPDATE = """
    mutation ($input: HotelUpdateInput!) {
      hotelUpdate(input: $input) { __typename ... on UserError { code message path } }
    }
"""
SALON = "query ($id: ID!) { salon(id: $id) { services { name } masters { name } } }"
MASTER = "query ($id: ID!) { master(id: $id) { title } }"
RATING = "query ($id: ID!) { hotel(id: $id) { ratingDetails { count } } }"
REVIEW = """
    mutation ($input: ReviewCreateInput!) {
      reviewCreate(input: $input) { __typename ... on UserError { code message path } }
    }
"""


@pytest.fixture(scope="module")
async def gateways(house: ApiHouse, http: httpx.AsyncClient) -> AsyncIterator[list[Client]]:
    """Nobody in particular, at two gateways."""
    async with house.another_gateway() as other_url:
        yield [Client(http, house.url), Client(http, other_url)]


@pytest.fixture
async def salons(house: ApiHouse, http: httpx.AsyncClient) -> SalonDesk:
    owner = await register_account(house.auth_address, Role.HOTELIER)
    return SalonDesk(Client(http, house.url, token=owner.token, email=owner.email))


async def all_see(gateways: list[Client], query: str, identifier: str, answer: dict[str, Any]) -> None:
    """By and by, after which it stays so."""

    async def seen() -> bool:
        return [await client.data(query, {"id": identifier}) for client in gateways] == [answer, answer]

    await until(seen)


async def test_an_edited_house_is_new_at_once_for_its_editor_and_by_event_at_every_gateway(
    house: ApiHouse, gateways: list[Client], hotelier: Client
) -> None:
    hotel_id = encode_id("Hotel", str(house.houses["Grand House"].id))
    for client in gateways * 2:
        before = (await client.data(HOTEL, {"id": hotel_id}))["hotel"]
    new = f"Newly described {uuid.uuid4().hex}"
    edit = {"hotelId": hotel_id, "expectedVersion": before["version"], "description": new}
    assert (await hotelier.mutate(HOTEL_UPDATE, edit))["__typename"] == "HotelUpdated"
    after = {"hotel": {"description": new, "version": before["version"] + 1}}
    for client in gateways:
        editor = Client(client.http, client.url, token=hotelier.token)
        assert await editor.data(HOTEL, {"id": hotel_id}) == after
    await all_see(gateways, HOTEL, hotel_id, after)


@pytest.mark.parametrize("kind", ["hotel", "salon", "master"])
async def test_repeated_reads_stay_in_memory(
    house: ApiHouse, gateways: list[Client], salons: SalonDesk, kind: str
) -> None:
    salon = await salons.published()
    identifier, query = {
        "hotel": (encode_id("Hotel", str(house.houses["Tiny House"].id)), HOTEL),
        "salon": (salon["id"], SALON),
        "master": (salon["masters"][0]["id"], MASTER),
    }[kind]

    async def five_reads_are_five_hits() -> bool:
        before = count("process", "hit", kind)
        for _ in range(5):
            await gateways[0].data(query, {"id": identifier})
        return count("process", "hit", kind) - before == 5

    await until(five_reads_are_five_hits)  # events of the salon's making may still be on their way


async def test_a_salons_services_and_masters_follow_its_hoteliers_edits(
    gateways: list[Client], salons: SalonDesk
) -> None:
    salon = await salons.published()
    ana = salon["masters"][0]
    await all_see(
        gateways, SALON, salon["id"], {"salon": {"services": [{"name": "Cut"}], "masters": [{"name": ana["name"]}]}}
    )
    await salons.service(salon["id"], ana["id"], name="Colour")
    services = [{"name": "Cut"}, {"name": "Colour"}]
    await all_see(gateways, SALON, salon["id"], {"salon": {"services": services, "masters": [{"name": ana["name"]}]}})
    await all_see(gateways, MASTER, ana["id"], {"master": {"title": "Stylist"}})
    changed = {"name": ana["name"], "title": "Art director", "languages": ["fr"]}
    await salons.done("masterUpdate", masterId=ana["id"], expectedVersion=ana["version"], **changed)
    assert await salons.client.data(MASTER, {"id": ana["id"]}) == {"master": {"title": "Art director"}}
    await all_see(gateways, MASTER, ana["id"], {"master": {"title": "Art director"}})


async def test_an_unpublished_salon_and_its_masters_disappear_for_everybody_but_their_hotelier(
    gateways: list[Client], salons: SalonDesk
) -> None:
    salon = await salons.published()
    ana = salon["masters"][0]["id"]
    await all_see(gateways, MASTER, ana, {"master": {"title": "Stylist"}})
    for client in gateways:
        assert (await client.data(SALON, {"id": salon["id"]}))["salon"]
    await salons.done("salonUnpublish", salonId=salon["id"], expectedVersion=salon["version"])
    await all_see(gateways, SALON, salon["id"], {"salon": None})
    await all_see(gateways, MASTER, ana, {"master": None})
    assert await salons.client.data(MASTER, {"id": ana}) == {"master": {"title": "Stylist"}}
    assert await salons.sees(salon["id"])


async def test_that_nobody_has_reviewed_is_kept_too_until_somebody_does(
    house: ApiHouse, gateways: list[Client]
) -> None:
    owner = await register_account(house.auth_address, Role.HOTELIER)
    guest = await register_account(house.auth_address, Role.GUEST)
    async with open_desk(house.parts, house.auth_address, house.settings.booking_address) as desk:
        inn = await desk.house(owner, name="Unreviewed House", city="Cacheville")
        stay = await completed_stay(desk, inn, owner, guest)
    hotel_id = encode_id("Hotel", str(inn.id))
    await all_see(gateways, RATING, hotel_id, {"hotel": {"ratingDetails": {"count": 0}}})
    before = count("process", "hit", "rating")
    await gateways[0].data(RATING, {"id": hotel_id})
    assert count("process", "hit", "rating") - before == 1
    review = {
        "bookingId": encode_id("Booking", stay.id),
        "overall": 4,
        "language": "en",
        "idempotencyKey": uuid.uuid4().hex,
    }
    author = Client(gateways[0].http, house.url, token=guest.token)
    assert (await author.mutate(REVIEW, review))["__typename"] == "ReviewCreated"
    await all_see(gateways, RATING, hotel_id, {"hotel": {"ratingDetails": {"count": 1}}})


async def test_the_metrics_name_kinds_levels_and_results_but_no_ids(house: ApiHouse, gateways: list[Client]) -> None:
    identifier = str(house.houses["Tiny House"].id)
    await gateways[0].data(HOTEL, {"id": encode_id("Hotel", identifier)})
    metrics = (await gateways[0].http.get(f"{house.url}/metrics")).text
    told = [line for line in metrics.splitlines() if line.startswith("innkeeper_cache")]
    assert any('kind="hotel",level="process",result="miss"' in line for line in told)
    assert any(line.startswith('innkeeper_cache_entries{kind="hotel"}') for line in told)
    assert not any(identifier in line for line in told)
