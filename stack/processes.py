"""The table of processes: what runs, and from which module. docker-compose.yml runs the same ones."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from pydantic_settings import BaseSettings

from runtime import settings


class Kind(enum.Enum):
    SERVICE = "service"
    WORKER = "worker"
    GATEWAY = "gateway"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Process:
    """`name` is also the service's schema and gRPC name, for services."""

    name: str
    module: str
    section: type[BaseSettings]
    kind: Kind

    @property
    def command(self) -> tuple[str, ...]:
        return ("python", "-m", self.module)


PROCESSES = (
    Process("mail-catcher", "stack.mail_catcher", settings.MailCatcherSettings, Kind.MAIL),
    Process("auth", "grpc_services.auth", settings.AuthSettings, Kind.SERVICE),
    Process("hotel", "grpc_services.hotel", settings.HotelSettings, Kind.SERVICE),
    Process("payment", "grpc_services.payment", settings.PaymentSettings, Kind.SERVICE),
    Process("booking", "grpc_services.booking", settings.BookingSettings, Kind.SERVICE),
    Process("notification", "grpc_services.notification", settings.NotificationSettings, Kind.SERVICE),
    Process("salon", "grpc_services.salon", settings.SalonSettings, Kind.SERVICE),
    Process("review", "grpc_services.review", settings.ReviewSettings, Kind.SERVICE),
    Process("search", "grpc_services.search", settings.SearchSettings, Kind.SERVICE),
    Process("outbox-relay", "workers.outbox_relay", settings.RelaySettings, Kind.WORKER),
    Process("inventory-consumer", "workers.inventory_consumer", settings.InventoryConsumerSettings, Kind.WORKER),
    Process(
        "notification-consumer", "workers.notification_consumer", settings.NotificationConsumerSettings, Kind.WORKER
    ),
    Process("rating-consumer", "workers.rating_consumer", settings.RatingConsumerSettings, Kind.WORKER),
    Process("account-consumer", "workers.account_consumer", settings.AccountConsumerSettings, Kind.WORKER),
    Process("live-status", "workers.live_status", settings.LiveStatusSettings, Kind.WORKER),
    Process("arq-worker", "workers.arq_worker", settings.WorkerSettings, Kind.WORKER),
    Process("gateway", "api", settings.GatewaySettings, Kind.GATEWAY),
)
