"""A whole house inside the test process: every service and worker on servers of its own, reached by the gateway."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from api.gateway import gateway
from grpc_services.auth.access_tokens import AccessTokens
from grpc_services.auth.service import auth_service
from grpc_services.auth.signing_keys import SigningKeys
from grpc_services.booking.service import booking_service
from grpc_services.hotel.service import hotel_service
from grpc_services.notification.service import notification_service
from grpc_services.payment.service import payment_service
from grpc_services.review.service import review_service
from grpc_services.salon.service import salon_service
from grpc_services.search.service import search_service
from runtime.database import open_database
from runtime.identifiers import new_id
from runtime.identity import Role, Scope
from runtime.settings import GatewaySettings, LiveStatusSettings, MailCatcherSettings, PaymentSettings
from stack.demo_data import load_demo_houses
from stack.mail_catcher.mail_store import MailStore
from stack.mail_catcher.service import mail_catcher
from tests.grpc_services.hotel.catalogue import House, HouseInput, Kind, Plan, add_house
from tests.house import (
    PAYMENT_API_KEY,
    SIGNING_KEY_SECRET,
    SignedIn,
    account_consumer_settings,
    auth_settings,
    booking_settings,
    client_fields,
    hotel_settings,
    inventory_consumer_settings,
    kafka_fields,
    notification_consumer_settings,
    notification_settings,
    rating_consumer_settings,
    register_account,
    relay_settings,
    review_settings,
    salon_settings,
    search_settings,
    worker_settings,
)
from tests.parts import Parts, free_port
from workers import (
    account_consumer,
    arq_worker,
    inventory_consumer,
    live_status,
    notification_consumer,
    outbox_relay,
    rating_consumer,
)

WEBHOOK_SECRET = "whsec_" + "QUFB" * 8
ALLOWED_ORIGIN = "https://app.example"
DEMO_HOUSES = 6
LIVING_SECONDS = 3_600  # people sign in once for all tests, however slow the machine; `token_for` makes shorter tokens
CITY = "Testville"
_CURRENCIES = {"Yen House": "JPY", "Dinar House": "KWD"}
_ROWS = """
    SELECT (SELECT count(*) FROM auth.account) AS accounts,
           (SELECT count(*) FROM auth.session) AS sessions,
           (SELECT count(*) FROM booking.quote) AS quotes,
           (SELECT count(*) FROM booking.booking) AS bookings,
           (SELECT count(*) FROM booking.timeline_entry
            WHERE kind NOT IN ('WebhookReceived', 'NotificationSent', 'NotificationFailed')) AS moves,
           (SELECT coalesce(sum(held + sold), 0) FROM booking.room_type_night) AS nights,
           (SELECT count(*) FROM booking.inbox_event) AS webhooks,
           (SELECT count(*) FROM payment.payment) AS payments,
           (SELECT count(*) FROM notification.notification WHERE read_at IS NOT NULL) AS read
"""
Serve = Callable[[Any, asyncio.Event], Coroutine[Any, Any, None]]


@dataclass
class ApiHouse:
    parts: Parts
    settings: GatewaySettings
    url: str
    auth_address: str
    payment_address: str
    houses: dict[str, House]
    hotelier: SignedIn
    mails: MailStore
    database: asyncpg.Pool

    async def rows(self) -> dict[str, int]:
        """How much there is of everything that a refused request must not make."""
        return dict(await self.database.fetchrow(_ROWS))

    async def token_for(self, account: SignedIn, role: Role, seconds: int) -> str:
        """A genuine access token that ends sooner than the settings allow."""
        async with self._tokens(seconds) as tokens:
            return tokens.for_session(account.account_id, role, new_id()).text

    async def machine_token(self, owner: SignedIn, *scopes: Scope) -> str:
        """A genuine access token of a hotelier's own system."""
        async with self._tokens(600) as tokens:
            return tokens.for_machine(owner.account_id, str(new_id()), scopes).text

    @asynccontextmanager
    async def _tokens(self, seconds: int) -> AsyncIterator[AccessTokens]:
        settings = auth_settings(self.parts).model_copy(update={"access_token_seconds": seconds})
        async with open_database(self.parts.database_url("auth"), pool_size=1, application_name="tests") as database:
            keys = SigningKeys(database, SIGNING_KEY_SECRET, token_lifetime=dt.timedelta(seconds=LIVING_SECONDS))
            await keys.load()
            yield AccessTokens(keys, settings)

    @asynccontextmanager
    async def another_gateway(self, **changes: object) -> AsyncIterator[str]:
        """A second gateway over the same services; changes may cut it off from some."""
        settings = self.settings.model_copy(update={"http_port": free_port(), **changes})
        async with gateway(settings) as url:
            yield url


