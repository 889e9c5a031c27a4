"""A hotelier makes a salon, fills it and publishes it; clients find it, its master joins, others do not touch it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import httpx
import pytest

from api.node_ids import encode_id
from runtime.identity import Role
from tests.api.client import Client, metric, today
from tests.api.hotelier_desk import HotelierDesk
from tests.api.house import ApiHouse
from tests.api.salon_desk import EVERY_DAY, SalonDesk, hours, new_master, new_salon, new_service
from tests.house import register_account

FIND = """
query ($city: String, $hotelId: ID, $category: ServiceCategory, $first: Int = 20, $after: String) {
  salons(city: $city, hotelId: $hotelId, category: $category, first: $first, after: $after) {
    nodes { id name } pageInfo { hasNextPage endCursor }
  }
}
"""
CHANGES = """
query ($id: ID!) {
  salon(id: $id) {
    changes(first: 50) { nodes { subject subjectId action actorId actorRole fields { name before after } } }
  }
}
"""
SCHEDULES = """
query ($id: ID!, $day: Date!, $from: DateTime!, $to: DateTime!) {
  salon(id: $id) {
    schedule(firstDay: $day, lastDay: $day) { week { weekday } specialDays { day reason hours { from to } } }
    masters {
      schedule(firstDay: $day, lastDay: $day) { version specialDays { day reason hours { weekday from to } } }
      timeBlocks(from: $from, to: $to) { id reason }
    }
  }
}
"""
DAY = today() + dt.timedelta(days=20)
RPCS = 'innkeeper_rpc_seconds_count{{code="OK",method="/innkeeper.salon.v1.SalonService/{}"}}'


@pytest.fixture(scope="module")
async def desk(house: ApiHouse, http: httpx.AsyncClient) -> SalonDesk:
    return SalonDesk(await Client(http, house.url).sign_up("HOTELIER"))


@pytest.fixture(scope="module")
async def rival(house: ApiHouse, http: httpx.AsyncClient) -> SalonDesk:
    return SalonDesk(await Client(http, house.url).sign_up("HOTELIER"))


def at(hour: int, day: dt.date = DAY) -> str:
    return dt.datetime.combine(day, dt.time(hour), dt.UTC).isoformat()


def scheduled(salon: dict[str, Any]) -> dict[str, Any]:
    return {"id": salon["id"], "day": DAY.isoformat(), "from": at(0), "to": at(23)}


async def test_a_salon_from_the_first_fact_to_its_first_client(desk: SalonDesk, nobody: Client) -> None:
    draft = await desk.salon()
    assert (draft["state"], draft["version"], draft["rating"]) == ("DRAFT", 1, {"count": 0, "mean": None})
    assert draft["terms"] == {
        "slotMinutes": 15,
        "minNoticeMinutes": 60,
        "maxDaysAhead": 90,
        "confirmsByHand": False,
        "cancellationTiers": [{"hoursBeforeStart": 0, "penaltyPercent": 0}],
    }
    stranger = SalonDesk(nobody)
    assert await stranger.sees(draft["id"]) is None
    too_early = await desk.answer("salonPublish", {"salonId": draft["id"], "expectedVersion": 1})
    assert (too_early["__typename"], too_early["code"]) == ("IllegalState", "ILLEGAL_STATE")
    master = await desk.master(draft["id"])
    offering = {"masterId": master["id"], "priceMinorUnits": "7500"}
    await desk.service(draft["id"], bufferAfterMinutes=10, offerings=[offering], paymentTiming="PREPAID")
    await desk.done("salonPublish", salonId=draft["id"], expectedVersion=1)
    seen = await stranger.sees(draft["id"])
    assert seen is not None
    assert seen["openingHours"] == hours("08:00", "20:00")
    (service,) = seen["services"]
    assert (service["price"]["minorUnits"], service["paymentTiming"], service["bufferAfterMinutes"]) == (
        6000,
        "PREPAID",
        10,
    )
    assert service["offerings"] == [
        {
            "masterId": master["id"],
            "master": {"name": "Ana Lima"},
            "price": {"minorUnits": 7500, "currency": "EUR"},
            "durationMinutes": 60,
            "ownPrice": {"minorUnits": 7500},
            "ownDurationMinutes": None,
        }
    ]


async def test_salons_are_found_by_city_kind_and_house(house: ApiHouse, desk: SalonDesk, nobody: Client) -> None:
    hotel = await HotelierDesk(desk.client).hotel()
    city = f"Épinal-{uuid.uuid4().hex[:8]}"
    address = {"street": "1 rue", "city": city, "country": "FR"}
    await desk.published(name="Beta", address=address, hotelId=hotel["id"])
    alpha = await desk.published(name="Alpha", address=address)
    await desk.salon(name="Draft", address=address)
    asked = {"city": city.upper().replace("É", "e")}

    async def names(**arguments: Any) -> list[str]:
        return [node["name"] for node in (await nobody.data(FIND, arguments))["salons"]["nodes"]]

    assert await names(**asked) == ["Alpha", "Beta"]
    assert await names(**asked, category="HAIR", hotelId=hotel["id"]) == ["Beta"]
    assert await names(**asked, category="NAILS") == []
    page = (await nobody.data(FIND, {**asked, "first": 1}))["salons"]["pageInfo"]
    assert page["hasNextPage"]
    assert await names(**asked, first=1, after=page["endCursor"]) == ["Beta"]
    assert await nobody.refusal(FIND, {**asked, "first": 0}) == {"code": "INVALID_INPUT", "field": ["first"]}
    own = await desk.client.data("{ viewer { salons(first: 100) { nodes { name } } } }")
    assert {"Alpha", "Beta", "Draft"} <= {node["name"] for node in own["viewer"]["salons"]["nodes"]}
    node = await nobody.data("query ($id: ID!) { node(id: $id) { ... on Salon { name } } }", {"id": alpha["id"]})
    assert node["node"]["name"] == "Alpha"


async def test_the_salons_of_a_house_are_one_call_for_all_its_readers(
    house: ApiHouse, http: httpx.AsyncClient, desk: SalonDesk, rival: SalonDesk
) -> None:
    hotels = [await HotelierDesk(desk.client).hotel(name=name) for name in ("First", "Second")]
    for hotel in hotels:
        await desk.salon(name=f"In {hotel['name']}", hotelId=hotel["id"])
    method = RPCS.format("GetSalons")
    before = await metric(http, house.url, method)
    found = await desk.client.data("{ viewer { hotels { nodes { name salons { name hotel { name } } } } } }")
    by_hotel = {node["name"]: node["salons"] for node in found["viewer"]["hotels"]["nodes"]}
    assert by_hotel["First"] == [{"name": "In First", "hotel": {"name": "First"}}]
    assert by_hotel["Second"] == [{"name": "In Second", "hotel": {"name": "Second"}}]
    assert await metric(http, house.url, method) - before == 1
    foreign = await rival.answer("salonCreate", new_salon(hotelId=hotels[0]["id"]))
    assert (foreign["__typename"], foreign["path"]) == ("NotFound", ["hotelId"])


async def test_an_edit_changes_what_it_names_and_keeps_the_rest(desk: SalonDesk) -> None:
    salon = await desk.published()
    edit = {"salonId": salon["id"], "expectedVersion": 2, "name": "Salon du Large", "description": None}
    changed = (await desk.done("salonUpdate", **edit))["salon"]
    assert changed == {**salon, "name": "Salon du Large", "description": None, "version": 3}
    stale = await desk.answer("salonUpdate", edit)
    assert stale["__typename"] == "VersionConflict"
    empty = await desk.answer("salonUpdate", {**edit, "expectedVersion": 3, "name": None})
    assert (empty["__typename"], empty["path"]) == ("InvalidInput", ["name"])
    (master,), (service,) = salon["masters"], salon["services"]
    photo = {"url": "https://port.example/ana.jpg", "altText": "Ana"}
    profile = await desk.done("masterUpdate", masterId=master["id"], expectedVersion=1, about="Me.", photo=photo)
    assert profile["master"] == {**master, "about": "Me.", "photo": photo, "version": 2}
    dearer = await desk.done(
        "salonServiceUpdate", salonServiceId=service["id"], expectedVersion=1, priceMinorUnits="6500"
    )
    price = {"minorUnits": 6500, "currency": "EUR"}
    assert dearer["service"] == {
        **service,
        "price": price,
        "offerings": [{**service["offerings"][0], "price": price}],
        "version": 2,
    }


@pytest.mark.parametrize(
    ("name", "wanted", "path"),
    [
        ("salonCreate", new_salon(idempotencyKey="k", openingHours=hours("09:00", "08:00")), "openingHours.0.to"),
        ("salonCreate", new_salon(idempotencyKey="k", terms={"slotMinutes": 7}), "terms.slotMinutes"),
        ("salonCreate", new_salon(idempotencyKey="k", contact={"phone": "ring"}), "contact.phone"),
        ("masterCreate", new_master("", portfolioLinks=["ftp://x.example"]), "portfolioLinks.0"),
        ("salonServiceCreate", new_service("", durationMinutes=61), "durationMinutes"),
        ("salonServiceCreate", new_service("", encode_id("Master", str(uuid.UUID(int=1)))), "offerings.0.masterId"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_bad_input_is_named_by_its_path(desk: SalonDesk, name: str, wanted: dict[str, Any], path: str) -> None:
    if "salonId" in wanted:
        wanted = {**wanted, "salonId": (await desk.salon())["id"]}
    refusal = await desk.answer(name, wanted)
    assert (refusal["__typename"], refusal["path"]) == ("InvalidInput", path.split("."))


async def test_an_invited_person_becomes_the_master_and_edits_themselves_only(
    house: ApiHouse, http: httpx.AsyncClient, desk: SalonDesk
) -> None:
    salon = await desk.published()
    (master,) = salon["masters"]
    colleague = await desk.master(salon["id"], name="Colleague")
    invited = await desk.done("masterInvite", masterId=master["id"])
    person = SalonDesk(await Client(http, house.url).sign_up())
    joined = (await person.done("masterInvitationAccept", invitationCode=invited["invitationCode"]))["master"]
    assert (joined["joined"], joined["isViewer"], joined["salon"]["id"]) == (True, True, salon["id"])
    again = await person.answer("masterInvitationAccept", {"invitationCode": invited["invitationCode"]})
    assert (again["__typename"], again["path"]) == ("InvalidInput", ["invitationCode"])
    own = await person.client.data("{ viewer { salons { nodes { name } } } }")
    assert [node["name"] for node in own["viewer"]["salons"]["nodes"]] == ["Salon du Port"]
    await person.done("masterUpdate", masterId=master["id"], expectedVersion=2, title="Colourist")
    await person.done("masterDayPut", masterId=master["id"], day=DAY.isoformat(), reason="Away")
    foreign: dict[str, dict[str, Any]] = {
        "masterUpdate": {"masterId": colleague["id"], "expectedVersion": 1, "title": "Mine"},
        "masterScheduleUpdate": {"masterId": colleague["id"], "expectedVersion": 2, "week": []},
        "masterDayPut": {"masterId": colleague["id"], "day": DAY.isoformat()},
        "salonDayPut": {"salonId": salon["id"], "day": DAY.isoformat()},
    }
    for name, wanted in foreign.items():
        assert (await person.answer(name, wanted))["code"] in {"NOT_FOUND", "PERMISSION_DENIED"}, name
    seen = await desk.sees(salon["id"])
    assert seen is not None
    assert [one["title"] for one in seen["masters"]] == ["Colourist", "Stylist"]


async def test_schedules_are_written_and_read_by_those_concerned(
    desk: SalonDesk, guest: Client, nobody: Client
) -> None:
    salon = await desk.published()
    (master,) = salon["masters"]
    week = hours("10:00", "12:00", "MONDAY") + hours("13:00", "24:00", "MONDAY")
    written = await desk.done("masterScheduleUpdate", masterId=master["id"], expectedVersion=2, week=week)
    assert (written["schedule"]["version"], written["schedule"]["week"]) == (3, week)
    free = [{"from": "10:00", "to": "11:00"}]
    await desk.done("masterDayPut", masterId=master["id"], day=DAY.isoformat(), hours=free, reason="Dentist")
    await desk.done("salonDayPut", salonId=salon["id"], day=DAY.isoformat(), reason="Holiday")
    wanted = {"masterId": master["id"], "startsAt": at(9), "endsAt": at(10), "reason": "Training"}
    block = (await desk.done("masterTimeBlock", idempotencyKey="one", **wanted))["block"]
    assert (await desk.done("masterTimeBlock", idempotencyKey="one", **wanted))["block"] == block
    taken = await desk.answer("masterTimeBlock", {"idempotencyKey": "two", **wanted})
    assert (taken["__typename"], taken["path"]) == ("SlotUnavailable", ["startsAt"])

    seen = (await desk.client.data(SCHEDULES, scheduled(salon)))["salon"]
    assert [entry["weekday"] for entry in seen["schedule"]["week"]] == list(EVERY_DAY)
    assert seen["schedule"]["specialDays"] == [{"day": DAY.isoformat(), "reason": "Holiday", "hours": []}]
    (special,) = seen["masters"][0]["schedule"]["specialDays"]
    weekday = EVERY_DAY[DAY.weekday()]
    assert special == {
        "day": DAY.isoformat(),
        "reason": "Dentist",
        "hours": [{"weekday": weekday, "from": "10:00", "to": "11:00"}],
    }
    assert seen["masters"][0]["timeBlocks"] == [{"id": block["id"], "reason": "Training"}]

    query = "query ($id: ID!, $day: Date!) { salon(id: $id) { masters { schedule(firstDay: $day, lastDay: $day) { "
    public = await nobody.data(query + "specialDays { reason } } } } }", {"id": salon["id"], "day": DAY.isoformat()})
    assert public["salon"]["masters"][0]["schedule"]["specialDays"] == [{"reason": None}]
    hidden = await guest.body(SCHEDULES, scheduled(salon))
    assert [error["extensions"]["code"] for error in hidden["errors"]] == ["NOT_FOUND"]
    assert hidden["data"]["salon"]["masters"][0]["timeBlocks"] is None

    await desk.done("masterTimeBlockEnd", id=block["id"])
    await desk.done("masterDayClear", masterId=master["id"], day=DAY.isoformat())
    await desk.done("salonDayClear", salonId=salon["id"], day=DAY.isoformat())
    seen = (await desk.client.data(SCHEDULES, scheduled(salon)))["salon"]
    assert seen["schedule"]["specialDays"] == seen["masters"][0]["schedule"]["specialDays"] == []
    assert seen["masters"][0]["timeBlocks"] == []


@pytest.mark.parametrize("moment", ["2030-01-01T09:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_moments_without_offset_or_beyond_the_calendar_are_refused(desk: SalonDesk, moment: str) -> None:
    master = await desk.master((await desk.salon())["id"])
    wanted = {"masterId": master["id"], "startsAt": moment, "endsAt": at(10), "idempotencyKey": "k"}
    refusal = await desk.answer("masterTimeBlock", wanted)
    assert (refusal["__typename"], refusal["path"]) == ("InvalidInput", ["startsAt"])


async def test_an_admin_sees_every_salon_and_may_edit_it(
    house: ApiHouse, http: httpx.AsyncClient, desk: SalonDesk
) -> None:
    account = await register_account(house.auth_address, Role.GUEST)
    admin = SalonDesk(Client(http, house.url, token=await house.token_for(account, Role.ADMIN, 300)))
    salon = await desk.salon()
    assert await admin.sees(salon["id"]) == salon
    renamed = await admin.done("salonUpdate", salonId=salon["id"], expectedVersion=1, name="Renamed")
    assert renamed["salon"]["name"] == "Renamed"
    (newest, _) = (await desk.client.data(CHANGES, {"id": salon["id"]}))["salon"]["changes"]["nodes"]
    assert (newest["actorRole"], newest["actorId"]) == ("ADMIN", encode_id("Account", str(account.account_id)))


async def test_strangers_change_nothing_of_a_salon(
    desk: SalonDesk, rival: SalonDesk, guest: Client, nobody: Client
) -> None:
    salon = await desk.published()
    (master,), (service,) = salon["masters"], salon["services"]
    attempts: dict[str, dict[str, Any]] = {
        "salonUpdate": {"salonId": salon["id"], "expectedVersion": 2, "name": "Mine"},
        "salonUnpublish": {"salonId": salon["id"], "expectedVersion": 2},
        "salonArchive": {"salonId": salon["id"], "expectedVersion": 2},
        "masterCreate": new_master(salon["id"]),
        "masterUpdate": {"masterId": master["id"], "expectedVersion": 1, "name": "Me"},
        "masterArchive": {"masterId": master["id"], "expectedVersion": 1},
        "masterInvite": {"masterId": master["id"]},
        "salonServiceCreate": new_service(salon["id"]),
        "salonServiceUpdate": {"salonServiceId": service["id"], "expectedVersion": 1, "priceMinorUnits": "1"},
        "salonServiceArchive": {"salonServiceId": service["id"], "expectedVersion": 1},
        "masterScheduleUpdate": {"masterId": master["id"], "expectedVersion": 2, "week": []},
        "masterDayPut": {"masterId": master["id"], "day": DAY.isoformat()},
        "masterDayClear": {"masterId": master["id"], "day": DAY.isoformat()},
        "salonDayPut": {"salonId": salon["id"], "day": DAY.isoformat()},
        "salonDayClear": {"salonId": salon["id"], "day": DAY.isoformat()},
        "masterTimeBlock": {
            "masterId": master["id"],
            "startsAt": at(9),
            "endsAt": at(10),
            "idempotencyKey": uuid.uuid4().hex,
        },
    }
    for name, wanted in attempts.items():
        assert (await rival.answer(name, wanted))["code"] == "NOT_FOUND", name
        assert (await SalonDesk(guest).answer(name, wanted))["code"] in {"NOT_FOUND", "PERMISSION_DENIED"}, name
        assert (await SalonDesk(nobody).answer(name, wanted))["code"] == "UNAUTHENTICATED", name
    assert await desk.sees(salon["id"]) == salon


async def test_the_log_of_a_salon_is_read_by_its_hotelier_with_opaque_ids(desk: SalonDesk, guest: Client) -> None:
    salon = await desk.published()
    (service,) = salon["services"]
    await desk.done("salonServiceArchive", salonServiceId=service["id"], expectedVersion=1)
    nodes = (await desk.client.data(CHANGES, {"id": salon["id"]}))["salon"]["changes"]["nodes"]
    assert [(node["subject"], node["action"]) for node in nodes] == [
        ("SERVICE", "ARCHIVED"),
        ("SALON", "PUBLISHED"),
        ("SERVICE", "CREATED"),
        ("SCHEDULE", "UPDATED"),
        ("MASTER", "CREATED"),
        ("SALON", "CREATED"),
    ]
    assert nodes[0]["subjectId"] == service["id"]
    assert nodes[0]["fields"] == [{"name": "archived", "before": False, "after": True}]
    created = {field["name"]: field["after"] for field in nodes[2]["fields"]}
    assert created["offerings"][0]["masterId"] == nodes[3]["subjectId"] == salon["masters"][0]["id"]
    body = await guest.body(CHANGES, {"id": salon["id"]})
    assert body["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"


async def test_archived_salons_are_for_their_hotelier_only(desk: SalonDesk, nobody: Client) -> None:
    salon = await desk.published()
    draft = (await desk.done("salonUnpublish", salonId=salon["id"], expectedVersion=2))["salon"]
    assert draft["state"] == "DRAFT"
    gone = (await desk.done("salonArchive", salonId=salon["id"], expectedVersion=3))["salon"]
    assert gone["state"] == "ARCHIVED"
    assert await SalonDesk(nobody).sees(salon["id"]) is None
    again = await desk.answer("salonPublish", {"salonId": salon["id"], "expectedVersion": 4})
    assert again["__typename"] == "IllegalState"
