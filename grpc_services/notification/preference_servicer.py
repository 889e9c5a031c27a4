"""The use cases of what a person wants to be told: reading and changing it, and switching mails off from a mail."""

from __future__ import annotations

import uuid
from typing import Any

import grpc
import structlog

from contracts.notification.v1 import preference_pb2
from grpc_services.notification import delivery_queries, messages, preference_queries, texts
from grpc_services.notification.catalogue import MESSAGES, TYPES, Channel, types_for
from grpc_services.notification.channels import People
from grpc_services.notification.plans import NO_ACCOUNT
from grpc_services.notification.preference_rules import checked_choices, checked_quiet_hours, quiet_hours_of
from grpc_services.notification.telling import holder_of
from runtime.clock import to_timestamp
from runtime.database import Connection, Database, Record
from runtime.errors import NotFound
from runtime.identity import Caller, require_account

Context = grpc.aio.ServicerContext[Any, Any]
log = structlog.get_logger()
_LONGEST_SECRET = 100


class PreferenceMethods:
    """A part of PreferenceServicer, which gives it database and people."""

    _database: Database
    _people: People

    async def GetPreferences(
        self, request: preference_pb2.GetPreferencesRequest, context: Context
    ) -> preference_pb2.Preferences:
        caller = require_account()
        async with self._database.reading() as connection:
            return await _preferences(connection, caller)

    async def UpdatePreferences(
        self, request: preference_pb2.UpdatePreferencesRequest, context: Context
    ) -> preference_pb2.Preferences:
        caller = require_account()
        choices = checked_choices(request.changes, types_for(caller.role))
        changes_hours = request.HasField("quiet_hours")
        hours = checked_quiet_hours(request.quiet_hours) if changes_hours else None
        async with self._database.transaction() as connection:
            for choice in choices:
                await preference_queries.PUT_PREFERENCE.execute(
                    connection,
                    holder_id=caller.account_id,
                    type=choice.type,
                    channel=choice.channel,
                    enabled=choice.enabled,
                )
            if changes_hours:
                await preference_queries.PUT_QUIET_HOURS.execute(
                    connection,
                    account_id=caller.account_id,
                    begins=hours.begins if hours else None,
                    ends=hours.ends if hours else None,
                )
            return await _preferences(connection, caller)

    async def ReadSubscription(
        self, request: preference_pb2.ReadSubscriptionRequest, context: Context
    ) -> preference_pb2.Subscription:
        async with self._database.reading() as connection:
            delivery = await _delivery_of(connection, request.secret)
            subscribed = await _is_subscribed(connection, delivery)
        return await self._subscription(delivery, subscribed=subscribed)

    async def Unsubscribe(
        self, request: preference_pb2.UnsubscribeRequest, context: Context
    ) -> preference_pb2.Subscription:
        async with self._database.transaction() as connection:
            delivery = await _delivery_of(connection, request.secret)
            await preference_queries.PUT_PREFERENCE.execute(
                connection,
                holder_id=_holder(delivery),
                type=MESSAGES[delivery["template"]].type,
                channel=Channel.EMAIL,
                enabled=False,
            )
        log.info("preference.unsubscribed", type=MESSAGES[delivery["template"]].type)
        return await self._subscription(delivery, subscribed=False)

    async def _subscription(self, delivery: Record, *, subscribed: bool) -> preference_pb2.Subscription:
        name = MESSAGES[delivery["template"]].type
        locale = await self._people.locale(delivery["account_id"]) if delivery["account_id"] != NO_ACCOUNT else ""
        page = texts.subscription_page(name, locale, subscribed=subscribed)
        return preference_pb2.Subscription(
            type=messages.type_value(name),
            subscribed=subscribed,
            title=page.title,
            body=page.body,
            button=page.button,
            locale=page.locale,
        )


async def _delivery_of(connection: Connection, secret: str) -> Record:
    row = None
    if 1 <= len(secret) <= _LONGEST_SECRET and secret.isascii() and secret.isprintable():
        row = await delivery_queries.DELIVERY_OF_SECRET.fetch_row(connection, secret=secret)
    if row is None:
        raise NotFound("There is no such mail.", path=("secret",))
    return row


async def _is_subscribed(connection: Connection, delivery: Record) -> bool:
    message = MESSAGES[delivery["template"]]
    rows = await preference_queries.PREFERENCES_OF_TYPE.fetch(
        connection, holder_id=_holder(delivery), type=message.type
    )
    chosen = {row["channel"]: row["enabled"] for row in rows}
    return bool(chosen.get(Channel.EMAIL, message.by_default(Channel.EMAIL)))


def _holder(delivery: Record) -> uuid.UUID:
    return holder_of(delivery["account_id"], delivery["booking_id"])


async def _preferences(connection: Connection, caller: Caller) -> preference_pb2.Preferences:
    rows = await preference_queries.PREFERENCES.fetch(connection, holder_id=caller.account_id)
    chosen = {(row["type"], row["channel"]): row["enabled"] for row in rows}
    hours = quiet_hours_of(await preference_queries.QUIET_HOURS.fetch_row(connection, account_id=caller.account_id))
    refused = await preference_queries.REFUSED_ADDRESS.fetch_row(connection, account_id=caller.account_id)
    since = refused["undeliverable_since"] if refused else None
    return preference_pb2.Preferences(
        preferences=[
            messages.preference_message(
                name,
                channel,
                enabled=message.required or chosen.get((name, channel), message.by_default(channel)),
                required=message.required,
            )
            for name, message in ((name, TYPES[name]) for name in types_for(caller.role))
            for channel in message.channels
        ],
        quiet_hours=preference_pb2.QuietHours(
            begins=hours.begins.strftime("%H:%M") if hours else "", ends=hours.ends.strftime("%H:%M") if hours else ""
        ),
        email_undeliverable_since=to_timestamp(since) if since else None,
    )
