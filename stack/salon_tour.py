"""The second journey: a guest goes to a salon, the salon completes the visit, the guest says how the master was."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from stack.tour_client import StepFailed, TourClient, document

_RECIPES = "../recipes/visit_a_salon"
_STAFF = ("hotelier@innkeeper.example", "innkeeper-demo")  # a demo login, as `make up` shows it


class SalonTour:
    """`email` and `password` are those of the guest, who is signed in."""

    def __init__(self, client: TourClient, mail: str, email: str, password: str) -> None:
        self._client = client
        self._mail = mail
        self._email = email
        self._password = password

    async def play(self) -> None:
        salon, service = await self._find_salon()
        appointment = await self._book(salon, service)
        await self._check_news(appointment)
        await self._complete(appointment)
        await self._client.sign_in("Sign in as the guest again", self._email, self._password)
        await self._review(appointment)

    async def _find_salon(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The salon that is open at any hour comes first; what it does at its own desk is paid there."""
        found = (await self._client.ask("Find a salon in Paris", _recipe("find_salons"), {"city": "Paris"}))["salons"]
        for salon in found["nodes"]:
            for service in salon["services"]:
                if service["paymentTiming"] == "AT_SALON" and service["offerings"]:
                    return salon, service
        raise StepFailed("no salon in Paris has a service that is paid there")

    async def _book(self, salon: dict[str, Any], service: dict[str, Any]) -> dict[str, Any]:
        today = dt.datetime.now(dt.UTC).date()
        wanted = {
            "salonId": salon["id"],
            "serviceId": service["id"],
            "from": today.isoformat(),
            "to": (today + dt.timedelta(days=1)).isoformat(),
        }
        slots = (await self._client.ask("When is it free?", _recipe("free_slots"), wanted))["freeSlots"]
        if not slots:
            raise StepFailed("the salon has no free time until tomorrow")
        visit = {
            "salonId": salon["id"],
            "services": [{"serviceId": service["id"], "masterId": slots[0]["services"][0]["masterId"]}],
            "startsAt": slots[0]["startsAt"],
            "idempotencyKey": str(uuid.uuid4()),
            "client": {"name": "Tina Tour", "email": self._email},
        }
        query = _recipe("book_appointment")
        created = await self._client.mutate("Book it", query, {"input": visit}, "AppointmentCreated")
        again = await self._client.mutate("Book again with the same key", query, {"input": visit}, "AppointmentCreated")
        if again != created:
            raise StepFailed("the same idempotency key gave another answer")
        appointment: dict[str, Any] = created["appointment"]
        if appointment["state"] != "CONFIRMED":
            raise StepFailed(f"the appointment should be CONFIRMED and is {appointment['state']}")
        return appointment

    async def _check_news(self, appointment: dict[str, Any]) -> None:
        query = document("9_notifications")

        async def told() -> dict[str, Any] | None:
            viewer: dict[str, Any] = (await self._client.post(query, {}))["viewer"]
            kinds = [news["kind"] for news in viewer["notifications"]["nodes"]]
            return viewer if "AppointmentConfirmed" in kinds else None

        async def arrived() -> dict[str, Any] | None:
            answer = await self._client.http.get(f"{self._mail}/api/mails", params={"to": self._email})
            found = [mail for mail in answer.json() if appointment["reference"] in mail["subject"] + mail["text"]]
            return {name: found[0][name] for name in ("from", "subject", "text")} if found else None

        self._client.show("Look into the inbox", query, await self._client.patiently("the notification", told))
        mail = await self._client.patiently("the mail of the appointment", arrived)
        self._client.show("Read the mail", f"GET {self._mail}/api/mails?to={self._email}", mail)

    async def _complete(self, appointment: dict[str, Any]) -> None:
        await self._client.sign_in("Sign in as the salon", *_STAFF)
        done = {"input": {"appointmentId": appointment["id"], "expectedVersion": appointment["version"]}}
        await self._client.mutate("Complete the visit", _recipe("complete_appointment"), done, "AppointmentCompleted")

    async def _review(self, appointment: dict[str, Any]) -> None:
        master_id = appointment["services"][0]["masterId"]
        query, who = _recipe("master_rating"), {"masterId": master_id}
        known = (await self._client.ask("How is the master rated?", query, who))["master"]["rating"]["count"]
        opinion = {
            "appointmentId": appointment["id"],
            "masterId": master_id,
            "overall": 5,
            "title": "Exactly on time",
            "text": "Calm, careful and exactly on time.",
            "language": "en",
            "idempotencyKey": str(uuid.uuid4()),
        }
        await self._client.mutate("Review the master", _recipe("review_visit"), {"input": opinion}, "ReviewCreated")

        async def counted() -> dict[str, Any] | None:
            seen: dict[str, Any] = await self._client.post(query, who)
            return seen if seen["master"]["rating"]["count"] > known else None

        self._client.show(
            "The rating is there for everybody", query, await self._client.patiently("the rating", counted)
        )


def _recipe(name: str) -> str:
    return document(f"{_RECIPES}/{name}")
