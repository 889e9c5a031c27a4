"""A quote is for a new booking or for changing one booking, and for nothing else."""

from __future__ import annotations

import datetime as dt

from tests.grpc_services.booking.desk import ARRIVAL
from tests.grpc_services.booking.front_desk import FrontDesk
from tests.grpc_services.booking.moves import MoveDesk
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn, refused

EARLY = ARRIVAL - dt.timedelta(days=5)


async def test_a_booking_is_changed_by_its_own_quotes_only(moves: MoveDesk, owner: SignedIn, guest: SignedIn) -> None:
    moves.clock.day = EARLY
    house = await moves.house(owner, Kind(rooms=9))
    first, second = [await moves.desk.booked(house, guest, house.room(plan=1)) for _ in range(2)]
    unbound = await moves.desk.quote(house, house.room(plan=1), nights=3)
    of_the_other = await moves.requote(house, second, guest.token, house.room(plan=1), nights=3)
    before = await moves.desk.everything()
    for quote in (unbound, of_the_other):
        refusal = await refused(moves.modify(first, quote, guest.token, 0))
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("quoteId",))
        assert (await refused(moves.preview_change(first, quote, guest.token))).code == "INVALID_INPUT"
    assert await moves.desk.everything() == before
    assert (await moves.modify(second, of_the_other, guest.token, 0)).check_out == of_the_other.check_out


async def test_a_quote_for_a_change_makes_no_new_booking(moves: MoveDesk, owner: SignedIn, guest: SignedIn) -> None:
    moves.clock.day = EARLY
    house = await moves.house(owner, Kind(rooms=1))
    booking = await moves.desk.booked(house, guest, house.room(plan=1))
    quote = await moves.requote(house, booking, guest.token, house.room(plan=1), nights=3)
    before = await moves.desk.everything()
    for attempt in (
        moves.desk.book(quote, guest.token),
        FrontDesk(moves.desk, owner, house).walk_in(quote),
    ):
        refusal = await refused(attempt)
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("quoteId",))
    assert await moves.desk.everything() == before
