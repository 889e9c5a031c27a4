"""Appointments through the gateway: booked, paid, followed live, moved, called off, and worked off at the salon."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import httpx
import pytest

from api.node_ids import decode_id
from tests.api.client import Client, today, until
from tests.api.house import ApiHouse
from tests.api.salon_desk import SalonDesk
from tests.api.sockets import open_socket

DAY = today() + dt.timedelta(days=15)
APPOINTMENT = """
  id reference state version salonId salonName salon { name } client { name email phone } note
  startsAt endsAt timeZone paymentTiming holdExpiresAt createdAt
  services { serviceId serviceName masterId masterName master { name } startsAt endsAt
    price { minorUnits currency } }
  total { minorUnits currency } paid { minorUnits } refunded { minorUnits } penalty { minorUnits }
  cancellationTiers { hoursBeforeStart penaltyPercent } payment { id state amount { minorUnits } checkoutUrl }
"""
_SUCCESS = {
    "appointmentCreate": "AppointmentCreated",
    "appointmentMove": "AppointmentMoved",
    "appointmentCancel": "AppointmentCancelled",
    "appointmentConfirm": "AppointmentConfirmed",
    "appointmentComplete": "AppointmentCompleted",
    "appointmentMarkNoShow": "AppointmentMarkedNoShow",
    "appointmentPaymentCreate": "AppointmentPaymentCreated",
}
_MORE = {
    "appointmentCreate": "... on SlotUnavailable { nextStarts }",
    "appointmentMove": "... on SlotUnavailable { nextStarts } ... on VersionConflict { currentVersion }",
}
SLOTS = """
query ($salon: ID!, $service: ID!, $from: Date!, $to: Date!, $master: ID, $moving: ID) {
  freeSlots(salonId: $salon, serviceId: $service, from: $from, to: $to, masterId: $master,
            movingAppointmentId: $moving) {
    startsAt endsAt total { minorUnits } services { serviceId masterId masterName price { minorUnits } }
  }
}
"""
VISITS = """
query ($salon: ID!, $services: [WantedServiceInput!]!, $day: Date!) {
  visitSlots(salonId: $salon, services: $services, from: $day, to: $day) {
    startsAt services { serviceName masterName startsAt }
  }
}
"""
SEEN = f"query ($id: ID!) {{ appointment(id: $id) {{ {APPOINTMENT} timeline {{ nodes {{ kind actor version }} }} }} }}"
MINE = "query ($first: Int = 20) { viewer { appointments(first: $first) { nodes { id } pageInfo { hasNextPage } } } }"
DAY_AT_SALON = """
query ($id: ID!, $day: Date!) {
  salon(id: $id) { appointments(from: $day, to: $day) { nodes { id client { name } } } }
  salonFigures(salonId: $id, from: $day, to: $day) {
    all { masterId appointments bookedMinutes workingMinutes utilisationBasisPoints revenue { minorUnits } }
    masters { masterName appointments }
  }
}
"""
PREVIEW = """
query ($id: ID!) {
  appointmentCancellationPreview(appointmentId: $id) {
    penalty { minorUnits currency } refund { minorUnits currency }
    stages { until penalty { minorUnits } refund { minorUnits } }
  }
}
"""
FOLLOW = """
subscription ($id: ID!, $after: Int) {
  appointmentStatus(appointmentId: $id, afterVersion: $after) { kind state version appointment { version } }
}
"""


async def answer(who: Client, name: str, /, **wanted: Any) -> dict[str, Any]:
    """The member of the result union that a mutation answers."""
    kind = name[0].upper() + name[1:]
    query = f"""
    mutation ($input: {kind}Input!) {{
      {name}(input: $input) {{
        __typename
        ... on {_SUCCESS[name]} {{ appointment {{ {APPOINTMENT} }} }}
        {_MORE.get(name, "")}
        ... on UserError {{ code message path }}
      }}
    }}
    """
    return await who.mutate(query, wanted)


async def done(who: Client, name: str, /, **wanted: Any) -> dict[str, Any]:
    """The appointment, after it went through."""
    member = await answer(who, name, **wanted)
    assert "code" not in member, member
    appointment: dict[str, Any] = member["appointment"]
    return appointment


def visit(salon: dict[str, Any], starts_at: str, *services: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "salonId": salon["id"],
        "services": services or [{"serviceId": salon["services"][0]["id"]}],
        "startsAt": starts_at,
        "idempotencyKey": uuid.uuid4().hex,
        "client": {"name": "Ada Lovelace", "email": "ada@example.org", "phone": "+33 1 44 55 66 77"},
        **changes,
    }


async def slots(client: Client, salon: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
    asked = {"salon": salon["id"], "service": salon["services"][0]["id"], "from": str(DAY), "to": str(DAY), **changes}
    found: list[dict[str, Any]] = (await client.data(SLOTS, asked))["freeSlots"]
    return found


@pytest.fixture(scope="module")
async def owner(house: ApiHouse, http: httpx.AsyncClient) -> Client:
    return await Client(http, house.url).sign_up("HOTELIER")


@pytest.fixture
async def salon(owner: Client) -> dict[str, Any]:
    """One master, one cut of an hour for 60.00 EUR, paid at the salon."""
    return await SalonDesk(owner).published()


async def prepaid(owner: Client) -> dict[str, Any]:
    desk = SalonDesk(owner)
    draft = await desk.salon()
    master = await desk.master(draft["id"])
    await desk.service(draft["id"], master["id"], paymentTiming="PREPAID")
    moved = await desk.done("salonPublish", salonId=draft["id"], expectedVersion=draft["version"])
    salon: dict[str, Any] = moved["salon"]
    return salon


async def test_a_free_start_is_booked_and_seen_by_those_whom_it_concerns(
    salon: dict[str, Any], owner: Client, guest: Client, stranger: Client, nobody: Client
) -> None:
    offered = await slots(nobody, salon)
    first = offered[0]
    assert first["total"]["minorUnits"] == 6000
    booked = await done(guest, "appointmentCreate", **visit(salon, first["startsAt"], note="Fringe too"))
    assert (booked["state"], booked["version"], booked["salon"]["name"]) == ("CONFIRMED", 1, salon["name"])
    assert (booked["startsAt"], booked["endsAt"]) == (first["startsAt"], first["endsAt"])
    assert booked["services"][0]["master"]["name"] == "Ana Lima"
    assert booked["paymentTiming"] == "AT_SALON"
    assert first["startsAt"] not in [slot["startsAt"] for slot in await slots(nobody, salon)]
    for who in (guest, owner):
        seen = (await who.data(SEEN, {"id": booked["id"]}))["appointment"]
        assert seen["note"] == "Fringe too"
        assert seen["timeline"]["nodes"][0]["kind"] == "AppointmentConfirmed", "mails about it may follow"
    assert (await stranger.data(SEEN, {"id": booked["id"]}))["appointment"] is None
    assert booked["id"] in [one["id"] for one in (await guest.data(MINE))["viewer"]["appointments"]["nodes"]]
    node = await guest.data("query ($id: ID!) { node(id: $id) { __typename id } }", {"id": booked["id"]})
    assert node["node"] == {"__typename": "Appointment", "id": booked["id"]}


async def test_a_taken_start_is_refused_with_the_next_ones(salon: dict[str, Any], guest: Client) -> None:
    start = (await slots(guest, salon))[0]["startsAt"]
    await done(guest, "appointmentCreate", **visit(salon, start))
    refused = await answer(guest, "appointmentCreate", **visit(salon, start))
    assert (refused["__typename"], refused["path"]) == ("SlotUnavailable", ["startsAt"])
    assert refused["nextStarts"] == [slot["startsAt"] for slot in (await slots(guest, salon))[:5]]


async def test_several_services_in_a_row(salon: dict[str, Any], owner: Client, nobody: Client) -> None:
    colour = await SalonDesk(owner).service(
        salon["id"], salon["masters"][0]["id"], name="Colour", durationMinutes=30, bufferBeforeMinutes=10
    )
    wanted = [{"serviceId": salon["services"][0]["id"]}, {"serviceId": colour["id"]}]
    found = await nobody.data(VISITS, {"salon": salon["id"], "services": wanted, "day": str(DAY)})
    cut, dyed = found["visitSlots"][0]["services"]
    between = dt.datetime.fromisoformat(dyed["startsAt"]) - dt.datetime.fromisoformat(cut["startsAt"])
    assert (cut["serviceName"], dyed["serviceName"], between) == ("Cut", "Colour", dt.timedelta(minutes=70))


async def test_nobody_books_without_an_account_or_at_their_own_salon(
    salon: dict[str, Any], owner: Client, guest: Client, nobody: Client
) -> None:
    start = (await slots(nobody, salon))[0]["startsAt"]
    for who in (nobody, owner):
        assert (await answer(who, "appointmentCreate", **visit(salon, start)))["__typename"] == "NotPermitted"
    bad = await answer(guest, "appointmentCreate", **visit(salon, start, {"serviceId": salon["id"]}))
    assert (bad["__typename"], bad["path"]) == ("NotFound", ["services", "0", "serviceId"])
    assert start in [slot["startsAt"] for slot in await slots(nobody, salon)], "nothing was taken"


async def test_a_prepaid_appointment_is_paid_followed_live_and_cancelled(
    house: ApiHouse, owner: Client, guest: Client
) -> None:
    salon = await prepaid(owner)
    start = (await slots(guest, salon))[0]["startsAt"]
    held = await done(guest, "appointmentCreate", **visit(salon, start))
    assert (held["state"], held["payment"]) == ("HELD", None)
    assert held["holdExpiresAt"] is not None
    async with open_socket(house.url, token=guest.token) as socket:
        await socket.subscribe("live", FOLLOW, {"id": held["id"]})

        async def heard() -> tuple[str, str, int]:
            frame = await socket.receive()
            assert "errors" not in frame["payload"], frame
            told = frame["payload"]["data"]["appointmentStatus"]
            return told["kind"], told["state"], told["version"]

        assert await heard() == ("CURRENT", "HELD", 1)
        pending = await done(
            guest, "appointmentPaymentCreate", appointmentId=held["id"], idempotencyKey=uuid.uuid4().hex
        )
        assert await heard() == ("PaymentStarted", "PAYMENT_PENDING", 2)
        await guest.pay(pending["payment"]["checkoutUrl"])
        assert await heard() == ("AppointmentConfirmed", "CONFIRMED", 3), "webhook, worker and Redis did their part"
        preview = (await guest.data(PREVIEW, {"id": held["id"]}))["appointmentCancellationPreview"]
        assert preview["stages"][-1]["until"] is None
        refund = {"minorUnits": preview["refund"]["minorUnits"], "currency": "EUR"}
        wrong = {"minorUnits": preview["refund"]["minorUnits"] + 1, "currency": "EUR"}
        cancelling = {"appointmentId": held["id"], "expectedRefund": wrong, "idempotencyKey": uuid.uuid4().hex}
        assert (await answer(guest, "appointmentCancel", **cancelling))["__typename"] == "RefundChanged"
        cancelling |= {"expectedRefund": refund, "idempotencyKey": uuid.uuid4().hex}
        assert (await done(guest, "appointmentCancel", **cancelling))["state"] == "CANCELLED"
        assert await heard() == ("AppointmentCancelled", "CANCELLED", 4)

    async def sent_back() -> bool:
        seen = (await guest.data(SEEN, {"id": held["id"]}))["appointment"]
        return bool(seen["refunded"]["minorUnits"] == refund["minorUnits"] == seen["paid"]["minorUnits"])

    await until(sent_back)
    async with open_socket(house.url, token=guest.token) as socket:
        await socket.subscribe("again", FOLLOW, {"id": held["id"], "after": 2})
        frames = [await socket.receive() for _ in range(2)]
        assert [frame["payload"]["data"]["appointmentStatus"]["version"] for frame in frames] == [3, 4]


async def test_strangers_follow_and_move_nothing(
    house: ApiHouse, salon: dict[str, Any], guest: Client, stranger: Client
) -> None:
    start, other = [slot["startsAt"] for slot in await slots(guest, salon)][:4:3]
    booked = await done(guest, "appointmentCreate", **visit(salon, start))
    which = {"appointmentId": booked["id"], "expectedVersion": 1}
    keyed = {"appointmentId": booked["id"], "idempotencyKey": uuid.uuid4().hex}
    nothing = {"minorUnits": 0, "currency": "EUR"}
    wanted: dict[str, dict[str, Any]] = {
        "appointmentMove": {**which, **keyed, "startsAt": other},
        "appointmentCancel": {**keyed, "expectedRefund": nothing},
        "appointmentConfirm": which,
        "appointmentComplete": which,
        "appointmentMarkNoShow": which,
        "appointmentPaymentCreate": keyed,
    }
    for name, fields in wanted.items():
        assert (await answer(stranger, name, **fields))["__typename"] == "NotFound", name
    async with open_socket(house.url, token=stranger.token) as socket:
        await socket.subscribe("live", FOLLOW, {"id": booked["id"]})
        frame = await socket.receive()
        assert "NOT_FOUND" in str(frame), frame
    for query in (PREVIEW, DAY_AT_SALON):
        asked = {"id": booked["id"]} if query == PREVIEW else {"id": salon["id"], "day": str(DAY)}
        assert "NOT_FOUND" in str((await stranger.body(query, asked))["errors"])
    assert (await guest.data(SEEN, {"id": booked["id"]}))["appointment"]["version"] == 1


async def test_a_moved_appointment_keeps_its_price(salon: dict[str, Any], guest: Client) -> None:
    first, later = [slot["startsAt"] for slot in await slots(guest, salon)][:4:3]
    booked = await done(guest, "appointmentCreate", **visit(salon, first))
    assert first in [slot["startsAt"] for slot in await slots(guest, salon, moving=booked["id"])]
    fields = {"appointmentId": booked["id"], "expectedVersion": 9, "startsAt": later}
    stale = await answer(guest, "appointmentMove", **fields, idempotencyKey=uuid.uuid4().hex)
    assert (stale["__typename"], stale["currentVersion"]) == ("VersionConflict", 1)
    fields["expectedVersion"] = 1
    moved = await done(guest, "appointmentMove", **fields, idempotencyKey=uuid.uuid4().hex)
    assert (moved["startsAt"], moved["version"], moved["total"]) == (later, 2, booked["total"])


async def test_the_salon_works_its_day_off(
    house: ApiHouse, http: httpx.AsyncClient, salon: dict[str, Any], owner: Client, guest: Client
) -> None:
    desk = SalonDesk(owner)
    invited = await desk.done("masterInvite", masterId=salon["masters"][0]["id"])
    master = await Client(http, house.url).sign_up()
    await SalonDesk(master).done("masterInvitationAccept", invitationCode=invited["invitationCode"])
    start = (await slots(guest, salon))[0]["startsAt"]
    booked = await done(guest, "appointmentCreate", **visit(salon, start))
    which = {"appointmentId": booked["id"], "expectedVersion": 1}
    for name in ("appointmentComplete", "appointmentMarkNoShow", "appointmentConfirm"):
        assert (await answer(master, name, **which))["__typename"] == "IllegalState", "not before it has begun"
    for who in (owner, master):
        day = await who.data(DAY_AT_SALON, {"id": salon["id"], "day": str(DAY)})
        assert [one["id"] for one in day["salon"]["appointments"]["nodes"]] == [booked["id"]]
        figures = day["salonFigures"]["all"]
        assert (figures["appointments"], figures["bookedMinutes"], figures["workingMinutes"]) == (1, 60, 540)
    await house.database.execute(  # as if its hour had come
        "UPDATE salon.appointment SET starts_at = now() - interval '1 hour', ends_at = now() WHERE id = $1",
        uuid.UUID(decode_id("Appointment", booked["id"], path=("id",))),
    )
    completed = await done(master, "appointmentComplete", **which)
    assert (completed["state"], completed["version"]) == ("COMPLETED", 2)
