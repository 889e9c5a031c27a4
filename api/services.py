"""The gateway's connections to everything behind it, opened once a process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import grpc
import redis.asyncio as redis

from api.availability_reading import AvailabilityReading
from api.catalogue_cache import CatalogueCache, open_catalogue_cache
from api.live_updates import LiveUpdates, open_live_updates
from api.rate_limits import RateLimits, open_rate_limits
from api.shown_amounts import RateTable
from api.signed_links import SignedLinks
from contracts.auth.v1 import (
    account_pb2,
    account_pb2_grpc,
    api_client_pb2,
    api_client_pb2_grpc,
    auth_pb2,
    auth_pb2_grpc,
)
from contracts.booking.v1 import (
    block_pb2,
    block_pb2_grpc,
    booking_pb2,
    booking_pb2_grpc,
    calendar_pb2,
    calendar_pb2_grpc,
    figures_pb2,
    figures_pb2_grpc,
    front_desk_pb2,
    front_desk_pb2_grpc,
    inventory_pb2,
    inventory_pb2_grpc,
    waitlist_pb2,
    waitlist_pb2_grpc,
)
from contracts.hotel.v1 import (
    exchange_rate_pb2,
    exchange_rate_pb2_grpc,
    extra_pb2,
    extra_pb2_grpc,
    hotel_import_pb2,
    hotel_import_pb2_grpc,
    hotel_pb2,
    hotel_pb2_grpc,
    rate_pb2,
    rate_pb2_grpc,
)
from contracts.notification.v1 import (
    notification_pb2,
    notification_pb2_grpc,
    preference_pb2,
    preference_pb2_grpc,
    webhook_pb2,
    webhook_pb2_grpc,
)
from contracts.payout.v1 import payout_pb2, payout_pb2_grpc
from contracts.review.v1 import review_pb2, review_pb2_grpc
from contracts.salon.v1 import (
    appointment_pb2,
    appointment_pb2_grpc,
    salon_pb2,
    salon_pb2_grpc,
    schedule_pb2,
    schedule_pb2_grpc,
)
from contracts.search.v1 import search_pb2, search_pb2_grpc
from contracts.settlement.v1 import settlement_pb2, settlement_pb2_grpc
from runtime.channels import ServiceIdentity, call, open_channel
from runtime.identity import TokenVerifier
from runtime.job_queue import JobQueue, open_job_queue
from runtime.revocations import LivingTokens, Revocations, open_revocations
from runtime.settings import GatewaySettings

_REDIS_SECONDS = 5.0  # for an answer; what is published is waited for as long as it takes


@dataclass(frozen=True, slots=True)
class Services:
    """Stubs by the noun they own, and what the webhook's door needs."""

    auth: auth_pb2_grpc.AuthServiceAsyncStub
    accounts: account_pb2_grpc.AccountServiceAsyncStub
    api_clients: api_client_pb2_grpc.ApiClientServiceAsyncStub
    hotels: hotel_pb2_grpc.HotelServiceAsyncStub
    rates: rate_pb2_grpc.RateServiceAsyncStub
    extras: extra_pb2_grpc.ExtraServiceAsyncStub
    exchange_rates: RateTable
    hotel_imports: hotel_import_pb2_grpc.HotelImportServiceAsyncStub
    search: search_pb2_grpc.SearchServiceAsyncStub
    bookings: booking_pb2_grpc.BookingServiceAsyncStub
    front_desk: front_desk_pb2_grpc.FrontDeskServiceAsyncStub
    blocks: block_pb2_grpc.BlockServiceAsyncStub
    figures: figures_pb2_grpc.FiguresServiceAsyncStub
    inventory: inventory_pb2_grpc.InventoryServiceAsyncStub
    availability: AvailabilityReading
    calendars: calendar_pb2_grpc.CalendarServiceAsyncStub
    waitlists: waitlist_pb2_grpc.WaitlistServiceAsyncStub
    settlements: Mapping[str, settlement_pb2_grpc.SettlementServiceAsyncStub]  # by service
    notifications: notification_pb2_grpc.NotificationServiceAsyncStub
    webhooks: webhook_pb2_grpc.WebhookServiceAsyncStub
    preferences: preference_pb2_grpc.PreferenceServiceAsyncStub
    salons: salon_pb2_grpc.SalonServiceAsyncStub
    schedules: schedule_pb2_grpc.ScheduleServiceAsyncStub
    appointments: appointment_pb2_grpc.AppointmentServiceAsyncStub
    reviews: review_pb2_grpc.ReviewServiceAsyncStub
    hotel_payouts: payout_pb2_grpc.PayoutServiceAsyncStub
    salon_payouts: payout_pb2_grpc.PayoutServiceAsyncStub
    links: SignedLinks
    channels: dict[str, grpc.aio.Channel]
    verifier: TokenVerifier
    revocations: Revocations
    identity: ServiceIdentity
    redis: redis.Redis
    live: LiveUpdates
    cache: CatalogueCache
    jobs: JobQueue
    rate_limits: RateLimits
    public_url: str  # of this gateway
    token_issuer: str


