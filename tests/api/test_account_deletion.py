"""Leaving for good: the person is forgotten everywhere, and the hotel's books still add up."""

from __future__ import annotations

import datetime as dt
import uuid

import httpx

from api.node_ids import decode_node_id
from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc
from contracts.review.v1 import review_pb2, review_pb2_grpc
from contracts.salon.v1 import appointment_pb2, appointment_pb2_grpc
from runtime.channels import call, open_channel
from stack.tour_client import document
from tests.api.client import PASSWORD, Client, today, until, wish
from tests.api.house import ApiHouse
from tests.api.salon_desk import SalonDesk
from tests.house import refused, service_token

CANCEL = """
mutation ($input: BookingCancelInput!) { bookingCancel(input: $input) { __typename } }
"""
DELETE = """
mutation ($input: AccountDeleteInput!) {
  accountDelete(input: $input) { __typename ... on UserError { code message } ... on AccountDeleted { accountId } }
}
"""
PROFILE = "mutation ($phone: String) { accountUpdate(input: {phone: $phone}) { __typename } }"
NOTE = "mutation ($input: BookingNoteAddInput!) { bookingNoteAdd(input: $input) { __typename } }"
LISTEN = """
mutation ($input: WebhookEndpointCreateInput!) {
  webhookEndpointCreate(input: $input) { ... on WebhookEndpointCreated { endpoint { id } } }
}
"""
LISTEN_NO_MORE = "mutation ($id: ID!) { webhookEndpointDelete(input: {id: $id}) { __typename } }"
VISIT = """
mutation ($input: AppointmentCreateInput!) {
  appointmentCreate(input: $input) {
    __typename ... on AppointmentCreated { appointment { id } } ... on UserError { code message path }
  }
}
"""
CALL_OFF = """
mutation ($input: AppointmentCancelInput!) {
  appointmentCancel(input: $input) { __typename ... on UserError { code message path } }
}
"""
_TABLES = """
    SELECT table_schema, table_name FROM information_schema.tables
    WHERE table_schema NOT IN ('information_schema', 'pg_catalog') AND table_type = 'BASE TABLE' ORDER BY 1, 2
"""
_UNPUBLISHED = """
    SELECT (SELECT count(*) FROM booking.outbox_event WHERE published_at IS NULL)
         + (SELECT count(*) FROM salon.outbox_event WHERE published_at IS NULL)
"""
_BOOKED = "SELECT guest_account_id, guest_name, guest_email, guest_phone, total_minor_units FROM booking.booking"
_PERSON_BEFORE = """
    UPDATE booking.booking SET guest_phone = '+33123456789', special_requests = 'My name is Gwen' WHERE id = $1
"""


async def test_a_deleted_person_is_forgotten_and_the_stay_stays_in_the_books(
    house: ApiHouse, http: httpx.AsyncClient, hotelier: Client
) -> None:
    person = await Client(http, house.url).sign_up()
    booking = await person.book(house.houses["Grand House"])
    booking_id = uuid.UUID(decode_node_id(booking["id"])[1])
    before = await house.database.fetchrow(f"{_BOOKED} WHERE id = $1", booking_id)
    account_id = before["guest_account_id"]
    told = "SELECT count(*) FROM notification.notification WHERE account_id = $1"

    async def was_told() -> bool:
        return bool(await house.database.fetchval(told, account_id))

    await until(was_told)
    await house.database.execute(_PERSON_BEFORE, booking_id)
    nothing = {"minorUnits": "0", "currency": "EUR"}
    ending = {"bookingId": booking["id"], "idempotencyKey": uuid.uuid4().hex, "expectedRefund": nothing}
    assert (await person.mutate(CANCEL, ending))["__typename"] == "BookingCancelled"
    answer = await person.mutate(DELETE, {"password": PASSWORD})
    assert answer["__typename"] == "AccountDeleted", answer

    async def forgotten() -> bool:
        mine = "SELECT count(*) FROM booking.booking WHERE guest_account_id = $1"
        return not await house.database.fetchval(mine, account_id)

    await until(forgotten)
    row = await house.database.fetchrow(f"{_BOOKED} WHERE id = $1", booking_id)
    assert dict(row) == {
        "guest_account_id": uuid.UUID(int=0),
        "guest_name": "Deleted account",
        "guest_email": "",
        "guest_phone": "",
        "total_minor_units": before["total_minor_units"],
    }
    assert await hotelier.state_of(booking) == "CANCELLED"
    for table in ("booking.booking", "notification.notification", "notification.delivery", "auth.account"):
        whole = await house.database.fetchval(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} AS t")  # noqa: S608
        assert person.email not in whole
        assert str(account_id) not in whole
    assert (await person.post("{ viewer { id } }")).status_code == 401
    again = Client(http, house.url, email=person.email)
    wanted = {"email": person.email, "password": PASSWORD}
    assert (await again.mutate(document("2_sign_in"), wanted))["__typename"] == "InvalidCredentials"


