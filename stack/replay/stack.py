"""The part of the platform that a replay needs, in this process and by its own clock: auth, hotel, booking and the
gateway, over a PostgreSQL and a Valkey in a folder of their own.

There is no broker: what hotel has to tell booking when the house opens is carried from the outbox by hand, by the
code of the worker that usually does so. Nobody else listens to events here.
"""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from api.gateway import gateway
from contracts.booking.v1 import basket_pb2, basket_pb2_grpc, inventory_pb2, inventory_pb2_grpc
from contracts.events.v1 import events_pb2
from contracts.hotel.v1 import hotel_pb2, hotel_pb2_grpc
from grpc_services.auth.service import auth_service
from grpc_services.booking.audit import Discrepancy, find_discrepancies
from grpc_services.booking.service import booking_service
from grpc_services.hotel.service import hotel_service
from migrations.commands import provision, upgrade
from migrations.histories import role_of
from runtime.channels import open_channel, open_service_identity
from runtime.database import Connection
from runtime.request_context import begin_request
from runtime.settings import AuthSettings, BookingSettings, GatewaySettings, HotelSettings, ServiceClientSection
from stack.embedded.postgres import EmbeddedPostgres
from stack.embedded.valkey import EmbeddedValkey
from stack.ports import HOST
from stack.replay.clock import MovingClock
from stack.secret_store import SecretStore
from workers.inventory_consumer import Carrier

_ANY_PORT = f"{HOST}:0"
_NOWHERE = f"{HOST}:9"  # parts of the platform that nothing here asks
_PUBLIC_URL = "http://replay.invalid"
_HOUR = 3600
_CARRIER = "inventory-consumer"
_NEWS = "SELECT envelope FROM hotel.outbox_event ORDER BY position"


@dataclass(frozen=True, slots=True)
class ClockedStack:
    gateway_url: str
    clock: MovingClock
    _database: Connection
    _addresses: dict[str, str]
    _secrets: SecretStore

    async def tell_booking(self) -> None:
        """Booking hears of everything that happened at the hotel service so far; telling it again changes nothing."""
        begin_request()
        envelopes = [events_pb2.Envelope.FromString(row["envelope"]) for row in await self._database.fetch(_NEWS)]
        client = ServiceClientSection.model_validate(_client(self._secrets, _CARRIER))
        async with (
            open_channel(
                self._addresses["booking_address"], inventory_pb2.DESCRIPTOR, basket_pb2.DESCRIPTOR
            ) as to_booking,
            open_channel(self._addresses["hotel_address"], hotel_pb2.DESCRIPTOR) as to_hotel,
            open_service_identity(self._addresses["auth_address"], client) as identity,
        ):
            inventory = inventory_pb2_grpc.InventoryServiceStub(to_booking)
            baskets = basket_pb2_grpc.BasketServiceStub(to_booking)
            await Carrier(inventory, hotel_pb2_grpc.HotelServiceStub(to_hotel), baskets, identity).carry(envelopes)

    async def discrepancies(self) -> list[Discrepancy]:
        """The standing proof over everything that was played."""
        return await find_discrepancies(self._database)


@asynccontextmanager
async def clocked_stack(directory: Path, *, time_zone: str, begins: dt.datetime) -> AsyncIterator[ClockedStack]:
    """Starts at a moment of a hotel's own time. What it leaves is in the folder, and goes with it."""
    secrets = SecretStore(directory)
    passwords = secrets.role_passwords()
    owner = secrets.of("database owner")
    async with AsyncExitStack() as stack:
        postgres = EmbeddedPostgres(directory, _free_port(), owner, log_file=directory / "postgres.log", durable=False)
        valkey = EmbeddedValkey(directory, _free_port(), secrets.of("valkey"), log_file=directory / "valkey.log")
        for part in (postgres, valkey):
            stack.push_async_callback(part.stop)
            await part.start()
        await provision(postgres.url, passwords)
        await upgrade(postgres.url)
        database = await asyncpg.connect(postgres.url)
        stack.push_async_callback(database.close)
        clock = MovingClock(database, time_zone, begins)
        await clock.take_over()

        def service(name: str) -> dict[str, Any]:
            role = role_of(name)
            return {
                "DATABASE_URL": postgres.url_of(role, passwords[role]),
                "REDIS_URL": valkey.url,
                "grpc_listen": _ANY_PORT,
                "auth_address": addresses.get("auth_address", _NOWHERE),
            }

        addresses: dict[str, str] = {}
        auth = AuthSettings.model_validate(
            {
                **service("auth"),
                "public_url": _PUBLIC_URL,
                "signing_key_secret": secrets.of("signing keys"),
                "service_clients": secrets.client_secrets(),
                "access_token_seconds": _HOUR,
            }
        )
        addresses["auth_address"] = (await stack.enter_async_context(auth_service(auth))).address
        hotel = HotelSettings.model_validate(service("hotel"))
        addresses["hotel_address"] = (await stack.enter_async_context(hotel_service(hotel, now=clock.now))).address
        booking = BookingSettings.model_validate(
            {
                **service("booking"),
                **addresses,
                **_client(secrets, "booking"),
                "salon_address": _NOWHERE,
                "payment_address": _NOWHERE,
                "payment_api_key": secrets.of("payment api key"),
            }
        )
        started = await stack.enter_async_context(booking_service(booking, now=clock.now))
        addresses["booking_address"] = started.address
        door = GatewaySettings.model_validate(
            {
                **{name: _NOWHERE for name in GatewaySettings.model_fields if name.endswith("_address")},
                **addresses,
                **_client(secrets, "gateway"),
                "REDIS_URL": valkey.url,
                "http_port": _free_port(),
                "public_url": _PUBLIC_URL,
                "rate_limit_principal": 0,  # a year passes in minutes
                "rate_limit_address": 0,
                "subscriptions_per_address": 0,
                "webhook_secrets": secrets.webhook_secret(),
                "web_root": str(directory / "no web pages"),
            }
        )
        url = await stack.enter_async_context(gateway(door))
        yield ClockedStack(url, clock, database, addresses, secrets)


def _client(secrets: SecretStore, name: str) -> dict[str, str]:
    return {"service_client_id": name, "service_client_secret": secrets.client_secrets()[name]}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
