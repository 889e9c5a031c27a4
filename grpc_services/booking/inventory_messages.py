"""Nights, doors, calendars and the audit log of inventory as contract messages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from contracts.booking.v1 import calendar_pb2, inventory_pb2
from grpc_services.booking.inventory_rules import Night, Run
from runtime.clock import to_timestamp
from runtime.database import Record


def night_message(night: Night, *, for_sale: bool = True) -> inventory_pb2.NightInventory:
    return inventory_pb2.NightInventory(
        night=night.night.isoformat(),
        capacity=night.capacity,
        capacity_overridden=night.overridden,
        oversell=night.oversell,
        out_of_order=night.out_of_order,
        blocked=night.blocked,
        held=night.held,
        sold=night.sold,
        free=max(0, night.left) if for_sale else 0,
    )


def room_type_inventory(kind: Record, nights: Iterable[Night], *, for_sale: bool) -> inventory_pb2.RoomTypeInventory:
    return inventory_pb2.RoomTypeInventory(
        room_type_id=str(kind["room_type_id"]),
        number_of_rooms=kind["capacity"],
        version=kind["version"],
        nights=[night_message(night, for_sale=for_sale) for night in nights],
    )


def changed_inventory(run: Run) -> inventory_pb2.ChangedInventory:
    return inventory_pb2.ChangedInventory(
        first_night=run.before.night.isoformat(),
        last_night=run.last_night.isoformat(),
        before=night_message(run.before),
        after=night_message(run.after),
    )


def logged_nights(runs: Sequence[Run], *, after: bool) -> list[dict[str, Any]]:
    """What the audit log keeps of changed nights: what people decide, not what was held or sold."""
    return [
        {
            "first_night": run.before.night.isoformat(),
            "last_night": run.last_night.isoformat(),
            "capacity": night.capacity,
            "capacity_overridden": night.overridden,
            "oversell": night.oversell,
        }
        for run in runs
        for night in (run.after if after else run.before,)
    ]


def out_of_order(row: Record) -> inventory_pb2.OutOfOrder:
    message = inventory_pb2.OutOfOrder(
        id=str(row["id"]),
        room_id=str(row["room_id"]),
        room_type_id=str(row["room_type_id"]),
        hotel_id=str(row["hotel_id"]),
        first_night=row["first_night"].isoformat(),
        last_night=(row["end_night"] - dt.timedelta(days=1)).isoformat(),
        reason=row["reason"],
        created_at=to_timestamp(row["created_at"]),
    )
    if row["ended_at"] is not None:
        message.ended_at.CopyFrom(to_timestamp(row["ended_at"]))
    return message


def logged_period(row: Record, room: Record | None) -> dict[str, Any]:
    message = out_of_order(row)
    return {
        "id": message.id,
        "room_id": message.room_id,
        "room": "" if room is None else room["number"],
        "first_night": message.first_night,
        "last_night": message.last_night,
        "reason": message.reason,
        "ended_at": row["ended_at"].isoformat() if row["ended_at"] is not None else None,
    }


def calendar_feed(row: Record, conflicts: Mapping[dt.date, int]) -> calendar_pb2.CalendarFeed:
    message = calendar_pb2.CalendarFeed(
        id=str(row["id"]),
        room_type_id=str(row["room_type_id"]),
        hotel_id=str(row["hotel_id"]),
        name=row["name"],
        url=row["url"],
        failure=row["failure"],
        stale=row["stale"],
        etag=row["etag"],
        conflicts=[
            calendar_pb2.FeedConflict(night=night.isoformat(), rooms=rooms) for night, rooms in conflicts.items()
        ],
    )
    if row["fetched_at"] is not None:
        message.fetched_at.CopyFrom(to_timestamp(row["fetched_at"]))
    if row["succeeded_at"] is not None:
        message.succeeded_at.CopyFrom(to_timestamp(row["succeeded_at"]))
    return message


def log_entry(row: Record) -> inventory_pb2.InventoryLogEntry:
    return inventory_pb2.InventoryLogEntry(
        id=str(row["id"]),
        room_type_id=str(row["room_type_id"]),
        action=row["action"],
        actor_id=str(row["actor_id"]),
        actor_role=row["actor_role"],
        at=to_timestamp(row["at"]),
        request_id=row["request_id"],
        before_json=_json(row["before"]),
        after_json=_json(row["after"]),
    )


def _json(document: Any) -> str:
    return "" if document is None else orjson.dumps(document).decode()
