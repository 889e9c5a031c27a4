"""Setting up webhooks in the public schema."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Info
from api.errors import IllegalState, InvalidInput, NotFound, NotPermitted, RefusalsAsResults, VersionConflict
from api.node_ids import decode_id, encode_id
from api.permissions import Demands, Permission
from api.webhook_endpoints import (
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEventType,
    webhook_delivery,
    webhook_endpoint,
)
from contracts.notification.v1 import webhook_pb2
from runtime.channels import call

_All = "Of all your houses and salons, future ones too; else name some."


@strawberry.input(description="An endpoint to set up.")
class WebhookEndpointCreateInput:
    url: str = strawberry.field(description="Where events are sent by POST, beginning with https://.")
    events: list[WebhookEventType] = strawberry.field(description="Which events to send; at least one.")
    description: str = strawberry.field(default="", description="Your own words, up to 200 characters.")
    all_houses: bool = strawberry.field(default=True, description=_All)
    hotel_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only of these houses,")
    salon_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="and of these salons.")


@strawberry.input(description="An endpoint, whole, as it shall be.")
class WebhookEndpointUpdateInput:
    id: strawberry.ID = strawberry.field(description="The endpoint.")
    expected_version: int = strawberry.field(description="The version you looked at.")
    url: str = strawberry.field(description="Where events are sent by POST, beginning with https://.")
    events: list[WebhookEventType] = strawberry.field(description="Which events to send; at least one.")
    active: bool = strawberry.field(description="Whether to send anything; events of the time between are not kept.")
    description: str = strawberry.field(default="", description="Your own words, up to 200 characters.")
    all_houses: bool = strawberry.field(default=True, description=_All)
    hotel_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only of these houses,")
    salon_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="and of these salons.")


@strawberry.input(description="Which endpoint.")
class WebhookEndpointInput:
    id: strawberry.ID = strawberry.field(description="The endpoint.")


@strawberry.input(description="Which delivery.")
class WebhookDeliveryRedeliverInput:
    id: strawberry.ID = strawberry.field(description="The delivery; it was delivered, or given up.")


@strawberry.type(description="Verify with this secret, by any library of Standard Webhooks. It is shown this once.")
class WebhookEndpointCreated:
    endpoint: WebhookEndpoint = strawberry.field(description="The endpoint.")
    secret: str = strawberry.field(description="Begins with whsec_.")


@strawberry.type(description="The new secret signs from now on; the one before it does too, for a day.")
class WebhookSecretRotated:
    endpoint: WebhookEndpoint = strawberry.field(description="The endpoint.")
    secret: str = strawberry.field(description="Begins with whsec_. It is shown this once.")


@strawberry.type(description="The endpoint is changed.")
class WebhookEndpointUpdated:
    endpoint: WebhookEndpoint = strawberry.field(description="The endpoint.")


@strawberry.type(description="The endpoint is gone, and its delivery log with it.")
class WebhookEndpointDeleted:
    id: strawberry.ID = strawberry.field(description="What it was.")


@strawberry.type(description="It is on its way; ask for the endpoint's deliveries to see it arrive.")
class WebhookDeliveryStarted:
    delivery: WebhookDelivery = strawberry.field(description="The delivery.")


WebhookEndpointCreateResult = Annotated[
    WebhookEndpointCreated | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("WebhookEndpointCreateResult", description="The endpoint, or why there is none."),
]
WebhookEndpointUpdateResult = Annotated[
    WebhookEndpointUpdated | VersionConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("WebhookEndpointUpdateResult", description="The endpoint, or why nothing changed."),
]
WebhookEndpointDeleteResult = Annotated[
    WebhookEndpointDeleted | NotFound | NotPermitted | InvalidInput,
    strawberry.union("WebhookEndpointDeleteResult", description="Done, or why not."),
]
WebhookEndpointRotateSecretResult = Annotated[
    WebhookSecretRotated | NotFound | NotPermitted | InvalidInput,
    strawberry.union("WebhookEndpointRotateSecretResult", description="The new secret, or why there is none."),
]
WebhookEndpointPingResult = Annotated[
    WebhookDeliveryStarted | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("WebhookEndpointPingResult", description="The delivery, or why nothing is sent."),
]
WebhookDeliveryRedeliverResult = Annotated[
    WebhookDeliveryStarted | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("WebhookDeliveryRedeliverResult", description="The delivery, or why nothing is sent."),
]


@strawberry.type
class WebhookMutations:
    @strawberry.mutation(
        description="Sets up an endpoint of yours that is told of what happens in your houses.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def webhook_endpoint_create(
        self,
        info: Info,
        input: Annotated[WebhookEndpointCreateInput, strawberry.argument(description="The endpoint.")],  # noqa: A002
    ) -> WebhookEndpointCreateResult:
        request = webhook_pb2.CreateWebhookEndpointRequest(
            url=input.url,
            description=input.description,
            events=[str(event.value) for event in input.events],
            houses=_houses(all_houses=input.all_houses),
            hotel_ids=_ids("Hotel", input.hotel_ids, "hotelIds"),
            salon_ids=_ids("Salon", input.salon_ids, "salonIds"),
        )
        created = await call(info.context.services.webhooks.CreateWebhookEndpoint, request)
        return WebhookEndpointCreated(endpoint=webhook_endpoint(created.endpoint), secret=created.secret)

    @strawberry.mutation(
        description="Changes an endpoint, switches it off or on again.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def webhook_endpoint_update(
        self,
        info: Info,
        input: Annotated[WebhookEndpointUpdateInput, strawberry.argument(description="The endpoint.")],  # noqa: A002
    ) -> WebhookEndpointUpdateResult:
        request = webhook_pb2.UpdateWebhookEndpointRequest(
            id=decode_id("WebhookEndpoint", input.id, path=("id",)),
            expected_version=input.expected_version,
            url=input.url,
            description=input.description,
            events=[str(event.value) for event in input.events],
            houses=_houses(all_houses=input.all_houses),
            hotel_ids=_ids("Hotel", input.hotel_ids, "hotelIds"),
            salon_ids=_ids("Salon", input.salon_ids, "salonIds"),
            active=input.active,
        )
        updated = await call(info.context.services.webhooks.UpdateWebhookEndpoint, request)
        if updated.active:
            await info.context.services.jobs.deliver_webhooks(updated.id)
        return WebhookEndpointUpdated(endpoint=webhook_endpoint(updated))

    @strawberry.mutation(
        description="Forgets an endpoint and its delivery log.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def webhook_endpoint_delete(
        self,
        info: Info,
        input: Annotated[WebhookEndpointInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> WebhookEndpointDeleteResult:
        request = webhook_pb2.DeleteWebhookEndpointRequest(id=decode_id("WebhookEndpoint", input.id, path=("id",)))
        deleted = await call(info.context.services.webhooks.DeleteWebhookEndpoint, request)
        return WebhookEndpointDeleted(id=strawberry.ID(encode_id("WebhookEndpoint", deleted.id)))

    @strawberry.mutation(
        description="Makes a new secret for an endpoint; for a day the one before it signs too.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def webhook_endpoint_rotate_secret(
        self,
        info: Info,
        input: Annotated[WebhookEndpointInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> WebhookEndpointRotateSecretResult:
        request = webhook_pb2.RotateWebhookSecretRequest(id=decode_id("WebhookEndpoint", input.id, path=("id",)))
        rotated = await call(info.context.services.webhooks.RotateWebhookSecret, request)
        return WebhookSecretRotated(endpoint=webhook_endpoint(rotated.endpoint), secret=rotated.secret)

    @strawberry.mutation(
        description="Sends an event of type endpoint.ping, to try an endpoint.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def webhook_endpoint_ping(
        self,
        info: Info,
        input: Annotated[WebhookEndpointInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> WebhookEndpointPingResult:
        request = webhook_pb2.PingWebhookEndpointRequest(id=decode_id("WebhookEndpoint", input.id, path=("id",)))
        return await _started(info, await call(info.context.services.webhooks.PingWebhookEndpoint, request))

    @strawberry.mutation(
        description="Sends a finished delivery again, with the same event id and the same body.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def webhook_delivery_redeliver(
        self,
        info: Info,
        input: Annotated[WebhookDeliveryRedeliverInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> WebhookDeliveryRedeliverResult:
        delivery_id = decode_id("WebhookDelivery", input.id, path=("id",))
        request = webhook_pb2.RedeliverWebhookRequest(delivery_id=delivery_id)
        return await _started(info, await call(info.context.services.webhooks.RedeliverWebhook, request))


async def _started(info: Info, delivery: webhook_pb2.WebhookDelivery) -> WebhookDeliveryStarted:
    await info.context.services.jobs.deliver_webhooks(delivery.endpoint_id)
    return WebhookDeliveryStarted(delivery=webhook_delivery(delivery))


def _houses(*, all_houses: bool) -> webhook_pb2.WebhookHouses.ValueType:
    return webhook_pb2.WEBHOOK_HOUSES_ALL if all_houses else webhook_pb2.WEBHOOK_HOUSES_NAMED


def _ids(kind: str, given: list[strawberry.ID] | None, field: str) -> list[str]:
    return [decode_id(kind, one, path=(field, str(number))) for number, one in enumerate(given or [])]
