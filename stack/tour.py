"""`make tour`: the first journey, played over HTTP and websocket only, every request and answer shown.

A client like any other: it knows the documents that the playground opens with, and nothing of what is behind
the gateway.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

ADDRESSES = Path(".stack") / "addresses.json"
DOCUMENTS = Path(__file__).resolve().parent.parent / "web" / "src" / "playground" / "journey"
CARD = "4242424242424242"
_WIDEST = 180
_PATIENCE_SECONDS = 30.0
_SECRET = {"accessToken", "refreshToken", "password"}


class StepFailed(Exception):
    """What was expected and what came instead."""


class CheckoutForm(HTMLParser):
    """The hidden fields of the payment form, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.hidden[str(given["name"])] = given.get("value") or ""


def tour(gateway: str | None, mail: str | None) -> int:
    """Plays against the given addresses, or those of the running stack. The exit code: 0 when every step did
    what it should."""
    known = json.loads(ADDRESSES.read_text()) if ADDRESSES.exists() else {}
    if not ((gateway and mail) or known):
        sys.stderr.write("make tour: no stack is running here; start one with `make up`\n")
        return 1
    try:
        asyncio.run(Tour(gateway or known["gateway"], mail or known["mail"]).play())
    except StepFailed as failure:
        sys.stderr.write(f"\nmake tour: {failure}\n")
        return 1
    except (httpx.HTTPError, OSError) as failure:
        sys.stderr.write(f"\nmake tour: the stack does not answer: {failure!r}\n")
        return 1
    return 0


