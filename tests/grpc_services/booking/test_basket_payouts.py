"""A basket's money belongs to its house and its salons, each to the cent, whatever happens to any part of it and in
whatever order the payment system tells."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from contracts.booking.v1 import booking_pb2
from contracts.payment.v1 import payee_pb2, payment_pb2
from contracts.payout.v1 import payout_pb2, payout_pb2_grpc
from grpc_services.booking.audit import find_discrepancies
from grpc_services.payment.audit import find_discrepancies as find_in_ledger
from runtime.channels import call, open_channel
from runtime.clock import utc_now
from runtime.errors import ServiceError
from runtime.months import month_of
from stack import payee_audit
from tests.grpc_services.booking.basket_desk import PRICE, BasketDesk, open_basket_desk
from tests.grpc_services.booking.desk import Desk, quote_request
from tests.grpc_services.booking.moves import HotelClock, MoveDesk
from tests.grpc_services.booking.payments import REFUNDED_LATE, Payments
from tests.grpc_services.hotel.catalogue import House
from tests.grpc_services.salon.appointment_desk import at
from tests.grpc_services.salon.parlour import Shop
from tests.house import SignedIn
from tests.parts import Parts

COMMISSION = 1_500
GROSS, REFUND = payee_pb2.PAYEE_ENTRY_KIND_GROSS, payee_pb2.PAYEE_ENTRY_KIND_REFUND
LEDGER = """
    SELECT e.payee_id, sum(e.amount_minor_units)::bigint AS amount
    FROM payment.ledger_entry AS e
    JOIN payment.ledger_transaction AS t ON t.id = e.transaction_id
    JOIN payment.payment AS p ON p.id = t.payment_id
    WHERE p.booking_id = $1 AND e.account = 'PAYEE' AND e.kind IN ('GROSS', 'REFUND')
    GROUP BY 1
"""
BOOKED = """
    SELECT share.key AS payee_id, sum(sign * share.value::bigint)::bigint AS amount
    FROM (
        SELECT 1 AS sign, shares FROM booking.captured_payment WHERE booking_id = $1
        UNION ALL
        SELECT -1, shares FROM booking.refund WHERE booking_id = $1 AND state IN ('PENDING', 'SUCCEEDED')
    ) AS moved
    CROSS JOIN jsonb_each_text(shares) AS share GROUP BY 1
"""


@pytest.fixture(scope="module")
async def basket(
    parts: Parts, auth_address: str, salon_address: str, desk: Desk, payments: Payments
) -> AsyncIterator[BasketDesk]:
    async with open_basket_desk(parts, auth_address, salon_address, desk, payments) as opened:
        yield opened


async def stated(
    address: str, house_id: str, token: str
) -> tuple[payee_pb2.PayeeTotals | None, list[payee_pb2.PayeeEntry]]:
    """This month's totals of a hotel or a salon, and the entries behind them."""
    month = month_of(utc_now(), "Europe/Paris")
    async with open_channel(address, payout_pb2.DESCRIPTOR) as channel:
        stub: payout_pb2_grpc.PayoutServiceAsyncStub = payout_pb2_grpc.PayoutServiceStub(channel)
        asked = payout_pb2.GetPayoutStatementRequest(house_id=house_id, month=month)
        statement = await call(stub.GetPayoutStatement, asked, token=token)
        listing = payout_pb2.ListPayoutEntriesRequest(house_id=house_id, month=month, first=100)
        listed = await call(stub.ListPayoutEntries, listing, token=token)
    return (statement.totals[0].month if statement.totals else None), list(listed.entries)


async def test_the_statements_of_hotel_and_salon_name_their_parts_and_what_each_gave_back(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, booking_address: str, salon_address: str
) -> None:
    house, shop = await basket.places(owner)
    paid = await basket.paid(house, shop, guest)
    rooms = paid.total.minor_units - PRICE
    shares = (await basket.payments.get(paid.payment.id)).shares
    assert [(one.payee_id, one.amount.minor_units, one.commission_basis_points) for one in shares] == [
        (str(house.id), rooms, COMMISSION),
        (shop.salon.id, PRICE, COMMISSION),
    ]
    await basket.salon.cancel(await basket.appointment(paid), guest, PRICE)
    await basket.tend(paid)
    hotels, of_hotel = await stated(booking_address, str(house.id), owner.token)
    salons, of_salon = await stated(salon_address, shop.salon.id, owner.token)
    assert hotels is not None
    assert (hotels.gross.minor_units, hotels.refunds.minor_units) == (rooms, 0)
    assert salons is not None
    assert (salons.gross.minor_units, salons.refunds.minor_units, salons.net.minor_units) == (PRICE, PRICE, 0)
    assert {one.booking_reference for one in (*of_hotel, *of_salon)} == {paid.reference}
    assert [(one.kind, one.amount.minor_units) for one in of_salon if one.kind in (GROSS, REFUND)] == [
        (GROSS, PRICE),
        (REFUND, -PRICE),
    ]


