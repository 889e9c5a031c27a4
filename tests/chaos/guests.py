"""Guests who book, pay and cancel over HTTP, and ask again with the same key until they are answered."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from stack.hotel_tour import CARD, CheckoutForm
from stack.tour_client import document

PASSWORD = "correct-horse-battery"
ANSWER_SECONDS = 120.0  # nobody waits longer for one answer: then it counts as lost
SIGN_IN_AGAIN_SECONDS = 300.0
FIRST_DAY, DAYS = 30, 20  # stays begin on so few days that rooms run out
_PAUSE_SECONDS = 0.2

OFFERS = """query ($id: ID!, $checkIn: Date!, $checkOut: Date!) { hotel(id: $id) {
  offers(checkIn: $checkIn, checkOut: $checkOut, rooms: [{adults: 1}]) {
    roomType { id } ratePlan { id paymentTiming } } } }"""
PREVIEW = "query ($id: ID!) { cancellationPreview(bookingId: $id) { refund { minorUnits currency } } }"
CANCEL = """mutation ($input: BookingCancelInput!) { bookingCancel(input: $input) { __typename
  ... on BookingCancelled { booking { state } } ... on UserError { code message } } }"""
STATE = "query ($id: ID!) { booking(id: $id) { state } }"


class Unanswered(Exception):
    """Nobody answered for so long."""


@dataclass
class Witness:
    """What guests were told: the least that must be true in the end. Bookings by their ids of the schema."""

    held: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    keys_without_answer: int = 0
    repeats: int = 0
    two_answers: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    longest_wait: float = 0.0


class Guest:
    def __init__(self, gateway: str, hotels: list[str], witness: Witness, draw: random.Random) -> None:
        self._gateway = gateway
        self._hotels = hotels
        self._witness = witness
        self._draw = draw
        self._email = f"chaos-{uuid.uuid4().hex[:12]}@example.org"
        self._token = ""
        self._signed_in_at = 0.0
        self._http = httpx.AsyncClient(timeout=10, trust_env=False)

    async def live(self, stop: asyncio.Event) -> None:
        async with self._http:
            account = {"email": self._email, "password": PASSWORD, "name": "Carla Chaos", "role": "GUEST"}
            await self._change(document("1_register"), account)
            self._witness.emails.add(self._email)
            while not stop.is_set():
                try:
                    await self._visit(stop)
                except Unanswered:
                    self._witness.faults["no answer"] += 1
                await asyncio.sleep(self._draw.uniform(0.05, 0.3))

    async def _visit(self, stop: asyncio.Event) -> None:
        """One booking as far as it comes. Once it is asked for, it is asked for to the end."""
        await self._stay_signed_in()
        stay = self._wanted_stay()
        hotel = (await self._ask(OFFERS, {"id": stay["hotelId"], **_dates(stay)}))["hotel"]
        if not hotel["offers"]:
            self._witness.refusals["sold out"] += 1
            return
        offer = self._draw.choice(hotel["offers"])
        room = {"roomTypeId": offer["roomType"]["id"], "ratePlanId": offer["ratePlan"]["id"], "adults": 1}
        quote = await self._change(document("5_quote"), {**stay, "rooms": [room]})
        if quote["__typename"] != "Quote":
            self._witness.refusals[quote["__typename"]] += 1
            return
        if stop.is_set():
            return
        booking_id = await self._book(quote["id"])
        if booking_id and offer["ratePlan"]["paymentTiming"] == "PREPAID":
            await self._pay(booking_id)
        if booking_id and self._draw.random() < 0.35:
            await self._cancel(booking_id)

    async def _book(self, quote_id: str) -> str:
        wanted = {
            "quoteId": quote_id,
            "idempotencyKey": str(uuid.uuid4()),
            "guest": {"name": "Carla Chaos", "email": self._email},
        }
        try:
            created = await self._change(document("6_book"), wanted)
            again = await self._change(document("6_book"), wanted) if self._draw.random() < 0.3 else created
        except Unanswered:
            self._witness.keys_without_answer += 1
            raise
        self._witness.two_answers += again != created
        if created["__typename"] != "BookingCreated":
            self._witness.refusals[created["__typename"]] += 1
            return ""
        booking_id = str(created["booking"]["id"])
        self._witness.held.add(booking_id)
        if created["booking"]["state"] == "CONFIRMED":
            self._witness.confirmed.add(booking_id)
        return booking_id

    async def _pay(self, booking_id: str) -> None:
        started = await self._change(document("7_pay"), {"bookingId": booking_id, "idempotencyKey": str(uuid.uuid4())})
        if started["__typename"] != "PaymentCreated":
            self._witness.refusals[started["__typename"]] += 1
            return
        deadline = time.monotonic() + ANSWER_SECONDS
        paid = False
        while time.monotonic() < deadline:
            paid = paid or await self._fill_in(started["checkoutUrl"])
            if paid and (await self._ask(STATE, {"id": booking_id}))["booking"]["state"] == "CONFIRMED":
                self._witness.confirmed.add(booking_id)
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        self._witness.faults["paid and not confirmed" if paid else "could not pay"] += 1

    async def _fill_in(self, checkout_url: str) -> bool:
        """Whether the card form was taken, now or before."""
        try:
            page = await self._http.get(checkout_url)
            form = CheckoutForm()
            form.feed(page.text)
            if not form.hidden:
                return page.status_code == 200
            card = {"number": CARD, "expiry": "12/40", "cvc": "123", "holder": "Carla Chaos"}
            answer = await self._http.post(checkout_url, data=form.hidden | card)
        except httpx.TransportError:
            return False
        return answer.status_code in {200, 303}

    async def _cancel(self, booking_id: str) -> None:
        refund = (await self._ask(PREVIEW, {"id": booking_id}))["cancellationPreview"]["refund"]
        wanted = {"bookingId": booking_id, "idempotencyKey": str(uuid.uuid4()), "expectedRefund": refund}
        cancelled = await self._change(CANCEL, wanted)
        if cancelled["__typename"] == "BookingCancelled":
            self._witness.cancelled.add(booking_id)
        else:
            self._witness.refusals[cancelled["__typename"]] += 1

    async def _stay_signed_in(self) -> None:
        if time.monotonic() - self._signed_in_at > SIGN_IN_AGAIN_SECONDS or not self._token:
            who = {"email": self._email, "password": PASSWORD}
            self._token = (await self._change(document("2_sign_in"), who))["accessToken"]
            self._signed_in_at = time.monotonic()

    def _wanted_stay(self) -> dict[str, Any]:
        check_in = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=FIRST_DAY + self._draw.randrange(DAYS))
        nights = self._draw.randint(1, 3)
        return {
            "hotelId": self._draw.choice(self._hotels),
            "checkIn": check_in.isoformat(),
            "checkOut": (check_in + dt.timedelta(days=nights)).isoformat(),
        }

    async def _change(self, query: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """What a mutation's union answers."""
        (member,) = (await self._ask(query, {"input": wanted})).values()
        return dict(member)

    async def _ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer; what was not answered is asked again, word for word. Raises Unanswered."""
        began = time.monotonic()
        while time.monotonic() - began < ANSWER_SECONDS:
            data = await self._try(query, variables)
            if data is not None:
                self._witness.longest_wait = max(self._witness.longest_wait, time.monotonic() - began)
                return data
            self._witness.repeats += 1
            await asyncio.sleep(_PAUSE_SECONDS)
        raise Unanswered

    async def _try(self, query: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            answer = await self._http.post(
                f"{self._gateway}/graphql", json={"query": query, "variables": variables}, headers=headers
            )
            body = answer.json()
        except (httpx.TransportError, ValueError):
            return None
        for error in body.get("errors", ()):
            code = error.get("extensions", {}).get("code", "no code")
            if code != "UNAVAILABLE":
                self._witness.faults[code] += 1
            return None
        data: dict[str, Any] = body["data"]
        return data


def _dates(stay: dict[str, Any]) -> dict[str, Any]:
    return {name: stay[name] for name in ("checkIn", "checkOut")}
