"""Accounts over the gateway: mails and the pages they lead to, changes, leaving and taking one's data along."""

from __future__ import annotations

import re
import uuid
from typing import Any

import httpx
import orjson
import pytest

from api.node_ids import encode_id
from stack.tour_client import document
from tests.api.client import PASSWORD, Client, until
from tests.api.house import ApiHouse
from tests.api.salon_desk import SalonDesk

NEW_PASSWORD = "another long enough secret"


def mutation(name: str, shown: str) -> str:
    kind = name[0].upper() + name[1:]
    return (
        f"mutation ($input: {kind}Input!) {{ {name}(input: $input) "
        f"{{ __typename ... on UserError {{ code message path }} {shown} }} }}"
    )


UPDATE = mutation("accountUpdate", "... on AccountUpdated { viewer { name locale phone timeZone } }")
CHANGE_EMAIL = mutation("accountEmailChange", "... on AccountMailAsked { address }")
CHANGE_PASSWORD = mutation("accountPasswordChange", "... on AccountPasswordChanged { viewer { email } }")
VERIFY = mutation("accountEmailVerify", "... on AccountEmailVerified { done }")
ASK_RESET = mutation("accountPasswordResetRequest", "... on AccountMailAsked { address }")
RESET = mutation("accountPasswordReset", "... on AccountPasswordWasReset { done }")
DELETE = mutation("accountDelete", "... on AccountDeleted { accountId } ... on IllegalState { state }")
EXPORT = "mutation { accountExport { __typename ... on AccountExported { url expiresAt } } }"
VERIFIED = "{ viewer { email emailVerified } }"


@pytest.fixture
async def person(house: ApiHouse, http: httpx.AsyncClient) -> Client:
    return await Client(http, house.url).sign_up()


async def link_to(house: ApiHouse, address: str, path: str) -> httpx.URL:
    """The newest link to a page in the mails to an address."""
    found: list[str] = []

    async def arrived() -> bool:
        for mail in house.mails.newest_first():
            if address in mail.recipients and (link := re.search(rf"{path}\?token=\S+", mail.text or "")):
                found.append(link[0])
                return True
        return False

    await until(arrived)
    return httpx.URL(house.url + found[0])


def token_of(link: httpx.URL) -> str:
    return link.params["token"]


async def test_a_mails_link_shows_a_page_and_its_button_verifies_the_address(house: ApiHouse, person: Client) -> None:
    link = await link_to(house, person.email, "/account/verify")
    page = await person.http.get(link)
    assert page.status_code == 200
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert (await person.data(VERIFIED))["viewer"]["emailVerified"] is False
    form = {"token": token_of(link), "lang": "fr"}
    done = await person.http.post(f"{house.url}/account/verify", data=form)
    assert (done.status_code, done.headers["content-language"]) == (200, "fr")
    assert (await person.data(VERIFIED))["viewer"]["emailVerified"] is True
    again = await person.http.post(f"{house.url}/account/verify", data=form)
    assert again.status_code == 410
    assert token_of(link) not in again.text


async def test_forms_of_other_sites_do_nothing(house: ApiHouse, person: Client) -> None:
    link = await link_to(house, person.email, "/account/verify")
    headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    answer = await person.http.post(link.copy_with(query=None), data={"token": token_of(link)}, headers=headers)
    assert answer.status_code == 410
    assert (await person.data(VERIFIED))["viewer"]["emailVerified"] is False


async def test_what_stands_in_a_link_is_escaped(house: ApiHouse, nobody: Client) -> None:
    page = await nobody.http.get(f"{house.url}/account/reset", params={"token": '"><script>alert(1)</script>'})
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_a_lost_password_is_replaced_by_pages_alone(house: ApiHouse, person: Client) -> None:
    asked = await person.http.post(f"{house.url}/account/reset", data={"email": person.email, "lang": "en"})
    unknown = f"nobody-{uuid.uuid4().hex}@example.org"
    asked_for_nobody = await person.http.post(f"{house.url}/account/reset", data={"email": unknown, "lang": "en"})
    assert (asked.status_code, asked.text) == (200, asked_for_nobody.text)
    link = await link_to(house, person.email, "/account/reset")
    assert (await person.http.get(link)).text.count('autocomplete="new-password"') == 2
    form = {"token": token_of(link), "password": NEW_PASSWORD, "repeated": NEW_PASSWORD}
    different = await person.http.post(f"{house.url}/account/reset", data=form | {"repeated": "something else"})
    easy = {"password": "password123", "repeated": "password123"}
    refused = await person.http.post(f"{house.url}/account/reset", data=form | easy)
    assert (different.status_code, refused.status_code) == (422, 422)
    assert 'role="alert"' in refused.text
    assert (await person.http.post(f"{house.url}/account/reset", data=form)).status_code == 200
    anew = Client(person.http, person.url, email=person.email)  # every session of theirs is over
    answer = await anew.mutate(document("2_sign_in"), {"email": person.email, "password": NEW_PASSWORD})
    assert answer["__typename"] == "SessionCreated"