async def test_late_money_goes_back_from_everybody(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, stranger: SignedIn, desk: Desk, payments: Payments
) -> None:
    house, shop = await basket.places(owner, rooms=1)
    pending = await desk.start_payment(await basket.held(house, shop, guest), guest.token)
    await payments.pay(pending)
    await desk.let_expire(pending)
    await basket.tend(pending)
    await desk.booked(house, stranger)
    await desk.hear_of(pending.payment.id)
    refund = await payments.newest_refund(pending.payment.id)
    shared = {share.payee_id: share.amount.minor_units for share in refund.shares}
    assert shared == {str(house.id): pending.total.minor_units - PRICE, shop.salon.id: PRICE}


async def test_a_salon_pays_no_bill_of_the_house(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, desk: Desk, payments: Payments
) -> None:
    house, shop = await basket.places(owner)
    paid = await basket.paid(house, shop, guest)
    charged = await MoveDesk(desk, HotelClock(), payments).charge(paid, owner.token, 2_500)
    assert charged.due.minor_units == 2_500
    await basket.salon.cancel(await basket.appointment(paid), guest, PRICE)
    await basket.tend(paid)
    now = await desk.get(paid)
    assert (now.refunded.minor_units, now.due.minor_units) == (PRICE, 2_500)
    again = await desk.start_payment(now, guest.token)
    (share,) = (await payments.get(again.payment.id)).shares
    assert (share.payee_id, share.amount.minor_units) == (str(house.id), 2_500)


@dataclass
class Story:
    """What happens to one paid basket of two rooms and two visits at two salons, in an order that chance chooses."""

    basket: BasketDesk
    moves: MoveDesk
    chance: random.Random
    owner: SignedIn
    guest: SignedIn
    house: House
    shops: list[Shop]
    booking: booking_pb2.Booking = field(default_factory=booking_pb2.Booking)
    happened: Counter[str] = field(default_factory=Counter)

    async def begin(self) -> None:
        request = quote_request(self.house, self.house.room(), self.house.room())
        hours = ("10:00", "12:00")
        request.visits.extend(self.basket.visit(shop, at(hour)) for shop, hour in zip(self.shops, hours, strict=True))
        desk = self.basket.desk
        quote = await desk.call(desk.bookings.CreateQuote, request, token="")
        booking = await desk.start_payment(await desk.book(quote, self.guest.token), self.guest.token)
        await self.basket.payments.pay(booking, REFUNDED_LATE)
        await desk.hear_of(booking.payment.id)
        self.booking = await desk.get(booking)

    async def go_on(self, times: int) -> None:
        events = [self.call_off, self.call_off, self.leave_a_room, self.charge, self.pay_more]
        bank = [self.settle, self.settle, self.contest, self.decide, self.hear, self.hear]
        for _ in range(times):
            event = self.chance.choice([*events, *bank])
            try:
                await event()
                self.happened[event.__name__] += 1
            except ServiceError as refusal:  # many a move is refused in the state that others left
                if refusal.code not in ("ILLEGAL_STATE", "INVALID_INPUT", "REFUND_CHANGED"):
                    raise
            self.booking = await self.basket.desk.get(self.booking)

    async def call_off(self) -> None:
        """By its client or by the salon."""
        position = self.chance.randrange(2)
        appointment = await self.basket.appointment(self.booking, position)
        await self.basket.salon.cancel(appointment, self.chance.choice([self.guest, self.owner]), PRICE)
        if self.chance.random() < 0.5:
            await self.basket.tend(self.booking)

    async def leave_a_room(self) -> None:
        who = self.chance.choice([self.guest, self.owner])
        rooms = self.chance.choice([[0], [1], []])
        preview = await self.moves.preview(self.booking, who.token, rooms)
        await self.moves.cancel(self.booking, who.token, preview.refund.minor_units, rooms)

    async def charge(self) -> None:
        amount = self.chance.choice([-1, 1]) * self.chance.randint(1, 4_000)
        await self.moves.charge(self.booking, self.owner.token, amount)

    async def pay_more(self) -> None:
        started = await self.basket.desk.start_payment(self.booking, self.guest.token)
        await self.basket.payments.pay(started, REFUNDED_LATE)

    async def payments(self) -> list[str]:
        query = "SELECT id::text AS id FROM payment.payment WHERE booking_id = $1 ORDER BY created_at"
        async with self.basket.payments.database.reading() as connection:
            return [row["id"] for row in await connection.fetch(query, self.booking.id)]

    async def settle(self) -> None:
        """The bank decides about a refund."""
        query = "SELECT id::text AS id FROM payment.refund WHERE payment_id::text = ANY ($1) ORDER BY created_at"
        async with self.basket.payments.database.reading() as connection:
            known = await connection.fetch(query, await self.payments())
        if known:
            outcome = self.chance.choice(["SUCCEEDED", "SUCCEEDED", "FAILED", "REVERSED"])
            refund = payment_pb2.Refund(id=self.chance.choice(known)["id"])
            await self.basket.payments.settle_refund(refund, payment_pb2.RefundState.Value(f"REFUND_STATE_{outcome}"))

    async def contest(self) -> None:
        await self.basket.payments.dispute(self.chance.choice(await self.payments()))

    async def decide(self) -> None:
        for payment_id in await self.payments():
            for dispute in (await self.basket.payments.get(payment_id)).disputes:
                if dispute.state == payment_pb2.DISPUTE_STATE_OPENED:
                    won = self.chance.random() < 0.7
                    outcome = payment_pb2.DISPUTE_STATE_WON if won else payment_pb2.DISPUTE_STATE_LOST
                    await self.basket.payments.resolve(dispute, outcome)

    async def hear(self) -> None:
        for payment_id in await self.payments():
            if self.chance.random() < 0.5:
                await self.basket.desk.hear_of(payment_id)
        if self.chance.random() < 0.5:
            await self.basket.desk.make_refunds_due(self.booking)

    async def calm(self) -> None:
        """Everything that was told is heard."""
        await self.basket.tend(self.booking)
        for _ in range(2):
            for payment_id in await self.payments():
                await self.basket.desk.hear_of(payment_id)


