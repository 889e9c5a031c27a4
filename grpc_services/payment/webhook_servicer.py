"""What the merchant was told, for operators: the log of deliveries, and sending again."""

from __future__ import annotations

import grpc

from contracts.payment.v1 import webhook_pb2
from grpc_services.payment import queries, webhook_queries
from grpc_services.payment.messages import delivery_message, endpoint_message
from grpc_services.payment.parts import Equipped
from grpc_services.payment.policies import require_api_key
from grpc_services.payment.reading import found
from runtime.cursors import decode_cursor, encode_cursor, page_size
from runtime.errors import InvalidInput
from runtime.identifiers import parse_id


class WebhookMethods(Equipped):
    async def GetEndpoint(
        self,
        request: webhook_pb2.GetEndpointRequest,
        context: grpc.aio.ServicerContext[webhook_pb2.GetEndpointRequest, webhook_pb2.WebhookEndpoint],
    ) -> webhook_pb2.WebhookEndpoint:
        require_api_key(context, self._api_key)
        async with self._database.reading() as connection:
            row = await webhook_queries.ENDPOINT.fetch_one(connection, url=self._settings.webhook_url)
        return endpoint_message(row)

    async def EnableEndpoint(
        self,
        request: webhook_pb2.EnableEndpointRequest,
        context: grpc.aio.ServicerContext[webhook_pb2.EnableEndpointRequest, webhook_pb2.WebhookEndpoint],
    ) -> webhook_pb2.WebhookEndpoint:
        require_api_key(context, self._api_key)
        url = self._settings.webhook_url
        async with self._database.transaction() as connection:
            await webhook_queries.ENABLE_ENDPOINT.execute(connection, at_url=url)
            await webhook_queries.HURRY_WAITING.execute(connection, now=self._clock())
            row = await webhook_queries.ENDPOINT.fetch_one(connection, url=url)
        self._deliverer.wake()
        return endpoint_message(row)

    async def ListDeliveries(
        self,
        request: webhook_pb2.ListDeliveriesRequest,
        context: grpc.aio.ServicerContext[webhook_pb2.ListDeliveriesRequest, webhook_pb2.ListDeliveriesResponse],
    ) -> webhook_pb2.ListDeliveriesResponse:
        require_api_key(context, self._api_key)
        payment_id = parse_id(request.payment_id, path=("paymentId",)) if request.payment_id else None
        limit = page_size(request.first)
        (before,) = decode_cursor(request.after, (int,)) if request.after else (0,)
        async with self._database.reading() as connection:
            if payment_id:
                await found(connection, queries.PAYMENT_BY_ID, payment_id, field="paymentId")
            rows = await webhook_queries.DELIVERIES.fetch(
                connection, payment_id=payment_id, state=_state(request), before=before, limit=limit + 1
            )
        page = rows[:limit]
        return webhook_pb2.ListDeliveriesResponse(
            deliveries=[delivery_message(row) for row in page],
            next_cursor=encode_cursor(page[-1]["position"]) if len(rows) > limit else "",
        )

    async def GetDelivery(
        self,
        request: webhook_pb2.GetDeliveryRequest,
        context: grpc.aio.ServicerContext[webhook_pb2.GetDeliveryRequest, webhook_pb2.WebhookDelivery],
    ) -> webhook_pb2.WebhookDelivery:
        require_api_key(context, self._api_key)
        delivery_id = parse_id(request.id, path=("id",))
        async with self._database.reading() as connection:
            row = await found(connection, webhook_queries.DELIVERY_BY_ID, delivery_id, field="id")
            attempts = await webhook_queries.ATTEMPTS_OF_DELIVERY.fetch(connection, delivery_id=delivery_id)
        return delivery_message(row, attempts)

    async def Redeliver(
        self,
        request: webhook_pb2.RedeliverRequest,
        context: grpc.aio.ServicerContext[webhook_pb2.RedeliverRequest, webhook_pb2.WebhookDelivery],
    ) -> webhook_pb2.WebhookDelivery:
        require_api_key(context, self._api_key)
        delivery_id = parse_id(request.id, path=("id",))
        async with self._database.transaction() as connection:
            await found(connection, webhook_queries.DELIVERY_BY_ID, delivery_id, field="id")
            await webhook_queries.SEND_AGAIN.execute(connection, delivery_id=delivery_id, now=self._clock())
            row = await found(connection, webhook_queries.DELIVERY_BY_ID, delivery_id, field="id")
            attempts = await webhook_queries.ATTEMPTS_OF_DELIVERY.fetch(connection, delivery_id=delivery_id)
        self._deliverer.wake()
        return delivery_message(row, attempts)


def _state(request: webhook_pb2.ListDeliveriesRequest) -> str:
    """Empty for all."""
    if request.state not in webhook_pb2.WebhookDeliveryState.values():
        raise InvalidInput("There is no such state.", path=("state",))
    if request.state == webhook_pb2.WEBHOOK_DELIVERY_STATE_UNSPECIFIED:
        return ""
    return webhook_pb2.WebhookDeliveryState.Name(request.state).removeprefix("WEBHOOK_DELIVERY_STATE_")
