"""The playground's recipes, played in order against the gateway: what one finds out fills the next."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from api.node_ids import decode_id, encode_id
from runtime.identity import Role
from tests.api.client import Client, today, until
from tests.api.house import ApiHouse
from tests.api.rate_desk import add_inn
from tests.api.salon_desk import SalonDesk, hours, new_master, new_service
from tests.grpc_services.hotel.catalogue import HouseInput, Kind, Plan
from tests.house import register_account
from tests.recipes import Facts, Recipe, recipe_groups

GROUPS = recipe_groups()
ALWAYS_OPEN = "0 o'clock"
ALWAYS = {
    "slotMinutes": 5,
    "minNoticeMinutes": 0,
    "maxDaysAhead": 30,
    "confirmsByHand": False,
    "cancellationTiers": [{"hoursBeforeStart": 0, "penaltyPercent": 0}],
}


class Reader:
    """Somebody who clicks one recipe after the other."""

    def __init__(self, client: Client, facts: Facts) -> None:
        self._client = client
        self.facts = facts

    async def run(self, recipe: Recipe) -> Any:
        """The answer's only root field; it is neither an error nor a refusal nor nothing."""
        variables = recipe.filled(self.facts, today())
        answer = await self._client.body(recipe.document, variables)
        assert "errors" not in answer, (recipe.operation, answer)
        (result,) = answer["data"].values()
        assert result is not None, recipe.operation
        assert "code" not in result, (recipe.operation, result)
        self.facts |= recipe.learned({"data": answer["data"], "variables": variables})
        return result


async def test_a_hotelier_is_told_by_webhook_by_the_recipes(house: ApiHouse, http: httpx.AsyncClient) -> None:
    reader = Reader(await Client(http, house.url).sign_up("HOTELIER"), {})
    done = {recipe.operation: await reader.run(recipe) for recipe in GROUPS["Be told by webhook"]}
    (endpoint,) = done["WebhookLog"]["webhookEndpoints"]["nodes"]
    assert [one["type"] for one in endpoint["deliveries"]["nodes"]] == ["endpoint.ping"]
    assert done["RotateWebhookSecret"]["secret"] != done["CreateWebhook"]["secret"]
    assert done["DeleteWebhook"]["id"] == endpoint["id"]


async def test_a_guest_finds_a_room_by_the_recipes(house: ApiHouse, nobody: Client) -> None:
    reader = Reader(nobody, {})
    found = {recipe.operation: await reader.run(recipe) for recipe in GROUPS["Find a room"]}
    assert found["SearchWithFilters"]["facets"]["stars"]
    assert found["SearchInBox"]["nodes"]
    distances = [node["distanceMeters"] for node in found["SearchAround"]["nodes"]]
    assert distances == sorted(distances)
    assert found["Alternatives"]["totalCount"] == 0
    assert {reason["reason"] for reason in found["UnavailableReasons"]["unavailableReasons"]} == {"SOLD_OUT"}
    assert len(found["MonthOfAHouse"]["calendar"]) >= 28
    assert [room["extras"][0]["name"] for room in found["ChooseExtras"]["rooms"] if room["extras"]] == ["Breakfast"]
    assert found["ExplainPrice"]["quote"]["total"] == found["ChooseExtras"]["total"]


async def test_a_hotelier_runs_a_house_by_the_recipes(house: ApiHouse, http: httpx.AsyncClient) -> None:
    reader = Reader(await Client(http, house.url).sign_up("HOTELIER"), {})
    recipes = {recipe.operation: recipe for recipe in GROUPS["Run a house"]}
    done: dict[str, Any] = {}
    for operation, recipe in recipes.items():
        if operation == "HouseCalendar":
            await until_booking_knows_the_doors(house, done["CreateHouse"]["hotel"]["id"])
        done[operation] = await reader.run(recipe)
    assert done["PublishHouse"]["hotel"]["state"] == "PUBLISHED"
    assert done["WeekendRates"]["nightsChanged"] in (8, 9, 10)
    assert {rate["source"] for night in done["HouseCalendar"]["calendar"] for rate in night["rates"]} == {
        "RULES",
        "NIGHT",
    }
    assert [extra["name"] for extra in done["CreateExtra"]["hotel"]["extras"]] == ["Parking"]
    assert done["UpdateInventory"]["changed"][0]["after"]["capacity"] == 2
    assert done["BackInOrder"]["period"]["endedAt"]
    assert len(done["ChangeLog"]["changes"]["nodes"]) >= 5
    assert [entry["action"] for entry in done["ChangeLog"]["inventoryChanges"]["nodes"]] == [
        "BACK_IN_ORDER",
        "OUT_OF_ORDER",
        "UPDATED",
    ]
    assert [row["outcome"] for row in done["ImportHouses"]["rows"]] == ["IMPORTED", "SKIPPED"]
    assert done["ListFeeds"]["calendarFeeds"]["nodes"][0]["id"] == reader.facts["feedId"]

    mine = (await reader.run(recipes["MyHouses"]))["hotels"]["nodes"]
    assert {hotel["state"] for hotel in mine} == {"PUBLISHED", "DRAFT"}
    assert reader.facts["ownHotelId"] == mine[0]["id"]