@asynccontextmanager
async def open_services(settings: GatewaySettings) -> AsyncIterator[Services]:
    async with AsyncExitStack() as stack:
        channels = {
            name: await stack.enter_async_context(open_channel(address, *contracts))
            for name, address, *contracts in (
                (
                    "auth",
                    settings.auth_address,
                    auth_pb2.DESCRIPTOR,
                    account_pb2.DESCRIPTOR,
                    api_client_pb2.DESCRIPTOR,
                ),
                (
                    "hotel",
                    settings.hotel_address,
                    hotel_pb2.DESCRIPTOR,
                    rate_pb2.DESCRIPTOR,
                    extra_pb2.DESCRIPTOR,
                    exchange_rate_pb2.DESCRIPTOR,
                    hotel_import_pb2.DESCRIPTOR,
                ),
                ("search", settings.search_address, search_pb2.DESCRIPTOR),
                (
                    "booking",
                    settings.booking_address,
                    booking_pb2.DESCRIPTOR,
                    front_desk_pb2.DESCRIPTOR,
                    block_pb2.DESCRIPTOR,
                    figures_pb2.DESCRIPTOR,
                    inventory_pb2.DESCRIPTOR,
                    calendar_pb2.DESCRIPTOR,
                    waitlist_pb2.DESCRIPTOR,
                    settlement_pb2.DESCRIPTOR,
                    payout_pb2.DESCRIPTOR,
                ),
                (
                    "notification",
                    settings.notification_address,
                    notification_pb2.DESCRIPTOR,
                    preference_pb2.DESCRIPTOR,
                    webhook_pb2.DESCRIPTOR,
                ),
                (
                    "salon",
                    settings.salon_address,
                    salon_pb2.DESCRIPTOR,
                    schedule_pb2.DESCRIPTOR,
                    appointment_pb2.DESCRIPTOR,
                    settlement_pb2.DESCRIPTOR,
                    payout_pb2.DESCRIPTOR,
                ),
                ("review", settings.review_address, review_pb2.DESCRIPTOR),
            )
        }
        auth: auth_pb2_grpc.AuthServiceAsyncStub = auth_pb2_grpc.AuthServiceStub(channels["auth"])
        client: redis.Redis = redis.Redis.from_url(
            settings.redis_url.get_secret_value(), socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS
        )
        stack.push_async_callback(client.aclose)

        revocations = await stack.enter_async_context(open_revocations(client))

        async def fetch_keys() -> str:
            return (await call(auth.GetJwks, auth_pb2.GetJwksRequest(), token="")).jwks_json

        yield Services(
            auth=auth,
            accounts=account_pb2_grpc.AccountServiceStub(channels["auth"]),
            api_clients=api_client_pb2_grpc.ApiClientServiceStub(channels["auth"]),
            hotels=hotel_pb2_grpc.HotelServiceStub(channels["hotel"]),
            rates=rate_pb2_grpc.RateServiceStub(channels["hotel"]),
            extras=extra_pb2_grpc.ExtraServiceStub(channels["hotel"]),
            exchange_rates=RateTable(exchange_rate_pb2_grpc.ExchangeRateServiceStub(channels["hotel"])),
            hotel_imports=hotel_import_pb2_grpc.HotelImportServiceStub(channels["hotel"]),
            search=search_pb2_grpc.SearchServiceStub(channels["search"]),
            bookings=booking_pb2_grpc.BookingServiceStub(channels["booking"]),
            front_desk=front_desk_pb2_grpc.FrontDeskServiceStub(channels["booking"]),
            blocks=block_pb2_grpc.BlockServiceStub(channels["booking"]),
            figures=figures_pb2_grpc.FiguresServiceStub(channels["booking"]),
            inventory=inventory_pb2_grpc.InventoryServiceStub(channels["booking"]),
            availability=AvailabilityReading(inventory_pb2_grpc.InventoryServiceStub(channels["booking"])),
            calendars=calendar_pb2_grpc.CalendarServiceStub(channels["booking"]),
            waitlists=waitlist_pb2_grpc.WaitlistServiceStub(channels["booking"]),
            settlements={
                service: settlement_pb2_grpc.SettlementServiceStub(channels[service])
                for service in ("booking", "salon")
            },
            notifications=notification_pb2_grpc.NotificationServiceStub(channels["notification"]),
            webhooks=webhook_pb2_grpc.WebhookServiceStub(channels["notification"]),
            preferences=preference_pb2_grpc.PreferenceServiceStub(channels["notification"]),
            salons=salon_pb2_grpc.SalonServiceStub(channels["salon"]),
            schedules=schedule_pb2_grpc.ScheduleServiceStub(channels["salon"]),
            appointments=appointment_pb2_grpc.AppointmentServiceStub(channels["salon"]),
            reviews=review_pb2_grpc.ReviewServiceStub(channels["review"]),
            hotel_payouts=payout_pb2_grpc.PayoutServiceStub(channels["booking"]),
            salon_payouts=payout_pb2_grpc.PayoutServiceStub(channels["salon"]),
            links=SignedLinks(settings.service_client_secret.get_secret_value(), settings.public_url),
            channels=channels,
            verifier=LivingTokens(
                fetch_keys,
                revocations,
                issuer=settings.token_issuer,
                audience=settings.token_audience,
                keys_seconds=settings.token_keys_seconds,
            ),
            revocations=revocations,
            identity=ServiceIdentity(auth, settings),
            redis=client,
            live=await stack.enter_async_context(open_live_updates(client)),
            cache=await stack.enter_async_context(open_catalogue_cache(settings.redis_url.get_secret_value())),
            jobs=await stack.enter_async_context(open_job_queue(settings)),
            rate_limits=await stack.enter_async_context(
                open_rate_limits(
                    settings.redis_url.get_secret_value(),
                    principal=settings.rate_limit_principal,
                    address=settings.rate_limit_address,
                )
            ),
            public_url=settings.public_url,
            token_issuer=settings.token_issuer,
        )
