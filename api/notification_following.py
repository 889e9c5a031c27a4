"""Hearing of notifications as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from api.booking_status import IN_ORDER_SOON_SECONDS
from api.context import Info
from api.node_ids import decode_id
from api.notifications import Notification, notification
from contracts.notification.v1 import notification_pb2
from runtime.channels import call
from runtime.identity import require_account
from runtime.live_channels import notifications_channel


@strawberry.type
class NotificationSubscriptions:
    @strawberry.subscription(
        description=(
            "What you are told, as it comes. First the latest 20 that are unread, or with `after` everything since "
            "that notification, so that a client that was away misses nothing; then every one in order."
        )
    )
    async def notification_received(
        self,
        info: Info,
        after: Annotated[
            strawberry.ID | None, strawberry.argument(description="The last notification that the client has seen.")
        ] = None,
    ) -> AsyncGenerator[Notification, None]:
        account_id = require_account().account_id
        request = notification_pb2.ListNewNotificationsRequest(
            after_id=decode_id("Notification", after, path=("after",)) if after is not None else ""
        )
        told: set[str] = set()  # what the beginning told, which may come again
        with info.context.services.live.listen(notifications_channel(str(account_id))) as listener:
            while True:
                page = await call(info.context.services.notifications.ListNewNotifications, request)
                for message in page.notifications:
                    if message.id not in told:
                        yield notification(message)
                if not request.after_id and not request.after_position:
                    told = {message.id for message in page.notifications}
                request = notification_pb2.ListNewNotificationsRequest(after_position=page.position)
                if page.more_soon:
                    await asyncio.sleep(0 if page.notifications else IN_ORDER_SOON_SECONDS)
                else:
                    await listener.wait()