async def test_a_guest_visits_a_salon_by_the_recipes_and_the_salon_completes_it(
    house: ApiHouse, http: httpx.AsyncClient
) -> None:
    owner = await Client(http, house.url).sign_up("HOTELIER")
    await open_salon(SalonDesk(owner))
    reader = Reader(await Client(http, house.url).sign_up("GUEST"), {})
    recipes = {recipe.operation: recipe for recipe in GROUPS["Visit a salon"]}
    done: dict[str, Any] = {}
    for operation, recipe in recipes.items():
        if operation == "FreeSlots":
            done[operation] = await reader.run(recipe)
            assert done[operation][0]["startsAt"] < done[operation][-1]["startsAt"]
        elif operation == "CompleteAppointment":
            done[operation] = await Reader(owner, reader.facts).run(recipe)
        else:
            done[operation] = await reader.run(recipe)
    assert done["FindSalons"]["nodes"][0]["name"] == ALWAYS_OPEN
    assert done["BookAppointment"]["appointment"]["state"] == "CONFIRMED"
    assert done["CompleteAppointment"]["appointment"]["state"] == "COMPLETED"
    assert done["ReviewVisit"]["review"]["overall"] == 5
    assert [review["title"] for review in done["MasterRating"]["reviews"]["nodes"]] == ["Exactly on time"]
    assert done["MasterRating"]["ratingDetails"]["distribution"][0]["stars"] in (1, 5)


async def test_a_guest_books_room_and_spa_by_the_recipes(house: ApiHouse, http: httpx.AsyncClient) -> None:
    account = await register_account(house.auth_address, Role.HOTELIER)
    desk = SalonDesk(Client(http, house.url, token=account.token, email=account.email))
    asked = HouseInput(account.account_id, name="Spa Inn", city="Spaville", kinds=(Kind(rooms=9),), plans=(Plan(),))
    inn = await add_inn(house, asked)
    terms = {**ALWAYS, "maxDaysAhead": 90}
    await open_salon(desk, name="0 o'clock spa", hotelId=encode_id("Hotel", str(inn.id)), terms=terms)
    reader = Reader(await Client(http, house.url).sign_up("GUEST"), {})
    done = {recipe.operation: await reader.run(recipe) for recipe in GROUPS["Room and spa"][:1]}
    at = [one["hotel"] and one["hotel"]["id"] for one in done["SpaOfAHouse"]["nodes"]]
    number = at.index(encode_id("Hotel", str(inn.id)))  # other tests' salons may come first
    spa = done["SpaOfAHouse"]["nodes"][number]
    reader.facts |= {
        "salonId": spa["id"],
        "salonServiceId": spa["services"][0]["id"],
        "hotelId": spa["hotel"]["id"],
        "roomTypeId": spa["hotel"]["roomTypes"][0]["id"],
        "ratePlanId": spa["hotel"]["ratePlans"][0]["id"],
    }
    done |= {recipe.operation: await reader.run(recipe) for recipe in GROUPS["Room and spa"][1:]}
    assert "VISIT" in {line["kind"] for line in done["QuoteRoomAndSpa"]["lines"]}
    assert done["LookAtBasket"]["visits"][0]["appointment"]["state"] == "HELD"
    assert [one["position"] for one in done["CancellingABasket"]["visits"]] == [0]


async def open_salon(desk: SalonDesk, **changes: Any) -> None:
    """Around the clock, and among the first of Paris by name."""
    facts = {
        "name": ALWAYS_OPEN,
        "address": {"street": "1 quai des Tests", "postalCode": "75001", "city": "Paris", "country": "FR"},
        "openingHours": hours("00:00", "24:00"),
        "terms": ALWAYS,
    }
    salon = await desk.salon(**facts | changes)
    master = (await desk.done("masterCreate", **new_master(salon["id"])))["master"]
    await desk.done("masterScheduleUpdate", masterId=master["id"], expectedVersion=1, week=hours("00:00", "24:00"))
    await desk.done("salonServiceCreate", **new_service(salon["id"], master["id"]))
    await desk.done("salonPublish", salonId=salon["id"], expectedVersion=salon["version"])


async def until_booking_knows_the_doors(house: ApiHouse, hotel_id: str) -> None:
    query = "SELECT count(*) FROM booking.room WHERE hotel_id = $1"
    own_id = uuid.UUID(decode_id("Hotel", hotel_id, path=("id",)))

    async def all_of_them() -> bool:
        return bool(await house.database.fetchval(query, own_id) == 3)

    await until(all_of_them)
