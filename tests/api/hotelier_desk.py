"""What a hotelier sends to make and edit a house, and what they ask to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.api.client import Client

REFUSED = "__typename ... on UserError { code message path }"
CONFLICT = "... on VersionConflict { currentVersion }"
KIND = """
  id name description view maxAdults maxChildren oldestChildAge numberOfRooms sizeSquareMeters archived version
  beds { kind count } amenities photos { url altText } basePrice { decimal currency }
  occupancyPricing {
    includedAdults extraAdult { minorUnits } fewerAdultDiscount { minorUnits }
    childPrices { toAge price { minorUnits currency } }
  }
"""
PLAN = """
  id name mealPlan paymentTiming derivedFromId adjustmentBasisPoints minAdvanceDays maxAdvanceDays archived version
  adultSupplement { minorUnits currency } childSupplement { minorUnits } stayDiscounts { minNights basisPoints }
  cancellationPolicy { summary tiers { hoursBeforeCheckIn penaltyPercent penaltyNights } }
"""
HOUSE = f"""
  id name description state stars rating {{ count mean }} timeZone currency amenities languages website
  address {{ street postalCode city country }} position {{ latitude longitude }} contact {{ phone email }}
  photos {{ url altText }} houseRules checkInTime checkOutTime version ratesVersion
  taxes {{ vatBasisPoints vatIncluded cityTax {{ decimal currency }} cityTaxExemptBelowAge cityTaxMaxNights }}
  roomTypes {{ {KIND} }} ratePlans {{ {PLAN} }}
"""
SEEN = "query ($id: ID!) { hotel(id: $id) { " + HOUSE + " } }"


def editing(name: str, shown: str) -> str:
    """The document of a mutation; `shown` is asked of its success."""
    kind = name[0].upper() + name[1:]
    wanted = "HotelMove" if kind in {"HotelPublish", "HotelUnpublish", "HotelArchive"} else kind
    noun, verb = _split(kind)
    conflict = "" if verb == "Create" else CONFLICT
    past = verb + ("d" if verb.endswith("e") else "ed")
    return (
        f"mutation ($input: {wanted}Input!) {{ {name}(input: $input) "
        f"{{ {REFUSED} {conflict} ... on {noun}{past} {{ {shown} }} }} }}"
    )


def _split(kind: str) -> tuple[str, str]:
    start = max(index for index, letter in enumerate(kind) if letter.isupper())
    return kind[:start], kind[start:]


SHOWN = {
    "hotel": f"hotel {{ {HOUSE} }}",
    "roomType": f"roomType {{ {KIND} }} hotel {{ ratesVersion }}",
    "ratePlan": f"ratePlan {{ {PLAN} }} hotel {{ ratesVersion }}",
    "rooms": "rooms { id number floor state version archived roomTypeId }",
    "room": "room { id number floor state version archived roomTypeId }",
}


def new_hotel(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Maison du Port",
        "address": {"street": "1 quai Duguay", "postalCode": "35400", "city": "Saint-Malo", "country": "FR"},
        "position": {"latitude": 48.65, "longitude": -2.02},
        "timeZone": "Europe/Paris",
        "currency": "EUR",
        "description": "By the sea.",
        "stars": 3,
        "amenities": ["WIFI"],
        "languages": ["fr"],
        "website": "https://port.example/",
        "contact": {"phone": "+33 2 99 00 00 00", "email": "bonjour@port.example.org"},
        "photos": [{"url": "https://port.example/1.jpg", "altText": "The harbour"}],
        "houseRules": ["Quiet after ten."],
        "taxes": {"vatBasisPoints": 1000, "cityTaxMinorUnits": 250, "cityTaxMaxNights": 7},
        **changes,
    }


def new_room_type(hotel_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "hotelId": hotel_id,
        "name": "Double",
        "maxAdults": 2,
        "maxChildren": 1,
        "numberOfRooms": 4,
        "basePriceMinorUnits": "12000",
        "beds": [{"kind": "QUEEN", "count": 1}],
        "occupancyPricing": {
            "includedAdults": 2,
            "fewerAdultDiscountMinorUnits": 500,
            "childPrices": [{"toAge": 5, "minorUnits": 0}, {"toAge": 17, "minorUnits": 900}],
        },
        **changes,
    }


def new_rate_plan(hotel_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "hotelId": hotel_id,
        "name": "Flexible",
        "mealPlan": "BED_AND_BREAKFAST",
        "paymentTiming": "AT_HOTEL",
        "cancellationTiers": [
            {"hoursBeforeCheckIn": 48},
            {"hoursBeforeCheckIn": 6, "penaltyNights": 1},
            {"hoursBeforeCheckIn": 0, "penaltyPercent": 100},
        ],
        "adultSupplementMinorUnits": 1500,
        "stayDiscounts": [{"minNights": 7, "basisPoints": 1000}],
        "maxAdvanceDays": 365,
        **changes,
    }


@dataclass(frozen=True)
class HotelierDesk:
    client: Client

    async def answer(self, name: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """The member of the result union that a mutation answers."""
        start = next(index for index, letter in enumerate(name) if letter.isupper())
        noun = (
            "roomType" if name.startswith("roomType") else "ratePlan" if name.startswith("ratePlan") else name[:start]
        )
        return await self.client.mutate(editing(name, SHOWN[noun]), wanted)

    async def done(self, name: str, /, **wanted: Any) -> dict[str, Any]:
        """The success of a mutation."""
        member = await self.answer(name, wanted)
        assert "code" not in member, member
        return member

    async def hotel(self, **changes: Any) -> dict[str, Any]:
        hotel: dict[str, Any] = (await self.done("hotelCreate", **new_hotel(**changes)))["hotel"]
        return hotel

    async def sees(self, hotel_id: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = (await self.client.data(SEEN, {"id": hotel_id}))["hotel"]
        return found
