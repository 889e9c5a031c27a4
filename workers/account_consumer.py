"""Tells everybody who keeps something of a person that their account is gone: python -m workers.account_consumer"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from contracts.booking.v1 import booking_pb2, booking_pb2_grpc
from contracts.events.v1 import events_pb2
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc
from contracts.review.v1 import review_pb2, review_pb2_grpc
from contracts.salon.v1 import appointment_pb2, appointment_pb2_grpc
from runtime.channels import call, open_channel, open_service_identity
from runtime.event_bus import ACCOUNT_TOPIC, consume
from runtime.process import run_process
from runtime.request_context import begin_request
from runtime.settings import AccountConsumerSettings

log = structlog.get_logger()

GROUP = "accounts"


async def serve(settings: AccountConsumerSettings, stop: asyncio.Event) -> None:
    async with (
        open_channel(settings.booking_address, booking_pb2.DESCRIPTOR) as booking,
        open_channel(settings.salon_address, appointment_pb2.DESCRIPTOR) as salon,
        open_channel(settings.review_address, review_pb2.DESCRIPTOR) as review,
        open_channel(settings.notification_address, notification_pb2.DESCRIPTOR) as notification,
        open_service_identity(settings.auth_address, settings) as identity,
    ):
        bookings: booking_pb2_grpc.BookingServiceAsyncStub = booking_pb2_grpc.BookingServiceStub(booking)
        appointments: appointment_pb2_grpc.AppointmentServiceAsyncStub
        appointments = appointment_pb2_grpc.AppointmentServiceStub(salon)
        reviews: review_pb2_grpc.ReviewServiceAsyncStub = review_pb2_grpc.ReviewServiceStub(review)
        notifications: notification_pb2_grpc.NotificationServiceAsyncStub
        notifications = notification_pb2_grpc.NotificationServiceStub(notification)

        async def forget(account_id: str) -> None:
            """Every call repeats safely, so that what failed half-way is done again whole."""
            token = await identity.token()
            stays = booking_pb2.ForgetAccountRequest(account_id=account_id)
            visits = appointment_pb2.ForgetAccountRequest(account_id=account_id)
            opinions = review_pb2.ForgetAccountRequest(account_id=account_id)
            # Whose a booking was is asked before it is forgotten, and told those who keep the name beside it.
            stays.only_tell = visits.only_tell = opinions.only_tell = True
            booked = await call(bookings.ForgetAccount, stays, token=token)
            visited = await call(appointments.ForgetAccount, visits, token=token)
            reviewed = await call(reviews.ForgetAccount, opinions, token=token)
            told = notification_pb2.ForgetAccountRequest(
                account_id=account_id,
                references=[*booked.references, *visited.references],
                review_ids=reviewed.review_ids,
            )
            await call(notifications.ForgetAccount, told, token=token)
            stays.only_tell = visits.only_tell = opinions.only_tell = False
            await call(bookings.ForgetAccount, stays, token=token)
            await call(appointments.ForgetAccount, visits, token=token)
            await call(reviews.ForgetAccount, opinions, token=token)
            log.info("account.forgotten", account_id=account_id)

        async def handle(envelopes: Sequence[events_pb2.Envelope]) -> None:
            for envelope in envelopes:
                if envelope.type == "AccountDeleted":
                    begin_request(envelope.request_id)
                    await forget(events_pb2.AccountDeleted.FromString(envelope.payload).account_id)

        await consume(settings, group=GROUP, topics=(ACCOUNT_TOPIC,), handle=handle, stop=stop)


if __name__ == "__main__":
    run_process("account-consumer", AccountConsumerSettings, serve)