async def test_no_column_of_any_table_remembers_who_they_were(
    house: ApiHouse, http: httpx.AsyncClient, hotelier: Client
) -> None:
    """Not in what the hotel was told of them, in answers kept for repeats, in events, or in the desk's notes."""
    named = f"Quintilla {uuid.uuid4().hex[:10]}"
    phone = f"+336{uuid.uuid4().int % 10**8:08}"
    person = Client(http, house.url)
    account = {"email": person.email, "password": PASSWORD, "name": named, "role": "GUEST"}
    assert (await person.mutate(document("1_register"), account))["__typename"] == "AccountRegistered"
    await person.sign_in()
    await person.data(PROFILE, {"phone": phone})
    details = {"name": named, "email": person.email, "phone": phone}
    listening = {"url": "https://hooks.example.org/all", "events": ["BOOKING_HELD", "BOOKING_CANCELLED"]}
    endpoint = (await hotelier.mutate(LISTEN, listening))["endpoint"]["id"]
    quoted = await person.quote(house.houses["Grand House"], ahead=70)
    wanted = wish(quoted["id"], person.email, guest=details, roomGuests=[{"position": 0, "name": f"{named} junior"}])
    booking = (await person.mutate(document("6_book"), wanted))["booking"]
    noted = {"bookingId": booking["id"], "idempotencyKey": uuid.uuid4().hex, "text": f"{named} likes the courtyard"}
    assert (await hotelier.mutate(NOTE, noted))["__typename"] == "BookingNoteAdded"
    await _visit(await Client(http, house.url).sign_up("HOTELIER"), person, details)
    nothing = {"minorUnits": "0", "currency": "EUR"}
    ending = {"bookingId": booking["id"], "idempotencyKey": uuid.uuid4().hex, "expectedRefund": nothing}
    assert (await person.mutate(CANCEL, ending))["__typename"] == "BookingCancelled"
    needles = [named, person.email, phone]
    remembered = await _remembering(house, needles)
    assert {"auth.account", "booking.booking", "booking.booking_note", "salon.appointment"} <= remembered.keys()

    async def told() -> bool:
        found = await _remembering(house, needles)
        waiting = await house.database.fetchval(_UNPUBLISHED)
        return {"notification.notification", "notification.webhook_delivery"} <= found.keys() and not waiting

    await until(told)
    assert (await person.mutate(DELETE, {"password": PASSWORD}))["__typename"] == "AccountDeleted"

    async def forgotten() -> bool:
        remembered.clear()
        remembered.update(await _remembering(house, needles))
        return not remembered

    try:
        await until(forgotten, seconds=30)
    finally:
        assert remembered == {}
    await hotelier.data(LISTEN_NO_MORE, {"id": endpoint})


