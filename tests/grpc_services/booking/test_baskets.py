"""Rooms and visits to a salon in one basket: quoted, held, paid, given back and called off together."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator

import pytest

from contracts.booking.v1 import basket_pb2 as booking_basket_pb2
from contracts.booking.v1 import booking_pb2, front_desk_pb2
from contracts.salon.v1 import appointment_pb2, basket_pb2
from grpc_services.salon.audit import find_discrepancies
from runtime.channels import call
from runtime.clock import utc_now
from tests.grpc_services.booking.basket_desk import PRICE, BasketDesk, call_as, free_starts, open_basket_desk
from tests.grpc_services.booking.desk import (
    APPLIED,
    CONFIRMED,
    EXPIRED,
    HELD,
    Desk,
    booking_request,
    quote_request,
)
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.salon import appointment_desk as visits
from tests.grpc_services.salon.appointment_desk import at
from tests.grpc_services.salon.parlour import Shop
from tests.house import SignedIn, refused
from tests.parts import Parts


@pytest.fixture(scope="module")
async def basket(
    parts: Parts, auth_address: str, salon_address: str, desk: Desk, payments: Payments
) -> AsyncIterator[BasketDesk]:
    async with open_basket_desk(parts, auth_address, salon_address, desk, payments) as opened:
        yield opened
        async with opened.salon.database.reading() as connection:
            assert await find_discrepancies(connection) == []


async def test_a_quote_adds_the_visits_to_the_price_of_the_rooms(basket: BasketDesk, owner: SignedIn) -> None:
    house, shop = await basket.places(owner, masters=2)
    alone = await basket.quote(house, [])
    quote = await basket.quote(house, [basket.visit(shop), basket.visit(shop)])
    assert quote.total.minor_units == alone.total.minor_units + 2 * PRICE
    first, second = quote.visits
    assert first.services[0].visited.master_id != second.services[0].visited.master_id, "two at once take two masters"
    assert (first.salon_name, first.time_zone, first.total.minor_units) == (shop.salon.name, "Europe/Paris", PRICE)
    assert await basket.live_visits(shop) == 0, "a quote holds nothing"


async def test_visits_that_cannot_be_quoted_are_named(
    basket: BasketDesk, owner: SignedIn, other_owner: SignedIn, desk: Desk
) -> None:
    house, shop = await basket.places(owner)
    _, elsewhere = await basket.places(other_owner)
    francs = await basket.salon.parlour.shop(owner, currency="CHF")
    draft = await basket.salon.parlour.salon(owner)
    good = basket.visit(shop)
    taken = basket.visit(shop, at("10:30"))
    for visit, code, path in (
        (basket.visit(elsewhere), "INVALID_INPUT", ("visits", "1", "salonId")),
        (basket.visit(francs), "INVALID_INPUT", ("visits", "1", "salonId")),
        (basket_pb2.WantedVisit(salon_id=draft.id, starts_at=good.starts_at), "NOT_FOUND", ("visits", "1", "salonId")),
        (taken, "INVALID_INPUT", ("visits", "1", "startsAt")),
        (basket.visit(shop, at("03:00")), "SLOT_UNAVAILABLE", ("visits", "1", "startsAt")),
        (basket_pb2.WantedVisit(salon_id=shop.salon.id), "INVALID_INPUT", ("visits", "1", "startsAt")),
    ):
        refusal = await refused(basket.quote(house, [good, visit]))
        assert (refusal.code, refusal.path) == (code, path)
    night = await refused(basket.quote(house, [basket.visit(shop, at("03:00"))]))
    assert night.details["next_starts"].startswith(f"{at('09:00'):%Y-%m-%dT%H:%M:%SZ}")
    assert (await refused(basket.quote(house, [good] * 6))).path == ("visits",)
    change = quote_request(house)
    change.visits.append(good)
    change.block_id = str(uuid.uuid4())
    assert (await refused(call(desk.bookings.CreateQuote, change, token=owner.token))).code in (
        "INVALID_INPUT",
        "NOT_FOUND",
    )


async def test_a_basket_is_held_and_confirmed_together(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, desk: Desk
) -> None:
    house, shop = await basket.places(owner)
    held = await basket.held(house, shop, guest)
    assert (held.state, held.visits[0].state) == (HELD, visits.HELD)
    assert held.due.minor_units == held.total.minor_units == held.rooms[0].total.minor_units + PRICE
    appointment = await basket.appointment(held)
    assert (appointment.state, appointment.booking_id) == (visits.HELD, held.id)
    assert at("10:00") not in await free_starts(basket, shop)
    paid = await basket.pay(held, guest)
    assert (paid.state, paid.visits[0].state, paid.due.minor_units) == (CONFIRMED, visits.CONFIRMED, 0)
    appointment = await basket.appointment(paid)
    assert (appointment.state, appointment.paid.minor_units) == (visits.CONFIRMED, PRICE)
    assert await desk.timeline(paid) == ["BookingHeld", "PaymentStarted", "BookingConfirmed", "VisitConfirmed"]
    assert await basket.salon.events(appointment) == ["AppointmentHeld", "AppointmentConfirmed"]


async def test_asked_twice_with_one_key_it_is_booked_once(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, stranger: SignedIn, desk: Desk
) -> None:
    house, shop = await basket.places(owner)
    quote = await basket.quote(house, [basket.visit(shop)])
    key = uuid.uuid4().hex
    first = await desk.book(quote, guest.token, key)
    assert await desk.book(quote, guest.token, key) == first
    assert (await refused(desk.book(quote, guest.token))).code == "ILLEGAL_STATE"
    assert (await refused(desk.book(quote, stranger.token))).code == "ILLEGAL_STATE"
    assert await basket.live_visits(shop) == 1
    assert (await basket.appointment(first)).state == visits.HELD


async def test_a_slot_that_is_gone_takes_no_nights(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, stranger: SignedIn, desk: Desk
) -> None:
    house, shop = await basket.places(owner)
    quote = await basket.quote(house, [basket.visit(shop)])
    await basket.salon.book(shop, stranger, at("10:00"))
    before = await desk.free(house)
    refusal = await refused(desk.book(quote, guest.token))
    assert (refusal.code, refusal.path) == ("SLOT_UNAVAILABLE", ("visits", "0", "startsAt"))
    assert refusal.details["next_starts"]
    assert await desk.free(house) == before
    assert await basket.live_visits(shop) == 1


async def test_nights_that_are_gone_take_no_slot(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, stranger: SignedIn, desk: Desk
) -> None:
    house, shop = await basket.places(owner, rooms=1)
    quote = await basket.quote(house, [basket.visit(shop)])
    await desk.booked(house, stranger)
    assert (await refused(desk.book(quote, guest.token))).code == "ROOM_UNAVAILABLE"
    assert await basket.live_visits(shop) == 0
    assert at("10:00") in await free_starts(basket, shop)


async def test_a_hold_that_runs_out_frees_rooms_and_visits(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, desk: Desk
) -> None:
    house, shop = await basket.places(owner, rooms=1)
    held = await basket.held(house, shop, guest)
    await basket.salon.run_out(await basket.appointment(held))
    assert at("10:00") not in await free_starts(basket, shop), "a visit's hold ends by its booking's word alone"
    await desk.let_expire(held)
    await basket.tend(limit=100)
    assert (await basket.appointment(held)).state == visits.EXPIRED
    assert at("10:00") in await free_starts(basket, shop)
    assert await desk.free(house) == [1, 1]
    assert (await desk.timeline(held))[-1] == "VisitReleased"


async def test_late_money_takes_rooms_and_visits_again(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, desk: Desk, payments: Payments
) -> None:
    house, shop = await basket.places(owner)
    pending = await desk.start_payment(await basket.held(house, shop, guest), guest.token)
    await payments.pay(pending)
    await desk.let_expire(pending)
    await basket.tend(pending)
    assert await basket.live_visits(shop) == 0
    assert await desk.hear_of(pending.payment.id) == APPLIED
    now = await desk.get(pending)
    assert (now.state, now.visits[0].state, now.refunded.minor_units) == (CONFIRMED, visits.CONFIRMED, 0)
    assert (await basket.appointment(now)).state == visits.CONFIRMED
    assert await basket.live_visits(shop) == 1


@pytest.mark.parametrize("gone", ["slot", "rooms"])
async def test_late_money_goes_back_whole_when_a_part_is_gone(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, stranger: SignedIn, desk: Desk, payments: Payments, gone: str
) -> None:
    house, shop = await basket.places(owner, rooms=1)
    pending = await desk.start_payment(await basket.held(house, shop, guest), guest.token)
    await payments.pay(pending)
    await desk.let_expire(pending)
    await basket.tend(pending)
    if gone == "slot":
        await basket.salon.book(shop, stranger, at("10:00"))
    else:
        await desk.booked(house, stranger)
    assert await desk.hear_of(pending.payment.id) == APPLIED
    now = await desk.get(pending)
    assert (now.state, now.refunded.minor_units, now.visits[0].state) == (
        EXPIRED,
        now.total.minor_units,
        visits.EXPIRED,
    )
    assert (await basket.appointment(now)).state == visits.EXPIRED
    assert await basket.live_visits(shop) == (1 if gone == "slot" else 0)
    assert await desk.free(house) == ([1, 1] if gone == "slot" else [0, 0])


async def test_a_visit_is_cancelled_alone_by_its_own_policy(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, stranger: SignedIn, desk: Desk
) -> None:
    house, shop = await basket.places(owner)
    soon = await free_soon(basket, shop)
    paid = await basket.paid(house, shop, guest, soon)
    appointment = await basket.appointment(paid)
    assert (await refused(basket.salon.cancel(appointment, stranger, PRICE // 2))).code == "NOT_FOUND"
    assert (await refused(basket.salon.cancel(appointment, guest, PRICE))).code == "REFUND_CHANGED"
    preview = await basket.salon.preview(appointment, guest)
    assert preview.penalty.minor_units == PRICE // 2
    await basket.salon.cancel(appointment, guest, PRICE // 2)
    assert await basket.tend(paid) == 1
    now = await desk.get(paid)
    assert (now.state, now.visits[0].state) == (CONFIRMED, visits.CANCELLED)
    assert (now.refunded.minor_units, now.visits[0].cost.minor_units) == (PRICE // 2, PRICE // 2)
    assert now.total.minor_units == paid.total.minor_units - PRICE // 2
    assert (now.penalty.minor_units, now.due.minor_units) == (PRICE // 2, 0)
    assert (await desk.timeline(paid))[-2:] == ["VisitCancelled", "BookingRefunded"]
    assert await basket.tend(paid) == 1
    assert (await desk.get(paid)).refunded.minor_units == PRICE // 2, "once however often it is heard"


async def free_soon(basket: BasketDesk, shop: Shop) -> dt.datetime:
    """A free start within a day and a half."""
    today = utc_now().date()
    slots = await basket.salon.slots(shop, day=today, days=2)
    return slots[-1].starts_at.ToDatetime(tzinfo=dt.UTC)


async def test_the_whole_basket_is_cancelled_each_part_by_its_own_policy(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, desk: Desk
) -> None:
    house, shop = await basket.places(owner)
    paid = await basket.paid(house, shop, guest, await free_soon(basket, shop))
    preview = await basket.preview(paid, guest)
    assert [(one.position, one.penalty.minor_units) for one in preview.visits] == [(0, PRICE // 2)]
    assert preview.penalty.minor_units == preview.rooms_penalty.minor_units + PRICE // 2
    assert preview.refund.minor_units == paid.paid.minor_units - preview.penalty.minor_units
    wrong = await refused(basket.cancel(paid, guest, preview.refund.minor_units + 1))
    assert wrong.code == "REFUND_CHANGED"
    assert (await basket.appointment(paid)).state == visits.CONFIRMED
    now = await basket.cancel(paid, guest, preview.refund.minor_units)
    assert (now.visits[0].state, now.penalty) == (visits.CANCELLED, preview.penalty)
    appointment = await basket.appointment(paid)
    assert (appointment.state, appointment.penalty.minor_units) == (visits.CANCELLED, PRICE // 2)
    assert await basket.live_visits(shop) == 0
    assert (await desk.get(paid)).refunded == preview.refund


async def test_before_it_is_paid_a_basket_is_cancelled_for_nothing(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, desk: Desk
) -> None:
    house, shop = await basket.places(owner)
    held = await basket.held(house, shop, guest)
    appointment = await basket.appointment(held)
    for refusal in (
        await refused(basket.salon.cancel(appointment, guest)),
        await refused(basket.salon.cancel(appointment, owner)),
        await refused(basket.salon.move(appointment, guest, at("14:00"))),
        await refused(basket.salon.start_payment(appointment, guest)),
    ):
        assert refusal.code == "ILLEGAL_STATE"
    assert (await basket.appointment(held)).version == appointment.version
    await basket.cancel(held, guest, 0)
    assert (await basket.appointment(held)).state == visits.CANCELLED
    assert await basket.live_visits(shop) == 0


async def test_what_the_salon_does_reaches_the_booking_and_its_bill(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, desk: Desk
) -> None:
    house, shop = await basket.places(owner)
    paid = await basket.paid(house, shop, guest)
    moved = await basket.salon.move(await basket.appointment(paid), guest, at("15:00"))
    await basket.tend(paid)
    assert (await desk.get(paid)).visits[0].starts_at.ToDatetime(tzinfo=dt.UTC) == at("15:00")
    await basket.salon.cancel(moved, owner, PRICE)
    await basket.tend(paid)
    now = await desk.get(paid)
    assert (now.refunded.minor_units, now.visits[0].cost.minor_units, now.state) == (PRICE, 0, CONFIRMED)
    assert [kind for kind in await desk.timeline(paid) if kind.startswith("Visit")] == [
        "VisitConfirmed",
        "VisitMoved",
        "VisitCancelled",
    ]
    preview = await basket.preview(paid, guest)
    assert preview.refund.minor_units + preview.penalty.minor_units == now.paid.minor_units - PRICE


async def test_a_dead_attempt_leaves_nothing_held(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, desk: Desk
) -> None:
    """As a process leaves it that died between salon's hold and the booking."""
    house, shop = await basket.places(owner)
    quote = await basket.quote(house, [basket.visit(shop)])
    booking_id = uuid.uuid4()
    async with desk.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO booking.basket (booking_id, quote_id, account_id, state, attempt)"
            " VALUES ($1, $2, $3, 'OPEN', 1)",
            booking_id,
            uuid.UUID(quote.id),
            guest.account_id,
        )
    request = basket_pb2.HoldVisitsRequest(
        booking_id=str(booking_id),
        attempt=1,
        client_account_id=str(guest.account_id),
        client=appointment_pb2.ClientDetails(name="Ada Lovelace", email="ada@example.org"),
        visits=quote.visits,
    )
    assert (await refused(call_as(basket, request, guest.token))).code == "PERMISSION_DENIED"
    assert await basket.live_visits(shop) == 0
    await call_as(basket, request, desk.system)
    assert await basket.live_visits(shop) == 1
    await basket.tend(limit=100)
    assert await basket.live_visits(shop) == 1, "somebody may still be at it"
    await basket.attempts_died()
    await basket.tend(limit=100)
    assert await basket.live_visits(shop) == 0
    booked = await desk.book(quote, guest.token)
    assert (booked.id, booked.visits[0].state) == (str(booking_id), visits.HELD)
    late = await call(
        basket.baskets.ReleaseVisits,
        basket_pb2.ReleaseVisitsRequest(booking_id=booked.id, attempt=1),
        token=desk.system,
    )
    assert late.visits[0].appointment.state == visits.HELD, "a straggler of an earlier attempt lets nothing go"