async def test_a_lost_password_is_replaced_over_graphql(house: ApiHouse, person: Client) -> None:
    assert (await person.mutate(ASK_RESET, {"email": person.email}))["address"] == person.email
    token = token_of(await link_to(house, person.email, "/account/reset"))
    anew = Client(person.http, person.url)
    answer = await anew.mutate(RESET, {"token": token, "newPassword": "short"})
    assert (answer["__typename"], answer["path"]) == ("InvalidInput", ["newPassword"])
    assert (await anew.mutate(RESET, {"token": token, "newPassword": NEW_PASSWORD}))["done"]
    assert (await anew.mutate(RESET, {"token": token, "newPassword": NEW_PASSWORD}))["code"] == "TOKEN_SPENT"


async def test_a_profile_changes_field_by_field(person: Client) -> None:
    answer = await person.mutate(UPDATE, {"phone": "+33 1 23 45 67 89", "timeZone": "Europe/Paris", "locale": "fr"})
    assert answer["viewer"] == {
        "name": "Gwen Guest",
        "locale": "fr",
        "phone": "+33123456789",
        "timeZone": "Europe/Paris",
    }
    answer = await person.mutate(UPDATE, {"phone": None, "name": "Gwen Other"})
    assert (answer["viewer"]["phone"], answer["viewer"]["name"]) == (None, "Gwen Other")
    answer = await person.mutate(UPDATE, {"timeZone": "Nowhere", "name": "Not Kept"})
    assert (answer["__typename"], answer["path"]) == ("InvalidInput", ["timeZone"])
    assert (await person.data("{ viewer { name } }"))["viewer"]["name"] == "Gwen Other"


async def test_an_address_is_changed_by_the_mail_to_the_new_one(house: ApiHouse, person: Client) -> None:
    new = f"new-{uuid.uuid4().hex[:12]}@example.org"
    wrong = await person.mutate(CHANGE_EMAIL, {"newEmail": new, "password": "not my password"})
    assert (wrong["__typename"], wrong["path"]) == ("InvalidCredentials", ["password"])
    assert (await person.mutate(CHANGE_EMAIL, {"newEmail": new, "password": PASSWORD}))["address"] == new
    token = token_of(await link_to(house, new, "/account/verify"))
    assert (await person.mutate(VERIFY, {"token": token}))["done"]
    assert (await person.data(VERIFIED))["viewer"] == {"email": new, "emailVerified": True}

    async def told() -> bool:
        return any(
            person.email in mail.recipients and mail.subject == "Your e-mail address was changed"
            for mail in house.mails.newest_first()
        )

    await until(told)


async def test_a_changed_password_keeps_this_session_and_ends_the_others(person: Client) -> None:
    other = await Client(person.http, person.url, email=person.email).sign_in()
    answer = await person.mutate(CHANGE_PASSWORD, {"password": PASSWORD, "newPassword": NEW_PASSWORD})
    assert answer["viewer"]["email"] == person.email

    async def ended() -> bool:
        return (await other.post("{ viewer { id } }")).status_code == 401

    await until(ended)
    assert (await person.data("{ viewer { email } }"))["viewer"]["email"] == person.email


async def test_everything_known_of_a_person_is_one_file_behind_an_address_that_works_once(
    house: ApiHouse, person: Client
) -> None:
    booking = await person.book(house.houses["Grand House"])
    exported = (await person.data(EXPORT))["accountExport"]
    answer = await person.http.get(exported["url"])
    assert answer.headers["content-type"] == "application/json"
    assert "attachment" in answer.headers["content-disposition"]
    known: dict[str, Any] = orjson.loads(answer.content)
    assert set(known) == {"profile", "sessions", "bookings", "appointments", "reviews", "notifications"}
    assert known["profile"]["email"] == person.email
    assert [encode_id("Booking", found["id"]) for found in known["bookings"]] == [booking["id"]]
    assert "documentSecret" not in known["bookings"][0]
    assert len(known["sessions"]) == 1
    assert (await person.http.get(exported["url"])).status_code == 404


async def test_an_account_with_a_stay_ahead_is_not_deleted(house: ApiHouse, person: Client) -> None:
    await person.book(house.houses["Grand House"])
    before = await house.rows()
    answer = await person.mutate(DELETE, {"password": PASSWORD})
    assert (answer["__typename"], answer["state"]) == ("IllegalState", "BOOKINGS_AHEAD")
    assert await house.rows() == before
    assert (await person.data("{ viewer { email } }"))["viewer"]["email"] == person.email


async def test_a_hotelier_with_houses_is_not_deleted(house: ApiHouse, hotelier: Client) -> None:
    before = await house.rows()
    answer = await hotelier.mutate(DELETE, {"password": PASSWORD})
    assert (answer["__typename"], answer["state"]) == ("IllegalState", "HOTELS_RUN")
    assert await house.rows() == before


async def test_a_hotelier_with_a_salon_of_its_own_is_not_deleted_before_it_is_archived(
    house: ApiHouse, http: httpx.AsyncClient
) -> None:
    owner = await Client(http, house.url).sign_up("HOTELIER")
    desk = SalonDesk(owner)
    salon = await desk.salon()
    answer = await owner.mutate(DELETE, {"password": PASSWORD})
    assert (answer["__typename"], answer["state"]) == ("IllegalState", "SALONS_RUN")
    await desk.done("salonArchive", salonId=salon["id"], expectedVersion=salon["version"])
    assert (await owner.mutate(DELETE, {"password": PASSWORD}))["__typename"] == "AccountDeleted"
