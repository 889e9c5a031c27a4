"""Plays bookings through GraphQL: guests book, change and cancel, the desk does the rest."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from stack.replay.client import Client, Refused, ReplayFailed, mutation, new_key
from stack.replay.days import Moment, Step, waves
from stack.replay.opening import CURRENCY, OpenedHotel
from stack.replay.revenue import Rates
from stack.replay.rows import BookedStay, Deposit

AT_ONCE = 6  # moves of one step that are under way at the same time
_AGE_OF_A_CHILD = 8  # the file tells how many came, not how old they were
_AGE_OF_A_BABY = 1
_AT_THE_DESK = "Direct"
_QUOTE = mutation("quoteCreate", "Quote", "id total { minorUnits }")
_BOOK = mutation("bookingCreate", "BookingCreated", "booking { id }")
_WALK_IN = mutation("walkInCreate", "WalkInCreated", "booking { id }")
_CHANGE = mutation("bookingModify", "BookingModified", "booking { id }")
_CANCEL = mutation("bookingCancel", "BookingCancelled", "booking { id }")
_CHECK_IN = mutation("bookingCheckIn", "BookingCheckedIn", "booking { id }")
_CHECK_OUT = mutation("bookingCheckOut", "BookingCheckedOut", "booking { id }")
_PAY_AND_CHECK_OUT = """
    mutation ($payment: BookingDeskPaymentRecordInput!, $departure: BookingCheckOutInput!) {
        paid: bookingDeskPaymentRecord(input: $payment) { ... on UserError { code message } }
        left: bookingCheckOut(input: $departure) { ... on UserError { code message } }
    }
"""
_NO_SHOW = mutation("bookingMarkNoShow", "BookingMarkedNoShow", "booking { id }")
_DESK_PAYMENT = mutation("bookingDeskPaymentRecord", "BookingDeskPaymentRecorded", "booking { id }")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A move of a row that the platform refused."""

    stay: BookedStay
    step: Step
    reason: Refused


@dataclass(slots=True)
class _Booked:
    id: str
    guest: Client  # who booked, and may change and cancel
    paid: int = 0  # at the desk so far
    door: str = ""


