"""What a hotelier sends to make and fill a salon, and what people ask to see of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from tests.api.client import Client

EVERY_DAY = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
MASTER = """
  id salonId name title about specialities languages photo { url altText } portfolioLinks rating { count mean }
  joined isViewer archived version
"""
SERVICE = """
  id salonId name category description durationMinutes bufferBeforeMinutes bufferAfterMinutes
  price { minorUnits currency } paymentTiming archived version
  offerings { masterId master { name } price { minorUnits currency } durationMinutes ownPrice { minorUnits }
    ownDurationMinutes }
"""
SALON = f"""
  id name description state hotelId hotel {{ id }} rating {{ count mean }} timeZone currency version
  address {{ street postalCode city country }} position {{ latitude longitude }} contact {{ phone email }}
  photos {{ url altText }} openingHours {{ weekday from to }}
  terms {{ slotMinutes minNoticeMinutes maxDaysAhead confirmsByHand
    cancellationTiers {{ hoursBeforeStart penaltyPercent }} }}
  masters {{ {MASTER} }} services {{ {SERVICE} }}
"""
SEEN = f"query ($id: ID!) {{ salon(id: $id) {{ {SALON} }} }}"
_SUCCESS = {
    "salonCreate": ("SalonCreated", f"salon {{ {SALON} }}"),
    "salonUpdate": ("SalonUpdated", f"salon {{ {SALON} }}"),
    "salonPublish": ("SalonPublished", f"salon {{ {SALON} }}"),
    "salonUnpublish": ("SalonUnpublished", f"salon {{ {SALON} }}"),
    "salonArchive": ("SalonArchived", f"salon {{ {SALON} }}"),
    "masterCreate": ("MasterCreated", f"master {{ {MASTER} }}"),
    "masterUpdate": ("MasterUpdated", f"master {{ {MASTER} }}"),
    "masterArchive": ("MasterArchived", f"master {{ {MASTER} }}"),
    "masterInvite": ("MasterInvited", "invitationCode expiresAt"),
    "masterInvitationAccept": ("MasterInvitationAccepted", f"master {{ {MASTER} salon {{ id name }} }}"),
    "salonServiceCreate": ("SalonServiceCreated", f"service {{ {SERVICE} }}"),
    "salonServiceUpdate": ("SalonServiceUpdated", f"service {{ {SERVICE} }}"),
    "salonServiceArchive": ("SalonServiceArchived", f"service {{ {SERVICE} }}"),
    "masterScheduleUpdate": (
        "MasterScheduleUpdated",
        "appointmentIds schedule { version week { weekday from to } specialDays { day } }",
    ),
    "masterDayPut": ("MasterDayWritten", "appointmentIds"),
    "masterDayClear": ("MasterDayCleared", "appointmentIds"),
    "salonDayPut": ("SalonDayWritten", "appointmentIds"),
    "salonDayClear": ("SalonDayCleared", "appointmentIds"),
    "masterTimeBlock": ("MasterTimeBlocked", "block { id masterId startsAt endsAt reason }"),
    "masterTimeBlockEnd": ("MasterTimeBlockEnded", "id"),
}


def hours(begin: str, end: str, *weekdays: str) -> list[dict[str, str]]:
    """The same hours on every day, or on these weekdays."""
    return [{"weekday": day, "from": begin, "to": end} for day in weekdays or EVERY_DAY]


def new_salon(**changes: Any) -> dict[str, Any]:
    return {
        "idempotencyKey": uuid.uuid4().hex,
        "name": "Salon du Port",
        "address": {"street": "2 quai Duguay", "postalCode": "35400", "city": "Saint-Malo", "country": "FR"},
        "position": {"latitude": 48.65, "longitude": -2.02},
        "timeZone": "Europe/Paris",
        "currency": "EUR",
        "description": "Hair and more.",
        "contact": {"phone": "+33 2 99 00 00 01", "email": "salon@port.example.org"},
        "photos": [{"url": "https://port.example/salon.jpg", "altText": "The mirrors"}],
        "openingHours": hours("08:00", "20:00"),
        **changes,
    }


def new_master(salon_id: str, **changes: Any) -> dict[str, Any]:
    return {"salonId": salon_id, "name": "Ana Lima", "title": "Stylist", "languages": ["fr"], **changes}


def new_service(salon_id: str, *master_ids: str, **changes: Any) -> dict[str, Any]:
    return {
        "salonId": salon_id,
        "name": "Cut",
        "category": "HAIR",
        "durationMinutes": 60,
        "priceMinorUnits": "6000",
        "offerings": [{"masterId": identifier} for identifier in master_ids],
        **changes,
    }


@dataclass(frozen=True)
class SalonDesk:
    client: Client

    async def answer(self, name: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """The member of the result union that a mutation answers."""
        success, shown = _SUCCESS[name]
        kind = "SalonMove" if name in {"salonPublish", "salonUnpublish", "salonArchive"} else name[0].upper() + name[1:]
        query = f"""
        mutation ($input: {kind}Input!) {{
          {name}(input: $input) {{ __typename ... on {success} {{ {shown} }} ... on UserError {{ code message path }} }}
        }}
        """
        return await self.client.mutate(query, wanted)

    async def done(self, name: str, /, **wanted: Any) -> dict[str, Any]:
        """The success of a mutation."""
        member = await self.answer(name, wanted)
        assert "code" not in member, member
        return member

    async def salon(self, **changes: Any) -> dict[str, Any]:
        """A draft."""
        salon: dict[str, Any] = (await self.done("salonCreate", **new_salon(**changes)))["salon"]
        return salon

    async def master(self, salon_id: str, **changes: Any) -> dict[str, Any]:
        """Somebody who works 09:00 to 18:00 every day."""
        master: dict[str, Any] = (await self.done("masterCreate", **new_master(salon_id, **changes)))["master"]
        await self.done("masterScheduleUpdate", masterId=master["id"], expectedVersion=1, week=hours("09:00", "18:00"))
        return master

    async def service(self, salon_id: str, *master_ids: str, **changes: Any) -> dict[str, Any]:
        wanted = new_service(salon_id, *master_ids, **changes)
        service: dict[str, Any] = (await self.done("salonServiceCreate", **wanted))["service"]
        return service

    async def published(self, **changes: Any) -> dict[str, Any]:
        """A salon with one master and one service, shown to everybody."""
        draft = await self.salon(**changes)
        master = await self.master(draft["id"])
        await self.service(draft["id"], master["id"])
        moved = await self.done("salonPublish", salonId=draft["id"], expectedVersion=draft["version"])
        salon: dict[str, Any] = moved["salon"]
        return salon

    async def sees(self, salon_id: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = (await self.client.data(SEEN, {"id": salon_id}))["salon"]
        return found
