"""Who may do and see what: strangers and people who are not signed in get nothing, and change nothing."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from api.node_ids import encode_id
from stack.tour_client import document
from tests.api.client import PASSWORD, Client, until, wish
from tests.api.house import ApiHouse
from tests.api.sockets import open_socket

MARK_READ = """
mutation ($input: NotificationsMarkReadInput!) {
  notificationsMarkRead(input: $input) {
    __typename
    ... on NotificationsMarkedRead { marked unreadNotifications }
    ... on UserError { code path }
  }
}
"""
REVOKE = """
mutation ($input: SessionRevokeInput!) {
  sessionRevoke(input: $input) { __typename ... on UserError { code path } }
}
"""
REFRESH = """
mutation ($input: SessionRefreshInput!) {
  sessionRefresh(input: $input) { __typename ... on UserError { code path } }
}
"""
ANY_BOOKING = encode_id("Booking", str(uuid.uuid4()))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (document("6_book"), wish(encode_id("Quote", str(uuid.uuid4())), "a@example.org")),
        (document("7_pay"), {"bookingId": ANY_BOOKING, "idempotencyKey": "k"}),
        (MARK_READ, {"all": True}),
        (REVOKE, {}),
    ],
)
@pytest.mark.usefixtures("nothing_changes")
async def test_who_is_not_signed_in_is_asked_to(nobody: Client, query: str, wanted: dict[str, Any]) -> None:
    answer = await nobody.mutate(query, wanted)
    assert (answer["__typename"], answer["code"]) == ("NotPermitted", "UNAUTHENTICATED")


async def test_nobody_has_no_viewer_and_sees_no_booking(house: ApiHouse, guest: Client, nobody: Client) -> None:
    booking = await guest.book(house.houses["Grand House"])
    assert await nobody.data("{ viewer { email } }") == {"viewer": None}
    assert await nobody.refusal(document("10_look_back"), {"bookingId": booking["id"]}) == {"code": "UNAUTHENTICATED"}
    async with open_socket(house.url, token="") as socket:
        await socket.follow(booking["id"])
        frame = await socket.receive()
    assert (frame["type"], frame["payload"][0]["extensions"]["code"]) == ("error", "UNAUTHENTICATED")


async def test_a_foreign_booking_does_not_exist(house: ApiHouse, guest: Client, stranger: Client) -> None:
    booking = await guest.book(house.houses["Grand House"])
    before = await house.rows()
    query = "query ($id: ID!) { booking(id: $id) { reference } node(id: $id) { id } }"
    assert await stranger.data(query, {"id": booking["id"]}) == {"booking": None, "node": None}
    answer = await stranger.mutate(document("7_pay"), {"bookingId": booking["id"], "idempotencyKey": "k"})
    assert (answer["__typename"], answer["path"]) == ("NotFound", ["bookingId"])
    async with open_socket(house.url, token=stranger.token) as socket:
        await socket.follow(booking["id"])
        frame = await socket.receive()
    assert frame["type"] == "error"
    assert frame["payload"][0]["extensions"] == {"code": "NOT_FOUND", "field": ["bookingId"]}
    assert await house.rows() == before


async def test_a_hotelier_sees_the_bookings_of_their_house_but_does_not_pay_them(
    house: ApiHouse, guest: Client, hotelier: Client
) -> None:
    booking = await guest.book(house.houses["Grand House"])
    before = await house.rows()
    assert await hotelier.state_of(booking) == "HELD"
    answer = await hotelier.mutate(document("7_pay"), {"bookingId": booking["id"], "idempotencyKey": "k"})
    assert (answer["__typename"], answer["path"]) == ("NotFound", ["bookingId"])
    assert await house.rows() == before


async def test_foreign_notifications_stay_unread(house: ApiHouse, guest: Client, stranger: Client) -> None:
    await guest.book(house.houses["Grand House"])

    async def told() -> bool:
        inbox = await guest.data("{ viewer { notifications(unreadOnly: true) { nodes { id } } } }")
        return bool(inbox["viewer"]["notifications"]["nodes"])

    await until(told)
    inbox = await guest.data("{ viewer { notifications(unreadOnly: true) { nodes { id } } } }")
    ids = [entry["id"] for entry in inbox["viewer"]["notifications"]["nodes"]]
    before = await house.rows()
    for wanted, kind in (
        ({"ids": ids}, "NotFound"),
        ({"ids": ["nonsense"]}, "InvalidInput"),
        ({"ids": [ANY_BOOKING]}, "NotFound"),
        ({}, "InvalidInput"),
        ({"ids": ids, "all": True}, "InvalidInput"),
    ):
        answer = await stranger.mutate(MARK_READ, wanted)
        assert (answer["__typename"], answer["path"]) == (kind, ["ids"])
    assert await house.rows() == before
    marked = await guest.mutate(MARK_READ, {"ids": ids[:1]})
    assert marked["marked"] == 1


@pytest.mark.usefixtures("nothing_changes")
async def test_a_made_up_refresh_token_buys_nothing(nobody: Client) -> None:
    answer = await nobody.mutate(REFRESH, {"refreshToken": "made-up"})
    assert (answer["__typename"], answer["code"]) == ("NotPermitted", "UNAUTHENTICATED")


async def test_only_own_sessions_end(house: ApiHouse, guest: Client, stranger: Client) -> None:
    session_id = await house.database.fetchval(
        "SELECT session.id::text FROM auth.session JOIN auth.account ON account.id = account_id WHERE email = $1",
        guest.email,
    )
    for value, kind in ((encode_id("Session", session_id), "NotFound"), ("nonsense", "InvalidInput")):
        answer = await stranger.mutate(REVOKE, {"sessionId": value})
        assert (answer["__typename"], answer["path"]) == (kind, ["sessionId"])
    revoked = await house.database.fetchval("SELECT revoked_at FROM auth.session WHERE id::text = $1", session_id)
    assert revoked is None


async def test_below_a_new_session_one_is_already_signed_in(guest: Client, nobody: Client) -> None:
    query = """
    mutation ($input: SessionCreateInput!) {
      sessionCreate(input: $input) { ... on SessionCreated { viewer { email unreadNotifications } } }
    }
    """
    session = await nobody.mutate(query, {"email": guest.email, "password": PASSWORD})
    assert session["viewer"]["email"] == guest.email
    assert await nobody.data("{ viewer { email } }") == {"viewer": None}
