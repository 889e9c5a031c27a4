"""The use cases of rates: prices and restrictions of nights, read as a calendar and written by their hotelier."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import grpc
import numpy as np

from contracts.hotel.v1 import rate_pb2
from grpc_services.hotel import (
    change_log,
    editing,
    events,
    hotel_queries,
    policies,
    pricing,
    queries,
    rate_changes,
    rate_queries,
    rules,
)
from grpc_services.hotel.models import idempotency
from grpc_services.hotel.night_rates import unpacked
from grpc_services.hotel.stay_servicer import load_rates
from runtime.database import Connection, Database, Record
from runtime.idempotency import IdempotencyKeys, check_key
from runtime.identifiers import parse_id
from runtime.identity import NOBODY

Context = grpc.aio.ServicerContext[Any, Any]
keys = IdempotencyKeys(idempotency)


class RateMethods:
    """A part of RateServicer, which gives it the database and the clock."""

    _database: Database
    _now: Callable[[], dt.datetime]

    async def GetRates(self, request: rate_pb2.GetRatesRequest, context: Context) -> rate_pb2.GetRatesResponse:
        first_night, end_night = rules.parse_calendar(request.first_night, request.end_night)
        async with self._database.snapshot() as connection:
            house, grid = await load_rates(connection, request.hotel_id, first_night, end_night)
        return rate_pb2.GetRatesResponse(
            hotel_id=str(house.hotel["id"]),
            rates_version=house.hotel["rates_version"],
            rates=pricing.calendar_rates(grid, house.hotel["currency"], request.room_type_ids),
        )

    async def UpdateRates(self, request: rate_pb2.UpdateRatesRequest, context: Context) -> rate_pb2.UpdateRatesResponse:
        caller = policies.require_editor()
        check_key(request.idempotency_key)
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        changes = rate_changes.parse_changes(request.changes)
        window = rate_changes.window_of(changes)
        key = {"principal": str(caller.account_id), "operation": "UpdateRates", "key": request.idempotency_key}
        async with self._database.transaction() as connection:
            earlier = await keys.claim(connection, **key, request=request, answer=rate_pb2.UpdateRatesResponse)
            if earlier is not None:
                return earlier
            hotel = await editing.lock_open_house(connection, caller, hotel_id, path=("hotelId",))
            editing.check_rates_version(hotel, request.expected_rates_version)
            rate_changes.check_dates(changes, rules.today_at(hotel["time_zone"], self._now()))
            house = (await queries.load_houses(connection, [hotel_id], reader_id=NOBODY, of_anybody=True))[hotel_id]
            rate_changes.check_belong(
                changes, (row["id"] for row in house.room_types), (row["id"] for row in house.rate_plans)
            )
            answer = await _apply(connection, hotel, changes, window)
            await keys.store(connection, **key, answer=answer)
            await keys.forget_old(connection)
        return answer


async def _apply(
    connection: Connection, hotel: Record, changes: list[rate_changes.RateChange], window: rate_changes.Window
) -> rate_pb2.UpdateRatesResponse:
    """Writes what differs, its audit entry and its event; nothing at all when nothing differs."""
    hotel_id = hotel["id"]
    products = await rate_queries.packed_rates(connection, [hotel_id], window.first_night, window.end_night)
    before = unpacked(
        products.get(hotel_id, ()),
        {identifier: index for index, identifier in enumerate(window.room_type_ids)},
        {identifier: index for index, identifier in enumerate(window.rate_plan_ids)},
        window.nights,
    )
    after = rate_changes.apply_changes(changes, window, before)
    changed = rate_changes.changed_nights(before, after)
    if not changed.any():
        return rate_pb2.UpdateRatesResponse(
            hotel_id=str(hotel_id), rates_version=hotel["rates_version"], currency=hotel["currency"]
        )
    await rate_queries.write_rates(
        connection,
        hotel_id,
        kind_ids=window.room_type_ids,
        plan_ids=window.rate_plan_ids,
        first_night=window.first_night,
        rates=after,
        chosen=changed,
    )
    rates_version = await hotel_queries.move_rates_version(connection, hotel_id)
    difference = rate_changes.RateDifference(window, before, after)
    document_before, document_after = difference.documents()
    await change_log.record_change(
        connection,
        hotel_id=hotel_id,
        subject_kind="Rates",
        subject_id=hotel_id,
        action="updated",
        before=document_before,
        after=document_after,
    )
    await events.publish_rates_changed(connection, hotel_id, rates_version)
    return rate_pb2.UpdateRatesResponse(
        hotel_id=str(hotel_id),
        rates_version=rates_version,
        nights_changed=int(np.count_nonzero(changed)),
        changed=difference.messages(),
        currency=hotel["currency"],
    )
