"""Waiting for a sold-out stay: who is offered a room that came free, and what becomes of the offer."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from itertools import pairwise
from typing import Any

import pytest

from contracts.booking.v1 import booking_pb2, waitlist_pb2
from contracts.money.v1 import money_pb2
from runtime.channels import call
from runtime.identity import Role
from tests.grpc_services.booking.desk import ARRIVAL, CONFIRMED, EXPIRED, HELD, PENDING, Desk
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.hotel.catalogue import House, Kind
from tests.house import SignedIn, refused, register_account

WAITING, OFFERED, BOOKED, LEFT, OVER = (
    waitlist_pb2.WAITLIST_STATE_WAITING,
    waitlist_pb2.WAITLIST_STATE_OFFERED,
    waitlist_pb2.WAITLIST_STATE_BOOKED,
    waitlist_pb2.WAITLIST_STATE_LEFT,
    waitlist_pb2.WAITLIST_STATE_OVER,
)
GUEST = {"name": "Wanda Waits", "email": "wanda@example.org"}


def joining(house: House, *, plan: int = 0, kind: int = 0, **changes: Any) -> waitlist_pb2.JoinWaitlistRequest:
    fields: dict[str, Any] = {
        "idempotency_key": uuid.uuid4().hex,
        "hotel_id": str(house.id),
        "check_in": ARRIVAL.isoformat(),
        "check_out": (ARRIVAL + dt.timedelta(days=2)).isoformat(),
        "room": house.room(kind=kind, plan=plan),
        "guest": GUEST,
    }
    return waitlist_pb2.JoinWaitlistRequest(**{**fields, **changes})


async def join(desk: Desk, house: House, who: SignedIn, **changes: Any) -> waitlist_pb2.WaitlistEntry:
    return await call(desk.waitlists.JoinWaitlist, joining(house, **changes), token=who.token)


async def tend(desk: Desk) -> int:
    return (
        await call(desk.waitlists.TendWaitlists, waitlist_pb2.TendWaitlistsRequest(limit=10), token=desk.system)
    ).offered


async def waiting_of(desk: Desk, who: SignedIn, **asked: Any) -> list[waitlist_pb2.WaitlistEntry]:
    request = waitlist_pb2.ListWaitlistRequest(**asked)
    return list((await call(desk.waitlists.ListWaitlist, request, token=who.token)).entries)


async def accept(desk: Desk, booking_id: str, who: SignedIn, key: str = "") -> booking_pb2.Booking:
    request = waitlist_pb2.AcceptOfferRequest(booking_id=booking_id, idempotency_key=key or uuid.uuid4().hex)
    return await call(desk.waitlists.AcceptOffer, request, token=who.token)


@pytest.fixture(scope="module")
async def holder(auth_address: str) -> SignedIn:
    """Who has the rooms that others wait for."""
    return await register_account(auth_address, Role.GUEST)


async def full(desk: Desk, owner: SignedIn, holder: SignedIn, rooms: int = 1) -> House:
    house = await desk.house(owner, Kind(rooms=rooms))
    await desk.booked(house, holder, *[house.room()] * rooms)
    return house


async def release(desk: Desk, house: House) -> None:
    """Nobody pays in time for what they hold in this house."""
    async with desk.database.transaction() as connection:
        await connection.execute(
            "UPDATE booking.booking SET hold_expires_at = now() - interval '1 second'"
            " WHERE hotel_id = $1 AND hold_expires_at IS NOT NULL",
            house.id,
        )
    await desk.expire()


async def test_the_head_is_offered_the_room_that_came_free(
    desk: Desk, owner: SignedIn, holder: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    house = await full(desk, owner, holder)
    first, second = await join(desk, house, guest), await join(desk, house, stranger)
    assert [(one.state, one.place, one.booking_id) for one in (first, second)] == [(WAITING, 1, ""), (WAITING, 2, "")]
    assert await tend(desk) == 0
    await release(desk, house)
    assert await tend(desk) == 1
    (offered,) = [one for one in await waiting_of(desk, guest) if one.id == first.id]
    (still,) = [one for one in await waiting_of(desk, stranger) if one.id == second.id]
    assert (offered.state, offered.place, still.state, still.place) == (OFFERED, 0, WAITING, 1)
    held = await desk.get(booking_pb2.Booking(id=offered.booking_id))
    assert (held.state, held.source) == (HELD, booking_pb2.BOOKING_SOURCE_WAITLIST)
    assert (held.guest_account_id, held.guest.name) == (str(guest.account_id), "Wanda Waits")
    assert held.hold_expires_at == offered.offered_until
    assert await desk.timeline(held) == ["BookingOffered"]
    assert await desk.free(house) == [0, 0]
    assert await tend(desk) == 0


async def test_who_does_not_take_the_offer_makes_way_for_the_next(
    desk: Desk, owner: SignedIn, holder: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    house = await full(desk, owner, holder)
    first, second = await join(desk, house, guest), await join(desk, house, stranger)
    await release(desk, house)
    await tend(desk)
    await release(desk, house)
    assert await tend(desk) == 1
    (lost,) = [one for one in await waiting_of(desk, guest) if one.id == first.id]
    (next_one,) = [one for one in await waiting_of(desk, stranger) if one.id == second.id]
    assert (lost.state, next_one.state) == (LEFT, OFFERED)
    assert (await desk.get(booking_pb2.Booking(id=lost.booking_id))).state == EXPIRED


async def test_who_cancels_the_offer_makes_way_for_the_next(
    desk: Desk, owner: SignedIn, holder: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    house = await full(desk, owner, holder)
    first, second = await join(desk, house, guest), await join(desk, house, stranger)
    await release(desk, house)
    await tend(desk)
    (offered,) = [one for one in await waiting_of(desk, guest) if one.id == first.id]
    nothing = money_pb2.Money(currency="EUR")
    cancelling = booking_pb2.CancelBookingRequest(
        booking_id=offered.booking_id, idempotency_key=uuid.uuid4().hex, expected_refund=nothing
    )
    await call(desk.bookings.CancelBooking, cancelling, token=guest.token)
    (left,) = [one for one in await waiting_of(desk, guest) if one.id == first.id]
    assert left.state == LEFT
    assert await tend(desk) == 1
    assert [one.state for one in await waiting_of(desk, stranger) if one.id == second.id] == [OFFERED]


async def test_an_offer_paid_at_the_hotel_is_taken_by_saying_so(
    desk: Desk, owner: SignedIn, holder: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    house = await full(desk, owner, holder)
    entry = await join(desk, house, guest, plan=1)
    await release(desk, house)
    await tend(desk)
    (offered,) = [one for one in await waiting_of(desk, guest) if one.id == entry.id]
    for who in (stranger, owner):
        assert (await refused(accept(desk, offered.booking_id, who))).code == "NOT_FOUND"
    taken = await accept(desk, offered.booking_id, guest, key="mine")
    assert (taken.state, taken.version) == (CONFIRMED, 2)
    assert await accept(desk, offered.booking_id, guest, key="mine") == taken
    assert (await refused(accept(desk, offered.booking_id, guest))).code == "ILLEGAL_STATE"
    (booked,) = [one for one in await waiting_of(desk, guest) if one.id == entry.id]
    assert booked.state == BOOKED
    assert await desk.timeline(taken) == ["BookingOffered", "BookingConfirmed"]
    assert await desk.free(house) == [0, 0]


async def test_a_prepaid_offer_is_taken_by_paying(
    desk: Desk, owner: SignedIn, holder: SignedIn, guest: SignedIn, payments: Payments
) -> None:
    house = await full(desk, owner, holder)
    entry = await join(desk, house, guest)
    await release(desk, house)
    await tend(desk)
    (offered,) = [one for one in await waiting_of(desk, guest) if one.id == entry.id]
    refusal = await refused(accept(desk, offered.booking_id, guest))
    assert (refusal.code, refusal.details["allowed"]) == ("ILLEGAL_STATE", "PAYMENT_PENDING")
    started = await desk.start_payment(booking_pb2.Booking(id=offered.booking_id), guest.token)
    assert started.state == PENDING
    await payments.pay(started)
    await desk.hear_of(started.payment.id)
    (booked,) = [one for one in await waiting_of(desk, guest) if one.id == entry.id]
    assert booked.state == BOOKED
    await tend(desk)
    async with desk.database.reading() as connection:
        query = "SELECT state FROM booking.waitlist_entry WHERE id = $1"
        assert await connection.fetchval(query, uuid.UUID(entry.id)) == "BOOKED"


async def test_an_offer_that_ran_out_cannot_be_taken(
    desk: Desk, owner: SignedIn, holder: SignedIn, guest: SignedIn
) -> None:
    house = await full(desk, owner, holder)
    entry = await join(desk, house, guest, plan=1)
    await release(desk, house)
    await tend(desk)
    (offered,) = [one for one in await waiting_of(desk, guest) if one.id == entry.id]
    await desk.run_out(booking_pb2.Booking(id=offered.booking_id))
    refusal = await refused(accept(desk, offered.booking_id, guest))
    assert (refusal.code, refusal.details["state"]) == ("ILLEGAL_STATE", "EXPIRED")
    (left,) = [one for one in await waiting_of(desk, guest) if one.id == entry.id]
    assert left.state == LEFT


async def test_who_waits_for_fewer_nights_is_not_held_up_by_who_waits_for_more(
    desk: Desk, owner: SignedIn, guest: SignedIn, stranger: SignedIn, holder: SignedIn
) -> None:
    house = await full(desk, owner, holder)
    later = ARRIVAL + dt.timedelta(days=2)
    await desk.booked(house, stranger, house.room(plan=1), arrival=later)
    long = await join(desk, house, guest, check_out=(ARRIVAL + dt.timedelta(days=4)).isoformat())
    short = await join(desk, house, stranger)
    await release(desk, house)
    assert await tend(desk) == 1
    assert [one.state for one in await waiting_of(desk, guest) if one.id == long.id] == [WAITING]
    assert [one.state for one in await waiting_of(desk, stranger) if one.id == short.id] == [OFFERED]


async def test_two_tenders_at_once_make_one_offer_of_one_room(
    desk: Desk, owner: SignedIn, holder: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    for _ in range(5):
        house = await full(desk, owner, holder)
        first, second = await join(desk, house, guest), await join(desk, house, stranger)
        await release(desk, house)
        assert sum(await asyncio.gather(*(tend(desk) for _ in range(4)))) == 1
        states = {
            one.id: one.state
            for who in (guest, stranger)
            for one in await waiting_of(desk, who)
            if one.hotel_id == str(house.id)
        }
        assert states == {first.id: OFFERED, second.id: WAITING}


async def test_a_tender_and_bookers_never_sell_a_room_twice(
    desk: Desk, owner: SignedIn, holder: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    house = await full(desk, owner, holder)
    await join(desk, house, guest)
    await release(desk, house)
    quote = await desk.quote(house)
    offered, booked = await asyncio.gather(tend(desk), desk.book(quote, stranger.token), return_exceptions=True)
    assert (offered == 1) != isinstance(booked, booking_pb2.Booking)
    assert await desk.free(house) == [0, 0]


async def test_nobody_waits_for_what_is_free(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    house = await desk.house(owner)
    before = await desk.everything()
    refusal = await refused(join(desk, house, guest))
    assert (refusal.code, refusal.details["state"]) == ("ILLEGAL_STATE", "FREE")
    assert await desk.everything() == before


async def test_one_stay_is_waited_for_once(desk: Desk, owner: SignedIn, holder: SignedIn, guest: SignedIn) -> None:
    house = await full(desk, owner, holder)
    wish = joining(house)
    first = await call(desk.waitlists.JoinWaitlist, wish, token=guest.token)
    assert await call(desk.waitlists.JoinWaitlist, wish, token=guest.token) == first
    again = await asyncio.gather(*(join(desk, house, guest) for _ in range(5)))
    assert {one.id for one in again} == {first.id}
    wish.guest.name = "Somebody Else"
    assert (await refused(call(desk.waitlists.JoinWaitlist, wish, token=guest.token))).code == "IDEMPOTENCY_CONFLICT"


async def test_a_guest_waits_for_twenty_stays_at_most(
    desk: Desk, owner: SignedIn, holder: SignedIn, auth_address: str
) -> None:
    patient = await register_account(auth_address, Role.GUEST)
    house = await desk.house(owner, Kind(rooms=1))
    await desk.booked(house, holder, nights=25)
    days = [(ARRIVAL + dt.timedelta(days=number)).isoformat() for number in range(22)]
    stays = [{"check_in": one, "check_out": following} for one, following in pairwise(days)]
    for stay in stays[:20]:
        await join(desk, house, patient, **stay)
    before = await desk.everything()
    assert (await refused(join(desk, house, patient, **stays[20]))).code == "INVALID_INPUT"
    assert await desk.everything() == before
    request = waitlist_pb2.ListWaitlistRequest(first=15)
    page = await call(desk.waitlists.ListWaitlist, request, token=patient.token)
    rest = await waiting_of(desk, patient, first=15, after=page.cursors[-1])
    assert (page.has_next_page, len(page.entries), len(rest)) == (True, 15, 5)
    assert [one.check_in for one in (*page.entries, *rest)] == days[19::-1]


async def test_who_leaves_is_not_offered_anything(
    desk: Desk, owner: SignedIn, holder: SignedIn, guest: SignedIn, stranger: SignedIn
) -> None:
    house = await full(desk, owner, holder)
    entry = await join(desk, house, guest)
    leaving = waitlist_pb2.LeaveWaitlistRequest(id=entry.id)
    before = await desk.everything()
    assert (await refused(call(desk.waitlists.LeaveWaitlist, leaving, token=stranger.token))).code == "NOT_FOUND"
    assert (await refused(call(desk.waitlists.LeaveWaitlist, leaving, token=""))).code == "UNAUTHENTICATED"
    assert await desk.everything() == before
    assert (await call(desk.waitlists.LeaveWaitlist, leaving, token=guest.token)).state == LEFT
    assert (await call(desk.waitlists.LeaveWaitlist, leaving, token=guest.token)).state == LEFT
    await release(desk, house)
    assert await tend(desk) == 0


async def test_who_has_an_offer_takes_it_or_cancels_it(
    desk: Desk, owner: SignedIn, holder: SignedIn, guest: SignedIn
) -> None:
    house = await full(desk, owner, holder)
    entry = await join(desk, house, guest)
    await release(desk, house)
    await tend(desk)
    refusal = await refused(
        call(desk.waitlists.LeaveWaitlist, waitlist_pb2.LeaveWaitlistRequest(id=entry.id), token=guest.token)
    )
    assert (refusal.code, refusal.details["state"]) == ("ILLEGAL_STATE", "OFFERED")


async def test_nobody_waits_for_a_stay_that_has_begun(
    desk: Desk, owner: SignedIn, holder: SignedIn, guest: SignedIn
) -> None:
    house = await full(desk, owner, holder)
    entry = await join(desk, house, guest)
    async with desk.database.transaction() as connection:
        await connection.execute(
            "UPDATE booking.waitlist_entry SET check_in = current_date - 2, check_out = current_date + 1 WHERE id = $1",
            uuid.UUID(entry.id),
        )
    assert await tend(desk) == 0
    (over,) = [one for one in await waiting_of(desk, guest) if one.id == entry.id]
    assert (over.state, over.place) == (OVER, 0)


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"idempotency_key": ""}, "INVALID_INPUT", ("idempotencyKey",)),
        ({"check_in": "soon"}, "INVALID_INPUT", ("checkIn",)),
        ({"hotel_id": str(uuid.uuid4())}, "NOT_FOUND", ("hotelId",)),
        ({"guest": {"name": "", "email": "a@example.org"}}, "INVALID_INPUT", ("guest", "name")),
        ({"room": {"room_type_id": str(uuid.uuid4()), "adults": 1}}, "INVALID_INPUT", ("room", "roomTypeId")),
    ],
)
async def test_a_wish_that_cannot_be_is_refused(
    desk: Desk,
    owner: SignedIn,
    holder: SignedIn,
    guest: SignedIn,
    changes: dict[str, Any],
    code: str,
    path: tuple[str, ...],
) -> None:
    house = await full(desk, owner, holder)
    before = await desk.everything()
    refusal = await refused(join(desk, house, guest, **changes))
    assert (refusal.code, refusal.path) == (code, path)
    assert await desk.everything() == before


async def test_waiting_is_for_guests_who_are_signed_in_and_tending_for_our_own_workers(
    desk: Desk, owner: SignedIn, holder: SignedIn, guest: SignedIn
) -> None:
    house = await full(desk, owner, holder)
    before = await desk.everything()
    assert (await refused(call(desk.waitlists.JoinWaitlist, joining(house), token=""))).code == "UNAUTHENTICATED"
    assert (await refused(join(desk, house, owner))).code == "PERMISSION_DENIED"
    request = waitlist_pb2.TendWaitlistsRequest(limit=1)
    for token, code in (
        ("", "UNAUTHENTICATED"),
        (guest.token, "PERMISSION_DENIED"),
        (owner.token, "PERMISSION_DENIED"),
    ):
        assert (await refused(call(desk.waitlists.TendWaitlists, request, token=token))).code == code
    assert await desk.everything() == before
