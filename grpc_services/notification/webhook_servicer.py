"""WebhookService, made of its use cases."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

from contracts.notification.v1 import webhook_pb2_grpc
from grpc_services.notification.houses import Houses
from grpc_services.notification.webhook_change_servicer import WebhookChangeMethods
from grpc_services.notification.webhook_delivery_servicer import WebhookDeliveryMethods
from grpc_services.notification.webhook_endpoint_servicer import WebhookEndpointMethods
from grpc_services.notification.webhook_secrets import WebhookSecrets
from grpc_services.notification.webhook_sending_servicer import WebhookSendingMethods
from runtime.database import Database

_random = random.SystemRandom()


class WebhookServicer(
    WebhookEndpointMethods,
    WebhookDeliveryMethods,
    WebhookChangeMethods,
    WebhookSendingMethods,
    webhook_pb2_grpc.WebhookServiceServicer,
):
    """`allow_private` is for development and tests: endpoints over http and in private networks."""

    def __init__(
        self,
        database: Database,
        secrets: WebhookSecrets,
        houses: Houses,
        *,
        allow_private: bool,
        clock: Callable[[], dt.datetime],
        mail_domain: str,
        jitter: Callable[[], float] = _random.random,
    ) -> None:
        self._database = database
        self._secrets = secrets
        self._houses = houses
        self._allow_private = allow_private
        self._clock = clock
        self._jitter = jitter
        self._mail_domain = mail_domain
