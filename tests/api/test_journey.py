"""The first journey over HTTP and websocket, as a guest's own program would make it."""

from __future__ import annotations

import datetime as dt

import httpx
import pytest
from graphql import build_schema, parse, validate

from stack.tour_client import DOCUMENTS, document
from tests.api.client import Client, stay, today, until, wish
from tests.api.house import ApiHouse
from tests.api.sockets import open_socket

MOVES = [("HELD", 1), ("PAYMENT_PENDING", 2), ("CONFIRMED", 3)]


async def test_a_guest_finds_quotes_books_pays_and_is_told(house: ApiHouse, http: httpx.AsyncClient) -> None:
    guest = await Client(http, house.url).sign_up()
    check_in = today() + dt.timedelta(days=40)
    dates = {"checkIn": check_in.isoformat(), "checkOut": (check_in + dt.timedelta(days=2)).isoformat()}
    rooms = [{"adults": 2, "childrenAges": []}]
    search = {"input": {"place": {"city": "paris"}, "rooms": rooms, **dates}}
    found = (await guest.data(document("3_search_hotels"), search))["searchHotels"]
    assert found["totalCount"] == 6
    cheapest = found["nodes"][0]
    hotel_id = cheapest["hotel"]["id"]
    hotel = (await guest.data(document("4_hotel_with_offers"), {"hotelId": hotel_id, "rooms": rooms, **dates}))["hotel"]
    assert hotel["offers"][0]["total"]["formatted"] == cheapest["total"]["formatted"]
    assert hotel["offers"][0]["roomsLeft"] == cheapest["roomsLeft"]
    prepaid = next(offer for offer in hotel["offers"] if offer["ratePlan"]["paymentTiming"] == "PREPAID")
    room = {"roomTypeId": prepaid["roomType"]["id"], "ratePlanId": prepaid["ratePlan"]["id"], "adults": 2}
    quote = await guest.mutate(document("5_quote"), {"hotelId": hotel_id, "rooms": [room], **dates})
    assert quote["total"]["formatted"] == prepaid["total"]["formatted"]
    wanted = wish(quote["id"], guest.email)
    created = await guest.mutate(document("6_book"), wanted)
    assert await guest.mutate(document("6_book"), wanted) == created
    booking = created["booking"]
    async with (
        open_socket(house.url, token=guest.token) as socket,
        house.another_gateway() as other_url,
        open_socket(other_url, token=guest.token) as far_socket,
    ):
        await socket.follow(booking["id"])
        await far_socket.follow(booking["id"], after_version=0)
        assert await socket.next_move() == ("HELD", 1)
        assert await far_socket.next_move() == ("HELD", 1)
        await guest.pay(await guest.begin_payment(booking))
        assert [await socket.next_move(), await socket.next_move()] == MOVES[1:]
        assert [await far_socket.next_move(), await far_socket.next_move()] == MOVES[1:]

    async def told() -> bool:
        inbox = (await guest.data(document("9_notifications")))["viewer"]["notifications"]["nodes"]
        return {entry["kind"] for entry in inbox} == {"BookingHeld", "BookingConfirmed"}

    async def mailed() -> bool:
        return any(
            guest.email in mail.recipients and booking["reference"] in mail.subject
            for mail in house.mails.newest_first()
        )

    await until(told)
    await until(mailed)
    await until(told)
    await until(mailed)
    back = (await guest.data(document("10_look_back"), {"bookingId": booking["id"]}))["booking"]
    assert (back["state"], back["paid"]["formatted"]) == ("CONFIRMED", quote["total"]["formatted"])
    kinds = [entry["kind"] for entry in back["timeline"]["nodes"] if entry["topic"] in ("BOOKING", "PAYMENT")]
    assert kinds == ["BookingHeld", "PaymentStarted", "BookingConfirmed"]


async def test_a_subscriber_who_comes_late_is_told_every_move_in_order(house: ApiHouse, guest: Client) -> None:
    booking = await guest.book(house.houses["Grand House"])
    await guest.pay(await guest.begin_payment(booking))
    await guest.until_confirmed(booking)
    async with open_socket(house.url, token=guest.token) as socket:
        await socket.follow(booking["id"], after_version=0)
        assert [await socket.next_move() for _ in MOVES] == MOVES
        await socket.follow(booking["id"], identifier="now")
        assert await socket.next_move() == MOVES[-1]


async def test_a_subscriber_who_was_away_misses_nothing(house: ApiHouse, guest: Client) -> None:
    booking = await guest.book(house.houses["Grand House"])
    async with open_socket(house.url, token=guest.token) as socket:
        await socket.follow(booking["id"])
        assert await socket.next_move() == MOVES[0]
    checkout = await guest.begin_payment(booking)
    async with open_socket(house.url, token=guest.token) as socket:
        await socket.follow(booking["id"], after_version=1)
        assert await socket.next_move() == MOVES[1]
        await guest.pay(checkout)
        assert await socket.next_move() == MOVES[2]


async def test_a_room_paid_at_the_hotel_is_confirmed_at_once(house: ApiHouse, guest: Client) -> None:
    booking = await guest.book(house.houses["Grand House"], plan=1)
    assert (booking["state"], booking["holdExpiresAt"]) == ("CONFIRMED", None)


async def test_of_two_guests_one_gets_the_last_room(house: ApiHouse, guest: Client, stranger: Client) -> None:
    tiny = house.houses["Tiny House"]
    mine, theirs = await guest.quote(tiny, ahead=50), await stranger.quote(tiny, ahead=50)
    assert (await guest.mutate(document("6_book"), wish(mine["id"], guest.email)))["__typename"] == "BookingCreated"
    query = document("6_book").replace("path", "path ... on RoomUnavailable { roomTypeId nights }")
    refusal = await stranger.mutate(query, wish(theirs["id"], stranger.email))
    asked = stay(tiny, ahead=50)
    assert (refusal["__typename"], refusal["code"]) == ("RoomUnavailable", "ROOM_UNAVAILABLE")
    assert refusal["roomTypeId"] == asked["rooms"][0]["roomTypeId"]
    first = dt.date.fromisoformat(asked["checkIn"])
    assert refusal["nights"] == [first.isoformat(), (first + dt.timedelta(days=1)).isoformat()]


@pytest.mark.parametrize(
    "name", sorted(str(path.relative_to(DOCUMENTS.parent)) for path in DOCUMENTS.parent.rglob("*.graphql"))
)
async def test_every_document_of_the_playground_fits_the_served_schema(nobody: Client, name: str) -> None:
    sdl = (DOCUMENTS.parents[3] / "schema.graphql").read_text(encoding="utf-8")
    text = (DOCUMENTS.parent / name).read_text(encoding="utf-8")
    assert validate(build_schema(sdl), parse(text)) == []
    served = (await nobody.post(text)).json()
    codes = {error["extensions"]["code"] for error in served.get("errors", [])}
    assert codes <= {"INVALID_INPUT", "SUBSCRIPTION_OVER_HTTP"}, served
