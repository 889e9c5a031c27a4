"""Offering rooms that came free to who waits for them: a hold of their own, made as every booking is."""

from __future__ import annotations

import uuid

import structlog

from contracts.booking.v1 import booking_pb2, waitlist_pb2
from contracts.hotel.v1 import rate_pb2
from grpc_services.booking import inventory_queries, queries, rules, waitlist_queries
from grpc_services.booking.booking_creation import create_booking
from grpc_services.booking.gateway import HotelPrices
from runtime.database import Database, Record
from runtime.errors import ServiceError
from runtime.identifiers import new_id
from runtime.identity import NOBODY, Role

log = structlog.get_logger()

MOST_WAITING = 20
_NOT_SOLD = frozenset({"ROOM_UNAVAILABLE", "NOT_FOUND", "INVALID_INPUT"})


async def offer_free_rooms(
    database: Database, prices: HotelPrices, *, limit: int, hold_seconds: int, stale_seconds: int
) -> int:
    """Makes at most `limit` offers, the oldest entries first; several tenders share the work."""
    offered = 0
    after_id = NOBODY
    while offered < limit:
        async with database.reading() as connection:
            waiting = await waitlist_queries.next_free(connection, after_id)
        if waiting is None:
            break
        after_id = waiting["id"]
        stay = await _price(prices, waiting)
        if stay is not None:
            offered += await _offer(database, waiting, stay, hold_seconds, stale_seconds)
    return offered


async def _price(prices: HotelPrices, waiting: Record) -> rate_pb2.PriceStayResponse | None:
    """None while the house does not sell this stay: the entry waits on. An extra that it no longer sells is left
    out, so that nobody waits for ever for a room with one."""
    room = rate_pb2.RoomRequest.FromString(waiting["room_request"])
    while True:
        try:
            return await prices.price_stay(
                rate_pb2.PriceStayRequest(
                    hotel_id=str(waiting["hotel_id"]),
                    check_in=waiting["check_in"].isoformat(),
                    check_out=waiting["check_out"].isoformat(),
                    rooms=[room],
                )
            )
        except ServiceError as refusal:
            if refusal.code not in _NOT_SOLD:
                raise
            match refusal.path:
                case ("rooms", "0", "extras", number, *_):
                    del room.extras[int(number)]
                    continue
            log.info("waitlist.not_sold", entry_id=str(waiting["id"]), reason=refusal.code)
            return None


async def _offer(
    database: Database, waiting: Record, stay: rate_pb2.PriceStayResponse, hold_seconds: int, stale_seconds: int
) -> bool:
    """False when another tender is at it, the guest has left, or somebody was faster at the nights."""
    try:
        async with database.transaction() as connection:
            if not await waitlist_queries.tend_room_type(connection, waiting["room_type_id"]):
                return False
            entry = await waitlist_queries.lock_entry(connection, waiting["id"])
            if entry is None or entry["state"] != "WAITING":
                return False
            quote = await queries.insert_quote(
                connection,
                id=new_id(),
                hotel_id=entry["hotel_id"],
                check_in=entry["check_in"],
                check_out=entry["check_out"],
                priced_stay=stay.SerializeToString(),
                seconds=hold_seconds,
            )
            booking = await create_booking(
                connection,
                quote,
                stay,
                state=rules.State.HELD,
                hold_seconds=hold_seconds,
                guest_account_id=entry["account_id"],
                guest=guest_of(entry),
                actor=Role.SYSTEM,
                source="WAITLIST",
                waitlist_entry_id=entry["id"],
            )
            await waitlist_queries.offer(connection, entry["id"], booking["id"], booking["hold_expires_at"])
            await inventory_queries.take_nights(
                connection,
                {str(entry["room_type_id"]): 1},
                entry["check_in"],
                entry["check_out"],
                stale_seconds=stale_seconds,
            )
    except inventory_queries.NightsRefused:
        return False
    return True


def guest_of(entry: Record) -> booking_pb2.GuestDetails:
    return booking_pb2.GuestDetails(
        name=entry["guest_name"], email=entry["guest_email"], phone=entry["guest_phone"], locale=entry["guest_locale"]
    )


def same_stay(entry: Record, request: waitlist_pb2.JoinWaitlistRequest, room_type_id: uuid.UUID) -> bool:
    """Who waits twice for one stay would be offered it twice."""
    return (entry["room_type_id"], entry["check_in"].isoformat(), entry["check_out"].isoformat()) == (
        room_type_id,
        request.check_in,
        request.check_out,
    )
