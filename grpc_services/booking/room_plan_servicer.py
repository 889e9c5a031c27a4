"""The use case of the room plan: doors by nights."""

from __future__ import annotations

from typing import Any

import grpc

from contracts.booking.v1 import front_desk_pb2
from grpc_services.booking import desk_queries, inventory_rules, messages
from grpc_services.booking.reading import own_house, require_hotelier
from runtime.database import Database, Record
from runtime.identifiers import parse_id

Context = grpc.aio.ServicerContext[Any, Any]


class RoomPlanMethods:
    """A part of FrontDeskServicer, which gives it the database."""

    _database: Database

    async def GetRoomPlan(
        self, request: front_desk_pb2.GetRoomPlanRequest, context: Context
    ) -> front_desk_pb2.RoomPlan:
        """In three statements, whatever the size of the house."""
        caller = require_hotelier()
        hotel_id = parse_id(request.hotel_id, path=("hotelId",))
        first_night = inventory_rules.parse_date(request.first_night, ("firstNight",))
        end_night = inventory_rules.parse_date(request.end_night, ("endNight",))
        inventory_rules.check_period(first_night, end_night, longest=inventory_rules.LONGEST_LOOK)
        async with self._database.snapshot() as connection:
            await own_house(connection, caller, hotel_id)
            behind_doors = await desk_queries.planned_doors(connection, hotel_id, first_night, end_night)
            without = await desk_queries.without_door(connection, hotel_id, first_night, end_night)
        plan = front_desk_pb2.RoomPlan(without_door=[_stay(row) for row in without])
        for row in behind_doors:
            if not plan.doors or plan.doors[-1].room_id != str(row["room_id"]):
                plan.doors.add(
                    room_id=str(row["room_id"]),
                    number=row["number"],
                    floor=row["floor"],
                    room_type_id=str(row["room_type_id"]),
                )
            if row["booking_id"] is not None:
                plan.doors[-1].stays.append(_stay(row))
            elif row["out_of_order_id"] is not None:
                plan.doors[-1].stays.append(_repair(row))
        return plan


def _stay(row: Record) -> front_desk_pb2.PlannedStay:
    return front_desk_pb2.PlannedStay(
        booking_id=str(row["booking_id"]),
        reference=row["reference"],
        guest_name=row["guest_name"],
        state=messages.state_value(row["state"]),
        position=row["position"],
        room_type_id=str(row["booked_type"]),
        first_night=row["first_night"].isoformat(),
        end_night=row["end_night"].isoformat(),
    )


def _repair(row: Record) -> front_desk_pb2.PlannedStay:
    return front_desk_pb2.PlannedStay(
        room_type_id=str(row["room_type_id"]),
        first_night=row["first_night"].isoformat(),
        end_night=row["end_night"].isoformat(),
        out_of_order_id=str(row["out_of_order_id"]),
        reason=row["reason"],
    )
