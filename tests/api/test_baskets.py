"""Room and spa in one basket over HTTP: quoted, paid at the checkout, told of once, and called off part by part."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from api.node_ids import decode_id, encode_id
from runtime.identity import Role
from tests.api.client import Client, stay, today, until, wish
from tests.api.extra_shop import MONEY, REFUSED, extra_inn
from tests.api.house import ApiHouse
from tests.api.salon_desk import SalonDesk
from tests.api.test_appointments import DAY, answer, done, slots, visit
from tests.api.test_currencies import RATES, SHOWN, put
from tests.grpc_services.hotel.catalogue import House
from tests.house import SignedIn, register_account

VISITS = f"""
  visits {{
    position startsAt cost {MONEY} quoted {{ salonName timeZone total {MONEY} services {{ serviceName masterName }} }}
    appointment {{
      {SHOWN} id state version bookingId booking {{ id }} paid {MONEY} penalty {MONEY} refunded {MONEY}
    }}
  }}
"""
BOOKING = f"id reference state version total {MONEY} paid {MONEY} refunded {MONEY} due {MONEY} penalty {MONEY} {VISITS}"
QUOTE = f"""
mutation ($input: QuoteCreateInput!) {{
  quoteCreate(input: $input) {{
    {REFUSED} ... on SlotUnavailable {{ nextStarts }}
    ... on Quote {{
      id total {MONEY} rooms {{ total {MONEY} }} lines {{ kind description amount {MONEY} }}
      {SHOWN}
      visits {{ salonName startsAt total {MONEY} {SHOWN} cancellationTiers {{ penaltyPercent }} salon {{ id }} }}
    }}
  }}
}}
"""
BOOK = f"""
mutation ($input: BookingCreateInput!) {{
  bookingCreate(input: $input) {{
    {REFUSED} ... on SlotUnavailable {{ nextStarts }} ... on BookingCreated {{ booking {{ {BOOKING} }} }}
  }}
}}
"""
SEEN = f"""
query ($id: ID!) {{
  booking(id: $id) {{ {BOOKING} invoiceUrl timeline(topics: [BOOKING, PAYMENT]) {{ nodes {{ kind }} }} }}
}}
"""
PREVIEW = f"""
query ($id: ID!) {{
  cancellationPreview(bookingId: $id) {{
    penalty {MONEY} refund {MONEY} roomsPenalty {MONEY} visits {{ position penalty {MONEY} }}
    stages {{ penalty {MONEY} refund {MONEY} }}
  }}
}}
"""
CANCEL = (
    f"mutation ($input: BookingCancelInput!) {{ bookingCancel(input: $input) {{ {REFUSED} "
    f"... on BookingCancelled {{ booking {{ {BOOKING} }} }} }} }}"
)
INBOX = "query { viewer { notifications(first: 50) { nodes { kind title body } } } }"
STATED = (
    "payouts(month: $month) { pageUrl csvUrl totals { gross { minorUnits } refunds { minorUnits } } "
    "entries { nodes { kind reference } } }"
)
PAYOUTS = (
    f"query ($hotel: ID!, $salon: ID!, $month: String!) {{ hotel(id: $hotel) {{ {STATED} }} salon(id: $salon) "
    f"{{ {STATED} }} }}"
)
PRICE = 6000


@dataclass
class Basket:
    """A guest with a basket of one room and one visit, and the hotelier of both."""

    house: ApiHouse
    guest: Client
    owner: Client
    inn: House
    salon: dict[str, Any]

    def asked(self, starts_at: str, **changes: Any) -> dict[str, Any]:
        one = {
            "salonId": self.salon["id"],
            "startsAt": starts_at,
            "services": [{"serviceId": self.salon["services"][0]["id"]}],
        }
        return stay(self.inn, visits=[{**one, **changes}])

    async def free_start(self) -> str:
        start: str = (await slots(self.guest, self.salon))[0]["startsAt"]
        return start

    async def booked(self) -> dict[str, Any]:
        quote = await self.guest.mutate(QUOTE, self.asked(await self.free_start()))
        assert quote["__typename"] == "Quote", quote
        made = await self.guest.mutate(BOOK, wish(quote["id"], self.guest.email))
        assert made["__typename"] == "BookingCreated", made
        booking: dict[str, Any] = made["booking"]
        return booking

    async def paid(self) -> dict[str, Any]:
        booking = await self.booked()
        await self.guest.pay(await self.guest.begin_payment(booking))
        return await self.until_visit(booking, "CONFIRMED")

    async def now(self, booking: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = (await self.guest.data(SEEN, {"id": booking["id"]}))["booking"]
        return found

    async def until_visit(self, booking: dict[str, Any], state: str) -> dict[str, Any]:
        """Until the visit stands so, at the salon and on the booking's timeline."""
        kind = {"CONFIRMED": "VisitConfirmed", "CANCELLED": "VisitCancelled", "EXPIRED": "VisitReleased"}[state]

        async def stands() -> bool:
            found = await self.now(booking)
            told = [entry["kind"] for entry in found["timeline"]["nodes"]]
            return found["visits"][0]["appointment"]["state"] == state and kind in told

        await until(stands)
        return await self.now(booking)

    async def inbox(self, who: Client) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await who.data(INBOX))["viewer"]["notifications"]["nodes"]
        return found


