"""A hotelier's money: statements sum to the ledger, and both to what bookings were paid less what went back."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from contracts.booking.v1 import booking_pb2
from contracts.payment.v1 import payee_pb2
from contracts.payout.v1 import payout_pb2, payout_pb2_grpc
from runtime.channels import call, open_channel
from runtime.clock import utc_now
from runtime.months import month_of
from runtime.shares import share_of
from stack.payout_audit import find_discrepancies
from tests.grpc_services.booking.desk import Desk
from tests.grpc_services.booking.moves import MoveDesk
from tests.grpc_services.booking.payments import Payments
from tests.grpc_services.hotel.catalogue import House, Kind
from tests.house import SignedIn, refused

COMMISSION = 1_500
KINDS = payee_pb2.PayeeEntryKind


@pytest.fixture(scope="module")
async def payouts(booking_address: str) -> AsyncIterator[payout_pb2_grpc.PayoutServiceAsyncStub]:
    async with open_channel(booking_address, payout_pb2.DESCRIPTOR) as channel:
        stub: payout_pb2_grpc.PayoutServiceAsyncStub = payout_pb2_grpc.PayoutServiceStub(channel)
        yield stub


def this_month() -> str:
    return month_of(utc_now(), "Europe/Paris")


async def statement(
    payouts: payout_pb2_grpc.PayoutServiceAsyncStub, house: House, token: str, month: str = ""
) -> payout_pb2.PayoutStatement:
    request = payout_pb2.GetPayoutStatementRequest(house_id=str(house.id), month=month or this_month())
    return await call(payouts.GetPayoutStatement, request, token=token)


async def entries(
    payouts: payout_pb2_grpc.PayoutServiceAsyncStub, house: House, token: str
) -> list[payee_pb2.PayeeEntry]:
    request = payout_pb2.ListPayoutEntriesRequest(house_id=str(house.id), month=this_month(), first=3)
    found: list[payee_pb2.PayeeEntry] = []
    while True:
        page = await call(payouts.ListPayoutEntries, request, token=token)
        found += page.entries
        if not page.next_cursor:
            return found
        request.after = page.next_cursor


async def fate(chance: random.Random, moves: MoveDesk, house: House, guest: SignedIn) -> booking_pb2.Booking:
    """A booking of one or two rooms that is paid, and perhaps called off in part or whole, or paid too late."""
    desk = moves.desk
    what = chance.choice(["stays", "goes", "goes in part", "late", "too late", "unpaid"])
    kind = 1 if what == "too late" else 0
    number = 1 if what == "too late" else chance.randint(1, 2)
    booked = await desk.booked(house, guest, *[house.room(kind)] * number, nights=chance.randint(1, 3))
    if what == "unpaid":
        return booked
    if what in ("late", "too late"):
        started = await desk.start_payment(booked, guest.token)
        await moves.payments.pay(started)
        await desk.run_out(started)
        await desk.expire()
        rival = await desk.booked(house, guest, house.room(kind))  # has the only room, or one of many
        await desk.hear_of(started.payment.id)
        await desk.let_expire(rival)
        return await desk.get(booked)
    paid = await moves.paid(booked, guest.token)
    if what == "stays":
        return paid
    rooms = [0] if what == "goes in part" and len(paid.rooms) == 2 else []
    preview = await moves.preview(paid, guest.token, rooms)
    await moves.cancel(paid, guest.token, preview.refund.minor_units, rooms)
    return await desk.get(paid)


@pytest.mark.parametrize("seed", [3, 11])
async def test_statements_sum_to_the_ledger_and_to_what_bookings_were_paid_less_refunds(
    moves: MoveDesk,
    payments: Payments,
    payouts: payout_pb2_grpc.PayoutServiceAsyncStub,
    owner: SignedIn,
    guest: SignedIn,
    seed: int,
) -> None:
    chance = random.Random(seed)
    kinds = Kind(rooms=40, price=10_001 + seed), Kind(rooms=1, price=7_777)
    house = await moves.house(owner, *kinds, tiers=((100_000, 0), (0, 33)))
    bookings = [await fate(chance, moves, house, guest) for _ in range(7)]
    stated = await statement(payouts, house, owner.token)
    paid = sum(one.paid.minor_units for one in bookings)
    refunded = sum(one.refunded.minor_units for one in bookings)
    assert paid > refunded > 0
    (totals,) = stated.totals
    month = totals.month
    assert (month.gross.minor_units, month.refunds.minor_units) == (paid, refunded)
    assert month.commission.minor_units == sum(share_of(one.paid.minor_units, COMMISSION) for one in bookings)
    kept = sum(share_of(one.paid.minor_units - one.refunded.minor_units, COMMISSION) for one in bookings)
    assert month.commission.minor_units - month.commission_returned.minor_units == kept
    assert month.net.minor_units == paid - refunded - kept == totals.closing.minor_units
    assert totals.opening.minor_units == 0

    listed = await entries(payouts, house, owner.token)
    sums: Counter[str] = Counter()
    for entry in listed:
        sums[KINDS.Name(entry.kind)] += entry.amount.minor_units
    assert sums["PAYEE_ENTRY_KIND_GROSS"] == paid
    assert sums["PAYEE_ENTRY_KIND_REFUND"] == -refunded
    assert sum(sums.values()) == month.net.minor_units
    references = {one.reference for one in bookings if one.paid.minor_units}
    assert {entry.booking_reference for entry in listed} == references
    async with payments.database.reading() as connection:
        held = await connection.fetchval(
            "SELECT sum(amount_minor_units)::bigint FROM payment.ledger_entry WHERE payee_id = $1", str(house.id)
        )
        assert held == month.net.minor_units
        assert await find_discrepancies(connection, {str(house.id): "Europe/Paris"}) == []


async def test_what_is_left_of_a_month_opens_the_next(
    moves: MoveDesk, payouts: payout_pb2_grpc.PayoutServiceAsyncStub, owner: SignedIn, guest: SignedIn
) -> None:
    house = await moves.house(owner, Kind(rooms=2))
    await moves.paid(await moves.desk.booked(house, guest), guest.token)
    now = await statement(payouts, house, owner.token)
    after = month_of(utc_now() + dt.timedelta(days=40), "Europe/Paris")
    later = await statement(payouts, house, owner.token, after)
    assert later.totals[0].opening == later.totals[0].closing == now.totals[0].closing
    assert later.totals[0].month.net.minor_units == 0
    assert not (await statement(payouts, house, owner.token, "2020-02")).totals


async def test_a_statement_is_its_hoteliers_alone(
    desk: Desk,
    payouts: payout_pb2_grpc.PayoutServiceAsyncStub,
    owner: SignedIn,
    other_owner: SignedIn,
    guest: SignedIn,
) -> None:
    house = await desk.house(owner, Kind(rooms=1))
    for token, code in ((other_owner.token, "NOT_FOUND"), (guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        assert (await refused(statement(payouts, house, token))).code == code
        assert (await refused(entries(payouts, house, token))).code == code
    for month in ("2027-13", "2027-5", "may", "1999-01"):
        assert (await refused(statement(payouts, house, owner.token, month))).path == ("month",)
    nobodys = payout_pb2.GetPayoutStatementRequest(house_id=str(uuid.uuid4()), month=this_month())
    assert (await refused(call(payouts.GetPayoutStatement, nobodys, token=owner.token))).code == "NOT_FOUND"
