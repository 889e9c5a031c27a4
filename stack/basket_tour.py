"""Room and spa in one basket: one booking, and both are there or neither is."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from stack.hotel_tour import pay
from stack.tour_client import StepFailed, TourClient, document

_RECIPES = "../recipes/room_and_spa"


class BasketTour:
    """`email` is that of the guest, who is signed in."""

    def __init__(self, client: TourClient, email: str) -> None:
        self._client = client
        self._email = email

    async def play(self) -> None:
        booking = await self._book()
        await pay(self._client, booking)
        await self._until_both_are_confirmed(booking)

    async def _book(self) -> dict[str, Any]:
        found = await self._client.ask("Find a spa in a hotel", _recipe("spa_of_a_house"), {"city": "Paris"})
        salon = next((one for one in found["salons"]["nodes"] if one["hotel"] and one["services"]), None)
        if salon is None:
            raise StepFailed("no spa in Paris stands in a hotel")
        check_in = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)
        check_out = check_in + dt.timedelta(days=2)
        service_id = salon["services"][0]["id"]
        days = {"from": check_in.isoformat(), "to": check_out.isoformat()}
        asked = {"salonId": salon["id"], "serviceId": service_id, **days}
        slots = (await self._client.ask("When is it free?", _recipe("spa_slots"), asked))["freeSlots"]
        if not slots:
            raise StepFailed("the spa has no free time during the stay")
        hotel = salon["hotel"]
        room = {"roomTypeId": hotel["roomTypes"][0]["id"], "ratePlanId": hotel["ratePlans"][0]["id"], "adults": 1}
        visit = {"salonId": salon["id"], "startsAt": slots[0]["startsAt"], "services": [{"serviceId": service_id}]}
        stay = {"checkIn": check_in.isoformat(), "checkOut": check_out.isoformat()}
        wanted = {"hotelId": hotel["id"], "rooms": [room], "visits": [visit], **stay}
        query = _recipe("quote_room_and_spa")
        quote = await self._client.mutate("Ask for room and spa in one", query, {"input": wanted}, "Quote")
        order = {
            "quoteId": quote["id"],
            "idempotencyKey": str(uuid.uuid4()),
            "guest": {"name": "Tina Tour", "email": self._email},
        }
        query = _recipe("book_room_and_spa")
        created = await self._client.mutate("Book both or nothing", query, {"input": order}, "BookingCreated")
        booking: dict[str, Any] = created["booking"]
        if booking["visits"][0]["appointment"]["state"] != "HELD":
            raise StepFailed("the visit should be HELD with the room")
        return booking

    async def _until_both_are_confirmed(self, booking: dict[str, Any]) -> None:
        query, named = _recipe("look_at_basket"), {"bookingId": booking["id"]}

        async def confirmed() -> dict[str, Any] | None:
            seen: dict[str, Any] = (await self._client.post(query, named))["booking"]
            states = {seen["state"], *(visit["appointment"]["state"] for visit in seen["visits"])}
            return seen if states == {"CONFIRMED"} else None

        both = await self._client.patiently("the room and the visit to be confirmed", confirmed)
        self._client.show("Both are confirmed by one payment", query, both)


def _recipe(name: str) -> str:
    return document(f"{_RECIPES}/{name}")
