"""The one place where a notification and its e-mail are stored: once for each event, person and channel."""

from __future__ import annotations

import secrets
import uuid

from grpc_services.notification import delivery_queries, preference_queries, queries, rules
from grpc_services.notification.catalogue import MESSAGES, Channel, Message
from grpc_services.notification.events import publish_stored
from grpc_services.notification.plans import NO_ACCOUNT, Notice, Plan
from grpc_services.notification.preference_rules import quiet_hours_of
from grpc_services.notification.schedule import NIGHT, Quiet
from runtime.database import Connection
from runtime.identifiers import new_id

_SECRET_BYTES = 24


async def tell(connection: Connection, plan: Plan, notice: Notice, *, mail_domain: str) -> None:
    """As the person wants to be told. Nothing when this account was told of this event before, or wants it by no
    channel; a guest without an account reads mails only."""
    message = MESSAGES[notice.template]
    holder = holder_of(notice.account_id, plan.booking_id)
    channels = await wanted_channels(connection, message, holder)
    has_account = notice.account_id != NO_ACCOUNT
    if not channels or not (has_account or Channel.EMAIL in channels):
        return
    notification_id = await queries.ADD_NOTIFICATION.fetch_value(
        connection,
        id=new_id(),
        account_id=notice.account_id,
        event_id=plan.event_id,
        kind=plan.kind,
        template=notice.template,
        parameters=plan.parameters,
        booking_id=plan.booking_id,
        shown=Channel.IN_APP in channels,
    )
    if notification_id is None:
        return
    if has_account and Channel.IN_APP in channels:
        await publish_stored(connection, notification_id, notice.account_id)
    if Channel.EMAIL not in channels:
        return
    await delivery_queries.ADD_DELIVERY.execute(
        connection,
        id=new_id(),
        notification_id=notification_id,
        event_id=plan.event_id,
        account_id=notice.account_id,
        channel=Channel.EMAIL,
        message_id=rules.message_id(plan.event_id, notice.account_id, mail_domain),
        request_id=plan.request_id,
        unsubscribe_secret="" if message.required else secrets.token_urlsafe(_SECRET_BYTES),
        expires_at=plan.expires_at,
    )


def holder_of(account_id: uuid.UUID, booking_id: uuid.UUID) -> uuid.UUID:
    """Under what a person's choices are kept: their account, or the booking of a guest who has none."""
    return booking_id if account_id == NO_ACCOUNT else account_id


async def wanted_channels(connection: Connection, message: Message, holder: uuid.UUID) -> set[Channel]:
    """As the person has chosen by now."""
    if message.required:
        return set(message.channels)
    rows = await preference_queries.PREFERENCES_OF_TYPE.fetch(connection, holder_id=holder, type=message.type)
    chosen = {row["channel"]: row["enabled"] for row in rows}
    return {channel for channel in message.channels if chosen.get(channel, message.by_default(channel))}


async def quiet_hours(connection: Connection, account_id: uuid.UUID) -> Quiet | None:
    """As the person has chosen by now; None: never."""
    if account_id == NO_ACCOUNT:
        return NIGHT
    return quiet_hours_of(await preference_queries.QUIET_HOURS.fetch_row(connection, account_id=account_id))
