"""What happens becomes notifications and webhooks, and sending them jobs: python -m workers.notification_consumer

The notification service is the truth of what is still to be sent; a job only hurries. With Redis away an
event is worked off all the same, and the arq worker's sweepers find the e-mail and the webhook later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from contracts.events.v1 import events_pb2
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc, webhook_pb2, webhook_pb2_grpc
from runtime.channels import call, open_channel, open_service_identity
from runtime.event_bus import APPOINTMENT_TOPIC, BOOKING_TOPIC, INVENTORY_TOPIC, REVIEW_TOPIC, consume
from runtime.job_queue import open_job_queue
from runtime.process import run_process
from runtime.request_context import begin_request
from runtime.settings import NotificationConsumerSettings
from workers.email_delivery import wake_delivery

GROUP = "notifications"


async def serve(
    settings: NotificationConsumerSettings, stop: asyncio.Event, *, on_ready: Callable[[], None] | None = None
) -> None:
    async with (
        open_channel(settings.notification_address, notification_pb2.DESCRIPTOR, webhook_pb2.DESCRIPTOR) as channel,
        open_service_identity(settings.auth_address, settings) as identity,
        open_job_queue(settings) as jobs,
    ):
        notifications: notification_pb2_grpc.NotificationServiceAsyncStub
        notifications = notification_pb2_grpc.NotificationServiceStub(channel)
        webhooks: webhook_pb2_grpc.WebhookServiceAsyncStub = webhook_pb2_grpc.WebhookServiceStub(channel)

        async def notify(envelopes: Sequence[events_pb2.Envelope]) -> None:
            for envelope in envelopes:
                begin_request(envelope.request_id)
                request = notification_pb2.NotifyOfEventRequest(envelope=envelope.SerializeToString())
                stored = await call(notifications.NotifyOfEvent, request, token=await identity.token())
                for delivery_id in stored.delivery_ids:
                    await wake_delivery(jobs, delivery_id)
                event = webhook_pb2.RecordWebhookEventRequest(envelope=request.envelope)
                recorded = await call(webhooks.RecordWebhookEvent, event, token=await identity.token())
                for endpoint_id in recorded.endpoint_ids:
                    await jobs.deliver_webhooks(endpoint_id)

        topics = (BOOKING_TOPIC, APPOINTMENT_TOPIC, REVIEW_TOPIC, INVENTORY_TOPIC)
        await consume(settings, group=GROUP, topics=topics, handle=notify, stop=stop, on_ready=on_ready)


if __name__ == "__main__":
    run_process("notification-consumer", NotificationConsumerSettings, serve)