@pytest.fixture
async def basket(house: ApiHouse, http: httpx.AsyncClient) -> Basket:
    account: SignedIn = await register_account(house.auth_address, Role.HOTELIER)
    owner = Client(http, house.url, token=account.token, email=account.email)
    inn = await extra_inn(house, account)
    salon = await SalonDesk(owner).published()
    return Basket(house, await Client(http, house.url).sign_up(), owner, inn, salon)


async def test_a_quote_of_room_and_spa_adds_up_and_names_its_parts(basket: Basket) -> None:
    start = await basket.free_start()
    quote = await basket.guest.mutate(QUOTE, basket.asked(start))
    assert quote["total"]["minorUnits"] == quote["rooms"][0]["total"]["minorUnits"] + PRICE
    assert sum(line["amount"]["minorUnits"] for line in quote["lines"]) == quote["total"]["minorUnits"]
    (line,) = [line for line in quote["lines"] if line["kind"] == "VISIT"]
    assert line["description"] == f"{basket.salon['name']}: Cut"
    assert quote["visits"][0]["salon"]["id"] == basket.salon["id"]
    night = await basket.guest.mutate(QUOTE, basket.asked(f"{DAY}T01:00:00Z"))
    assert (night["__typename"], night["path"], bool(night["nextStarts"])) == (
        "SlotUnavailable",
        ["visits", "0", "startsAt"],
        True,
    )
    wrong = await basket.guest.mutate(QUOTE, basket.asked(start, services=[]))
    assert (wrong["code"], wrong["path"]) == ("INVALID_INPUT", ["visits", "0", "services"])


async def test_a_visit_is_shown_in_the_guests_currency_by_the_day_of_its_quote(basket: Basket) -> None:
    await put(basket.house, today() - dt.timedelta(days=9), RATES)
    quote = await basket.guest.mutate(QUOTE, basket.asked(await basket.free_start()))
    shown = quote["visits"][0]["shownTotal"]
    assert shown["day"] == quote["shownTotal"]["day"]
    made = await basket.guest.mutate(BOOK, wish(quote["id"], basket.guest.email))
    assert made["booking"]["visits"][0]["appointment"]["shownTotal"] == shown


async def test_a_basket_is_paid_at_the_checkout_and_everybody_hears_once(basket: Basket) -> None:
    paid = await basket.paid()
    (visit_,) = paid["visits"]
    assert (paid["state"], paid["due"]["minorUnits"], visit_["appointment"]["bookingId"]) == (
        "CONFIRMED",
        0,
        paid["id"],
    )
    assert visit_["appointment"]["booking"] == {"id": paid["id"]}
    assert visit_["appointment"]["paid"]["minorUnits"] == visit_["cost"]["minorUnits"] == PRICE

    async def kinds(who: Client) -> list[str]:
        return sorted(one["kind"] for one in await basket.inbox(who) if one["kind"].startswith(("Book", "App")))

    async def told() -> bool:
        return "BookingConfirmed" in await kinds(basket.guest) and "AppointmentConfirmed" in await kinds(basket.owner)

    await until(told)
    assert await kinds(basket.guest) == ["BookingConfirmed", "BookingHeld"]
    assert await kinds(basket.owner) == ["AppointmentConfirmed", "BookingConfirmed"]

    async def mailed() -> list[str]:
        """What names the salon; other mails are about the account."""
        mails = [mail for mail in basket.house.mails.newest_first() if basket.guest.email in mail.recipients]
        return [mail.text for mail in mails if mail.text and basket.salon["name"] in mail.text]

    async def arrived() -> bool:
        return len(await mailed()) == 1

    await until(arrived)
    bill = (await basket.guest.http.get(paid["invoiceUrl"], headers={"accept-language": "en"})).text
    assert "Visits to salons" in bill
    assert basket.salon["name"] in bill


