"""The notification service with a clock of its own, and what the webhook jobs need."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from contracts.events.v1 import events_pb2
from contracts.notification.v1 import notification_pb2_grpc, webhook_pb2, webhook_pb2_grpc
from runtime.channels import call
from runtime.clock import utc_now
from runtime.identifiers import new_id
from tests.grpc_services.notification.events import envelope, snapshot
from tests.house import SignedIn
from tests.webhook_receiver import Receiver
from workers.webhook_delivery import deliver_webhooks

ALL = ["booking.confirmed", "booking.cancelled", "inventory.changed", "review.created"]


@dataclass
class Clock:
    now: dt.datetime = field(default_factory=utc_now)

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        self.now += dt.timedelta(**duration)


@dataclass
class Office:
    """The notification service with a clock of its own, a hotelier, and the worker's jobs."""

    webhooks: webhook_pb2_grpc.WebhookServiceAsyncStub
    notifications: notification_pb2_grpc.NotificationServiceAsyncStub
    hotelier: SignedIn
    system: str
    clock: Clock
    receiver: Receiver
    context: dict[str, Any]

    async def endpoint(self, url: str = "", **changes: Any) -> webhook_pb2.WebhookEndpointSecret:
        request = webhook_pb2.CreateWebhookEndpointRequest(url=url or self.receiver.url, events=ALL)
        request.MergeFrom(webhook_pb2.CreateWebhookEndpointRequest(**changes))
        return await call(self.webhooks.CreateWebhookEndpoint, request, token=self.hotelier.token)

    async def tell(self, event: events_pb2.Envelope) -> list[str]:
        request = webhook_pb2.RecordWebhookEventRequest(envelope=event.SerializeToString())
        return list((await call(self.webhooks.RecordWebhookEvent, request, token=self.system)).endpoint_ids)

    async def deliver(self, endpoint: webhook_pb2.WebhookEndpointSecret, **changes: Any) -> int:
        return await deliver_webhooks(self.context | changes, endpoint.endpoint.id)

    async def log(self, endpoint: webhook_pb2.WebhookEndpointSecret) -> list[webhook_pb2.WebhookDelivery]:
        request = webhook_pb2.ListWebhookDeliveriesRequest(endpoint_id=endpoint.endpoint.id)
        return list((await call(self.webhooks.ListWebhookDeliveries, request, token=self.hotelier.token)).deliveries)

    async def look(self, endpoint: webhook_pb2.WebhookEndpointSecret) -> webhook_pb2.WebhookEndpoint:
        request = webhook_pb2.ListWebhookEndpointsRequest()
        listed = await call(self.webhooks.ListWebhookEndpoints, request, token=self.hotelier.token)
        return next(one for one in listed.endpoints if one.id == endpoint.endpoint.id)

    async def changes(self, token: str = "", **asked: Any) -> list[webhook_pb2.WebhookChange]:
        request = webhook_pb2.ListWebhookChangesRequest(**asked)
        listed = await call(self.webhooks.ListWebhookChanges, request, token=token or self.hotelier.token)
        return list(listed.changes)

    def confirmed(self) -> events_pb2.Envelope:
        return envelope(events_pb2.BookingConfirmed(booking=snapshot(new_id(), self.hotelier.account_id)))
