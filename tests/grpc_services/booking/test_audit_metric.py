"""The standing proof as a metric: it tells what is wrong, and forgets it once it is right again."""

from __future__ import annotations

import asyncio

from prometheus_client import REGISTRY

from grpc_services.booking.audit_metric import count_discrepancies, counting_discrepancies
from tests.grpc_services.booking.desk import Desk
from tests.house import SignedIn

_DAMAGE = "UPDATE booking.room_type_night SET sold = sold + 1 WHERE room_type_id = $1::uuid"
_REPAIR = "UPDATE booking.room_type_night SET sold = sold - 1 WHERE room_type_id = $1::uuid"


def found(kind: str) -> float | None:
    return REGISTRY.get_sample_value("innkeeper_booking_discrepancies", {"kind": kind})


async def test_discrepancies_are_counted_by_kind_and_forgotten_when_they_are_gone(
    desk: Desk, owner: SignedIn, guest: SignedIn
) -> None:
    house = await desk.house(owner)
    await desk.booked(house, guest, nights=2)
    await count_discrepancies(desk.database)
    assert (found("NONE"), found("SOLD")) == (0, None)
    async with desk.database.transaction() as connection:
        await connection.execute(_DAMAGE, house.room_types[0])
    try:
        await count_discrepancies(desk.database)
        assert found("SOLD") == 2
    finally:
        async with desk.database.transaction() as connection:
            await connection.execute(_REPAIR, house.room_types[0])
    await count_discrepancies(desk.database)
    assert (found("NONE"), found("SOLD")) == (0, None)


async def test_it_is_counted_again_and_again_while_the_service_runs(desk: Desk) -> None:
    def last_run() -> float:
        return REGISTRY.get_sample_value("innkeeper_booking_audit_timestamp_seconds") or 0.0

    async with counting_discrepancies(desk.database, every_seconds=0.01), asyncio.timeout(20):
        before = last_run()
        while last_run() <= before:
            await asyncio.sleep(0.01)
        before = last_run()
        while last_run() <= before:
            await asyncio.sleep(0.01)