def socket_url(url: str) -> str:
    return url.replace("http", "ws", 1) + "/graphql"


@asynccontextmanager
async def running_api_house(parts: Parts, directory: Path) -> AsyncIterator[ApiHouse]:
    async with AsyncExitStack() as stack:
        gateway_port, smtp_port = free_port(), free_port()
        auth = await stack.enter_async_context(auth_service(auth_settings(parts, access_token_seconds=LIVING_SECONDS)))
        hotel = await stack.enter_async_context(hotel_service(hotel_settings(parts, auth.address)))
        payments = _payment_settings(parts, f"http://127.0.0.1:{gateway_port}/webhooks/payments")
        payment = await stack.enter_async_context(payment_service(payments))
        salon_section = salon_settings(
            parts, auth.address, hotel_address=hotel.address, payment_address=payment.address
        )
        salon = await stack.enter_async_context(salon_service(salon_section))
        booking_section = booking_settings(
            parts,
            auth.address,
            hotel_address=hotel.address,
            payment_address=payment.address,
            salon_address=salon.address,
        )
        booking = await stack.enter_async_context(booking_service(booking_section))
        review_section = review_settings(
            parts, auth.address, booking_address=booking.address, salon_address=salon.address
        )
        review = await stack.enter_async_context(review_service(review_section))
        notification_section = notification_settings(
            parts,
            auth.address,
            hotel_address=hotel.address,
            booking_address=booking.address,
            salon_address=salon.address,
            allow_private_addresses=True,
        )
        notification = await stack.enter_async_context(notification_service(notification_section))
        hotelier = await register_account(auth.address, Role.HOTELIER, "Héloïse Hôtelière")
        database = await stack.enter_async_context(
            asyncpg.create_pool(parts.admin_database_url, min_size=1, max_size=4)
        )
        houses = await _load_catalogue(parts, database, hotelier)
        places = {"hotel_address": hotel.address, "booking_address": booking.address}
        search = await stack.enter_async_context(search_service(search_settings(parts, auth.address, **places)))
        catcher = MailCatcherSettings.model_validate(
            {"smtp_listen_port": smtp_port, "http_port": free_port(), "mail_dir": str(directory / "mails")}
        )
        mails = await stack.enter_async_context(mail_catcher(catcher))
        await stack.enter_async_context(
            _running(
                (outbox_relay.serve, relay_settings(parts)),
                (inventory_consumer.serve, inventory_consumer_settings(parts, auth.address, **places)),
                (
                    rating_consumer.serve,
                    rating_consumer_settings(
                        parts, auth.address, hotel_address=hotel.address, salon_address=salon.address
                    ),
                ),
                (
                    account_consumer.serve,
                    account_consumer_settings(
                        parts,
                        auth.address,
                        booking_address=booking.address,
                        salon_address=salon.address,
                        review_address=review.address,
                        notification_address=notification.address,
                    ),
                ),
                (live_status.serve, _live_status_settings(parts)),
                (
                    notification_consumer.serve,
                    notification_consumer_settings(parts, auth.address, notification.address),
                ),
                (
                    arq_worker.serve,
                    worker_settings(
                        parts,
                        auth.address,
                        booking_address=booking.address,
                        notification_address=notification.address,
                        salon_address=salon.address,
                        smtp_port=smtp_port,
                        allow_private_addresses=True,
                    ),
                ),
            )
        )
        settings = GatewaySettings.model_validate(
            {
                **client_fields("gateway"),
                **places,
                "environment": "test",
                "REDIS_URL": parts.redis_url,
                "http_port": gateway_port,
                "public_url": f"http://127.0.0.1:{gateway_port}",
                "auth_address": auth.address,
                "search_address": search.address,
                "salon_address": salon.address,
                "review_address": review.address,
                "notification_address": notification.address,
                "webhook_secrets": WEBHOOK_SECRET,
                "allowed_origins": ALLOWED_ORIGIN,
                "rate_limit_principal": 0,  # all tests come from one address, and some sign in as one person
                "rate_limit_address": 0,
                "trusted_proxies": "127.0.0.1",  # a client may say which address it has
                "web_root": str(directory / "no web build"),
            }
        )
        url = await stack.enter_async_context(gateway(settings))
        await _until_everything_is_sellable(url, DEMO_HOUSES, len(houses))
        yield ApiHouse(parts, settings, url, auth.address, payment.address, houses, hotelier, mails, database)


