"""The audit log of webhook endpoints: who changed what, when, from what to what."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated, Any

import orjson
import strawberry
from strawberry.utils.str_converters import to_camel_case

from api.change_log import ChangedField
from api.context import Info
from api.node_ids import decode_id, encode_id
from api.paging import Connection, at_least_one, edges, page_info
from contracts.notification.v1 import webhook_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.identity import Role, current_caller

First = Annotated[int, strawberry.argument(description="1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="A cursor of this list.")]

_KINDS = {"hotel_ids": "Hotel", "salon_ids": "Salon"}


@strawberry.enum(description="What happened to a webhook endpoint.")
class WebhookChangeAction(enum.Enum):
    CREATED = strawberry.enum_value("CREATED", description="It was set up.")
    UPDATED = strawberry.enum_value("UPDATED", description="Its address, events, houses or words were changed.")
    ENABLED = strawberry.enum_value("ENABLED", description="It was switched on again.")
    DISABLED = strawberry.enum_value("DISABLED", description="It was switched off; by ourselves, if nobody is named.")
    SECRET_ROTATED = strawberry.enum_value("SECRET_ROTATED", description="It was given a new secret.")
    DELETED = strawberry.enum_value("DELETED", description="It is gone.")


@strawberry.type(description="An entry of the audit log of webhook endpoints. Entries are never changed.")
class WebhookChange:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    endpoint_id: strawberry.ID = strawberry.field(description="Which endpoint; it may be gone.")
    action: WebhookChangeAction = strawberry.field(description="What happened to it.")
    actor_id: strawberry.ID | None = strawberry.field(
        description="The account of who did it; null when we did it ourselves."
    )
    actor_role: str = strawberry.field(description="Their role when they did it; SYSTEM for ourselves.")
    at: dt.datetime = strawberry.field(description="When.")
    request_id: str = strawberry.field(description="The request that did it, as our logs name it.")
    fields: list[ChangedField] = strawberry.field(description="What differs; never a secret.")


@strawberry.type
class ViewerWebhookChanges:
    """The part of Viewer that tells the history of a hotelier's endpoints."""

    @strawberry.field(
        description="Who changed what of your webhook endpoints, also of those that are gone; newest first. None unless"
        " you are a hotelier."
    )
    async def webhook_changes(self, info: Info, first: First = 20, after: After = None) -> Connection[WebhookChange]:
        if current_caller().role is not Role.HOTELIER:
            return Connection(edges=[], page_info=page_info([], has_next_page=False, after=after))
        return await changes_of("", info, first, after)


@strawberry.type
class EndpointHistory:
    """The part of WebhookEndpoint that tells its history."""

    id: strawberry.ID = strawberry.field(description="Opaque id.")

    @strawberry.field(description="Who changed what of it, newest first.")
    async def changes(self, info: Info, first: First = 20, after: After = None) -> Connection[WebhookChange]:
        return await changes_of(decode_id("WebhookEndpoint", self.id, path=("id",)), info, first, after)


async def changes_of(endpoint_id: str, info: Info, first: int, after: str | None) -> Connection[WebhookChange]:
    """Of one endpoint, or of all of the caller's when it is empty."""
    request = webhook_pb2.ListWebhookChangesRequest(
        endpoint_id=endpoint_id, first=at_least_one(first), after=after or ""
    )
    response = await call(info.context.services.webhooks.ListWebhookChanges, request)
    return Connection(
        edges=edges([_change(found) for found in response.changes], response.cursors),
        page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
    )


def _change(message: webhook_pb2.WebhookChange) -> WebhookChange:
    before, after = (orjson.loads(text) if text else {} for text in (message.before_json, message.after_json))
    return WebhookChange(
        id=strawberry.ID(encode_id("WebhookChange", message.id)),
        endpoint_id=strawberry.ID(encode_id("WebhookEndpoint", message.endpoint_id)),
        action=WebhookChangeAction(message.action),
        actor_id=strawberry.ID(encode_id("Account", message.actor_id)) if message.actor_id else None,
        actor_role=message.actor_role,
        at=from_timestamp(message.at),
        request_id=message.request_id,
        fields=[
            ChangedField(
                name=to_camel_case(name), before=_shown(name, before.get(name)), after=_shown(name, after.get(name))
            )
            for name in {**before, **after}
        ],
    )


def _shown(name: str, value: Any) -> Any:
    """As the rest of the schema shows it: ids opaque."""
    if name in _KINDS and isinstance(value, list):
        return [encode_id(_KINDS[name], one) for one in value]
    return value
