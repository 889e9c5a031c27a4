"""A client of the gateway: GraphQL over HTTP, the journey's steps, and the checkout page."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from api.node_ids import encode_id
from stack.tour_client import document
from tests.grpc_services.hotel.catalogue import House

CARD = "4242424242424242"
PASSWORD = "a long enough secret"


@dataclass
class Client:
    """Somebody who talks to one gateway; signed in once there is a token."""

    http: httpx.AsyncClient
    url: str
    token: str = ""
    email: str = field(default_factory=lambda: f"guest-{uuid.uuid4().hex[:12]}@example.org")

    async def post(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        bearer = {"authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": query, "variables": variables}
        return await self.http.post(f"{self.url}/graphql", json=body, headers=bearer | headers)

    async def body(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = await self.post(query, variables)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def data(self, query: str, variables: dict[str, Any] | None = None) -> Any:
        body = await self.body(query, variables)
        assert "errors" not in body, body
        return body["data"]

    async def refusal(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the only error of the answer says of itself: its code, and its field if it names one."""
        body = await self.body(query, variables)
        (error,) = body["errors"]
        assert all(value is None for value in (body.get("data") or {}).values()), body
        extensions: dict[str, Any] = error["extensions"]
        return extensions

    async def mutate(self, query: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """The member of the result union that a mutation answers."""
        (member,) = (await self.data(query, {"input": wanted})).values()
        result: dict[str, Any] = member
        return result

    async def sign_up(self, role: str = "GUEST") -> Client:
        account = {"email": self.email, "password": PASSWORD, "name": "Gwen Guest", "role": role}
        registered = await self.mutate(document("1_register"), account)
        assert registered["__typename"] == "AccountRegistered", registered
        return await self.sign_in()

    async def sign_in(self) -> Client:
        wanted = {"input": {"email": self.email, "password": PASSWORD}}
        answer = await self.post(document("2_sign_in"), wanted, **{"x-forwarded-for": _own_address()})
        (session,) = answer.json()["data"].values()
        self.token = session["accessToken"]
        return self

    async def quote(self, house: House, *, nights: int = 2, ahead: int = 30, plan: int = 0) -> dict[str, Any]:
        quoted = await self.mutate(document("5_quote"), stay(house, nights=nights, ahead=ahead, plan=plan))
        assert quoted["__typename"] == "Quote", quoted
        return quoted

    async def book(self, house: House, *, ahead: int = 30, plan: int = 0) -> dict[str, Any]:
        quoted = await self.quote(house, ahead=ahead, plan=plan)
        created = await self.mutate(document("6_book"), wish(quoted["id"], self.email))
        assert created["__typename"] == "BookingCreated", created
        booking: dict[str, Any] = created["booking"]
        return booking

    async def begin_payment(self, booking: dict[str, Any]) -> str:
        wanted = {"bookingId": booking["id"], "idempotencyKey": str(uuid.uuid4())}
        started = await self.mutate(document("7_pay"), wanted)
        assert started["__typename"] == "PaymentCreated", started
        checkout: str = started["checkoutUrl"]
        return checkout

    async def pay(self, checkout_url: str, number: str = CARD) -> None:
        """Fills in the card form of the checkout page."""
        page = await self.http.get(checkout_url)
        nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
        assert nonce, page.text
        card = {"nonce": nonce[1], "number": number, "expiry": "12/40", "cvc": "123", "holder": "Gwen Guest"}
        answer = await self.http.post(checkout_url, data=card)
        assert answer.status_code == 303, answer.text

    async def state_of(self, booking: dict[str, Any]) -> str:
        found = await self.data("query ($id: ID!) { booking(id: $id) { state } }", {"id": booking["id"]})
        state: str = found["booking"]["state"]
        return state

    async def until_confirmed(self, booking: dict[str, Any]) -> None:
        async def confirmed() -> bool:
            return await self.state_of(booking) == "CONFIRMED"

        await until(confirmed)


def stay(house: House, *, nights: int = 2, ahead: int = 30, plan: int = 0, **changes: Any) -> dict[str, Any]:
    """The input of a quote for one adult."""
    check_in = today() + dt.timedelta(days=ahead)
    return {
        "hotelId": encode_id("Hotel", str(house.id)),
        "checkIn": check_in.isoformat(),
        "checkOut": (check_in + dt.timedelta(days=nights)).isoformat(),
        "rooms": [room(house, plan=plan)],
        **changes,
    }


def room(house: House, *, plan: int = 0, **changes: Any) -> dict[str, Any]:
    return {
        "roomTypeId": encode_id("RoomType", house.room_types[0]),
        "ratePlanId": encode_id("RatePlan", house.plans[plan]),
        "adults": 1,
        **changes,
    }


def wish(quote_id: str, email: str, **changes: Any) -> dict[str, Any]:
    """The input of a booking."""
    return {
        "quoteId": quote_id,
        "idempotencyKey": str(uuid.uuid4()),
        "guest": {"name": "Gwen Guest", "email": email},
        **changes,
    }


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


async def until(is_so: Callable[[], Awaitable[bool]], *, seconds: float = 60) -> None:
    """Asks again and again, for nothing announces that something far away has happened."""
    deadline = time.monotonic() + seconds
    while not await is_so():
        assert time.monotonic() < deadline, "it did not become so in time"
        await asyncio.sleep(0.05)


async def metric(http: httpx.AsyncClient, url: str, name: str) -> float:
    """A sample of the gateway's metrics by its full name with labels; 0 when it was never counted."""
    text = (await http.get(f"{url}/metrics")).text
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def _own_address() -> str:
    """Failures of other tests' people slow down everybody of their network."""
    return ".".join(map(str, (10, *uuid.uuid4().bytes[:3])))