async def by_payee(desk: Desk | Payments, query: str, booking_id: object) -> dict[str, int]:
    async with desk.database.reading() as connection:
        return {row["payee_id"]: row["amount"] for row in await connection.fetch(query, booking_id) if row["amount"]}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_in_any_order_of_events_what_each_payee_has_is_what_the_ledger_says(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, desk: Desk, payments: Payments, seed: int
) -> None:
    chance = random.Random(seed)
    house, shop = await basket.places(owner, rooms=10)
    shops = [shop, (await basket.places(owner))[1]]
    story = Story(basket, MoveDesk(desk, HotelClock(), payments), chance, owner, guest, house, shops)
    await story.begin()
    await story.go_on(16)
    await story.calm()
    expected = await by_payee(desk, BOOKED, uuid.UUID(story.booking.id))
    assert await by_payee(payments, LEDGER, story.booking.id) == expected, story.happened
    async with desk.database.reading() as ours, payments.database.reading() as theirs:
        assert await find_discrepancies(ours) == []
        assert await find_in_ledger(theirs) == []
        known = await payee_audit.known_shares(ours, payee_audit.OF_BOOKINGS)
        payees = {str(house.id), *(shop.salon.id for shop in shops)}
        of_these = {one: amount for one, amount in known.items() if one[1] in payees}
        assert of_these
        assert await payee_audit.find_discrepancies(theirs, of_these) == []


async def test_a_share_that_the_ledger_does_not_know_is_found(
    basket: BasketDesk, owner: SignedIn, guest: SignedIn, desk: Desk, payments: Payments
) -> None:
    house, shop = await basket.places(owner)
    paid = await basket.paid(house, shop, guest)
    async with desk.database.reading() as ours, payments.database.reading() as theirs:
        known = await payee_audit.known_shares(ours, payee_audit.OF_BOOKINGS)
        mine = (f"payment {paid.payment.id}", shop.salon.id)
        assert known[mine] == PRICE
        of_payment = {one: amount for one, amount in known.items() if one[0] == mine[0]}
        (found,) = await payee_audit.find_discrepancies(theirs, {**of_payment, mine: PRICE + 1})
    assert (found.kind, found.subject, found.detail, found.expected, found.found) == ("PAYEE", *mine, PRICE, PRICE + 1)
