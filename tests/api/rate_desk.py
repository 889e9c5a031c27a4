"""What tests of rates send to the gateway, and a house to send it for."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from api.node_ids import encode_id
from runtime.database import open_database
from tests.api.client import stay, today, until
from tests.api.house import ApiHouse
from tests.grpc_services.hotel.catalogue import House, HouseInput, Kind, Plan, add_house
from tests.house import SignedIn

DAY = dt.timedelta(days=1)
MONDAY = today() + (42 - today().weekday()) * DAY
RATES_UPDATE = """
mutation ($input: RatesUpdateInput!) {
  ratesUpdate(input: $input) {
    __typename
    ... on RatesUpdated {
      ratesVersion nightsChanged
      changed { firstNight lastNight before { price { decimal currency } minStay }
        after { price { decimal currency } minStay closed } }
    }
    ... on UserError { code message path }
    ... on VersionConflict { currentVersion }
  }
}
"""
RULE_CREATE = """
mutation ($input: PriceRuleCreateInput!) {
  priceRuleCreate(input: $input) {
    __typename
    ... on PriceRuleCreated { priceRule { id name weekdays position } hotel { ratesVersion } }
    ... on UserError { code message path }
  }
}
"""
RULE_UPDATE = """
mutation ($input: PriceRuleUpdateInput!) {
  priceRuleUpdate(input: $input) {
    __typename
    ... on PriceRuleUpdated { priceRule { name weekdays adjustmentBasisPoints } hotel { ratesVersion } }
    ... on UserError { code message path }
  }
}
"""
RULE_DELETE = """
mutation ($input: PriceRuleDeleteInput!) {
  priceRuleDelete(input: $input) {
    __typename
    ... on PriceRuleDeleted { hotel { ratesVersion } }
    ... on UserError { code message path }
  }
}
"""
QUOTE = """
mutation ($input: QuoteCreateInput!) {
  quoteCreate(input: $input) {
    __typename
    ... on Quote {
      id total { minorUnits currency }
      lines { kind night amount { minorUnits } steps { kind name basisPoints sourceId after { minorUnits } } }
    }
    ... on UserError { code message path }
    ... on RoomUnavailable { roomTypeId nights reasons { night reason message limit heldUntil ratePlanId } }
  }
}
"""
EXPLAIN = """
query ($id: ID!) {
  priceExplain(quoteId: $id) {
    quote { id total { minorUnits } }
    rooms { room { roomTypeName ratePlanName } lines { text line { kind steps { name } } } }
  }
}
"""
CALENDAR = """
query ($id: ID!, $from: Date!, $to: Date!, $kind: ID) {
  hotel(id: $id) {
    calendar(from: $from, to: $to, roomTypeId: $kind) {
      roomTypeId night available
      inventory { capacity oversell outOfOrder blocked held sold }
      rates {
        ratePlanId source price { minorUnits }
        restrictions { closed closedToArrival minStay maxStay minAdvanceDays }
      }
    }
  }
}
"""
REASONS = """
query ($id: ID!, $checkIn: Date!, $checkOut: Date!, $rooms: Int! = 1) {
  hotel(id: $id) {
    unavailableReasons(checkIn: $checkIn, checkOut: $checkOut, numberOfRooms: $rooms) {
      night reason message limit heldUntil roomTypeId ratePlanId
    }
    offers(checkIn: $checkIn, checkOut: $checkOut, rooms: [{adults: 1}]) { ratePlan { name } roomsLeft }
  }
}
"""


async def rates_inn(house: ApiHouse, owner: SignedIn) -> House:
    """A house with a single room, sellable at once."""
    asked = HouseInput(
        owner.account_id,
        name="Rates Inn",
        city="Rateville",
        kinds=(Kind(rooms=1),),
        plans=(Plan(), Plan("Flexible", "AT_HOTEL", 1000)),
        city_tax=0,
    )
    return await add_inn(house, asked)


async def add_inn(house: ApiHouse, asked: HouseInput) -> House:
    async with open_database(house.parts.database_url("hotel"), pool_size=1, application_name="tests") as database:
        inn = await add_house(database, asked, announce=True)

    async def sellable() -> bool:
        query = "SELECT count(*) FROM booking.room_type WHERE hotel_id = $1"
        return bool(await house.database.fetchval(query, inn.id) == len(asked.kinds))

    await until(sellable)
    return inn


async def rates_version(house: ApiHouse, inn: House) -> int:
    version: int = await house.database.fetchval("SELECT rates_version FROM hotel.hotel WHERE id = $1", inn.id)
    return version


def day(offset: int) -> str:
    return (MONDAY + offset * DAY).isoformat()


def change(inn: House, first: int, last: int, *, plan: int = 0, **fields: Any) -> dict[str, Any]:
    """Nights are days from MONDAY on, the last one included."""
    return {
        "roomTypeIds": [encode_id("RoomType", inn.room_types[0])],
        "ratePlanIds": [encode_id("RatePlan", inn.plans[plan])],
        "firstNight": day(first),
        "lastNight": day(last),
        **fields,
    }


def update(inn: House, version: int, *changes: dict[str, Any]) -> dict[str, Any]:
    return {
        "hotelId": encode_id("Hotel", str(inn.id)),
        "idempotencyKey": str(uuid.uuid4()),
        "expectedRatesVersion": version,
        "changes": list(changes),
    }


def stay_from(inn: House, first: int, nights: int, *, plan: int = 0, **changes: Any) -> dict[str, Any]:
    return stay(inn, nights=nights, ahead=(MONDAY - today()).days + first, plan=plan, **changes)


async def written(house: ApiHouse, inn: House) -> tuple[Any, ...]:
    """All that an edit of rates writes."""
    query = """
        SELECT (SELECT jsonb_agg(to_jsonb(n) ORDER BY night) FROM hotel.night_rate AS n WHERE hotel_id = $1)::text,
               (SELECT count(*) FROM hotel.price_rule WHERE hotel_id = $1),
               (SELECT count(*) FROM hotel.change_entry WHERE hotel_id = $1),
               (SELECT rates_version FROM hotel.hotel WHERE id = $1)
    """
    return tuple(await house.database.fetchrow(query, inn.id))
