"""Waiting for a sold-out house through GraphQL, until the mail tells that a room is free."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import httpx

from stack.tour_client import document
from tests.api.client import Client, room, stay, today, until, wish
from tests.api.house import ApiHouse

_ENTRY = "id state place checkIn offeredUntil hotel { name } booking { id state reference holdExpiresAt }"
JOIN = f"""
    mutation ($input: WaitlistJoinInput!) {{ waitlistJoin(input: $input) {{
        __typename ... on WaitlistJoined {{ entry {{ {_ENTRY} }} }}
        ... on UserError {{ code path }} ... on IllegalState {{ state }}
    }} }}
"""
LEAVE = f"""
    mutation ($input: WaitlistLeaveInput!) {{ waitlistLeave(input: $input) {{
        __typename ... on WaitlistLeft {{ entry {{ {_ENTRY} }} }} ... on UserError {{ code path }}
    }} }}
"""
ACCEPT = """
    mutation ($input: WaitlistOfferAcceptInput!) { waitlistOfferAccept(input: $input) {
        __typename ... on WaitlistOfferAccepted { booking { id state } } ... on UserError { code path }
    } }
"""
LIST = (
    "query ($first: Int! = 20, $after: String) { viewer { waitlist(first: $first, after: $after) {"
    f" nodes {{ {_ENTRY} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"
)


def joining(house: ApiHouse, client: Client, *, ahead: int, plan: int = 0, **changes: Any) -> dict[str, Any]:
    tiny = house.houses["Tiny House"]
    wanted = stay(tiny, ahead=ahead)
    del wanted["rooms"]
    return {
        **wanted,
        "room": room(tiny, plan=plan),
        "guest": {"name": "Gwen Guest", "email": client.email},
        "idempotencyKey": str(uuid.uuid4()),
        **changes,
    }


async def entry_of(client: Client, entry: dict[str, Any]) -> dict[str, Any]:
    nodes = (await client.data(LIST))["viewer"]["waitlist"]["nodes"]
    (found,) = [node for node in nodes if node["id"] == entry["id"]]
    result: dict[str, Any] = found
    return result


async def release(house: ApiHouse, booking: dict[str, Any]) -> None:
    """The holder does not pay in time."""
    await house.database.execute(
        "UPDATE booking.booking SET hold_expires_at = now() WHERE reference = $1", booking["reference"]
    )


async def test_who_waits_is_offered_the_room_by_mail_and_takes_it(
    house: ApiHouse, http: httpx.AsyncClient, stranger: Client
) -> None:
    guest = await Client(http, house.url).sign_up()
    held = await stranger.book(house.houses["Tiny House"], ahead=200)
    joined = await guest.mutate(JOIN, joining(house, guest, ahead=200))
    assert joined["__typename"] == "WaitlistJoined", joined
    entry = joined["entry"]
    assert (entry["state"], entry["place"], entry["booking"]) == ("WAITING", 1, None)
    await release(house, held)

    async def offered() -> bool:
        return bool((await entry_of(guest, entry))["state"] == "OFFERED")

    async def mailed() -> bool:
        return any(
            guest.email in mail.recipients and mail.subject.startswith("A room is free: Tiny House")
            for mail in house.mails.newest_first()
        )

    async def told() -> bool:
        inbox = (await guest.data(document("9_notifications")))["viewer"]["notifications"]["nodes"]
        return {one["kind"] for one in inbox} == {"BookingOffered"}

    await until(offered, seconds=25)
    booking = (await entry_of(guest, entry))["booking"]
    assert (booking["state"], booking["holdExpiresAt"]) == ("HELD", (await entry_of(guest, entry))["offeredUntil"])
    await until(mailed)
    await until(told)
    refusal = await guest.mutate(ACCEPT, {"bookingId": booking["id"], "idempotencyKey": "x"})
    assert refusal["__typename"] == "IllegalState"
    await guest.pay(await guest.begin_payment(booking))
    await guest.until_confirmed(booking)
    assert (await entry_of(guest, entry))["state"] == "BOOKED"


async def test_a_stay_that_can_be_booked_is_not_waited_for(
    house: ApiHouse, guest: Client, nothing_changes: None
) -> None:
    refusal = await guest.mutate(JOIN, joining(house, guest, ahead=260))
    assert (refusal["__typename"], refusal["state"]) == ("IllegalState", "FREE")


async def test_waiting_is_left_by_who_waits_and_by_nobody_else(
    house: ApiHouse, guest: Client, stranger: Client, nobody: Client
) -> None:
    await stranger.book(house.houses["Tiny House"], ahead=210)
    entry = (await guest.mutate(JOIN, joining(house, guest, ahead=210)))["entry"]
    assert (await guest.mutate(JOIN, joining(house, guest, ahead=210)))["entry"]["id"] == entry["id"]
    foreign = await stranger.mutate(LEAVE, {"id": entry["id"]})
    assert (foreign["__typename"], foreign["path"]) == ("NotFound", ["id"])
    for query, wanted in ((JOIN, joining(house, nobody, ahead=210)), (LEAVE, {"id": entry["id"]})):
        assert (await nobody.mutate(query, wanted))["__typename"] == "NotPermitted"
    page = (await guest.data(LIST, {"first": 1}))["viewer"]["waitlist"]
    assert page["nodes"] == [entry]
    assert (await guest.mutate(LEAVE, {"id": entry["id"]}))["entry"]["state"] == "LEFT"


async def test_rooms_have_their_own_guests_and_stays_are_listed_by_time(
    house: ApiHouse, http: httpx.AsyncClient
) -> None:
    guest = await Client(http, house.url).sign_up()
    grand = house.houses["Grand House"]
    quoted = await guest.mutate(document("5_quote"), stay(grand, rooms=[room(grand, plan=1), room(grand, plan=1)]))
    wrong = [{"position": 2, "name": "Nobody"}]
    refusal = await guest.mutate(document("6_book"), wish(quoted["id"], guest.email, roomGuests=wrong))
    assert refusal["path"] == ["roomGuests", "0", "position"]
    named = [{"position": 1, "name": "Grace Hopper"}]
    created = await guest.mutate(document("6_book"), wish(quoted["id"], guest.email, roomGuests=named))
    identifier = created["booking"]["id"]
    query = "query ($id: ID!) { booking(id: $id) { bookedRooms { guestName } } }"
    rooms = (await guest.data(query, {"id": identifier}))["booking"]["bookedRooms"]
    assert [one["guestName"] for one in rooms] == [None, "Grace Hopper"]

    async def listed(time: str) -> list[str]:
        query = "query ($time: StayTime) { viewer { bookings(filter: {time: $time}) { nodes { id } } } }"
        found = (await guest.data(query, {"time": time}))["viewer"]["bookings"]["nodes"]
        return [one["id"] for one in found]

    assert (await listed("UPCOMING"), await listed("PAST")) == ([identifier], [])
    await house.database.execute(
        "UPDATE booking.booking SET check_in = $1, check_out = $2 WHERE reference = $3",
        today() - dt.timedelta(days=9),
        today() - dt.timedelta(days=7),
        created["booking"]["reference"],
    )
    assert (await listed("UPCOMING"), await listed("PAST")) == ([], [identifier])
