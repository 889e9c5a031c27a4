"""Room types come in, holds go out, and the free rooms are counted."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

from contracts.booking.v1 import inventory_pb2
from contracts.settlement.v1 import settlement_pb2
from runtime.channels import call, stream
from tests.grpc_services.booking.desk import ARRIVAL, EXPIRED, HELD, Desk
from tests.grpc_services.hotel.catalogue import HouseInput, Kind, add_house
from tests.house import SignedIn, refused


async def test_a_room_type_is_taken_in_once_however_often_it_is_announced(desk: Desk, owner: SignedIn) -> None:
    house = await add_house(desk.hotels, HouseInput(owner.account_id, kinds=(Kind(), Kind(rooms=7))))
    answers = await asyncio.gather(
        *(call(desk.inventory.TakeInRoomTypes, house.announced(), token=desk.system) for _ in range(8))
    )
    assert sum(answer.taken_in for answer in answers) == 2
    changed = house.announced()
    changed.room_types[0].number_of_rooms = 99
    before = await desk.everything()
    assert (await call(desk.inventory.TakeInRoomTypes, changed, token=desk.system)).taken_in == 0
    assert await desk.everything() == before
    assert await desk.free(house) == [3, 3]
    assert await desk.free(house, 1) == [7, 7]
    async with desk.database.reading() as connection:
        query = "SELECT count(*) FROM booking.outbox_event WHERE aggregate_id = ANY($1)"
        assert await connection.fetchval(query, house.room_types) == 2


async def test_a_room_type_that_booking_has_not_taken_in_is_not_for_sale(desk: Desk, owner: SignedIn) -> None:
    house = await add_house(desk.hotels, HouseInput(owner.account_id))
    assert (await refused(desk.quote(house))).code == "ROOM_UNAVAILABLE"
    request = inventory_pb2.GetAvailabilityRequest(
        room_type_ids=house.room_types, first_night=ARRIVAL.isoformat(), end_night=ARRIVAL.isoformat()
    )
    assert list((await call(desk.inventory.GetAvailability, request, token="")).room_types) == []


async def test_availability_counts_held_and_sold_rooms_night_by_night(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner, Kind(rooms=5))
    await desk.booked(house, guest, house.room(), house.room(), nights=2)
    await desk.booked(house, guest, house.room(plan=1), arrival=ARRIVAL + dt.timedelta(days=1), nights=3)
    assert await desk.free(house, nights=6) == [3, 2, 4, 4, 5, 5]
    request = inventory_pb2.StreamAvailabilityRequest(
        first_night=ARRIVAL.isoformat(), end_night=(ARRIVAL + dt.timedelta(days=2)).isoformat()
    )
    streamed = [one async for one in stream(desk.inventory.StreamAvailability, request, token="")]
    (known,) = [one for one in streamed if one.room_type_id == house.room_types[0]]
    assert known.capacity == 5
    assert sorted((night.night, night.free) for night in known.nights) == [
        (ARRIVAL.isoformat(), 3),
        ((ARRIVAL + dt.timedelta(days=1)).isoformat(), 2),
    ]


async def test_dates_that_are_none_are_refused(desk: Desk) -> None:
    for field in ("first_night", "end_night"):
        request = inventory_pb2.GetAvailabilityRequest(first_night="2030-01-01", end_night="2030-01-02")
        setattr(request, field, "soon")
        refusal = await refused(call(desk.inventory.GetAvailability, request, token=""))
        assert refusal.code == "INVALID_INPUT"


async def test_expiring_holds_releases_the_rooms_once(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    house = await desk.house(owner, Kind(rooms=8))
    held = [await desk.booked(house, guest) for _ in range(6)]
    assert await desk.free(house) == [2, 2]
    await desk.run_out(*held)
    released = await asyncio.gather(*(desk.expire(2) for _ in range(5)))
    assert max(released) <= 2
    await desk.expire()  # the rest, where other tests have left overdue holds as well
    assert await desk.free(house) == [8, 8]
    for booking in held:
        assert (await desk.get(booking)).state == EXPIRED
        assert await desk.timeline(booking) == ["BookingHeld", "BookingExpired"]
        assert await desk.events(booking) == 2


async def test_a_living_hold_is_not_released(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    booking = await desk.booked(await desk.house(owner), guest)
    await desk.expire()
    assert (await desk.get(booking)).state == HELD


async def test_what_is_for_our_own_processes_is_refused_to_people(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    house = await add_house(desk.hotels, HouseInput(owner.account_id))
    event_id = await desk.receive(b"{}")
    key = {"provider": "innkeeper-payments", "event_id": event_id}
    before = await desk.everything()
    for token, code in (
        (guest.token, "PERMISSION_DENIED"),
        (owner.token, "PERMISSION_DENIED"),
        ("", "UNAUTHENTICATED"),
    ):
        for awaited in (
            call(desk.inventory.TakeInRoomTypes, house.announced(), token=token),
            call(desk.settlement.ExpireHolds, settlement_pb2.ExpireHoldsRequest(limit=1), token=token),
            call(
                desk.settlement.ReceivePaymentEvent,
                settlement_pb2.ReceivePaymentEventRequest(provider="x", event_id=uuid.uuid4().hex),
                token=token,
            ),
            call(desk.settlement.SettlePaymentEvent, settlement_pb2.SettlePaymentEventRequest(**key), token=token),
            call(
                desk.settlement.ListUnsettledPaymentEvents,
                settlement_pb2.ListUnsettledPaymentEventsRequest(),
                token=token,
            ),
            call(desk.settlement.ListStuckPayments, settlement_pb2.ListStuckPaymentsRequest(), token=token),
            call(desk.settlement.SettlePayment, settlement_pb2.SettlePaymentRequest(), token=token),
            call(desk.settlement.ListParkedPaymentEvents, settlement_pb2.ListParkedPaymentEventsRequest(), token=token),
            call(desk.settlement.ReplayPaymentEvent, settlement_pb2.ReplayPaymentEventRequest(**key), token=token),
        ):
            assert (await refused(awaited)).code == code
    assert await desk.everything() == before
