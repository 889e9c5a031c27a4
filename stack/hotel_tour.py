"""The first journey: a guest finds a room, books and pays it, and hears of it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from stack.tour_client import PATIENCE_SECONDS, StepFailed, TourClient, document

CARD = "4242424242424242"


class CheckoutForm(HTMLParser):
    """The hidden fields of the payment form, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.hidden[str(given["name"])] = given.get("value") or ""


class HotelTour:
    def __init__(self, client: TourClient, mail: str, email: str) -> None:
        self._client = client
        self._mail = mail
        self._email = email

    async def play(self) -> None:
        quote = await self._find_and_quote()
        booking = await self._book(quote)
        async with self._following(booking["id"]) as follower:
            await pay(self._client, booking)
            await self._check_states(follower)
        await self._check_inbox()
        await self._check_mail(booking["reference"])
        await self._look_back(booking["id"])

    async def _find_and_quote(self) -> dict[str, Any]:
        check_in = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)
        stay = {"checkIn": check_in.isoformat(), "checkOut": (check_in + dt.timedelta(days=2)).isoformat()}
        rooms = [{"adults": 2, "childrenAges": []}]
        search = {"input": {"place": {"city": "Paris"}, "rooms": rooms, **stay}}
        found = (await self._client.ask("Search Paris", document("3_search_hotels"), search))["searchHotels"]["nodes"]
        if not found:
            raise StepFailed("no hotel in Paris has a free room")
        hotel_id = found[0]["hotel"]["id"]
        house = {"hotelId": hotel_id, "rooms": rooms, **stay}
        hotel = (await self._client.ask("Look at the cheapest", document("4_hotel_with_offers"), house))["hotel"]
        prepaid = [offer for offer in hotel["offers"] if offer["ratePlan"]["paymentTiming"] == "PREPAID"]
        if not prepaid:
            raise StepFailed("the hotel has no prepaid offer")
        room = {"roomTypeId": prepaid[0]["roomType"]["id"], "ratePlanId": prepaid[0]["ratePlan"]["id"], "adults": 2}
        quote = {"input": {"hotelId": hotel_id, "rooms": [room], **stay}}
        return await self._client.mutate("Ask for a quote", document("5_quote"), quote, "Quote")

    async def _book(self, quote: dict[str, Any]) -> dict[str, Any]:
        wanted = {
            "quoteId": quote["id"],
            "idempotencyKey": str(uuid.uuid4()),
            "guest": {"name": "Tina Tour", "email": self._email},
            "specialRequests": "A quiet room, please.",
        }
        created = await self._client.mutate("Book", document("6_book"), {"input": wanted}, "BookingCreated")
        booking: dict[str, Any] = created["booking"]
        if booking["state"] != "HELD":
            raise StepFailed(f"the booking should be HELD and is {booking['state']}")
        again = await self._client.mutate(
            "Book again with the same key", document("6_book"), {"input": wanted}, "BookingCreated"
        )
        if again != created:
            raise StepFailed("the same idempotency key gave another answer")
        return booking

    @asynccontextmanager
    async def _following(self, booking_id: str) -> AsyncIterator[ClientConnection]:
        url = self._client.gateway.replace("http", "ws", 1) + "/graphql"
        query = document("8_follow_booking")
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {self._client.token}"}}
            await socket.send(json.dumps(init))
            answer = json.loads(await socket.recv())
            if answer["type"] != "connection_ack":
                raise StepFailed(f"the websocket was not acknowledged: {answer}")
            self._client.show("Follow the booking over the websocket", query, None)
            payload = {"query": query, "variables": {"bookingId": booking_id}}
            await socket.send(json.dumps({"id": "follow", "type": "subscribe", "payload": payload}))
            await self._next_state(socket, "HELD")
            yield socket

    async def _check_states(self, socket: ClientConnection) -> None:
        began = time.perf_counter()
        await self._next_state(socket, "PAYMENT_PENDING")
        await self._next_state(socket, "CONFIRMED")
        print(f"     confirmed {(time.perf_counter() - began) * 1000:.0f} ms after the guest paid")

    async def _next_state(self, socket: ClientConnection, expected: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                frame = json.loads(await socket.recv())
        except TimeoutError:
            raise StepFailed(f"the subscriber did not see {expected} within {PATIENCE_SECONDS:.0f} s") from None
        if frame["type"] != "next" or "errors" in frame["payload"]:
            raise StepFailed(f"the subscription ended: {frame}")
        move = frame["payload"]["data"]["bookingStatus"]
        print(f"     ⇐ websocket: version {move['version']}, {move['state']}")
        if move["state"] != expected:
            raise StepFailed(f"the subscriber should have seen {expected} and saw {move['state']}")

    async def _check_inbox(self) -> None:
        query = document("9_notifications")

        async def confirmed() -> dict[str, Any] | None:
            viewer: dict[str, Any] = (await self._client.post(query, {}))["viewer"]
            kinds = [told["kind"] for told in viewer["notifications"]["nodes"]]
            return viewer if "BookingConfirmed" in kinds else None

        self._client.show("Look into the inbox", query, await self._client.patiently("the notification", confirmed))

    async def _check_mail(self, reference: str) -> None:
        async def arrived() -> dict[str, Any] | None:
            answer = await self._client.http.get(f"{self._mail}/api/mails", params={"to": self._email})
            found = [mail for mail in answer.json() if reference in mail["subject"] + mail["text"]]
            return {name: found[0][name] for name in ("from", "subject", "text")} if found else None

        mail = await self._client.patiently("the confirmation mail", arrived)
        self._client.show("Read the mail", f"GET {self._mail}/api/mails?to={self._email}", mail)

    async def _look_back(self, booking_id: str) -> None:
        booking = (await self._client.ask("Look back", document("10_look_back"), {"bookingId": booking_id}))["booking"]
        entries = booking["timeline"]["nodes"]
        kinds = [entry["kind"] for entry in entries if entry["topic"] in ("BOOKING", "PAYMENT")]
        if booking["state"] != "CONFIRMED" or kinds != ["BookingHeld", "PaymentStarted", "BookingConfirmed"]:
            raise StepFailed(f"the booking is {booking['state']} and its timeline {kinds}")


async def pay(client: TourClient, booking: dict[str, Any]) -> None:
    """At the checkout page, with a test card."""
    payment = {"bookingId": booking["id"], "idempotencyKey": str(uuid.uuid4())}
    started = await client.mutate("Begin the payment", document("7_pay"), {"input": payment}, "PaymentCreated")
    url = started["checkoutUrl"]
    page = await client.visit("Open the checkout page", f"GET {url}", lambda: client.http.get(url))
    form = CheckoutForm()
    form.feed(page.text)
    card = {"number": CARD, "expiry": "12/40", "cvc": "123", "holder": "Tina Tour"}
    await client.visit(
        "Pay with a test card",
        f"POST {url}  ({CARD[:4]} … {CARD[-4:]})",
        lambda: client.http.post(url, data=form.hidden | card, follow_redirects=True),
    )
