"""One whole story over HTTP: two rooms with extras are booked, paid, changed twice, and one of them cancelled; money,
bill, mails, inbox and timeline agree at every step."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from api.node_ids import decode_id, encode_id
from runtime.identity import Role
from tests.api.client import Client, room, stay, until, wish
from tests.api.extra_shop import MONEY, QUOTE, REFUSED, ROOM, chosen, extra_inn, sold
from tests.api.house import ApiHouse
from tests.api.test_booking_moves import BOOK, CANCEL, CHANGE_PREVIEW, MODIFY, PREVIEW, asked
from tests.grpc_services.hotel.catalogue import House
from tests.house import register_account

POLICY = (
    f"mutation ($input: RatePlanUpdateInput!) {{ ratePlanUpdate(input: $input) {{ {REFUSED} "
    "... on RatePlanUpdated { ratePlan { cancellationPolicy { summary } } } } }"
)
SEEN = f"""
query ($id: ID!) {{
  booking(id: $id) {{
    state total {MONEY} paid {MONEY} refunded {MONEY} due {MONEY} penalty {MONEY} invoiceUrl reference
    rooms {{ {ROOM} }} bookedRooms {{ cancelled }}
    timeline(topics: [BOOKING, PAYMENT]) {{ nodes {{ kind state requestId }} }}
  }}
}}
"""
INBOX = "query { viewer { notifications(first: 50) { nodes { kind body } } } }"
TOLD_BY_MAIL = frozenset({"BookingConfirmed", "BookingModified", "BookingRefunded", "BookingCancelled"})
_ROW = re.compile(r"<tr><td>([^<]*)</td><td>(-?)€([\d,]+\.\d\d)</td></tr>")
_REFUNDED = """
    SELECT coalesce(sum(r.amount_minor_units), 0)
    FROM payment.refund AS r JOIN payment.payment AS p ON p.id = r.payment_id
    WHERE p.booking_id = $1
