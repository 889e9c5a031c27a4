"""The gRPC services of hotel, each put together of the use cases of its contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import grpc

from contracts.hotel.v1 import (
    exchange_rate_pb2_grpc,
    extra_pb2_grpc,
    hotel_import_pb2_grpc,
    hotel_pb2_grpc,
    rate_pb2_grpc,
)
from grpc_services.hotel.change_servicer import ChangeMethods
from grpc_services.hotel.exchange_rate_servicer import ExchangeRateMethods
from grpc_services.hotel.extra_servicer import ExtraMethods
from grpc_services.hotel.hotel_servicer import HotelMethods
from grpc_services.hotel.import_servicer import ImportMethods
from grpc_services.hotel.part_servicer import PartMethods
from grpc_services.hotel.price_rule_servicer import PriceRuleMethods
from grpc_services.hotel.rate_plan_servicer import RatePlanMethods
from grpc_services.hotel.rate_servicer import RateMethods
from grpc_services.hotel.room_servicer import RoomMethods
from grpc_services.hotel.room_type_servicer import RoomTypeMethods
from grpc_services.hotel.stay_servicer import StayMethods
from runtime.database import Database


class _Equipped:
    def __init__(self, database: Database, *, now: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._now = now


class HotelServicer(
    HotelMethods,
    RoomTypeMethods,
    RoomMethods,
    RatePlanMethods,
    ChangeMethods,
    PartMethods,
    _Equipped,
    hotel_pb2_grpc.HotelServiceServicer,
):
    pass


class RateServicer(RateMethods, PriceRuleMethods, StayMethods, _Equipped, rate_pb2_grpc.RateServiceServicer):
    pass


class ExchangeRateServicer(ExchangeRateMethods, _Equipped, exchange_rate_pb2_grpc.ExchangeRateServiceServicer):
    pass


class ExtraServicer(ExtraMethods, _Equipped, extra_pb2_grpc.ExtraServiceServicer):
    pass


class HotelImportServicer(ImportMethods, _Equipped, hotel_import_pb2_grpc.HotelImportServiceServicer):
    pass


def add_servicers(server: grpc.aio.Server, database: Database, *, now: Callable[[], dt.datetime]) -> None:
    hotel_pb2_grpc.add_HotelServiceServicer_to_server(HotelServicer(database, now=now), server)
    rate_pb2_grpc.add_RateServiceServicer_to_server(RateServicer(database, now=now), server)
    exchange_rate_pb2_grpc.add_ExchangeRateServiceServicer_to_server(ExchangeRateServicer(database, now=now), server)
    extra_pb2_grpc.add_ExtraServiceServicer_to_server(ExtraServicer(database, now=now), server)
    hotel_import_pb2_grpc.add_HotelImportServiceServicer_to_server(HotelImportServicer(database, now=now), server)
