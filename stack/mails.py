"""`python -m stack mails failed` and `mails resend ID`: e-mails that were given up. Operators read no address."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from contracts.auth.v1 import auth_pb2, auth_pb2_grpc
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc, preference_pb2
from runtime.channels import ServiceIdentity, call, open_channel
from runtime.clock import from_timestamp
from runtime.errors import ServiceError
from runtime.request_context import begin_request
from runtime.settings import BrokenSettings, ServiceClientSection, StackSettings, load
from stack.ports import Ports
from stack.secret_store import OPERATOR, SecretStore
from stack.wiring import stack_directory

_PAGE = 100
Notifications: TypeAlias = "notification_pb2_grpc.NotificationServiceAsyncStub"


def failed() -> int:
    """Prints them, the newest first; the exit code is 1 when there are any."""
    return _run(_print_failed)


def resend(delivery_id: str) -> int:
    async def put_back(notifications: Notifications, token: str) -> int:
        request = notification_pb2.ResendDeliveryRequest(delivery_id=delivery_id)
        await call(notifications.ResendDelivery, request, token=token)
        print("It is on its way again; the worker takes it within ten seconds.")
        return 0

    return _run(put_back)


def line_of(delivery: notification_pb2.FailedDelivery) -> str:
    kind = preference_pb2.NotificationType.Name(delivery.type).removeprefix("NOTIFICATION_TYPE_")
    about = (
        f"booking {delivery.booking_id}"
        if delivery.booking_id
        else f"appointment {delivery.appointment_id}"
        if delivery.appointment_id
        else ""
    )
    whom = f"account {delivery.account_id}" if delivery.account_id else "a guest without an account"
    told = (kind, f"to {whom}", about, f"{delivery.attempts} tries", delivery.failure)
    return f"{delivery.id}  {from_timestamp(delivery.failed_at):%Y-%m-%d %H:%M}  " + ", ".join(filter(None, told))


async def _print_failed(notifications: Notifications, token: str) -> int:
    number, after = 0, ""
    while True:
        request = notification_pb2.ListFailedDeliveriesRequest(first=_PAGE, after=after)
        page = await call(notifications.ListFailedDeliveries, request, token=token)
        for delivery in page.deliveries:
            print(line_of(delivery))
        number += len(page.deliveries)
        if not page.has_next_page:
            print(f"{number} e-mails were given up." if number else "No e-mail was given up.")
            return 1 if number else 0
        after = page.cursors[-1]


def _run(work: Callable[[Notifications, str], Awaitable[int]]) -> int:
    try:
        return asyncio.run(_with_service(load(StackSettings), work))
    except (BrokenSettings, OSError, ServiceError) as failure:
        sys.stderr.write(f"mails: {failure}\n")
        return 2


async def _with_service(settings: StackSettings, work: Callable[[Notifications, str], Awaitable[int]]) -> int:
    ports = Ports(settings.first_port)
    secrets = SecretStore(stack_directory(settings))
    client = ServiceClientSection.model_validate(
        {"service_client_id": OPERATOR, "service_client_secret": secrets.client_secrets()[OPERATOR]}
    )
    begin_request()
    async with (
        open_channel(ports.grpc_address("auth"), auth_pb2.DESCRIPTOR) as auth,
        open_channel(ports.grpc_address("notification"), notification_pb2.DESCRIPTOR) as notification,
    ):
        notifications: Notifications = notification_pb2_grpc.NotificationServiceStub(notification)
        return await work(notifications, await ServiceIdentity(auth_pb2_grpc.AuthServiceStub(auth), client).token())