async def test_hotel_and_salon_each_see_their_part_of_a_basket_in_their_own_statement(
    basket: Basket, http: httpx.AsyncClient
) -> None:
    paid = await basket.paid()
    asked = {
        "hotel": encode_id("Hotel", str(basket.inn.id)),
        "salon": basket.salon["id"],
        "month": f"{dt.datetime.now(dt.UTC):%Y-%m}",
    }
    seen = await basket.owner.data(PAYOUTS, asked)
    for place, gross in (("hotel", paid["total"]["minorUnits"] - PRICE), ("salon", PRICE)):
        stated = seen[place]["payouts"]
        (totals,) = stated["totals"]
        assert (totals["gross"]["minorUnits"], totals["refunds"]["minorUnits"]) == (gross, 0)
        assert [entry["reference"] for entry in stated["entries"]["nodes"]] == [paid["reference"]] * 2
        rows = (await http.get(stated["csvUrl"])).text.splitlines()
        assert f"GROSS,{paid['reference']},{gross / 100:.2f},EUR" in rows[2]
        page = await http.get(stated["pageUrl"], headers={"accept-language": "en"})
        assert f"{gross / 100:,.2f}" in page.text
    assert (await basket.guest.body(PAYOUTS, asked))["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"


async def test_a_hold_that_runs_out_frees_both(basket: Basket) -> None:
    booking = await basket.booked()
    start = booking["visits"][0]["startsAt"]
    assert start not in [slot["startsAt"] for slot in await slots(basket.guest, basket.salon)]
    own_id = uuid.UUID(decode_id("Booking", booking["id"], path=()))
    await basket.house.database.execute("UPDATE booking.booking SET hold_expires_at = now() WHERE id = $1", own_id)
    gone = await basket.until_visit(booking, "EXPIRED")
    assert gone["state"] == "EXPIRED"
    assert start in [slot["startsAt"] for slot in await slots(basket.guest, basket.salon)]


async def test_the_visit_alone_and_the_whole_basket_are_called_off(basket: Basket, stranger: Client) -> None:
    paid = await basket.paid()
    appointment = paid["visits"][0]["appointment"]
    cancelling = {
        "appointmentId": appointment["id"],
        "expectedRefund": {"minorUnits": str(PRICE), "currency": "EUR"},
        "idempotencyKey": uuid.uuid4().hex,
    }
    assert (await answer(stranger, "appointmentCancel", **cancelling))["code"] == "NOT_FOUND"
    assert (await basket.now(paid))["version"] == paid["version"]
    await done(basket.guest, "appointmentCancel", **cancelling)
    alone = await basket.until_visit(paid, "CANCELLED")

    async def refunded() -> bool:
        return bool((await basket.now(paid))["refunded"]["minorUnits"] == PRICE)

    await until(refunded)
    assert (alone["state"], alone["total"]["minorUnits"]) == ("CONFIRMED", paid["total"]["minorUnits"] - PRICE)

    second = await basket.paid()
    preview = (await basket.guest.data(PREVIEW, {"id": second["id"]}))["cancellationPreview"]
    parts = preview["roomsPenalty"]["minorUnits"] + preview["visits"][0]["penalty"]["minorUnits"]
    assert parts == preview["penalty"]["minorUnits"]
    wanted = {"bookingId": second["id"], "idempotencyKey": uuid.uuid4().hex}
    wrong = await basket.guest.mutate(CANCEL, {**wanted, "expectedRefund": {"minorUnits": "1", "currency": "EUR"}})
    assert wrong["code"] == "REFUND_CHANGED"
    assert (await basket.now(second))["visits"][0]["appointment"]["state"] == "CONFIRMED"
    member = await basket.guest.mutate(CANCEL, {**wanted, "expectedRefund": preview["refund"]})
    assert member["booking"]["state"] == "CANCELLED"
    gone = await basket.now(second)
    assert gone["visits"][0]["appointment"]["state"] == "CANCELLED"


async def test_a_slot_that_somebody_took_meanwhile_holds_nothing(basket: Basket, stranger: Client) -> None:
    start = await basket.free_start()
    quote = await basket.guest.mutate(QUOTE, basket.asked(start))
    await done(stranger, "appointmentCreate", **visit(basket.salon, start))
    before = (await basket.house.rows())["nights"]
    member = await basket.guest.mutate(BOOK, wish(quote["id"], basket.guest.email))
    assert (member["__typename"], member["path"]) == ("SlotUnavailable", ["visits", "0", "startsAt"])
    assert dt.datetime.fromisoformat(member["nextStarts"][0]) > dt.datetime.fromisoformat(start)
    assert (await basket.house.rows())["nights"] == before