class Player:
    def __init__(self, hotel: OpenedHotel) -> None:
        self._hotel = hotel
        self._rates = Rates(hotel)
        self._bookings: dict[int, _Booked] = {}
        self._turn = asyncio.Semaphore(AT_ONCE)
        self.played: Counter[Step] = Counter()
        self.refusals: list[Refusal] = []
        self._moves: dict[Step, Callable[[BookedStay], Awaitable[None]]] = {
            Step.BOOKINGS: self._book,
            Step.CHANGES: self._change,
            Step.CANCELLATIONS: self._cancel,
            Step.CANCELLATIONS_SAME_DAY: self._cancel,
            Step.NO_SHOWS: self._mark_no_show,
            Step.ARRIVALS: self._check_in,
            Step.DEPARTURES: self._check_out,
            Step.DEPARTURES_SAME_DAY: self._check_out,
        }

    def has_booked(self, stay: BookedStay) -> bool:
        return stay.line in self._bookings

    async def play(self, moment: Moment) -> None:
        """Everything of one step, several at a time. What was never booked is neither changed nor cancelled."""
        step = moment.step
        stays = [stay for stay in moment.stays if step is Step.BOOKINGS or stay.line in self._bookings]
        if step not in (Step.BOOKINGS, Step.CHANGES):
            await self._all(stays, step)
            return
        for wave in waves(stays):
            refused = await self._rates.set_for(wave)
            self.refusals += [Refusal(stay, step, refused[stay.line]) for stay in wave if stay.line in refused]
            await self._all([stay for stay in wave if stay.line not in refused], step)

    async def _all(self, stays: Sequence[BookedStay], step: Step) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for stay in stays:
                    group.create_task(self._one(stay, step))
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _one(self, stay: BookedStay, step: Step) -> None:
        async with self._turn:
            try:
                await self._moves[step](stay)
            except Refused as reason:
                self.refusals.append(Refusal(stay, step, reason))
            else:
                self.played[step] += 1

    async def _book(self, stay: BookedStay) -> None:
        at_the_desk = stay.segment == _AT_THE_DESK and not stay.lead_days and stay.deposit is Deposit.NONE
        guest = self._hotel.desk if at_the_desk else self._hotel.channels[stay.channel]
        quote_id = await self._quote(stay, guest)
        made = await guest.mutate(
            _WALK_IN if at_the_desk else _BOOK,
            quoteId=quote_id,
            idempotencyKey=new_key(),
            guest={"name": f"Guest of line {stay.line}", "email": "guest@example.org"},
        )
        booking = self._bookings[stay.line] = _Booked(made["booking"]["id"], guest)
        if stay.deposit is not Deposit.NONE:
            await self._transfer(booking, _price(stay))

    async def _change(self, stay: BookedStay) -> None:
        """The file does not tell what was changed; the stay that it tells is asked for again."""
        booking = self._bookings[stay.line]
        quote_id = await self._quote(stay, booking.guest, bookingId=booking.id)
        await booking.guest.mutate(
            _CHANGE,
            bookingId=booking.id,
            idempotencyKey=new_key(),
            quoteId=quote_id,
            expectedRefund=_amount(0),
        )

    async def _cancel(self, stay: BookedStay) -> None:
        booking = self._bookings[stay.line]
        await booking.guest.mutate(_CANCEL, bookingId=booking.id, idempotencyKey=new_key(), expectedRefund=_amount(0))
        if stay.deposit is Deposit.GIVEN_BACK:
            await self._transfer(booking, -booking.paid)

    async def _mark_no_show(self, stay: BookedStay) -> None:
        await self._at_the_desk(_NO_SHOW, stay)

    async def _check_in(self, stay: BookedStay) -> None:
        """With a door of the type that the guest really got, which may be another than they booked."""
        door = self._hotel.free_doors[stay.assigned].pop()
        try:
            await self._at_the_desk(_CHECK_IN, stay, doors=[{"position": 0, "roomId": door}])
        except Refused:
            self._hotel.free_doors[stay.assigned].append(door)
            raise
        self._bookings[stay.line].door = door

    async def _check_out(self, stay: BookedStay) -> None:
        """What is still due is paid in the same request."""
        booking = self._bookings[stay.line]
        due = _price(stay) - booking.paid
        if due:
            payment = _payment(booking, due, "CARD")
            departure = {"bookingId": booking.id, "idempotencyKey": new_key()}
            await self._hotel.desk.mutate_all(_PAY_AND_CHECK_OUT, {"payment": payment, "departure": departure})
        else:
            await self._at_the_desk(_CHECK_OUT, stay)
        self._hotel.free_doors[stay.assigned].append(booking.door)

    async def _at_the_desk(self, document: str, stay: BookedStay, **more: Any) -> None:
        booking_id = self._bookings[stay.line].id
        await self._hotel.desk.mutate(document, bookingId=booking_id, idempotencyKey=new_key(), **more)

    async def _transfer(self, booking: _Booked, amount: int) -> None:
        """A deposit, which the house takes or gives back by bank transfer."""
        if amount:
            await self._hotel.desk.mutate(_DESK_PAYMENT, **_payment(booking, amount, "TRANSFER"))
            booking.paid += amount

    async def _quote(self, stay: BookedStay, guest: Client, **more: Any) -> str:
        """Raises ReplayFailed when it is not the price of the row."""
        children = [_AGE_OF_A_CHILD] * stay.children + [_AGE_OF_A_BABY] * stay.babies
        quote = await guest.mutate(
            _QUOTE,
            hotelId=self._hotel.id,
            checkIn=stay.arrival.isoformat(),
            checkOut=stay.departure.isoformat(),
            rooms=[
                {
                    "roomTypeId": self._hotel.room_types[stay.reserved],
                    "ratePlanId": self._hotel.plans[stay.segment, stay.deposit],
                    "adults": stay.adults,
                    "childrenAges": children,
                }
            ],
            **more,
        )
        if quote["total"]["minorUnits"] != _price(stay):
            raise ReplayFailed(f"line {stay.line} costs {_price(stay)} and is offered for {quote['total']}")
        identifier: str = quote["id"]
        return identifier


def _price(stay: BookedStay) -> int:
    return stay.nights * stay.rate


def _payment(booking: _Booked, amount: int, method: str) -> dict[str, Any]:
    return {
        "bookingId": booking.id,
        "idempotencyKey": new_key(),
        "method": method,
        "amount": _amount(amount),
    }


def _amount(minor_units: int) -> dict[str, Any]:
    return {"minorUnits": minor_units, "currency": CURRENCY}
