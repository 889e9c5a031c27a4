"""Everybody who may come to the gateway, and one of everything that they may ask for: a house, its salon, and what a
guest has there."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from api.node_ids import decode_node_id, encode_id
from api.operations import GRAPHQL_SCHEMA
from contracts.booking.v1 import inventory_pb2
from contracts.hotel.v1 import hotel_pb2
from runtime.channels import call
from runtime.identity import Role, Scope
from stack.tour_client import document
from tests.api.authorization_scene import CHECK_IN, NOON, Scene
from tests.api.client import Client, today, until, wish
from tests.api.hotelier_desk import new_rate_plan
from tests.api.house import ApiHouse
from tests.api.salon_desk import SalonDesk, hours, new_service
from tests.api.test_reviews import wanted as review_of
from tests.grpc_services.booking.desk import open_desk
from tests.grpc_services.review.stays import completed_stay
from tests.house import PERSON_PASSWORD, SignedIn, register_account

NIGHTS = {"checkIn": CHECK_IN.isoformat(), "checkOut": (CHECK_IN + dt.timedelta(days=2)).isoformat()}
WAITED_FOR = CHECK_IN + dt.timedelta(days=120)
INVENTORY_VERSION = """
query ($id: ID!, $from: Date!, $to: Date!) { hotel(id: $id) { calendar(from: $from, to: $to) { inventoryVersion } } }
"""
_ADA = {"name": "Ada Lovelace", "email": "ada@example.org"}


def client_of(house: ApiHouse, http: httpx.AsyncClient, person: SignedIn) -> Client:
    return Client(http, house.url, token=person.token, email=person.email)


async def people_of(house: ApiHouse, http: httpx.AsyncClient, owner: SignedIn, guest: SignedIn) -> dict[str, Client]:
    others = {
        "other guest": await register_account(house.auth_address, Role.GUEST),
        "other hotelier": await register_account(house.auth_address, Role.HOTELIER),
        "master": await register_account(house.auth_address, Role.GUEST),
    }
    machine = await house.machine_token(owner, *Scope)
    admin = await house.token_for(SignedIn(uuid.uuid4(), "", ""), Role.ADMIN, 600)
    return {
        "anonymous": Client(http, house.url),
        "guest": client_of(house, http, guest),
        "hotelier": client_of(house, http, owner),
        "machine": Client(http, house.url, token=machine),
        "admin": Client(http, house.url, token=admin),
        **{who: client_of(house, http, person) for who, person in others.items()},
    }


@asynccontextmanager
async def whole_scene(house: ApiHouse, http: httpx.AsyncClient) -> AsyncIterator[Scene]:
    owner = await register_account(house.auth_address, Role.HOTELIER)
    guest = await register_account(house.auth_address, Role.GUEST)
    verified = "UPDATE auth.account SET email_verified_at = now() WHERE id = $1"
    await house.database.execute(verified, owner.account_id)
    people = await people_of(house, http, owner, guest)
    scene = Scene(house, people, {}, {})
    async with open_desk(house.parts, house.auth_address, house.settings.booking_address) as desk:
        built = await desk.house(owner, name="Guarded House", city="Guardville")
        stay = await completed_stay(desk, built, owner, guest)
        room_type = encode_id("RoomType", built.room_types[0])
        room_id = await _first_room(people["hotelier"], room_type)
        door = hotel_pb2.Room(
            id=decode_node_id(room_id)[1],
            hotel_id=str(built.id),
            room_type_id=built.room_types[0],
            number="7",
            floor="1",
            version=1,
        )
        await call(desk.inventory.TakeInRooms, inventory_pb2.TakeInRoomsRequest(rooms=[door]), token=desk.system)
    scene.ids |= {
        "roomId": room_id,
        "hotelId": encode_id("Hotel", str(built.id)),
        "roomTypeId": room_type,
        "ratePlanId": encode_id("RatePlan", built.plans[0]),
        "stayId": encode_id("Booking", stay.id),
    }
    await _fill_house(scene)
    await _fill_salon(scene)
    await _come_as_guest(scene)
    scene.own = _own(scene.ids)
    yield scene


async def _fill_house(scene: Scene) -> None:
    ids, owner = scene.ids, scene.people["hotelier"]
    extra = {"hotelId": ids["hotelId"], "name": "Breakfast", "chargeUnit": "STAY", "priceMinorUnits": "900"}
    ids["extraId"] = (await _done(owner, "extraCreate", extra, "extra { id }"))["extra"]["id"]
    seen = await owner.data("query ($id: ID!) { hotel(id: $id) { ratesVersion } }", {"id": ids["hotelId"]})
    await _sell_out(scene)
    rule = {
        "hotelId": ids["hotelId"],
        "expectedRatesVersion": seen["hotel"]["ratesVersion"],
        "name": "Weekend",
        "firstNight": (today() + dt.timedelta(days=300)).isoformat(),
        "lastNight": (today() + dt.timedelta(days=301)).isoformat(),
        "adjustmentBasisPoints": 500,
    }
    ids["priceRuleId"] = (await _done(owner, "priceRuleCreate", rule, "priceRule { id }"))["priceRule"]["id"]
    block = {
        "checkIn": (today() + dt.timedelta(days=100)).isoformat(),
        "checkOut": (today() + dt.timedelta(days=102)).isoformat(),
        "hotelId": ids["hotelId"],
        "idempotencyKey": uuid.uuid4().hex,
        "name": "Wedding",
        "releaseDate": (today() + dt.timedelta(days=9)).isoformat(),
        "rooms": [{"roomTypeId": ids["roomTypeId"], "rooms": 1}],
    }
    ids["blockId"] = (await _done(owner, "blockCreate", block, "block { id }"))["block"]["id"]
    endpoint = {"url": "https://hooks.example.org/a", "events": ["INVENTORY_CHANGED"], "allHouses": False}
    endpoint |= {"hotelIds": [ids["hotelId"]]}
    ids["endpointId"] = (await _done(owner, "webhookEndpointCreate", endpoint, "endpoint { id }"))["endpoint"]["id"]
    ping = await _done(owner, "webhookEndpointPing", {"id": ids["endpointId"]}, "delivery { id }")
    ids["deliveryId"] = ping["delivery"]["id"]
    system = {"name": "Property system", "scopes": ["READ_BOOKINGS"]}
    ids["clientId"] = (await _done(owner, "apiClientCreate", system, "client { id }"))["client"]["id"]

    night = (today() + dt.timedelta(days=200)).isoformat()
    repair = {"roomId": ids["roomId"], "firstNight": night, "lastNight": night, "idempotencyKey": uuid.uuid4().hex}
    ids["periodId"] = (await _done(owner, "roomOutOfOrderCreate", repair, "period { id }"))["period"]["id"]


async def _sell_out(scene: Scene) -> None:
    """A night for which one can only wait."""
    ids, owner = scene.ids, scene.people["hotelier"]
    night = WAITED_FOR.isoformat()
    span = {"id": ids["hotelId"], "from": night, "to": (WAITED_FOR + dt.timedelta(days=1)).isoformat()}
    (seen,) = (await owner.data(INVENTORY_VERSION, span))["hotel"]["calendar"]
    none = {
        "roomTypeId": ids["roomTypeId"],
        "idempotencyKey": uuid.uuid4().hex,
        "expectedVersion": seen["inventoryVersion"],
        "changes": [{"firstNight": night, "lastNight": night, "capacity": 0}],
    }
    await _done(owner, "inventoryUpdate", none, "version")


async def _first_room(owner: Client, room_type_id: str) -> str:
    rooms = {"roomTypeId": room_type_id, "rooms": [{"number": "7", "floor": "1"}]}
    room_id: str = (await _done(owner, "roomsCreate", rooms, "rooms { id }"))["rooms"][0]["id"]
    return room_id


async def _fill_salon(scene: Scene) -> None:
    ids, owner = scene.ids, scene.people["hotelier"]
    salon = await SalonDesk(owner).published(hotelId=ids["hotelId"])
    ids |= {"salonId": salon["id"], "masterId": salon["masters"][0]["id"], "serviceId": salon["services"][0]["id"]}
    ids["salonServiceId"] = ids["serviceId"]
    invited = await _done(owner, "masterInvite", {"masterId": ids["masterId"]}, "invitationCode")
    await _done(scene.people["master"], "masterInvitationAccept", invited, "master { id }")
    kept = {"masterId": ids["masterId"], "idempotencyKey": uuid.uuid4().hex}
    kept |= {"startsAt": _moment(20, 9), "endsAt": _moment(20, 10)}
    ids["timeBlockId"] = (await _done(owner, "masterTimeBlock", kept, "block { id }"))["block"]["id"]
    visit = {
        "salonId": ids["salonId"],
        "services": [{"serviceId": ids["serviceId"]}],
        "startsAt": NOON.isoformat(),
        "idempotencyKey": uuid.uuid4().hex,
        "note": "Short, please",
        "client": {**_ADA, "phone": "+33 1 44 55 66 77"},
    }
    made = await _done(scene.people["guest"], "appointmentCreate", visit, "appointment { id }")
    ids["appointmentId"] = made["appointment"]["id"]


async def _come_as_guest(scene: Scene) -> None:
    ids, guest = scene.ids, scene.people["guest"]
    asked = {
        **NIGHTS,
        "hotelId": ids["hotelId"],
        "rooms": [_room(ids)],
        "visits": [
            {
                "salonId": ids["salonId"],
                "services": [{"serviceId": ids["serviceId"]}],
                "startsAt": (NOON + dt.timedelta(days=1)).isoformat(),
            }
        ],
    }
    quotes: list[str] = []

    async def quoted() -> bool:
        answer = await guest.mutate(document("5_quote"), asked)
        assert answer["__typename"] in ("Quote", "RoomUnavailable"), answer
        quotes.extend([answer["id"]] if answer["__typename"] == "Quote" else [])
        return len(quotes) == 2

    await until(quoted)
    ids["quoteId"] = quotes[1]
    wanted = wish(quotes[0], guest.email, specialRequests="A quiet room", arrivalTime="18:00")
    made = await _done(guest, "bookingCreate", wanted, "booking { id }")
    ids["bookingId"] = made["booking"]["id"]
    noted = {"bookingId": ids["bookingId"], "idempotencyKey": uuid.uuid4().hex, "text": "Likes the courtyard"}
    await _done(scene.people["hotelier"], "bookingNoteAdd", noted, "note { id }")
    waiting = {
        "hotelId": ids["hotelId"],
        "checkIn": WAITED_FOR.isoformat(),
        "checkOut": (WAITED_FOR + dt.timedelta(days=1)).isoformat(),
        "room": _room(ids),
        "guest": {"name": "Gwen Guest", "email": guest.email},
        "idempotencyKey": uuid.uuid4().hex,
    }
    ids["waitlistEntryId"] = (await _done(guest, "waitlistJoin", waiting, "entry { id }"))["entry"]["id"]
    review = await _done(guest, "reviewCreate", review_of(ids["stayId"]), "review { id }")
    ids["reviewId"] = review["review"]["id"]
    signed_in = {"email": guest.email, "password": PERSON_PASSWORD, "refreshTokenIn": "BODY"}
    await _done(Client(guest.http, guest.url), "sessionCreate", signed_in, "accessToken")
    sessions = (await guest.data("{ viewer { sessions { nodes { id current } } } }"))["viewer"]["sessions"]["nodes"]
    ids["sessionId"] = next(one["id"] for one in sessions if not one["current"])
    found: list[str] = []

    async def told() -> bool:
        inbox = await guest.data("{ viewer { notifications { nodes { id } } } }")
        found.extend(one["id"] for one in inbox["viewer"]["notifications"]["nodes"])
        return bool(found)

    await until(told)
    ids["notificationId"] = found[0]
    # Last of all, for a house sells nothing while one of its channels is silent.
    feed = {"roomTypeId": ids["roomTypeId"], "name": "A channel", "url": "https://channel.example.org/a.ics"}
    ids["feedId"] = (await _done(scene.people["hotelier"], "calendarFeedCreate", feed, "feed { id }"))["feed"]["id"]


def _room(ids: dict[str, str]) -> dict[str, Any]:
    return {"roomTypeId": ids["roomTypeId"], "ratePlanId": ids["ratePlanId"], "adults": 1}


def _own(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What the fields called `id` stand for, and which of the fields that may be left out are given."""
    named = {
        "roomOutOfOrderEnd": "periodId",
        "calendarFeedDelete": "feedId",
        "priceRuleUpdate": "priceRuleId",
        "priceRuleDelete": "priceRuleId",
        "blockRelease": "blockId",
        "waitlistLeave": "waitlistEntryId",
        "masterTimeBlockEnd": "timeBlockId",
        "webhookEndpointUpdate": "endpointId",
        "webhookEndpointDelete": "endpointId",
        "webhookEndpointRotateSecret": "endpointId",
        "webhookEndpointPing": "endpointId",
        "webhookDeliveryRedeliver": "deliveryId",
        **dict.fromkeys(("reviewEdit", "reviewDelete", "reviewReply", "reviewReport", "reviewModerate"), "reviewId"),
    }
    own: dict[str, dict[str, Any]] = {mutation: {"id": ids[name]} for mutation, name in named.items()}
    own["notificationsMarkRead"] = {"ids": [ids["notificationId"]]}
    own["sessionRevoke"] = {"sessionId": ids["sessionId"]}
    own["reviewCreate"] = {"bookingId": ids["stayId"]}
    own["salonCreate"] = {"hotelId": ids["hotelId"]}
    own["masterScheduleUpdate"] = {"week": hours("09:00", "18:00")}
    own["webhookEndpointUpdate"] |= {"hotelIds": [ids["hotelId"]], "allHouses": False}
    own["webhookEndpointCreate"] = {"hotelIds": [ids["hotelId"]], "allHouses": False}
    own["quoteCreate"] = NIGHTS
    night = CHECK_IN.isoformat()
    change = {"roomTypeIds": [ids["roomTypeId"]], "ratePlanIds": [ids["ratePlanId"]], "minStay": 2}
    own["ratesUpdate"] = {"changes": [{**change, "firstNight": night, "lastNight": night}]}
    own["ratePlanCreate"] = new_rate_plan(ids["hotelId"], name="Another")
    own["salonServiceCreate"] = new_service(ids["salonId"], ids["masterId"], name="Another")
    return own


def _document(mutation: str, fields: str) -> str:
    assert GRAPHQL_SCHEMA.mutation_type
    field = GRAPHQL_SCHEMA.mutation_type.fields[mutation]
    success = field.type.of_type.types[0].name
    kind = field.args["input"].type
    return (
        f"mutation ($input: {kind}) {{ {mutation}(input: $input) "
        f"{{ __typename ... on {success} {{ {fields} }} ... on UserError {{ code message path }} }} }}"
    )


async def _done(who: Client, mutation: str, wanted: dict[str, Any], fields: str) -> dict[str, Any]:
    """The success of a mutation."""
    query = _document(mutation, fields)
    given = {key: value for key, value in wanted.items() if key != "__typename"}
    answers: list[dict[str, Any]] = []

    async def answered() -> bool:
        """Busy services may not answer at once; the same key makes asking again safe."""
        answers.append(await who.body(query, {"input": given}))
        return "errors" not in answers[-1]

    await until(answered)
    member: dict[str, Any] = answers[-1]["data"][mutation]
    assert "code" not in member, (mutation, member)
    return member


def _moment(days: int, hour: int) -> str:
    return dt.datetime.combine(today() + dt.timedelta(days=days), dt.time(hour), dt.UTC).isoformat()