class Tour:
    def __init__(self, gateway: str, mail: str) -> None:
        self._gateway = gateway
        self._mail = mail
        self._http = httpx.AsyncClient(timeout=15)
        self._token = ""
        self._email = f"tour-{uuid.uuid4().hex[:10]}@example.org"
        self._steps = 0

    async def play(self) -> None:
        began = time.perf_counter()
        async with self._http:
            await self._sign_in()
            quote = await self._find_and_quote()
            booking = await self._book(quote)
            async with self._following(booking["id"]) as follower:
                await self._pay(booking)
                await self._check_states(follower)
            await self._check_inbox()
            await self._check_mail(booking["reference"])
            await self._look_back(booking["id"])
        print(f"\nThe journey took {time.perf_counter() - began:.2f} s; all {self._steps} steps did what they should.")

    async def _sign_in(self) -> None:
        account = {"email": self._email, "password": "a long enough secret", "name": "Tina Tour", "role": "GUEST"}
        await self._mutate("Register", "1_register", {"input": account}, "AccountRegistered")
        who = {"input": {"email": self._email, "password": account["password"]}}
        session = await self._mutate("Sign in", "2_sign_in", who, "SessionCreated")
        self._token = session["accessToken"]

    async def _find_and_quote(self) -> dict[str, Any]:
        check_in = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)
        stay = {"checkIn": check_in.isoformat(), "checkOut": (check_in + dt.timedelta(days=2)).isoformat()}
        rooms = [{"adults": 2, "childrenAges": []}]
        search = {"input": {"place": {"city": "Paris"}, "rooms": rooms, **stay}}
        found = (await self._ask("Search Paris", "3_search_hotels", search))["searchHotels"]["nodes"]
        if not found:
            raise StepFailed("no hotel in Paris has a free room")
        hotel_id = found[0]["hotel"]["id"]
        house = {"hotelId": hotel_id, "rooms": rooms, **stay}
        hotel = (await self._ask("Look at the cheapest", "4_hotel_with_offers", house))["hotel"]
        prepaid = [offer for offer in hotel["offers"] if offer["ratePlan"]["paymentTiming"] == "PREPAID"]
        if not prepaid:
            raise StepFailed("the hotel has no prepaid offer")
        room = {"roomTypeId": prepaid[0]["roomType"]["id"], "ratePlanId": prepaid[0]["ratePlan"]["id"], "adults": 2}
        quote = {"input": {"hotelId": hotel_id, "rooms": [room], **stay}}
        return await self._mutate("Ask for a quote", "5_quote", quote, "Quote")

    async def _book(self, quote: dict[str, Any]) -> dict[str, Any]:
        wanted = {
            "quoteId": quote["id"],
            "idempotencyKey": str(uuid.uuid4()),
            "guest": {"name": "Tina Tour", "email": self._email},
            "specialRequests": "A quiet room, please.",
        }
        created = await self._mutate("Book", "6_book", {"input": wanted}, "BookingCreated")
        booking: dict[str, Any] = created["booking"]
        if booking["state"] != "HELD":
            raise StepFailed(f"the booking should be HELD and is {booking['state']}")
        again = await self._mutate("Book again with the same key", "6_book", {"input": wanted}, "BookingCreated")
        if again != created:
            raise StepFailed("the same idempotency key gave another answer")
        return booking

    @asynccontextmanager
    async def _following(self, booking_id: str) -> AsyncIterator[ClientConnection]:
        url = self._gateway.replace("http", "ws", 1) + "/graphql"
        query = document("8_follow_booking")
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {self._token}"}}
            await socket.send(json.dumps(init))
            answer = json.loads(await socket.recv())
            if answer["type"] != "connection_ack":
                raise StepFailed(f"the websocket was not acknowledged: {answer}")
            self._show("Follow the booking over the websocket", query, None)
            payload = {"query": query, "variables": {"bookingId": booking_id}}
            await socket.send(json.dumps({"id": "follow", "type": "subscribe", "payload": payload}))
            await self._next_state(socket, "HELD")
            yield socket

    async def _pay(self, booking: dict[str, Any]) -> None:
        payment = {"bookingId": booking["id"], "idempotencyKey": str(uuid.uuid4())}
        started = await self._mutate("Begin the payment", "7_pay", {"input": payment}, "PaymentCreated")
        url = started["checkoutUrl"]
        page = await self._visit("Open the checkout page", f"GET {url}", lambda: self._http.get(url))
        form = CheckoutForm()
        form.feed(page.text)
        card = {"number": CARD, "expiry": "12/40", "cvc": "123", "holder": "Tina Tour"}
        await self._visit(
            "Pay with a test card",
            f"POST {url}  ({CARD[:4]} … {CARD[-4:]})",
            lambda: self._http.post(url, data=form.hidden | card, follow_redirects=True),
        )

    async def _check_states(self, socket: ClientConnection) -> None:
        began = time.perf_counter()
        await self._next_state(socket, "PAYMENT_PENDING")
        await self._next_state(socket, "CONFIRMED")
        print(f"     confirmed {(time.perf_counter() - began) * 1000:.0f} ms after the guest paid")

    async def _next_state(self, socket: ClientConnection, expected: str) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                frame = json.loads(await socket.recv())
        except TimeoutError:
            raise StepFailed(f"the subscriber did not see {expected} within {_PATIENCE_SECONDS:.0f} s") from None
        if frame["type"] != "next" or "errors" in frame["payload"]:
            raise StepFailed(f"the subscription ended: {frame}")
        move = frame["payload"]["data"]["bookingStatus"]
        print(f"     ⇐ websocket: version {move['version']}, {move['state']}")
        if move["state"] != expected:
            raise StepFailed(f"the subscriber should have seen {expected} and saw {move['state']}")

    async def _check_inbox(self) -> None:
        query = document("9_notifications")

        async def confirmed() -> dict[str, Any] | None:
            viewer: dict[str, Any] = (await self._post(query, {}))["viewer"]
            kinds = [told["kind"] for told in viewer["notifications"]["nodes"]]
            return viewer if "BookingConfirmed" in kinds else None

        self._show("Look into the inbox", query, await self._patiently("the notification", confirmed))

    async def _check_mail(self, reference: str) -> None:
        async def arrived() -> dict[str, Any] | None:
            answer = await self._http.get(f"{self._mail}/api/mails", params={"to": self._email})
            found = [mail for mail in answer.json() if reference in mail["subject"] + mail["text"]]
            return {name: found[0][name] for name in ("from", "subject", "text")} if found else None

        mail = await self._patiently("the confirmation mail", arrived)
        self._show("Read the mail", f"GET {self._mail}/api/mails?to={self._email}", mail)

    async def _look_back(self, booking_id: str) -> None:
        booking = (await self._ask("Look back", "10_look_back", {"bookingId": booking_id}))["booking"]
        kinds = [entry["kind"] for entry in booking["timeline"]["nodes"]]
        if booking["state"] != "CONFIRMED" or kinds != ["BookingHeld", "PaymentStarted", "BookingConfirmed"]:
            raise StepFailed(f"the booking is {booking['state']} and its timeline {kinds}")

    async def _mutate(self, title: str, name: str, variables: dict[str, Any], success: str) -> dict[str, Any]:
        """A mutation's success member; raises StepFailed for a refusal."""
        data = await self._ask(title, name, variables)
        result: dict[str, Any] = next(iter(data.values()))
        if result["__typename"] != success:
            raise StepFailed(f"{title} was refused: {result}")
        return result

    async def _ask(self, title: str, name: str, variables: dict[str, Any]) -> dict[str, Any]:
        query = document(name)
        began = time.perf_counter()
        data = await self._post(query, variables)
        self._show(title, f"{query}\n{json.dumps(_without_secrets(variables))}", data, time.perf_counter() - began)
        return data

    async def _post(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        answer = await self._http.post(
            f"{self._gateway}/graphql", json={"query": query, "variables": variables}, headers=headers
        )
        body = answer.json()
        if "errors" in body:
            raise StepFailed(f"the gateway answered {answer.status_code}: {body['errors']}")
        data: dict[str, Any] = body["data"]
        return data

    async def _visit(self, title: str, request: str, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """A page, as a person would go there; raises StepFailed unless it comes."""
        began = time.perf_counter()
        answer = await send()
        heading = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
        words = " ".join(re.sub(r"<[^>]+>", " ", heading.group(1)).split()) if heading else ""
        self._show(title, request, {"status": answer.status_code, "page": words}, time.perf_counter() - began)
        if answer.status_code != 200:
            raise StepFailed(f"the page answered {answer.status_code}")
        return answer

    async def _patiently(self, what: str, look: Callable[[], Awaitable[dict[str, Any] | None]]) -> dict[str, Any]:
        deadline = time.perf_counter() + _PATIENCE_SECONDS
        while (found := await look()) is None:
            if time.perf_counter() > deadline:
                raise StepFailed(f"{what} did not come within {_PATIENCE_SECONDS:.0f} s")
            await asyncio.sleep(0.1)
        return found

    def _show(self, title: str, request: str, answer: object, seconds: float | None = None) -> None:
        self._steps += 1
        took = f"  ({seconds * 1000:.0f} ms)" if seconds is not None else ""
        print(f"\n{self._steps:2}. {title}{took}")
        for line in request.splitlines():
            print(f"     {line}")
        if answer is not None:
            for line in json.dumps(_without_secrets(answer), indent=1, ensure_ascii=False).splitlines():
                print(f"     → {line[:_WIDEST]}")


def document(name: str) -> str:
    """One of the documents that the playground opens with, without its comments."""
    text = (DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def _without_secrets(answer: object) -> object:
    """Tokens and passwords belong on no screen."""
    if isinstance(answer, dict):
        return {key: "…" if key in _SECRET else _without_secrets(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return [_without_secrets(entry) for entry in answer]
    return answer