async def test_rooms_of_a_basket_are_changed_and_the_visits_stay(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, desk: Desk
) -> None:
    house, shop = await basket.places(owner)
    paid = await basket.paid(house, shop, guest)
    request = quote_request(house, nights=3)
    request.booking_id = paid.id
    longer = await call(desk.bookings.CreateQuote, request, token=guest.token)
    asked = booking_pb2.PreviewModificationRequest(booking_id=paid.id, quote_id=longer.id)
    preview = await call(desk.bookings.PreviewModification, asked, token=guest.token)
    assert (preview.old_total, preview.new_total.minor_units) == (paid.total, longer.total.minor_units + PRICE)
    change = booking_pb2.ModifyBookingRequest(
        booking_id=paid.id, quote_id=longer.id, idempotency_key=uuid.uuid4().hex, expected_refund=preview.refund
    )
    changed = await call(desk.bookings.ModifyBooking, change, token=guest.token)
    assert (changed.total, changed.due) == (preview.new_total, preview.due)
    assert changed.visits == paid.visits
    request.visits.append(basket.visit(shop, at("15:00")))
    assert (await refused(call(desk.bookings.CreateQuote, request, token=guest.token))).path == ("visits",)


async def test_only_our_own_processes_decide_about_visits(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, desk: Desk
) -> None:
    house, shop = await basket.places(owner)
    held = await basket.held(house, shop, guest)
    before = await basket.appointment(held)
    named = {"booking_id": held.id}
    for who in (guest, owner):
        for asking in (
            call(basket.baskets.ConfirmVisits, basket_pb2.ConfirmVisitsRequest(**named), token=who.token),
            call(basket.baskets.ReleaseVisits, basket_pb2.ReleaseVisitsRequest(attempt=9, **named), token=who.token),
            call(basket.baskets.CancelVisits, basket_pb2.CancelVisitsRequest(booking_id=held.id), token=who.token),
            call(basket.baskets.GetVisits, basket_pb2.GetVisitsRequest(**named), token=who.token),
            call(basket.baskets.ListOverdueBaskets, basket_pb2.ListOverdueBasketsRequest(), token=who.token),
            call(
                desk.baskets.TendBaskets,
                booking_basket_pb2.TendBasketsRequest(booking_ids=[held.id]),
                token=who.token,
            ),
        ):
            assert (await refused(asking)).code == "PERMISSION_DENIED"
    assert await basket.appointment(held) == before


async def test_visits_are_not_for_walk_ins_and_only_for_guests_of_the_house(
    basket: BasketDesk, owner: SignedIn, desk: Desk
) -> None:
    house, shop = await basket.places(owner)
    quote = await basket.quote(house, [basket.visit(shop)])
    assert (await refused(desk.book(quote, owner.token))).code == "PERMISSION_DENIED"
    assert (await refused(desk.book(quote, ""))).code == "UNAUTHENTICATED"
    walk_in = front_desk_pb2.CreateWalkInRequest(
        quote_id=quote.id, idempotency_key=uuid.uuid4().hex, guest=booking_request(quote).guest
    )
    assert (await refused(call(desk.front_desk.CreateWalkIn, walk_in, token=owner.token))).path == ("quoteId",)
    assert await basket.live_visits(shop) == 0
    assert await desk.free(house) == [3, 3]
