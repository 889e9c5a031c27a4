"""A house whose rates are edited and asked for in tests, and all that a refused edit must leave alone."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from contracts.hotel.v1 import hotel_pb2_grpc, rate_pb2, rate_pb2_grpc
from grpc_services.hotel import queries
from runtime.channels import call
from runtime.clock import utc_now
from runtime.database import Database
from runtime.identifiers import new_id
from tests.grpc_services.hotel.catalogue import House, HouseInput, Kind, Plan, add_house

Hotels: TypeAlias = "hotel_pb2_grpc.HotelServiceAsyncStub"
Rates: TypeAlias = "rate_pb2_grpc.RateServiceAsyncStub"
DAY = dt.timedelta(days=1)
MONDAY = utc_now().date() + (42 - utc_now().date().weekday()) * DAY  # some five weeks ahead

_EVERYTHING = """
    SELECT (SELECT jsonb_agg(to_jsonb(n) ORDER BY room_type_id, rate_plan_id, night)
            FROM hotel.night_rate AS n WHERE hotel_id = $1) AS rates,
           (SELECT jsonb_agg(to_jsonb(r) ORDER BY id) FROM hotel.price_rule AS r WHERE hotel_id = $1) AS price_rules,
           (SELECT rates_version FROM hotel.hotel WHERE id = $1) AS rates_version,
           (SELECT count(*) FROM hotel.change_entry WHERE hotel_id = $1) AS changes,
           (SELECT count(*) FROM hotel.outbox_event WHERE aggregate_id = $1::text) AS events
"""


def day(offset: int) -> str:
    """Days from MONDAY on."""
    return (MONDAY + offset * DAY).isoformat()


@dataclass(frozen=True)
class RateDesk:
    """Room types Double (100.00 a night) and Suite (300.00); plans Saver, Flex (+10 %) and Member, which is 20 %
    below Saver."""

    stub: Rates
    database: Database
    token: str
    house: House

    def change(
        self, first: int, last: int, *, kinds: Sequence[int] = (0,), plans: Sequence[int] = (0,), **fields: Any
    ) -> rate_pb2.RateChange:
        """Nights are days from MONDAY on, the last one included; room types and plans positions."""
        other = {name: fields.pop(name) for name in ("price_minor_units", "weekdays", "clear") if name in fields}
        return rate_pb2.RateChange(
            room_type_ids=[self.house.room_types[kind] for kind in kinds],
            rate_plan_ids=[self.house.plans[plan] for plan in plans],
            first_night=day(first),
            last_night=day(last),
            restrictions=rate_pb2.NightRestrictions(**fields),
            **other,
        )

    def request(
        self, *changes: rate_pb2.RateChange, version: int = 1, key: str | None = None
    ) -> rate_pb2.UpdateRatesRequest:
        return rate_pb2.UpdateRatesRequest(
            hotel_id=str(self.house.id),
            idempotency_key=key or str(uuid.uuid4()),
            expected_rates_version=version,
            changes=changes,
        )

    async def version(self) -> int:
        async with self.database.reading() as connection:
            version = await connection.fetchval("SELECT rates_version FROM hotel.hotel WHERE id = $1", self.house.id)
        return int(version)

    async def update(self, *changes: rate_pb2.RateChange) -> rate_pb2.UpdateRatesResponse:
        """On the version that the house has."""
        request = self.request(*changes, version=await self.version())
        return await call(self.stub.UpdateRates, request, token=self.token)

    async def rates(self, nights: int = 7, *, first: int = 0) -> dict[tuple[int, int, int], rate_pb2.CalendarRate]:
        """The public calendar by positions of room type and plan, and the night as a day from MONDAY on."""
        request = rate_pb2.GetRatesRequest(
            hotel_id=str(self.house.id), first_night=day(first), end_night=day(first + nights)
        )
        answer = await call(self.stub.GetRates, request, token="")
        return {
            (
                self.house.room_types.index(rate.room_type_id),
                self.house.plans.index(rate.rate_plan_id),
                (dt.date.fromisoformat(rate.night) - MONDAY).days,
            ): rate
            for rate in answer.rates
        }

    async def prices(self, kind: int = 0, plan: int = 0, nights: int = 7) -> list[int]:
        rates = await self.rates(nights)
        return [rates[kind, plan, night].price.minor_units for night in range(nights)]

    def stay(self, first: int, nights: int, *rooms: rate_pb2.RoomRequest) -> rate_pb2.PriceStayRequest:
        return rate_pb2.PriceStayRequest(
            hotel_id=str(self.house.id),
            check_in=day(first),
            check_out=day(first + nights),
            rooms=rooms or [self.house.room()],
        )

    async def everything(self) -> dict[str, Any]:
        async with self.database.reading() as connection:
            row = await connection.fetchrow(_EVERYTHING, self.house.id)
        assert row is not None
        return {name: row[name] for name in ("rates", "price_rules", "rates_version", "changes", "events")}


async def rate_desk(stub: Rates, database: Database, owner_id: uuid.UUID, token: str, **changes: Any) -> RateDesk:
    """A new published house; changes are of its HouseInput."""
    asked = {
        "kinds": (Kind("Double", 10_000), Kind("Suite", 30_000, 2, 4, 2)),
        "plans": (Plan("Saver"), Plan("Flex", "AT_HOTEL", 1000)),
        "city_tax": 0,
    }
    house = await add_house(database, HouseInput(owner_id, **{**asked, **changes}))
    desk = RateDesk(stub, database, token, house)
    await add_plan(desk, "Member", -2000, derived_from=0)
    return desk


async def add_plan(
    desk: RateDesk, name: str, basis_points: int, *, derived_from: int | None = None, **changes: Any
) -> None:
    """One more plan of the house, behind the others."""
    row = {
        "id": new_id(),
        "hotel_id": desk.house.id,
        "position": len(desk.house.plans),
        "name": name,
        "meal_plan": "ROOM_ONLY",
        "payment_timing": "PREPAID",
        "cancellation_tiers": [{"hours_before_check_in": 0, "penalty_percent": 100, "penalty_nights": 0}],
        "derived_from_id": None if derived_from is None else uuid.UUID(desk.house.plans[derived_from]),
        "adjustment_basis_points": basis_points,
        **changes,
    }
    async with desk.database.transaction() as connection:
        await queries.insert_houses(connection, hotels=[], room_types=[], rate_plans=[row], price_rules=[])
    desk.house.plans.append(str(row["id"]))


async def set_columns(database: Database, table: str, identifier: uuid.UUID | str, **columns: Any) -> None:
    """Writes columns of a row of the hotel service as its own edits would."""
    names = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
    async with database.transaction() as connection:
        statement = f"UPDATE hotel.{table} SET {names} WHERE id = $1"  # noqa: S608
        await connection.execute(statement, uuid.UUID(str(identifier)), *columns.values())