async def _visit(owner: Client, person: Client, details: dict[str, str]) -> None:
    """An appointment at a salon, made and cancelled."""
    salon = await SalonDesk(owner).published()
    visit = {
        "salonId": salon["id"],
        "services": [{"serviceId": salon["services"][0]["id"]}],
        "startsAt": (dt.datetime.combine(today(), dt.time(12), dt.UTC) + dt.timedelta(days=9)).isoformat(),
        "idempotencyKey": uuid.uuid4().hex,
        "note": f"{details['name']} is shy",
        "client": details,
    }
    made = await person.mutate(VISIT, visit)
    assert made["__typename"] == "AppointmentCreated", made
    ending = {"appointmentId": made["appointment"]["id"], "idempotencyKey": uuid.uuid4().hex}
    nothing = {"minorUnits": "0", "currency": "EUR"}
    ended = await person.mutate(CALL_OFF, ending | {"expectedRefund": nothing})
    assert ended["__typename"] == "AppointmentCancelled", ended


async def _remembering(house: ApiHouse, needles: list[str]) -> dict[str, int]:
    """How many rows of which tables hold one of the texts, in text, JSON or bytes."""
    patterns = [f"%{word}%" for needle in needles for word in (needle, needle.encode().hex())]
    found = {}
    for schema, table in await house.database.fetch(_TABLES):
        count = await house.database.fetchval(
            f'SELECT count(*) FROM "{schema}"."{table}" AS t WHERE t::text ILIKE ANY($1)',  # noqa: S608
            patterns,
        )
        if count:
            found[f"{schema}.{table}"] = count
    return found


async def test_only_our_own_processes_make_services_forget(house: ApiHouse, guest: Client, hotelier: Client) -> None:
    booking = await guest.book(house.houses["Grand House"])
    identifier = uuid.UUID(decode_node_id(booking["id"])[1])
    before = await house.database.fetchrow(f"{_BOOKED} WHERE id = $1", identifier)
    victim = str(before["guest_account_id"])
    async with (
        open_channel(house.settings.booking_address, booking_pb2.DESCRIPTOR) as bookings,
        open_channel(house.settings.salon_address, appointment_pb2.DESCRIPTOR) as salon,
        open_channel(house.settings.review_address, review_pb2.DESCRIPTOR) as reviews,
        open_channel(house.settings.notification_address, notification_pb2.DESCRIPTOR) as notifications,
    ):
        booking_stub: booking_pb2_grpc.BookingServiceAsyncStub = booking_pb2_grpc.BookingServiceStub(bookings)
        salon_stub: appointment_pb2_grpc.AppointmentServiceAsyncStub
        salon_stub = appointment_pb2_grpc.AppointmentServiceStub(salon)
        review_stub: review_pb2_grpc.ReviewServiceAsyncStub = review_pb2_grpc.ReviewServiceStub(reviews)
        told_stub: notification_pb2_grpc.NotificationServiceAsyncStub
        told_stub = notification_pb2_grpc.NotificationServiceStub(notifications)
        for token, code in (("", "UNAUTHENTICATED"), (hotelier.token, "PERMISSION_DENIED")):
            for awaited in (
                call(booking_stub.ForgetAccount, booking_pb2.ForgetAccountRequest(account_id=victim), token=token),
                call(salon_stub.ForgetAccount, appointment_pb2.ForgetAccountRequest(account_id=victim), token=token),
                call(review_stub.ForgetAccount, review_pb2.ForgetAccountRequest(account_id=victim), token=token),
                call(told_stub.ForgetAccount, notification_pb2.ForgetAccountRequest(account_id=victim), token=token),
            ):
                assert (await refused(awaited)).code == code
        nobody = str(uuid.uuid4())
        system = await service_token(house.auth_address)
        await call(salon_stub.ForgetAccount, appointment_pb2.ForgetAccountRequest(account_id=nobody), token=system)
        await call(review_stub.ForgetAccount, review_pb2.ForgetAccountRequest(account_id=nobody), token=system)
    assert dict(await house.database.fetchrow(f"{_BOOKED} WHERE id = $1", identifier)) == dict(before)