"""


@dataclass
class Story:
    house: ApiHouse
    guest: Client
    inn: House
    booking: dict[str, Any]

    async def now(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.guest.data(SEEN, {"id": self.booking["id"]}))["booking"]
        return found

    async def pay(self) -> None:
        await self.guest.pay(await self.guest.begin_payment(self.booking))

        async def settled() -> bool:
            now = await self.now()
            return now["state"] == "CONFIRMED" and not now["due"]["minorUnits"]

        await until(settled)

    async def change(self, rooms: list[dict[str, Any]], nights: int) -> dict[str, Any]:
        """Previews and makes the change; answers the preview."""
        asked_for = stay(self.inn, ahead=60, nights=nights, rooms=rooms, bookingId=self.booking["id"])
        quote = await self.guest.mutate(QUOTE, asked_for)
        assert quote["__typename"] == "Quote", quote
        names = {"id": self.booking["id"], "quote": quote["id"]}
        preview: dict[str, Any] = (await self.guest.data(CHANGE_PREVIEW, names))["modificationPreview"]
        wanted = asked(self.booking, quoteId=quote["id"], expectedRefund=preview["refund"])
        changed = await self.guest.mutate(MODIFY, wanted)
        assert changed["__typename"] == "BookingModified", changed
        assert (changed["booking"]["total"], changed["booking"]["due"]) == (preview["newTotal"], preview["due"])
        return preview

    async def until_refunded(self, minor_units: int) -> None:
        """In all, as the booking and the payment system say."""
        booking_id = decode_id("Booking", self.booking["id"], path=())

        async def sent_back() -> bool:
            there = await self.house.database.fetchval(_REFUNDED, booking_id)
            return bool((await self.now())["refunded"]["minorUnits"] == there == minor_units)

        await until(sent_back)

    async def until_told(self, *kinds: str) -> None:
        """In the inbox, so often; by mail too, but for the hold."""

        async def told() -> bool:
            inbox = (await self.guest.data(INBOX))["viewer"]["notifications"]["nodes"]
            return Counter(entry["kind"] for entry in inbox) == Counter(kinds)

        async def mailed() -> bool:
            mails = [
                mail
                for mail in self.house.mails.newest_first()
                if self.guest.email in mail.recipients and "verify" not in mail.subject
            ]
            return len(mails) == len(kinds) - kinds.count("BookingHeld")

        await until(told)
        await until(mailed)

    async def bill(self) -> tuple[dict[str, int], int]:
        """What the lines of the bill say, and their sum."""
        address = (await self.now())["invoiceUrl"]
        page = (await self.guest.http.get(address, headers={"accept-language": "en"})).text
        rows = [
            (text, int(Decimal(f"{sign}{amount.replace(',', '')}") * 100)) for text, sign, amount in _ROW.findall(page)
        ]
        return dict(rows), sum(amount for _, amount in rows)


def again(inn: House, booked: dict[str, Any]) -> dict[str, Any]:
    """The input of a room as it is booked, with its extras."""
    extras = [{"extraId": one["extraId"], "quantity": one["quantity"]} for one in booked["extras"]]
    return room(inn, adults=booked["adults"], childrenAges=booked["childrenAges"], extras=extras)


async def two_rooms_with_extras(house: ApiHouse, http: httpx.AsyncClient) -> Story:
    """Held, in a house where cancelling is free until two days before."""
    owner = await register_account(house.auth_address, Role.HOTELIER)
    hotelier, guest = Client(http, house.url, token=owner.token), await Client(http, house.url).sign_up()
    inn = await extra_inn(house, owner)
    tiers = [{"hoursBeforeCheckIn": 48}, {"hoursBeforeCheckIn": 0, "penaltyPercent": 50}]
    plan_id = encode_id("RatePlan", inn.plans[0])
    policy = await hotelier.mutate(POLICY, {"ratePlanId": plan_id, "expectedVersion": 1, "cancellationTiers": tiers})
    assert policy["__typename"] == "RatePlanUpdated", policy
    breakfast = await sold(hotelier, inn)
    parking = await sold(hotelier, inn, name="Parking", chargeUnit="NIGHT", priceMinorUnits=1200, maxQuantity=2)
    late = await sold(hotelier, inn, name="Late check-out", chargeUnit="STAY", priceMinorUnits=3000)
    rooms = [
        room(inn, adults=2, extras=[chosen(breakfast), chosen(late)]),
        room(inn, extras=[chosen(breakfast), chosen(parking, 2)]),
    ]
    quote = await guest.mutate(QUOTE, stay(inn, ahead=60, rooms=rooms))
    booked = await guest.mutate(BOOK, wish(quote["id"], guest.email))
    return Story(house, guest, inn, booked["booking"])


async def test_two_rooms_with_extras_are_paid_changed_and_one_of_them_cancelled(
    house: ApiHouse, http: httpx.AsyncClient
) -> None:
    story = await two_rooms_with_extras(house, http)
    two_nights = 2 * (2 * 10_000) + 3 * 2 * 250 + 6000 + 3000 + 3000 + 4800
    assert (story.booking["state"], story.booking["total"]["minorUnits"]) == ("HELD", two_nights)
    await story.pay()
    told = ["BookingHeld", "BookingConfirmed"]
    await story.until_told(*told)

    rooms = [again(story.inn, one) for one in (await story.now())["rooms"]]
    dearer = await story.change(rooms, 3)
    a_night = 2 * 10_000 + 3 * 250 + 3000 + 1500 + 2400
    assert (dearer["due"]["minorUnits"], dearer["refund"]["minorUnits"]) == (a_night, 0)
    await story.pay()
    assert (await story.now())["paid"]["minorUnits"] == two_nights + a_night
    told += ["BookingModified"]
    await story.until_told(*told)

    cheaper = await story.change(rooms, 1)
    assert (cheaper["due"]["minorUnits"], cheaper["refund"]["minorUnits"]) == (0, 2 * a_night)
    await story.until_refunded(2 * a_night)
    refunds = (await story.now())["timeline"]["nodes"]
    told += ["BookingModified", *(entry["kind"] for entry in refunds if entry["kind"] == "BookingRefunded")]
    await story.until_told(*told)

    before = await story.now()
    preview = (await story.guest.data(PREVIEW, {"id": story.booking["id"], "rooms": [1]}))["cancellationPreview"]
    assert preview["refund"] == before["rooms"][1]["total"]
    wanted = asked(story.booking, rooms=[1], expectedRefund=preview["refund"])
    cancelled = await story.guest.mutate(CANCEL, wanted)
    assert (cancelled["__typename"], cancelled["booking"]["state"]) == ("BookingCancelled", "CONFIRMED"), cancelled
    assert await story.guest.mutate(CANCEL, wanted) == cancelled
    await story.until_refunded(2 * a_night + preview["refund"]["minorUnits"])

    end = await story.now()
    assert end["total"] == before["rooms"][0]["total"]
    assert end["paid"]["minorUnits"] - end["refunded"]["minorUnits"] == end["total"]["minorUnits"]
    assert (end["due"]["minorUnits"], end["penalty"]["minorUnits"]) == (0, 0)
    assert [one["cancelled"] for one in end["bookedRooms"]] == [False, True]
    lines, balance = await story.bill()
    assert (lines["Breakfast"], lines["Late check-out"], balance) == (3000, 3000, 0)
    assert "2 × Parking" not in lines

    timeline = end["timeline"]["nodes"]
    kinds = [entry["kind"] for entry in timeline]
    assert [kind for kind in kinds if kind != "BookingRefunded"] == [
        "BookingHeld",
        "PaymentStarted",
        "BookingConfirmed",
        "BookingModified",
        "PaymentStarted",
        "PaymentReceived",
        "BookingModified",
        "BookingCancelled",
    ]
    assert kinds.index("BookingRefunded") > kinds.index("PaymentReceived")
    assert all(entry["requestId"] for entry in timeline)
    told = ["BookingHeld", *(kind for kind in kinds if kind in TOLD_BY_MAIL)]
    await story.until_told(*told)


async def test_a_change_forgets_extras_that_are_not_named_again(house: ApiHouse, http: httpx.AsyncClient) -> None:
    story = await two_rooms_with_extras(house, http)
    rooms = [{**again(story.inn, one), "extras": []} for one in (await story.now())["rooms"]]
    await story.change(rooms, 2)
    now = await story.now()
    assert [one["extras"] for one in now["rooms"]] == [[], []]
    unbound = await story.guest.mutate(QUOTE, stay(story.inn, ahead=60, rooms=rooms))
    wanted = asked(story.booking, quoteId=unbound["id"], expectedRefund={"minorUnits": 0, "currency": "EUR"})
    refusal = await story.guest.mutate(MODIFY, wanted)
    assert (refusal["__typename"], refusal["path"]) == ("InvalidInput", ["quoteId"])
