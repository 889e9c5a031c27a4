"""The use cases of the hotel service, one method each, in a module for every kind of thing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from contracts.hotel.v1 import hotel_pb2_grpc
from grpc_services.hotel.change_servicer import ChangeMethods
from grpc_services.hotel.hotel_servicer import HotelMethods
from grpc_services.hotel.import_servicer import ImportMethods
from grpc_services.hotel.price_rule_servicer import PriceRuleMethods
from grpc_services.hotel.rate_plan_servicer import RatePlanMethods
from grpc_services.hotel.rate_servicer import RateMethods
from grpc_services.hotel.room_servicer import RoomMethods
from grpc_services.hotel.room_type_servicer import RoomTypeMethods
from grpc_services.hotel.stay_servicer import StayMethods
from runtime.clock import utc_now
from runtime.database import Database


class HotelServicer(
    HotelMethods,
    RoomTypeMethods,
    RoomMethods,
    RatePlanMethods,
    ChangeMethods,
    ImportMethods,
    StayMethods,
    RateMethods,
    PriceRuleMethods,
    hotel_pb2_grpc.HotelServiceServicer,
):
    def __init__(self, database: Database, *, now: Callable[[], dt.datetime] = utc_now) -> None:
        self._database = database
        self._now = now