@asynccontextmanager
async def _running(*processes: tuple[Serve, Any]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(serve(settings, stop)) for serve, settings in processes]
    try:
        yield
    finally:
        stop.set()
        with warnings.catch_warnings():
            # arq 0.28 closes its own pool by a name that redis has deprecated
            warnings.filterwarnings("ignore", "Call to deprecated close", DeprecationWarning)
            await asyncio.gather(*tasks)


async def _load_catalogue(parts: Parts, database: asyncpg.Pool, hotelier: SignedIn) -> dict[str, House]:
    """Six real houses of Paris, and some of our own: one with a single room, two that do not charge in euros."""
    asked = [
        HouseInput(hotelier.account_id, name="Grand House", city=CITY, kinds=(Kind(rooms=200),)),
        HouseInput(
            hotelier.account_id, name="Tiny House", city=CITY, kinds=(Kind(rooms=1, price=90_000),), plans=(Plan(),)
        ),
        *(HouseInput(hotelier.account_id, name=name, city="Abroad", kinds=(Kind(rooms=9),)) for name in _CURRENCIES),
    ]
    async with open_database(parts.database_url("hotel"), pool_size=2, application_name="tests") as hotels:
        await load_demo_houses(hotels, hotelier_id=new_id(), limit=DEMO_HOUSES, today=dt.datetime.now(dt.UTC).date())
        houses = {house.name: await add_house(hotels, house, announce=True) for house in asked}
    for name, currency in _CURRENCIES.items():
        await database.execute("UPDATE hotel.hotel SET currency = $1 WHERE id = $2", currency, houses[name].id)
    return houses


async def _until_everything_is_sellable(url: str, demo_houses: int, own_houses: int) -> None:
    """Room types are sellable once relay, broker, consumer and search have all passed them on."""
    stay = 'checkIn: "{}", checkOut: "{}", rooms: [{{adults: 1}}]'.format(*_next_month())
    query = (
        f'{{ paris: searchHotels(input: {{place: {{city: "Paris"}}, {stay}}}) {{ totalCount }} '
        "world: searchHotels(input: {place: {box: {south: -90, west: -180, north: 90, east: 180}}, "
        f"{stay}}}) {{ totalCount }} }}"
    )
    deadline = time.monotonic() + 120
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        while True:
            body = (await client.post(f"{url}/graphql", json={"query": query})).json()
            found = [part["totalCount"] for part in (body["data"] or {}).values()]
            if found == [demo_houses, demo_houses + own_houses]:
                return
            assert time.monotonic() < deadline, body
            await asyncio.sleep(0.1)


def _next_month() -> tuple[dt.date, dt.date]:
    check_in = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)
    return check_in, check_in + dt.timedelta(days=2)


def _payment_settings(parts: Parts, webhook_url: str) -> PaymentSettings:
    port = free_port()
    return PaymentSettings.model_validate(
        {
            "environment": "test",
            "DATABASE_URL": parts.database_url("payment"),
            "grpc_listen": "127.0.0.1:0",
            "http_port": port,
            "public_url": f"http://127.0.0.1:{port}",
            "payment_api_key": PAYMENT_API_KEY,
            "webhook_url": webhook_url,
            "webhook_secrets": WEBHOOK_SECRET,
            "allowed_return_origins": ALLOWED_ORIGIN,
        }
    )


def _live_status_settings(parts: Parts) -> LiveStatusSettings:
    return LiveStatusSettings.model_validate(
        {**kafka_fields(parts), "environment": "test", "REDIS_URL": parts.redis_url}
    )
