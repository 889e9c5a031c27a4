"""Wrong input anywhere in the journey: a typed refusal that names the field, and nothing is written."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from api.node_ids import encode_id
from stack.tour_client import document
from tests.api.client import PASSWORD, Client, room, stay, today, wish
from tests.api.house import ApiHouse

SEARCH = "query ($input: HotelSearchInput!) { searchHotels(input: $input) { totalCount nodes { hotel { id } } } }"
GRAND = "Grand House"
NOTHING = encode_id("Hotel", str(uuid.uuid4()))


def in_days(days: int) -> str:
    return (today() + dt.timedelta(days=days)).isoformat()


def search_input(**changes: Any) -> dict[str, Any]:
    whole = {"place": {"city": "Paris"}, "checkIn": in_days(30), "checkOut": in_days(32), "rooms": [{"adults": 2}]}
    return whole | changes


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"checkIn": in_days(-3)}, ["checkIn"]),
        ({"checkIn": "2027-02-30"}, ["checkIn"]),
        ({"checkIn": 20270512}, ["checkIn"]),
        ({"checkOut": in_days(30)}, ["checkOut"]),
        ({"checkOut": in_days(29)}, ["checkOut"]),
        ({"checkOut": in_days(100)}, ["checkOut"]),
        ({"checkOut": None}, ["checkOut"]),
        ({"rooms": []}, ["rooms"]),
        ({"rooms": [{"adults": 2}] * 10}, ["rooms"]),
        ({"rooms": [{"adults": 0}]}, ["rooms", "0", "adults"]),
        ({"rooms": [{"adults": -1}]}, ["rooms", "0", "adults"]),
        ({"rooms": [{"adults": 2}, {"adults": 21}]}, ["rooms", "1", "adults"]),
        ({"rooms": [{"adults": 2**31}]}, ["rooms", "0", "adults"]),
        ({"rooms": [{"adults": "two"}]}, ["rooms", "0", "adults"]),
        ({"rooms": [{"adults": 1, "childrenAges": [18]}]}, ["rooms", "0", "childrenAges"]),
        ({"place": {}}, ["place"]),
        ({"place": {"city": "Paris", "text": "Ritz"}}, ["place"]),
        ({"place": {"around": {"latitude": 91, "longitude": 2}}}, ["place", "around"]),
        ({"place": {"city": "Atlantis"}}, ["place", "city"]),
        ({"planet": "Mars"}, ["planet"]),
        ({"filter": {"maxPerNightMinorUnits": "9" * 19}}, ["filter", "maxPerNightMinorUnits"]),
        ({"filter": {"maxPerNightMinorUnits": 1.5}}, ["filter", "maxPerNightMinorUnits"]),
        ({"filter": {"amenities": ["JACUZZI"]}}, ["filter", "amenities", "0"]),
    ],
)
async def test_a_search_that_cannot_be_says_which_field_is_wrong(
    nobody: Client, changes: dict[str, Any], field: list[str]
) -> None:
    assert await nobody.refusal(SEARCH, {"input": search_input(**changes)}) == {
        "code": "INVALID_INPUT",
        "field": field,
    }


async def test_a_name_that_nobody_has_finds_nothing(nobody: Client) -> None:
    found = (await nobody.data(SEARCH, {"input": search_input(place={"text": "no such house"})}))["searchHotels"]
    assert found == {"totalCount": 0, "nodes": []}


@pytest.mark.parametrize("place", ["{}", '{city: "Paris", text: "Ritz"}', "{city: null}"])
async def test_a_place_written_into_the_document_is_checked_too(nobody: Client, place: str) -> None:
    stay_input = f'checkIn: "{in_days(30)}", checkOut: "{in_days(31)}", rooms: [{{adults: 1}}]'
    body = await nobody.body(f"{{ searchHotels(input: {{place: {place}, {stay_input}}}) {{ totalCount }} }}")
    assert [error["extensions"]["code"] for error in body["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]
    assert "data" not in body


@pytest.mark.parametrize(
    ("changes", "kind", "path"),
    [
        ({"checkIn": in_days(-2)}, "InvalidInput", ["checkIn"]),
        ({"checkOut": in_days(30)}, "InvalidInput", ["checkOut"]),
        ({"checkOut": in_days(28)}, "InvalidInput", ["checkOut"]),
        ({"checkOut": in_days(91)}, "InvalidInput", ["checkOut"]),
        ({"checkIn": in_days(600), "checkOut": in_days(601)}, "InvalidInput", ["checkOut"]),
        ({"checkIn": "0001-01-01", "checkOut": "9999-12-31"}, "InvalidInput", ["checkOut"]),
        ({"hotelId": "%%%"}, "InvalidInput", ["hotelId"]),
        ({"hotelId": ""}, "InvalidInput", ["hotelId"]),
        ({"hotelId": str(uuid.uuid4())}, "InvalidInput", ["hotelId"]),
        ({"hotelId": "é" * 40}, "InvalidInput", ["hotelId"]),
        ({"hotelId": encode_id("Booking", str(uuid.uuid4()))}, "NotFound", ["hotelId"]),
        ({"hotelId": NOTHING}, "NotFound", ["hotelId"]),
        ({"rooms": []}, "InvalidInput", ["rooms"]),
    ],
)
@pytest.mark.usefixtures("nothing_changes")
async def test_a_stay_that_cannot_be_gets_no_quote(
    house: ApiHouse, nobody: Client, changes: dict[str, Any], kind: str, path: list[str]
) -> None:
    answer = await nobody.mutate(document("5_quote"), stay(house.houses[GRAND], **changes))
    assert (answer["__typename"], answer["path"]) == (kind, path)
    assert answer["message"]


@pytest.mark.parametrize(
    ("changes", "kind", "path"),
    [
        ({"adults": 0}, "InvalidInput", "adults"),
        ({"adults": -5}, "InvalidInput", "adults"),
        ({"adults": 3}, "InvalidInput", "adults"),
        ({"adults": 2, "childrenAges": [3, 4]}, "InvalidInput", "adults"),
        ({"childrenAges": [-1]}, "InvalidInput", "childrenAges"),
        ({"roomTypeId": "nonsense"}, "InvalidInput", "roomTypeId"),
        ({"roomTypeId": encode_id("RoomType", str(uuid.uuid4()))}, "InvalidInput", "roomTypeId"),
        ({"roomTypeId": encode_id("RatePlan", str(uuid.uuid4()))}, "NotFound", "roomTypeId"),
        ({"ratePlanId": encode_id("RatePlan", str(uuid.uuid4()))}, "InvalidInput", "ratePlanId"),
    ],
)
@pytest.mark.usefixtures("nothing_changes")
async def test_a_room_that_does_not_fit_gets_no_quote(
    house: ApiHouse, nobody: Client, changes: dict[str, Any], kind: str, path: str
) -> None:
    grand = house.houses[GRAND]
    answer = await nobody.mutate(document("5_quote"), stay(grand, rooms=[room(grand), room(grand, **changes)]))
    assert (answer["__typename"], answer["path"]) == (kind, ["rooms", "1", path])


@pytest.mark.usefixtures("nothing_changes")
async def test_more_rooms_than_the_house_has_are_unavailable(house: ApiHouse, nobody: Client) -> None:
    tiny = house.houses["Tiny House"]
    answer = await nobody.mutate(document("5_quote"), stay(tiny, rooms=[room(tiny), room(tiny)]))
    assert (answer["__typename"], answer["code"]) == ("RoomUnavailable", "ROOM_UNAVAILABLE")


@pytest.mark.parametrize(
    ("changes", "kind", "path"),
    [
        ({"quoteId": "nonsense"}, "InvalidInput", ["quoteId"]),
        ({"quoteId": NOTHING}, "NotFound", ["quoteId"]),
        ({"quoteId": encode_id("Quote", str(uuid.uuid4()))}, "NotFound", ["quoteId"]),
        ({"guest": {"name": " ", "email": "a@example.org"}}, "InvalidInput", ["guest", "name"]),
        ({"guest": {"name": "x" * 121, "email": "a@example.org"}}, "InvalidInput", ["guest", "name"]),
        ({"guest": {"name": "G", "email": "a@example.org", "phone": "ring me"}}, "InvalidInput", ["guest", "phone"]),
        ({"specialRequests": "x" * 1001}, "InvalidInput", ["specialRequests"]),
        ({"arrivalTime": "25:00"}, "InvalidInput", ["arrivalTime"]),
    ],
)
async def test_a_wish_that_cannot_be_books_nothing(
    house: ApiHouse, guest: Client, changes: dict[str, Any], kind: str, path: list[str]
) -> None:
    quoted = await guest.quote(house.houses[GRAND])
    before = await house.rows()
    answer = await guest.mutate(document("6_book"), wish(quoted["id"], guest.email, **changes))
    assert (answer["__typename"], answer["path"]) == (kind, path)
    assert await house.rows() == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"idempotencyKey": ""}, ["idempotencyKey"]),
        ({"idempotencyKey": "k" * 256}, ["idempotencyKey"]),
        ({"guest": {"name": "G", "email": "not an address"}}, ["guest", "email"]),
        ({"guest": {"email": "a@example.org"}}, ["guest", "name"]),
        ({"state": "CONFIRMED"}, ["state"]),
        ({"total": {"minorUnits": 1}}, ["total"]),
    ],
)
@pytest.mark.usefixtures("nothing_changes")
async def test_what_the_schema_does_not_take_is_named(guest: Client, changes: dict[str, Any], field: list[str]) -> None:
    wanted = wish(encode_id("Quote", str(uuid.uuid4())), guest.email, **changes)
    assert await guest.refusal(document("6_book"), {"input": wanted}) == {"code": "INVALID_INPUT", "field": field}


async def test_a_quote_is_booked_once(house: ApiHouse, guest: Client) -> None:
    quoted = await guest.quote(house.houses[GRAND])
    wanted = wish(quoted["id"], guest.email)
    assert (await guest.mutate(document("6_book"), wanted))["__typename"] == "BookingCreated"
    before = await house.rows()
    again = await guest.mutate(document("6_book"), wish(quoted["id"], guest.email))
    assert (again["__typename"], again["path"]) == ("IllegalState", ["quoteId"])
    other = await guest.mutate(document("6_book"), {**wanted, "arrivalTime": "18:00"})
    assert (other["__typename"], other["path"]) == ("IdempotencyConflict", ["idempotencyKey"])
    assert await house.rows() == before


async def test_a_hotelier_does_not_book_as_a_guest_of_their_own_house(house: ApiHouse, hotelier: Client) -> None:
    quoted = await hotelier.quote(house.houses[GRAND])
    before = await house.rows()
    answer = await hotelier.mutate(document("6_book"), wish(quoted["id"], hotelier.email))
    assert (answer["__typename"], answer["code"]) == ("NotPermitted", "PERMISSION_DENIED")
    assert await house.rows() == before


@pytest.mark.parametrize(
    ("changes", "kind", "path"),
    [
        ({"bookingId": "nonsense"}, "InvalidInput", ["bookingId"]),
        ({"bookingId": NOTHING}, "NotFound", ["bookingId"]),
        ({"bookingId": encode_id("Booking", str(uuid.uuid4()))}, "NotFound", ["bookingId"]),
        ({"returnUrl": "https://evil.example/"}, "InvalidInput", ["returnUrl"]),
        ({"returnUrl": "javascript:alert(1)"}, "InvalidInput", ["returnUrl"]),
    ],
)
async def test_a_payment_that_cannot_be_is_not_begun(
    house: ApiHouse, guest: Client, changes: dict[str, Any], kind: str, path: list[str]
) -> None:
    booking = await guest.book(house.houses[GRAND])
    before = await house.rows()
    wanted = {"bookingId": booking["id"], "idempotencyKey": str(uuid.uuid4()), **changes}
    answer = await guest.mutate(document("7_pay"), wanted)
    assert (answer["__typename"], answer["path"]) == (kind, path)
    assert await house.rows() == before


async def test_what_is_confirmed_is_not_paid_again(house: ApiHouse, guest: Client) -> None:
    booking = await guest.book(house.houses[GRAND], plan=1)
    before = await house.rows()
    query = document("7_pay").replace("path", "path ... on IllegalState { state allowed }")
    answer = await guest.mutate(query, {"bookingId": booking["id"], "idempotencyKey": "once"})
    assert (answer["__typename"], answer["state"], answer["path"]) == ("IllegalState", "CONFIRMED", ["bookingId"])
    assert await house.rows() == before


REGISTRATION = {"email": "new-person@example.org", "password": PASSWORD, "name": "N"}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"password": "short"}, ["password"]),
        ({"password": "x" * 129}, ["password"]),
        ({"password": "password123"}, ["password"]),
        ({"password": "new-person@example.org"}, ["password"]),
        ({"name": ""}, ["name"]),
        ({"name": "a\u0000b"}, ["name"]),
        ({"role": "ADMIN"}, ["role"]),
        ({"role": "MASTER"}, ["role"]),
        ({"locale": "xx"}, ["locale"]),
    ],
)
@pytest.mark.usefixtures("nothing_changes")
async def test_an_account_that_cannot_be_is_not_made(nobody: Client, changes: dict[str, str], path: list[str]) -> None:
    answer = await nobody.mutate(document("1_register"), {**REGISTRATION, **changes})
    assert (answer["__typename"], answer["path"]) == ("InvalidInput", path)


@pytest.mark.parametrize("email", ["nobody", "a@", "@b", "a b@example.org", "a@example..org", "", None])
@pytest.mark.usefixtures("nothing_changes")
async def test_what_is_no_address_makes_no_account(nobody: Client, email: str | None) -> None:
    refusal = await nobody.refusal(document("1_register"), {"input": {**REGISTRATION, "email": email}})
    assert refusal == {"code": "INVALID_INPUT", "field": ["email"]}


async def test_an_address_has_one_account(house: ApiHouse, guest: Client, nobody: Client) -> None:
    before = await house.rows()
    for email in (guest.email, guest.email.upper()):
        answer = await nobody.mutate(document("1_register"), {**REGISTRATION, "email": email})
        assert (answer["__typename"], answer["path"]) == ("EmailTaken", ["email"])
    assert await house.rows() == before


@pytest.mark.usefixtures("nothing_changes")
async def test_a_wrong_password_and_an_unknown_address_look_alike(guest: Client, nobody: Client) -> None:
    wrong = await nobody.mutate(document("2_sign_in"), {"email": guest.email, "password": "not the secret"})
    unknown = await nobody.mutate(document("2_sign_in"), {"email": "ghost@example.org", "password": PASSWORD})
    assert wrong == unknown
    assert wrong["__typename"] == "InvalidCredentials"
