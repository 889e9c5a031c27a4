"""What does not fit is parked: shown with its reason, replayed by an operator, and never done twice."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import pytest

from contracts.booking.v1 import booking_pb2
from contracts.settlement.v1 import settlement_pb2
from grpc_services.auth.access_tokens import AccessTokens
from grpc_services.auth.signing_keys import SigningKeys
from runtime.channels import call
from runtime.database import open_database
from runtime.identifiers import new_id
from runtime.identity import Role
from tests.grpc_services.booking.desk import (
    APPLIED,
    CONFIRMED,
    NOTHING_TO_DO,
    PARKED,
    PENDING,
    PROVIDER,
    Desk,
    webhook,
)
from tests.grpc_services.booking.payments import Payments
from tests.house import SIGNING_KEY_SECRET, SignedIn, auth_settings, refused
from tests.parts import Parts


@pytest.fixture(scope="module")
async def admin_token(parts: Parts) -> str:
    """Nobody registers as an admin; operators make them."""
    async with open_database(parts.database_url("auth"), pool_size=1, application_name="tests") as database:
        keys = SigningKeys(database, SIGNING_KEY_SECRET, token_lifetime=dt.timedelta(minutes=10))
        await keys.load()
        return AccessTokens(keys, auth_settings(parts)).for_session(new_id(), Role.ADMIN, new_id()).text


async def pending(desk: Desk, owner: SignedIn, guest: SignedIn) -> booking_pb2.Booking:
    return await desk.start_payment(await desk.booked(await desk.house(owner), guest), guest.token)


async def test_each_reason_is_told(desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn) -> None:
    booking = await pending(desk, owner, guest)
    short = await payments.create(booking.id, booking.total.minor_units - 1)
    yen = await payments.create(booking.id, booking.total.minor_units, currency="JPY")
    stranger = await payments.create(str(uuid.uuid4()), 100)
    for payment in (short, yen):
        await payments.pay_at(payment.checkout_url)
    bodies = {
        "UNREADABLE": b"not json",
        "UNKNOWN_PAYMENT": webhook(str(uuid.uuid4())),
        "NOTHING_TO_PAY": webhook(stranger.id),
        "AMOUNT_DIFFERS": webhook(short.id),
    }
    stored = {reason: await desk.receive(body) for reason, body in bodies.items()}
    stored["yen"] = await desk.receive(webhook(yen.id))
    for event_id in stored.values():
        assert await desk.settle(event_id) == PARKED
    listed = await desk.parked()
    assert {name: listed[event_id].reason for name, event_id in stored.items()} == {
        **{reason: reason for reason in bodies},
        "yen": "AMOUNT_DIFFERS",
    }
    told = listed[stored["AMOUNT_DIFFERS"]]
    assert (told.payment_id, told.type, told.provider) == (short.id, "payment.captured", PROVIDER)
    now = await desk.get(booking)
    assert (now.state, now.paid.minor_units) == (PENDING, 0)


async def test_a_parked_event_is_replayed_once_its_cause_is_gone(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn
) -> None:
    booking = await pending(desk, owner, guest)
    await payments.pay(booking)
    async with desk.database.transaction() as connection:  # a fault of ours: the booking expects another amount
        await connection.execute(
            "UPDATE booking.booking SET payment_minor_units = 1 WHERE id = $1", uuid.UUID(booking.id)
        )
    event_id = await desk.receive(webhook(booking.payment.id))
    assert [await desk.settle(event_id), await desk.replay(event_id)] == [PARKED, PARKED]
    assert await desk.look_after(booking.payment.id) == PARKED
    found = {event_id, f"looked-after-{booking.payment.id}"}
    assert found <= set(await desk.parked())
    async with desk.database.transaction() as connection:
        await connection.execute(
            "UPDATE booking.booking SET payment_minor_units = total_minor_units WHERE id = $1", uuid.UUID(booking.id)
        )
    outcomes = await asyncio.gather(*(desk.replay(one) for one in found))
    assert sorted(outcomes) == [APPLIED, NOTHING_TO_DO]
    assert not found & set(await desk.parked())
    assert (await desk.get(booking)).state == CONFIRMED
    assert (await desk.timeline(booking)).count("BookingConfirmed") == 1
    assert (await refused(desk.replay(event_id))).code == "ILLEGAL_STATE"


async def test_admins_see_and_replay_and_nobody_else_does(
    desk: Desk, payments: Payments, owner: SignedIn, guest: SignedIn, admin_token: str
) -> None:
    event_id = await desk.receive(b"{}")
    await desk.settle(event_id)
    listing = settlement_pb2.ListParkedPaymentEventsRequest(first=1)
    replaying = settlement_pb2.ReplayPaymentEventRequest(provider=PROVIDER, event_id=event_id)
    before = await desk.everything()
    for person in (owner, guest):
        for awaited in (
            call(desk.settlement.ListParkedPaymentEvents, listing, token=person.token),
            call(desk.settlement.ReplayPaymentEvent, replaying, token=person.token),
        ):
            assert (await refused(awaited)).code == "PERMISSION_DENIED"
    assert await desk.everything() == before
    assert (await call(desk.settlement.ListParkedPaymentEvents, listing, token=admin_token)).events
    assert (await call(desk.settlement.ReplayPaymentEvent, replaying, token=admin_token)).outcome == PARKED


@pytest.mark.parametrize("after", ["nonsense", "WyJ4IiwieSJd"])
async def test_a_cursor_of_something_else_is_refused(desk: Desk, after: str) -> None:
    request = settlement_pb2.ListParkedPaymentEventsRequest(after=after)
    refusal = await refused(call(desk.settlement.ListParkedPaymentEvents, request, token=desk.system))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("after",))
